"""Names of skseq: public estimators, and subpackages that load on first access."""

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import skseq
from skseq import estimators
from skseq.estimators import NetworkEstimator

SUBPACKAGES = ("datasets", "inspection", "metrics", "model_selection", "preprocessing")


def run(code):
    """Return what code prints in a new process, as JSON."""
    result = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", SUBPACKAGES)
def test_subpackage_is_an_attribute_of_skseq(name):
    code = f"import skseq\nprint(json.dumps(skseq.{name}.__name__))"
    assert run(code) == f"skseq.{name}"


def test_import_of_skseq_does_not_import_the_subpackages():
    loaded = run("import skseq\nprint(json.dumps(sorted(sys.modules)))")
    assert not {f"skseq.{name}" for name in SUBPACKAGES} & set(loaded)


def test_dir_lists_subpackages_and_public_names():
    assert {*SUBPACKAGES, *skseq.__all__} <= set(dir(skseq))


def test_every_leaf_is_public():
    """Leaves are the dataclasses of skseq.estimators that have `fit`."""
    leaves = {
        name
        for found in pkgutil.iter_modules(estimators.__path__)
        for module in [importlib.import_module(f"skseq.estimators.{found.name}")]
        for name, cls in vars(module).items()
        if inspect.isclass(cls)
        and cls.__module__ == module.__name__
        and "__dataclass_fields__" in vars(cls)
        and hasattr(cls, "fit")
    }
    assert leaves <= set(skseq.__all__)
    assert len(leaves) >= 14


def test_table_of_the_readme_lists_every_network_estimator():
    readme = Path(__file__).parents[1].joinpath("README.md").read_text("utf-8")
    _, _, table = readme.partition("## Estimators\n")
    table, _, _ = table.strip().partition("\n\n")
    names = {
        name
        for name in skseq.__all__
        if inspect.isclass(cls := getattr(skseq, name))
        and issubclass(cls, NetworkEstimator)
    }
    assert not {name for name in names if f"`{name}`" not in table}
    assert len(names) >= 12


def test_unknown_attribute_raises_attribute_error():
    with pytest.raises(AttributeError, match="module 'skseq' has no attribute 'preproces'"):
        skseq.preproces
