"""What the built package declares and contains."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
BOUNDS = [Requirement(text) for text in PROJECT["dependencies"]]
LOWEST = dict(
    line.split("==")
    for line in ROOT.joinpath("tests", "lowest.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
)


def test_types_are_declared():
    """Type checkers read annotations only if the package contains the file py.typed."""
    assert "Typing :: Typed" in PROJECT["classifiers"]
    assert ROOT.joinpath("skseq", "py.typed").is_file()


@pytest.mark.parametrize("bound", BOUNDS, ids=lambda bound: bound.name)
def test_oldest_versions_are_tested(bound):
    """torch is an exception: see tests/lowest.txt."""
    (specifier,) = bound.specifier
    tested = LOWEST[bound.name]
    assert specifier.contains(tested)
    if bound.name != "torch":
        assert (tested + ".0.0").startswith(specifier.version)
