"""scikit-learn's own checks, in full, for every public estimator."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from .cases import ESTIMATORS, REGRESSORS

# All that may fail, and why. Nothing is added here to make a test pass.
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "mini-batch training is not exact under repetition of rows"
    ),
}
# Large steps and few of them: enough for the checks that ask for a good score.
SMALL = {"hidden_size": 8, "max_epochs": 10, "lr": 0.05, "batch_size": 32}
# Without a stem, as regressors are by default, it takes more and smaller ones.
SMALL_REGRESSOR = {"hidden_size": 8, "max_epochs": 30, "lr": 0.02, "batch_size": 20}


def make_small(cls):
    """Return an estimator that trains fast and well enough for the checks."""
    return cls(**(SMALL_REGRESSOR if cls in REGRESSORS else SMALL))


def expected_failures(estimator):
    """Return the table of expected failures, the same for all estimators."""
    return EXPECTED_FAILURES


@parametrize_with_checks(
    [make_small(cls) for cls in ESTIMATORS],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_check_estimator_at_small_settings(estimator, check):
    check(estimator)


@pytest.mark.full
@parametrize_with_checks(
    [cls() for cls in ESTIMATORS],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_check_estimator_at_default_settings(estimator, check):
    check(estimator)


def test_every_architecture_has_every_task():
    names = {cls.__name__ for cls in ESTIMATORS}
    expected = {
        architecture + task
        for architecture in ("RNN", "LSTM", "GRU", "Transformer")
        for task in ("Classifier", "Regressor")
    }
    assert expected <= names
