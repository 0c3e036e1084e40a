"""Estimators and small data sets that the contract tests share."""

import inspect
import re

import numpy as np
import pytest
import torch
from sklearn.base import ClassifierMixin, RegressorMixin
from torch import nn

import skseq
from skseq.architectures import CustomArchitecture
from skseq.estimators import (
    SequenceEstimator,
    SequenceOutlierDetector,
    SeriesDetector,
    SeriesEstimator,
    StepEstimator,
)
from skseq.tasks import StepClassification

# Derived from the public names, so that new estimators are tested automatically.
PUBLIC = [getattr(skseq, name) for name in skseq.__all__]
CLASSES = [public for public in PUBLIC if inspect.isclass(public)]
# Their parameter `network` is required; see `make` and test_custom_network.
CUSTOM = [cls for cls in CLASSES if issubclass(cls, CustomArchitecture)]
CLASSES = [cls for cls in CLASSES if cls not in CUSTOM]
STEP_ESTIMATORS = [cls for cls in CLASSES if issubclass(cls, StepEstimator)]
ESTIMATORS = [cls for cls in CLASSES if issubclass(cls, SequenceEstimator)]
# For tests of what all estimators of sequences guarantee.
ALL_ESTIMATORS = ESTIMATORS + STEP_ESTIMATORS
# The contract tests of forecasters are in tests/contract/forecasting.
FORECASTERS = [cls for cls in CLASSES if issubclass(cls, SeriesEstimator)]
# Their contract tests are in tests/contract/detectors.
OUTLIER_DETECTORS = [cls for cls in CLASSES if issubclass(cls, SequenceOutlierDetector)]
# The contract tests of detectors of anomalous rows are in tests/contract/anomalies.
SERIES_DETECTORS = [cls for cls in CLASSES if issubclass(cls, SeriesDetector)]
CLASSIFIERS = [cls for cls in ESTIMATORS if issubclass(cls, ClassifierMixin)]
REGRESSORS = [cls for cls in ESTIMATORS if issubclass(cls, RegressorMixin)]


def leaves_of(task):
    """Return the leaves of a task, for tests of what only this task guarantees."""
    return [cls for cls in ALL_ESTIMATORS if issubclass(cls, task)]


# For tests that do not depend on the architecture: a recurrent network and a Transformer.
TWO_CLASSIFIERS = [skseq.GRUClassifier, skseq.TransformerClassifier]
TWO_REGRESSORS = [skseq.LSTMRegressor, skseq.TransformerRegressor]
TWO_ESTIMATORS = [skseq.GRUClassifier, skseq.TransformerRegressor]

# 2-D arrays are covered by scikit-learn's own checks.
FORMS = ["cube", "ragged", "objects", "sequences"]
# Every estimator on variable-length sequences, and two estimators on the other forms: the
# code that reads X does not depend on the architecture.
ESTIMATORS_AND_FORMS = [
    pytest.param(cls, "ragged", id=f"{cls.__name__}-ragged") for cls in ESTIMATORS
]
ESTIMATORS_AND_FORMS += [
    pytest.param(cls, form, id=f"{cls.__name__}-{form}")
    for cls in TWO_ESTIMATORS
    for form in FORMS
    if form != "ragged"
]
N_FEATURES = 3
N_CLASSES = 3
WORDS = ["walked", "walking", "walks", "the", "a", "Mr.", "dog", "1999"]


class SmallNetwork(nn.Module):
    """A user's network: a convolution over two steps."""

    def __init__(self, n_features, width=8):
        super().__init__()
        self.now = nn.Linear(n_features, width)
        self.before = nn.Linear(n_features, width)

    def forward(self, x):
        before = nn.functional.pad(x, (0, 0, 1, 0))[:, :-1]  # (batch, time, n_features)
        return torch.tanh(self.now(x) + self.before(before))


def required(cls):
    """Return the parameters without which `fit` of a class raises."""
    return {"network": SmallNetwork} if issubclass(cls, CustomArchitecture) else {}


