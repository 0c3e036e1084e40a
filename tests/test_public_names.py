"""Names of skseq: public estimators, and subpackages that load on first access."""

import inspect
import json
import subprocess
import sys

import pytest

import skseq
from skseq.estimators import baselines, classifiers, forecasters, regressors

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
        for module in (baselines, classifiers, forecasters, regressors)
        for name, cls in vars(module).items()
        if inspect.isclass(cls)
        and cls.__module__ == module.__name__
        and "__dataclass_fields__" in vars(cls)
        and hasattr(cls, "fit")
    }
    assert leaves <= set(skseq.__all__)
    assert len(leaves) >= 14


def test_unknown_attribute_raises_attribute_error():
    with pytest.raises(AttributeError, match="module 'skseq' has no attribute 'preproces'"):
        skseq.preproces
