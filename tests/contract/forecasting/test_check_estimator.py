"""The checks of scikit-learn for all forecasters."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import Drift, SeasonalNaive

from .cases import FORECASTERS, NETS

BY_POSITION = "the rows of an array are taken as those right after the last observation"
# The checks that cannot hold, with the reason.
EXPECTED_FAILURES = {
    "check_methods_sample_order_invariance": BY_POSITION,
    "check_methods_subset_invariance": BY_POSITION,
    "check_estimators_empty_data_messages": (
        "X without columns is valid: its rows specify the steps to forecast"
    ),
}


def expected_failures(forecaster):
    """Return the checks that fail. Repeating the last value does not depend on position."""
    if isinstance(forecaster, SeasonalNaive) and forecaster.period == 1:
        return {k: v for k, v in EXPECTED_FAILURES.items() if v != BY_POSITION}
    return EXPECTED_FAILURES


BASELINES = [SeasonalNaive(), SeasonalNaive(period=3), Drift()]


def make_small(cls):
    """Return a forecaster that trains fast; the data determine the context length."""
    return cls(hidden_size=8, max_epochs=2, random_state=0)


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
@parametrize_with_checks(
    [make_small(cls) for cls in NETS] + BASELINES,
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_check_estimator_with_small_settings(estimator, check):
    check(estimator)


@pytest.mark.full
@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
@parametrize_with_checks(
    [cls() for cls in FORECASTERS],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_check_estimator_with_default_settings(estimator, check):
    check(estimator)


def test_every_architecture_has_a_forecaster():
    names = {cls.__name__ for cls in NETS}
    assert {f"{a}Forecaster" for a in ("RNN", "LSTM", "GRU", "Transformer")} <= names
