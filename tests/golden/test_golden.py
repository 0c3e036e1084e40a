"""Predictions of every public estimator equal those stored in `data/`."""

import inspect

import numpy as np
import pytest
from sklearn.base import BaseEstimator

import skseq
from skseq.architectures import CustomArchitecture

from .cases import CASES
from .files import FOLDER, read_case

# Predictions are the same bits on one processor with one thread. Elsewhere sums are rounded
# differently, which training amplifies: little in most cases, but bfloat16 has only 8 bits,
# and Adam divides the gradients of a stem that are almost zero by their own size. The code
# that wrote `transformer_layers` differs from its own file by 9e-6 on another processor, and
# that of `forecaster_horizon_1` by 8e-5 in quantiles of about 30: the distribution of its
# few calibration errors is steep.
RELATIVE, ABSOLUTE = 1e-6, 5e-6
ABSOLUTE_OF_CASE = {
    "training_bfloat16": 0.05,
    "forecaster_horizon_1": 2e-4,
    "forecaster_stem": 0.01,
    "transformer_layers": 2e-5,
}

HOW_TO_RENEW = (
    "The predictions of case {name!r} differ from those stored in tests/golden/data: {what}.\n"
    "If predictions were not meant to change, this is a bug. If they were, renew the file "
    "with `python -m tests.golden.write {name}` and say in the commit message why they "
    "changed."
)


def compare(stored, computed, absolute=ABSOLUTE):
    """Return what differs between two dictionaries of arrays, or None."""
    if set(stored) != set(computed):
        return f"arrays {sorted(stored)} became {sorted(computed)}"
    for key, expected in stored.items():
        actual = computed[key]
        if actual.shape != expected.shape:
            return f"the shape of {key} was {expected.shape} and is {actual.shape}"
        if expected.dtype.kind not in "fc":
            if not np.array_equal(actual, expected):
                return f"{key} was {expected.tolist()} and is {actual.tolist()}"
        elif not np.allclose(actual, expected, RELATIVE, absolute, equal_nan=True):
            error = np.nanmax(np.abs(actual - expected), initial=0.0)
            return f"{key} differs by up to {error:.3g}, or in where it is NaN"
    return None


@pytest.mark.parametrize("name", CASES)
def test_predictions_equal_stored_predictions(name):
    absolute = ABSOLUTE_OF_CASE.get(name, ABSOLUTE)
    what = compare(read_case(name), CASES[name](), absolute)
    assert what is None, HOW_TO_RENEW.format(name=name, what=what)


def test_every_file_belongs_to_a_case():
    assert {path.stem for path in FOLDER.glob("*.npz")} == set(CASES)


def test_every_public_estimator_has_a_case():
    public = {name for name in skseq.__all__ if is_estimator(getattr(skseq, name))}
    covered = {
        inspect.getclosurevars(run).nonlocals["cls"].__name__ for run in CASES.values()
    }
    assert public == covered


def is_estimator(thing):
    """Return whether a public object is an estimator with a network of skseq, or none."""
    if not (inspect.isclass(thing) and issubclass(thing, BaseEstimator)):
        return False
    return not issubclass(thing, CustomArchitecture)


def test_comparison_detects_small_changes():
    stored = {"predict": np.array([1.0, np.nan]), "labels": np.array(["a", "b"])}
    assert compare(stored, stored) is None
    assert compare(stored, {**stored, "predict": np.array([1.0 + 1e-5, np.nan])})
    assert compare(stored, {**stored, "predict": np.array([1.0, 0.0])})
    assert compare(stored, {**stored, "labels": np.array(["a", "c"])})
    assert compare(stored, {"predict": stored["predict"]})