def make(cls, **params):
    """Return a small estimator that fits in hundredths of a second."""
    small = {
        **required(cls),
        "hidden_size": 8,
        "max_epochs": 2,
        "batch_size": 8,
        "random_state": 0,
    }
    return cls(**{**small, **params})


def make_X(form, n=24, seed=0):
    """Return sequences whose first feature depends on their class."""
    random = np.random.default_rng(seed)
    lengths = np.full(n, 6) if form == "cube" else random.integers(2, 12, n)
    arrays = [random.normal(size=(steps, N_FEATURES)) for steps in lengths]
    for i, array in enumerate(arrays):
        array[:, 0] += 3 * (i % N_CLASSES)
    return as_form(form, arrays)


def make_words(n=24, seed=0):
    """Return sequences of words, whose last word depends on their class."""
    random = np.random.default_rng(seed)
    lengths = random.integers(2, 12, n)
    codes = random.integers(N_CLASSES, len(WORDS), lengths.sum())
    codes[np.cumsum(lengths) - 1] = np.arange(n) % N_CLASSES
    return skseq.Sequences(None, lengths, codes=codes, categories=[WORDS])


def as_form(form, arrays):
    """Convert a list of arrays to one of the accepted forms of X."""
    if form == "cube":
        return np.stack(arrays)
    if form == "sequences":
        return skseq.Sequences.from_list(arrays)
    if form == "objects":
        return as_cells(arrays)
    return list(arrays)


def as_cells(items):
    """Return a one-dimensional object array."""
    cells = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        cells[i] = item
    return cells


def make_y(cls, n=24, X=None):
    """Return class labels for classifiers, and the label plus noise for regressors.

    Step estimators have a list of arrays with a target for each step of X, by default of
    `make_X("ragged", n)`. The first and the last label of a sequence differ. Outlier
    detectors have no targets.
    """
    if issubclass(cls, SequenceOutlierDetector):
        return None
    if issubclass(cls, StepEstimator):
        return make_step_y(cls, make_X("ragged", n) if X is None else X)
    classes = np.arange(n) % N_CLASSES
    if issubclass(cls, ClassifierMixin):
        return classes
    return classes + np.random.default_rng(1).normal(scale=0.1, size=n)


def make_step_y(cls, X):
    """Return a list with an array of labels or numbers for each sequence."""
    random = np.random.default_rng(1)
    labels = [(i + np.arange(len(x)) // 2) % N_CLASSES for i, x in enumerate(X)]
    if issubclass(cls, StepClassification):
        return labels
    return [part + random.normal(scale=0.1, size=len(part)) for part in labels]


def make_indicators(X):
    """Return a list with an indicator matrix (n_timesteps_i, 2) for each sequence."""
    labels = make_step_y(skseq.GRUStepClassifier, X)
    return [np.column_stack([part == 0, part < 2]).astype(int) for part in labels]


def fitted(cls, form="ragged", **params):
    """Return a fitted estimator and its X."""
    X = make_X(form)
    return make(cls, **params).fit(X, make_y(cls, len(X), X)), X


def predict(estimator, X):
    """Return `predict_proba` where the estimator has it, else `predict`.

    The result has a row for each sequence, or for each step.
    """
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    found = getattr(estimator, method)(X)
    return np.concatenate(found) if isinstance(estimator, StepEstimator) else found


def weights(estimator):
    """Return all weights of a fitted estimator as one flat array."""
    state = estimator.net_.module_.state_dict()
    return np.concatenate([tensor.cpu().numpy().ravel() for tensor in state.values()])


def name_of(cls):
    """Return the test id of a class."""
    return cls.__name__


def fit_raises(cls, X, y, *patterns, **params):
    """Assert that `fit` raises a ValueError whose message matches all patterns."""
    with pytest.raises(ValueError) as caught:
        make(cls, **params).fit(X, y)
    for pattern in patterns:
        assert re.search(pattern, str(caught.value)), f"{pattern!r} not in {caught.value}"
