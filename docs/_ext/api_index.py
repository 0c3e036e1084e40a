"""Generate the API index and the table of estimators from the public names.

The index, `api/index.rst`, groups estimators by task: the first class of `skseq.tasks`
among their bases. All other names are grouped by package. The one-line descriptions are the
first lines of the docstrings. A table shows which task has which methods.

The directive `estimators` shows a table with a row for each task and a column for each
architecture.
"""

import importlib
import inspect
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from methods import BASELINES, GUIDES, find_task, list_methods
from sklearn.base import BaseEstimator
from sphinx.util.docutils import SphinxDirective

import skseq

# Heading of each public subpackage.
PACKAGES = {
    "preprocessing": "Preprocessing",
    "model_selection": "Model selection",
    "metrics": "Metrics",
    "inspection": "Inspection",
    "datasets": "Data sets",
    "exceptions": "Warnings and errors",
}
INTRODUCTION = """\
API reference
=============

All public classes and functions. The parameters of estimators are keyword-only. The page of each
class lists its methods, and the sections of the guides that use it.
"""


def write_index(app, config):
    """Write the index before Sphinx collects the source files."""
    path = Path(app.srcdir, "api", "index.rst")
    text = make_index(Path(app.srcdir))
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make_index(folder):
    """Return the index as reStructuredText. The folder contains the guides."""
    tasks, others = group_names()
    sections = [
        write_section(title, "skseq", names, find_guide(folder, title))
        for title, names in tasks.items()
    ]
    sections.append(write_method_table(tasks))
    sections.append(write_section("Data and persistence", "skseq", others))
    for package, title in PACKAGES.items():
        module = importlib.import_module(f"skseq.{package}")
        names = getattr(module, "__all__", None) or find_classes(module)
        heading = f"{title}: ``{module.__name__}``"
        guide = find_guide(folder, package)
        sections.append(write_section(heading, module.__name__, names, guide))
    return "\n".join([INTRODUCTION, *sections])


def group_names():
    """Return the names of estimators by task, and all other names of `skseq`."""
    tasks, others = {}, []
    for name in skseq.__all__:
        public = getattr(skseq, name)
        if inspect.isclass(public) and issubclass(public, BaseEstimator):
            tasks.setdefault(find_task(public), []).append(name)
        else:
            others.append(name)
    order = sorted(tasks, key=lambda task: (task == BASELINES, task))
    return {task: tasks[task] for task in order}, others


def find_classes(module):
    """Return the names of the classes that a module defines."""
    classes = inspect.getmembers(module, inspect.isclass)
    return [name for name, cls in classes if cls.__module__ == module.__name__]


def find_guide(folder, key):
    """Return the guide of a task or package, or None if there is no such page."""
    guide = GUIDES.get(key)
    return guide if guide and (folder / f"{guide}.md").exists() else None


def write_section(title, module, names, guide=None):
    """Return a heading with a table of names."""
    lines = [title, "-" * len(title), "", f".. currentmodule:: {module}", ""]
    if guide:
        lines += [f"Guide: :doc:`/{guide}`.", ""]
    lines += [".. autosummary::", "   :toctree: generated", "   :nosignatures:", ""]
    return "\n".join(lines + [f"   {name}" for name in names]) + "\n"


def write_method_table(tasks):
    """Return a table with a row for each method and a column for each task.

    The cells link to the documentation of the method in the first class of the task.
    """
    classes = {task: getattr(skseq, names[0]) for task, names in tasks.items()}
    methods = {task: list_methods(cls) for task, cls in classes.items()}
    title = "Methods of estimators"
    lines = [title, "-" * len(title), "", ".. list-table::", "   :header-rows: 1", ""]
    lines += ["   * - method", *(f"     - {task}" for task in tasks)]
    for method in sorted(set().union(*methods.values())):
        lines.append(f"   * - ``{method}``")
        for task, cls in classes.items():
            target = f":py:meth:`✓ <skseq.{cls.__name__}.{method}>`"
            lines.append(f"     - {target}" if method in methods[task] else "     -")
    return "\n".join(lines) + "\n"


class EstimatorTable(SphinxDirective):
    """Show a table of the estimators, by architecture and task."""

    def run(self):
        tasks, _ = group_names()
        tasks.pop(BASELINES, None)
        cells = {}
        for task, names in tasks.items():
            for name in names:
                architecture = getattr(skseq, name).__bases__[1].__name__
                architecture = architecture.removesuffix("Architecture")
                cells[task, architecture] = f"{{py:obj}}`~skseq.{name}`"
        columns = sorted({architecture for _, architecture in cells})
        lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        for task in tasks:
            row = [cells.get((task, column), "") for column in columns]
            lines.append(f"| {task} | {' | '.join(row)} |")
        parent = nodes.container()
        self.state.nested_parse(
            StringList(lines, "estimators"), self.content_offset, parent
        )
        return parent.children


def setup(app):
    """Register the directive, and write the index when the configuration has been read."""
    app.connect("config-inited", write_index)
    app.add_directive("estimators", EstimatorTable)
    return {"parallel_read_safe": True}
