"""Generate the API reference and the table of estimators from the public names.

Each group of names has a page, `api/<group>.rst`: one group for each task, the first class of
`skseq.tasks` among the bases of an estimator, and one for each package. `api/index.rst` shows
the tables of all groups, and the sidebar their pages. The one-line descriptions are the first
lines of the docstrings. `api/methods.rst` shows which task has which methods.

The directive `estimators` shows a table with a row for each task and a column for each
architecture.
"""

import importlib
import inspect
from pathlib import Path
from typing import NamedTuple

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
All public classes and functions, by task and package. The parameters of estimators are
keyword-only. The page of each class lists its methods, and the guides and notebooks that use it.
:doc:`methods` shows which estimators have which methods.
"""


class Group(NamedTuple):
    """Public names that share a page of the API reference."""

    title: str
    module: str
    names: list
    guide: str | None = None

    @property
    def page(self):
        """Return the name of the page."""
        return self.title.lower().replace(" ", "_")


def write_pages(app, config):
    """Write the pages before Sphinx collects the source files, and remove stale ones."""
    folder = Path(app.srcdir, "api")
    folder.mkdir(exist_ok=True)
    pages = make_pages(Path(app.srcdir))
    for path in folder.glob("*.rst"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = folder / f"{name}.rst"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8")


def make_pages(folder):
    """Return the pages as reStructuredText, by name. The folder contains the guides."""
    tasks, others = group_names()
    estimators = [
        Group(title, "skseq", names, find_guide(folder, title))
        for title, names in tasks.items()
    ]
    tools = [Group("Data and persistence", "skseq", others)]
    for package, title in PACKAGES.items():
        guide = find_guide(folder, package)
        tools.append(Group(title, f"skseq.{package}", list_package(package), guide))
    groups = [*estimators, *tools]
    return {
        "index": write_index(estimators, tools),
        "methods": write_method_table(tasks),
        **{group.page: write_group(group, group in estimators) for group in groups},
    }


def group_names():
    """Return the names of estimators by task, and all other names of `skseq`.

    The tasks are in the order of `GUIDES`, then other tasks, then the baselines.
    """
    tasks, others = {}, []
    for name in skseq.__all__:
        public = getattr(skseq, name)
        if inspect.isclass(public) and issubclass(public, BaseEstimator):
            tasks.setdefault(find_task(public), []).append(name)
        else:
            others.append(name)
    ranks = {task: rank for rank, task in enumerate(GUIDES)}
    ranks[BASELINES] = len(ranks) + 1
    order = sorted(tasks, key=lambda task: (ranks.get(task, len(GUIDES)), task))
    return {task: tasks[task] for task in order}, others


def list_package(package):
    """Return the public names of a package: `__all__`, or else the classes in it."""
    module = importlib.import_module(f"skseq.{package}")
    classes = inspect.getmembers(module, inspect.isclass)
    own = [name for name, cls in classes if cls.__module__ == module.__name__]
    return getattr(module, "__all__", None) or own


def find_guide(folder, key):
    """Return the guide of a task or package, or None if there is no such page."""
    guide = GUIDES.get(key)
    return guide if guide and (folder / f"{guide}.md").exists() else None


def write_index(estimators, tools):
    """Return the page with the tables of all groups."""
    title = "API reference"
    lines = [title, "=" * len(title), "", INTRODUCTION]
    pages = {
        "Estimators": [*(group.page for group in estimators), "methods"],
        "Tools": [group.page for group in tools],
    }
    for caption, names in pages.items():
        lines += [".. toctree::", "   :hidden:", f"   :caption: {caption}", ""]
        lines += [*(f"   {name}" for name in names), ""]
    for group in [*estimators, *tools]:
        lines += [group.title, "-" * len(group.title), ""]
        lines += [*introduce(group), *write_table(group.names)]
    return "\n".join(lines)


def write_group(group, has_estimators):
    """Return the page of a group. The classes of a task share a table of methods."""
    lines = [group.title, "=" * len(group.title), "", *introduce(group)]
    lines += write_table(group.names, "   :toctree: generated")
    if has_estimators and group.title != BASELINES:
        first = group.names[0]
        lines += ["Methods", "-------", ""]
        lines += ["All classes of this page have these methods. The links lead to"]
        lines += [f"the methods of :py:obj:`{first}`.", ""]
        methods = list_methods(getattr(skseq, first))
        lines += write_table(f"~{first}.{method}" for method in methods)
    return "\n".join(lines)


def introduce(group):
    """Return the lines above the table of a group."""
    sentences = []
    if group.module != "skseq":
        sentences.append(f"Import these names from ``{group.module}``.")
    if group.guide:
        sentences.append(f"Guide: :doc:`/{group.guide}`.")
    return [f".. currentmodule:: {group.module}", "", " ".join(sentences), ""]


def write_table(names, *options):
    """Return the lines of a table of names and their descriptions."""
    lines = [".. autosummary::", "   :nosignatures:", *options, ""]
    return [*lines, *(f"   {name}" for name in names), ""]


def write_method_table(tasks):
    """Return a page with a row for each method and a column for each task.

    The cells link to the documentation of the method in the first class of the task.
    """
    classes = {task: getattr(skseq, names[0]) for task, names in tasks.items()}
    del classes[BASELINES]  # they have different tasks
    methods = {task: list_methods(cls) for task, cls in classes.items()}
    title = "Methods by task"
    lines = [title, "=" * len(title), "", ".. list-table::", "   :header-rows: 1"]
    lines += ["   :class: methods", "", "   * - method"]
    lines += [f"     - :doc:`{task} <{Group(task, '', []).page}>`" for task in classes]
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
        columns.sort(key="Custom".__eq__)  # the last column
        headings = ["your own" if name == "Custom" else name for name in columns]
        lines = [f"| task | {' | '.join(headings)} |", "|---" * (len(columns) + 1) + "|"]
        for task in tasks:
            row = [cells.get((task, column), "") for column in columns]
            lines.append(f"| {task} | {' | '.join(row)} |")
        parent = nodes.container(classes=["estimators"])
        self.state.nested_parse(
            StringList(lines, "estimators"), self.content_offset, parent
        )
        return [parent]


def setup(app):
    """Register the directive, and write the pages when the configuration has been read."""
    app.connect("config-inited", write_pages)
    app.add_directive("estimators", EstimatorTable)
    return {"parallel_read_safe": True}
