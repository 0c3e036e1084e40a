"""Imports between the packages of skseq follow the design.

    sequences, series, networks, persistence <- inputs, architectures, tasks, training
    <- augmentation, forecasting, detection, export <- estimators <- skseq

Of the first group, series imports sequences: rows are read as steps of sequences.

The imports are read from the source, so imports inside functions count as well.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import skseq

ROOT = Path(skseq.__file__).parent

# Every package may import these modules. They import nothing else of skseq.
SHARED = {
    *(
        "documentation",
        "exceptions",
        "extras",
        "magnitudes",
        "quoting",
        "reporting",
        "saved",
    ),
}

# The packages that each package may import, besides itself and the shared modules.
# "skseq" stands for the top level: the public estimators and Sequences.
ALLOWED = {
    **{name: set() for name in SHARED},
    "sequences": set(),
    "series": {"sequences"},
    "networks": set(),
    "persistence": set(),
    "inputs": {"persistence", "sequences", "series"},
    "architectures": {"networks"},
    "tasks": {"networks", "persistence", "sequences"},
    "training": {"networks", "persistence", "sequences", "series"},
    "forecasting": {
        "inputs",
        "networks",
        "persistence",
        "sequences",
        "series",
        "tasks",
        "training",
    },
    "augmentation": {"inputs", "training"},
    "detection": {"persistence", "sequences", "series"},
    "export": set(),
    "estimators": {
        "architectures",
        "augmentation",
        "detection",
        "export",
        "forecasting",
        "inputs",
        "networks",
        "persistence",
        "sequences",
        "series",
        "tasks",
        "training",
    },
    "skseq": {"estimators", "sequences"},
    # The packages around the estimators.
    "datasets": {"sequences", "skseq"},
    "preprocessing": {"augmentation", "sequences", "series", "skseq"},
    "metrics": {"sequences", "series"},
    "model_selection": {"metrics", "sequences", "series", "skseq"},
    "inspection": {"forecasting", "metrics", "sequences", "series", "skseq"},
    "demo": {"datasets", "metrics", "preprocessing", "sequences", "skseq"},
    "__main__": {"demo", "skseq"},
}

# Packages that do not import the shared modules either.
SELF_CONTAINED = SHARED | {"networks"}


def source_files():
    return sorted(ROOT.rglob("*.py"))


def name_of(path):
    """Return the dotted name of a module, as `skseq.training.net`."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in source_files()}


def package_of(module):
    """Return the package of a module: the second part of its name, or skseq itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "skseq"


def read_imports(source, module, is_package):
    """Return the dotted names that a source file imports, wherever it does so."""
    found = set()
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = []
            if node.level:
                start = package[: len(package) - node.level + 1]
            base = ".".join([*start, *([node.module] if node.module else [])])
            # `from skseq import training` names a module, not an object of skseq.
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                found.add(whole if whole in MODULES else base)
    return found


def imports_of(module):
    path = MODULES[module]
    return read_imports(path.read_text("utf-8"), module, path.name == "__init__.py")


def own_imports(module):
    """Return the modules of skseq that a module imports."""
    return {name for name in imports_of(module) if name.split(".")[0] == "skseq"}


def find_cycle(graph):
    """Return a cycle of a graph as a list of nodes, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return None
        path.append(node)
        for other in sorted(graph.get(node, ())):
            cycle = visit(other)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for node in sorted(graph):
        cycle = visit(node)
        if cycle:
            return cycle
    return None


def test_every_package_has_a_rule():
    assert {package_of(module) for module in MODULES} <= set(ALLOWED)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_follow_the_rules(module):
    owner = package_of(module)
    allowed = ALLOWED[owner] | {owner}
    if owner not in SELF_CONTAINED:
        allowed |= SHARED
    wrong = {name for name in own_imports(module) if package_of(name) not in allowed}
    assert not wrong, f"{module} may not import {sorted(wrong)}"


def test_packages_have_no_cycles():
    graph = defaultdict(set)
    for module in MODULES:
        owner = package_of(module)
        graph[owner] |= {package_of(name) for name in own_imports(module)} - {owner}
    assert find_cycle(graph) is None


def test_modules_have_no_cycles():
    """Packages import their own files; the files do not import the package back."""
    graph = {}
    for module in MODULES:
        # An import inside a function makes no cycle at import time, and the test of the
        # rules above reads it.
        tree = ast.parse(MODULES[module].read_text("utf-8"))
        top = ast.Module(
            [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))],
            type_ignores=[],
        )
        is_package = MODULES[module].name == "__init__.py"
        names = read_imports(ast.unparse(top), module, is_package)
        graph[module] = names & set(MODULES)
    assert find_cycle(graph) is None


def importers_of(library):
    """Return the packages that import a library."""
    return {
        package_of(module)
        for module in MODULES
        if any(name.split(".")[0] == library for name in imports_of(module))
    }


def test_only_training_imports_skorch():
    assert importers_of("skorch") == {"training"}


def test_networks_import_torch_alone():
    standard = {"abc", "contextlib", "copy", "ctypes", "functools", "inspect", "math"}
    standard |= {"os", "typing"}
    for module in MODULES:
        if package_of(module) == "networks":
            libraries = {name.split(".")[0] for name in imports_of(module)}
            assert libraries <= {"torch", "skseq"} | standard, module


def test_sequences_do_not_import_torch():
    assert "sequences" not in importers_of("torch")


def test_extras_are_imported_only_where_they_are_needed():
    assert importers_of("matplotlib") <= {"demo", "inspection"}
    assert importers_of("onnx") <= {"export"}
    for library in (
        "onnxruntime",
        "onnxscript",
        "polars",
        "pyarrow",
        "aeon",
        "statsforecast",
        "darts",
    ):
        assert importers_of(library) == set(), library


def test_no_module_is_called_utils():
    parts = {part for module in MODULES for part in module.split(".")}
    assert not {part for part in parts if part.strip("_") in ("utils", "util", "helpers")}


class TestReader:
    """The function that reads imports finds every form of import."""

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("import skseq.inputs", {"skseq.inputs"}),
            ("import skseq.inputs as b, torch", {"skseq.inputs", "torch"}),
            ("from skseq import training", {"skseq.training"}),
            ("from skseq import Sequences", {"skseq"}),
            ("from skseq.training.net import SequenceNet", {"skseq.training.net"}),
            ("from . import net", {"skseq.training.net"}),
            ("from .net import SequenceNet", {"skseq.training.net"}),
            ("from ..inputs import InputScaler", {"skseq.inputs"}),
            ("def f():\n    import skorch.callbacks", {"skorch.callbacks"}),
            ("if x:\n    from skseq import inputs", {"skseq.inputs"}),
        ],
    )
    def test_imports(self, source, expected):
        assert read_imports(source, "skseq.training.batches", False) == expected
        assert read_imports(source, "skseq.training", True) == expected

    def test_cycles(self):
        assert find_cycle({"a": {"b"}, "b": {"c"}, "c": set()}) is None
        assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
