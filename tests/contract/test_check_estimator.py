"""scikit-learn's own checks, in full, for every public estimator."""

import itertools

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from skseq.architectures import Architecture
from skseq.estimators import NetworkEstimator, SequenceEstimator
from skseq.tasks import Regression
from skseq.tasks.base import Task

from .cases import ALL_ESTIMATORS, CLASSES, CUSTOM, OUTLIER_DETECTORS, STEP_ESTIMATORS

# The only checks that may fail, with the reason. Do not extend it to make a test pass.
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "mini-batch training is not exact under repetition of rows"
    ),
}
# Without a time index, the rows of a step estimator are a sequence in their order.
EXPECTED_FAILURES_OF_STEPS = {
    **EXPECTED_FAILURES,
    "check_methods_sample_order_invariance": "the order of the rows is that of the steps",
    "check_methods_subset_invariance": "a state depends on the steps around it",
}


class Recurrent(nn.Module):
    """A user's network that distinguishes the steps, as the checks of scores require."""

    def __init__(self, n_features, width=16):
        super().__init__()
        self.inner = nn.GRU(n_features, width, batch_first=True)

    def forward(self, x):
        return self.inner(x)[0]


CUSTOM_ESTIMATORS = [cls for cls in CUSTOM if issubclass(cls, SequenceEstimator)]
# A large learning rate and few epochs suffice for the checks that require a good score.
SMALL = {"hidden_size": 8, "max_epochs": 10, "lr": 0.05, "batch_size": 32}
# Regressors need more epochs at a smaller learning rate.
SMALL_REGRESSOR = {"hidden_size": 8, "max_epochs": 30, "lr": 0.02, "batch_size": 20}


def find_network(cls):
    """Return the parameter `network` of the classes that have it."""
    return {"network": Recurrent} if cls in CUSTOM else {}


def make_small(cls):
    """Return an estimator that trains quickly and accurately enough for the checks."""
    is_regressor = issubclass(cls, Regression)
    return cls(**find_network(cls), **(SMALL_REGRESSOR if is_regressor else SMALL))


def expected_failures(estimator):
    """Return the expected failures."""
    is_step_estimator = type(estimator) in STEP_ESTIMATORS
    return EXPECTED_FAILURES_OF_STEPS if is_step_estimator else EXPECTED_FAILURES


@parametrize_with_checks(
    [make_small(cls) for cls in ALL_ESTIMATORS + CUSTOM_ESTIMATORS + OUTLIER_DETECTORS],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_check_estimator_at_small_settings(estimator, check):
    check(estimator)


@pytest.mark.full
@parametrize_with_checks(
    [
        cls(**find_network(cls))
        for cls in ALL_ESTIMATORS + CUSTOM_ESTIMATORS + OUTLIER_DETECTORS
    ],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
def test_check_estimator_at_default_settings(estimator, check):
    check(estimator)


def test_every_architecture_has_a_leaf_for_every_task():
    pairs = {cls.__bases__[:2] for cls in CLASSES if issubclass(cls, NetworkEstimator)}
    tasks, architectures = (set(part) for part in zip(*pairs, strict=True))
    assert all(issubclass(task, Task) for task in tasks)
    assert all(issubclass(one, Architecture) for one in architectures)
    assert pairs == set(itertools.product(tasks, architectures))
    assert len(pairs) >= 12
