"""Write the index of the API reference, `api/index.rst`, from the public names.

Estimators are grouped by task: the first class of `skseq.tasks` among their bases. All
other names are grouped by the package that they are imported from. The one-line
descriptions are the first lines of the docstrings.
"""

import importlib
import inspect
from pathlib import Path

from sklearn.base import BaseEstimator

# Heading of each public subpackage.
PACKAGES = {
    "preprocessing": "Preprocessing",
    "model_selection": "Model selection",
    "metrics": "Metrics",
    "inspection": "Inspection",
    "datasets": "Data sets",
    "exceptions": "Warnings and errors",
}
BASELINES = "Baselines"
INTRODUCTION = """\
API reference
=============

All public classes and functions. The parameters of estimators are keyword-only.
"""


def write_index(app, config):
    """Write the index before Sphinx collects the source files."""
    path = Path(app.srcdir, "api", "index.rst")
    text = make_index()
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make_index():
    """Return the index as reStructuredText."""
    tasks, others = {}, []
    for name in importlib.import_module("skseq").__all__:
        public = getattr(importlib.import_module("skseq"), name)
        if inspect.isclass(public) and issubclass(public, BaseEstimator):
            tasks.setdefault(find_heading(public), []).append(name)
        else:
            others.append(name)
    order = sorted(tasks, key=lambda title: (title == BASELINES, title))
    sections = [write_section(title, "skseq", tasks[title]) for title in order]
    sections.append(write_section("Data and persistence", "skseq", others))
    for package, title in PACKAGES.items():
        module = importlib.import_module(f"skseq.{package}")
        names = getattr(module, "__all__", None) or find_classes(module)
        heading = f"{title}: ``{module.__name__}``"
        sections.append(write_section(heading, module.__name__, names))
    return "\n".join([INTRODUCTION, *sections])


def find_classes(module):
    """Return the names of the classes that a module defines."""
    classes = inspect.getmembers(module, inspect.isclass)
    return [name for name, cls in classes if cls.__module__ == module.__name__]


def find_heading(estimator):
    """Return the name of an estimator's task in words, as in "Step classification"."""
    for base in estimator.__mro__:
        if base.__module__.startswith("skseq.tasks"):
            words = "".join(f" {c.lower()}" if c.isupper() else c for c in base.__name__)
            return words.strip().capitalize()
    return BASELINES


def write_section(title, module, names):
    """Return a heading with a table of names."""
    lines = [title, "-" * len(title), "", f".. currentmodule:: {module}", ""]
    lines += [".. autosummary::", "   :toctree: generated", "   :nosignatures:", ""]
    return "\n".join(lines + [f"   {name}" for name in names]) + "\n"


def setup(app):
    """Write the index when the configuration has been read."""
    app.connect("config-inited", write_index)
    return {"parallel_read_safe": True}
