"""The checks of scikit-learn for all detectors of series."""

import inspect

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from .cases import NETS, SERIES_DETECTORS

BY_POSITION = "the rows of an array are consecutive steps of one series"
# The checks that cannot hold, with the reason.
EXPECTED_FAILURES = {
    "check_methods_sample_order_invariance": BY_POSITION,
    "check_methods_subset_invariance": BY_POSITION,
}


def make_small(cls):
    """Return a detector that trains fast; the data determine the context length."""
    small = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
    known = inspect.signature(cls).parameters
    return make_default(cls, **{k: v for k, v in small.items() if k in known})


def make_default(cls, **params):
    # Random rows have no outlier that is far out, but the checks require one.
    return cls(contamination=0.1, **params)


@parametrize_with_checks(
    [make_small(cls) for cls in SERIES_DETECTORS],
    expected_failed_checks=lambda detector: EXPECTED_FAILURES,
    xfail_strict=True,
)
def test_check_estimator_with_small_settings(estimator, check):
    check(estimator)


@pytest.mark.full
@parametrize_with_checks(
    [make_default(cls) for cls in SERIES_DETECTORS],
    expected_failed_checks=lambda detector: EXPECTED_FAILURES,
    xfail_strict=True,
)
def test_check_estimator_with_default_settings(estimator, check):
    check(estimator)


def test_every_architecture_has_a_detector():
    names = {cls.__name__ for cls in NETS}
    assert {f"{a}AnomalyDetector" for a in ("RNN", "LSTM", "GRU", "Transformer")} <= names
