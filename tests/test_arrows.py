"""Imports between the rooms of the package follow the design.

    sequences, series, networks, persistence <- training, architectures, tasks <- base
    <- estimators <- skseq

The imports are read from the source, so that one hidden in a function counts as well.
"""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import skseq

ROOT = Path(skseq.__file__).parent

# Anyone may import these; they import nothing of skseq.
LEAVES = {"exceptions", "documentation", "extras", "magnitudes", "quoting", "reporting"}

# What each room may import, beside itself and the leaves. "skseq" is the shop window:
# the public estimators and Sequences.
ALLOWED = {
    "exceptions": set(),
    "documentation": set(),
    "extras": set(),
    "magnitudes": set(),
    "quoting": set(),
    "reporting": set(),
    "sequences": set(),
    "series": set(),
    "networks": set(),
    "persistence": set(),
    "export": {"networks"},
    "training": {"networks", "persistence", "sequences", "series"},
    "architectures": {"networks"},
    "tasks": set(),
    "base": {
        "architectures",
        "export",
        "persistence",
        "sequences",
        "series",
        "tasks",
        "training",
    },
    "estimators": {"architectures", "base", "series", "tasks", "training"},
    "skseq": {"estimators", "sequences"},
    # What surrounds the estimators.
    "datasets": {"sequences", "skseq"},
    "preprocessing": {"sequences", "skseq"},
    "metrics": set(),
    "model_selection": {"metrics", "sequences", "skseq"},
    "inspection": {"metrics", "sequences", "skseq"},
    "demo": {"datasets", "preprocessing", "sequences", "skseq"},
    "__main__": {"demo", "skseq"},
}

# Rooms whose files import no leaf either.
SELF_CONTAINED = LEAVES | {"networks"}


def source_files():
    return sorted(ROOT.rglob("*.py"))


def name_of(path):
    """Return the dotted name of a module, as `skseq.training.net`."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in source_files()}


def room_of(module):
    """Return the room of a module of skseq: its second name, or the shop window."""
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


def test_every_room_is_in_the_plan():
    assert {room_of(module) for module in MODULES} <= set(ALLOWED)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_follow_the_arrows(module):
    room = room_of(module)
    allowed = ALLOWED[room] | {room}
    if room not in SELF_CONTAINED:
        allowed |= LEAVES
    wrong = {name for name in own_imports(module) if room_of(name) not in allowed}
    assert not wrong, f"{module} may not import {sorted(wrong)}"


def test_rooms_have_no_cycles():
    graph = defaultdict(set)
    for module in MODULES:
        room = room_of(module)
        graph[room] |= {room_of(name) for name in own_imports(module)} - {room}
    assert find_cycle(graph) is None


def test_modules_have_no_cycles():
    """Packages import their own files; the files do not import the package back."""
    graph = {}
    for module in MODULES:
        # An import inside a function is no cycle at import time, and the arrows test
        # above sees it.
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
    """Return the rooms that import a library."""
    return {
        room_of(module)
        for module in MODULES
        if any(name.split(".")[0] == library for name in imports_of(module))
    }


def test_only_training_imports_skorch():
    assert importers_of("skorch") == {"training"}


def test_networks_import_torch_alone():
    standard = {"contextlib", "functools", "math"}
    for module in MODULES:
        if room_of(module) == "networks":
            libraries = {name.split(".")[0] for name in imports_of(module)}
            assert libraries <= {"torch", "skseq"} | standard, module


def test_sequences_do_without_torch():
    assert "sequences" not in importers_of("torch")


def test_extras_are_imported_where_they_are_needed():
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


def test_nothing_is_called_utils():
    parts = {part for module in MODULES for part in module.split(".")}
    assert not {part for part in parts if part.strip("_") in ("utils", "util", "helpers")}


class TestReader:
    """The reader of imports sees what it should see."""

    @pytest.mark.parametrize(
        ("source", "expected"),
        [
            ("import skseq.base", {"skseq.base"}),
            ("import skseq.base as b, torch", {"skseq.base", "torch"}),
            ("from skseq import training", {"skseq.training"}),
            ("from skseq import Sequences", {"skseq"}),
            ("from skseq.training.net import SequenceNet", {"skseq.training.net"}),
            ("from . import net", {"skseq.training.net"}),
            ("from .net import SequenceNet", {"skseq.training.net"}),
            ("from ..base import SequenceEstimator", {"skseq.base"}),
            ("def f():\n    import skorch.callbacks", {"skorch.callbacks"}),
            ("if x:\n    from skseq import base", {"skseq.base"}),
        ],
    )
    def test_imports(self, source, expected):
        assert read_imports(source, "skseq.training.batches", False) == expected
        assert read_imports(source, "skseq.training", True) == expected

    def test_cycles(self):
        assert find_cycle({"a": {"b"}, "b": {"c"}, "c": set()}) is None
        assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
