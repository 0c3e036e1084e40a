"""The directives `guides` and `methods` on the pages of classes and functions.

    .. guides:: skseq.LSTMClassifier

links to the guide of the task, and to the sections and notebooks that mention the name.

    .. methods:: skseq.LSTMClassifier

shows a table of the public methods, including those that are inherited from scikit-learn, and
documents each of them. Methods of scikit-learn are described by their first line only, because
their docstrings refer to pages of scikit-learn.
"""

import importlib
import inspect
import json
import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from skseq.architectures import Architecture

# Guide of each task, and of the packages that have one.
GUIDES = {
    "Classification": "user_guide",
    "Regression": "user_guide",
    "Forecasting": "forecasting",
    "Step classification": "labelling",
    "Step regression": "labelling",
    "Anomaly detection": "anomalies",
    "Outlier detection": "anomalies",
    "model_selection": "hyperparameter_search",
}
BASELINES = "Baselines"
# Public names that other code calls, not users.
INTERNAL = {"build", "coding_", "past_steps"}
INTERNAL |= {"setup", "teardown", "on_fit_task_begin", "on_fit_task_end"}
MAX_SECTIONS = 6
MAX_NOTEBOOKS = 4
# Pages that name classes without describing them.
NOT_GUIDES = {"index", "guides", "gallery", "changelog", "glossary", "results"}
NOT_GUIDES |= {"accuracy", "performance"}


def find_task(estimator):
    """Return the name of an estimator's task in words, as in "Step classification".

    Estimators without a network are baselines.
    """
    if not issubclass(estimator, Architecture):
        return BASELINES
    for base in estimator.__mro__:
        if base.__module__.startswith("skseq.tasks"):
            words = "".join(f" {c.lower()}" if c.isupper() else c for c in base.__name__)
            return words.strip().capitalize()
    return BASELINES


def list_methods(cls):
    """Return the public methods of a class that skseq or scikit-learn define, by name."""
    methods = {}
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        function = getattr(member, "__func__", member)
        if name.startswith("_") or name in INTERNAL or not callable(function):
            continue
        function = inspect.unwrap(function)
        module = getattr(function, "__module__", None) or ""
        if module.split(".")[0] in ("skseq", "sklearn"):
            methods[name] = function
    return methods


def find_sections(folder, name):
    """Return (page, heading) of the sections of the guides that mention a name."""
    found = {}
    for path in sorted(folder.glob("*.md")):
        heading, in_code = None, False
        for line in path.read_text("utf-8").splitlines():
            in_code ^= line.startswith("```")
            if not in_code and (match := re.match("#{1,3} (.*)", line)):
                heading = match[1].replace("`", "")
            elif path.stem not in NOT_GUIDES and re.search(rf"\b{name}\b", line):
                found[path.stem, heading] = None
    return list(found)


def find_notebooks(folder, name):
    """Return (page, title) of the notebooks that mention a name."""
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        sources = ["".join(cell["source"]) for cell in cells]
        if any(re.search(rf"\b{name}\b", source) for source in sources):
            title = sources[0].partition("\n")[0].lstrip("# ")
            found.append((f"{folder.name}/{path.stem}", title))
    return found


class Guides(SphinxDirective):
    """Link the guides and notebooks that mention the name in the argument."""

    required_arguments = 1

    def run(self):
        module, _, name = self.arguments[0].rpartition(".")
        public = getattr(importlib.import_module(module), name)
        folder = Path(self.env.srcdir)
        guide = GUIDES.get(find_task(public)) if inspect.isclass(public) else None
        sections = find_sections(folder, name)
        sections.sort(key=lambda section: section[0] != guide)
        links = []
        if guide and (folder / f"{guide}.md").exists():
            title = (folder / f"{guide}.md").read_text("utf-8").partition("\n")[0]
            links.append((self.locate(guide), title.lstrip("# ")))
        links += [
            (f"{self.locate(page)}#{nodes.make_id(heading)}", heading)
            for page, heading in sections[:MAX_SECTIONS]
        ]
        links += [
            (self.locate(page), f"{title} (notebook)")
            for page, title in find_notebooks(folder / "notebooks", name)[:MAX_NOTEBOOKS]
        ]
        if not links:
            return []
        paragraph = nodes.paragraph("", "", nodes.strong("", "Guides and examples:"))
        for k, (address, title) in enumerate(links):
            paragraph += nodes.Text(" · " if k else " ")
            paragraph += nodes.reference("", title, refuri=address, internal=True)
        return [paragraph]

    def locate(self, page):
        return self.env.app.builder.get_relative_uri(self.env.docname, page)


class Methods(SphinxDirective):
    """Show the methods of the class named in the argument."""

    required_arguments = 1

    def run(self):
        module, _, name = self.arguments[0].rpartition(".")
        methods = list_methods(getattr(importlib.import_module(module), name))
        if not methods:
            return []
        lines = [".. rubric:: Methods", "", ".. autosummary::", "   :nosignatures:", ""]
        lines += [*(f"   ~{name}.{method}" for method in methods), ""]
        for method, function in methods.items():
            lines += document(method, function)
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, "methods"), self.content_offset, parent)
        return parent.children


def document(name, function):
    """Return the lines that document a method."""
    if function.__module__.startswith("skseq."):
        return [f".. automethod:: {name}", ""]
    _, *parameters = inspect.signature(function).parameters.values()  # without self
    empty = inspect.Parameter.empty
    signature = inspect.Signature([p.replace(annotation=empty) for p in parameters])
    summary = inspect.getdoc(function).partition("\n")[0]
    return [
        f".. method:: {name}{signature}",
        "",
        f"   {summary} Inherited from scikit-learn.",
        "",
    ]


def setup(app):
    """Register the directives."""
    app.add_directive("guides", Guides)
    app.add_directive("methods", Methods)
    return {"parallel_read_safe": True}
