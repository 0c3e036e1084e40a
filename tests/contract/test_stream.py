"""Prediction step by step equals prediction of whole sequences, for every leaf."""

import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import skseq
from skseq import LSTMStepClassifier
from skseq.architectures.recurrent import RecurrentArchitecture
from skseq.estimators import StepEstimator

from .cases import ALL_ESTIMATORS, fitted, make, make_X, make_y, name_of

CAUSAL = {"stem": 0, "patch_size": 1, "bidirectional": False}
RECURRENT = [cls for cls in ALL_ESTIMATORS if issubclass(cls, RecurrentArchitecture)]
OTHERS = [cls for cls in ALL_ESTIMATORS if cls not in RECURRENT]
every_recurrent = pytest.mark.parametrize("cls", RECURRENT, ids=name_of)


def run(stream, steps, method):
    """Return the predictions (time, n_sequences, ...) of steps (n_sequences, time, ...)."""
    predict = getattr(stream, method)
    return np.stack([predict(x_t) for x_t in np.swapaxes(steps, 0, 1)])


def expect(estimator, steps, method):
    """Return the predictions of all beginnings of sequences, by methods of the estimator."""
    predict = getattr(estimator, method)
    if isinstance(estimator, StepEstimator):
        return np.swapaxes(np.stack([*predict(steps)]), 0, 1)
    return np.stack([predict(steps[:, : t + 1]) for t in range(steps.shape[1])])


@every_recurrent
def test_stream_equals_the_estimator(cls):
    estimator, _ = fitted(cls, **CAUSAL)
    steps = make_X("cube", n=3, seed=1)
    for method in ("predict", "predict_proba"):
        stream = estimator.stream(3)
        assert hasattr(stream, method) == hasattr(estimator, method)
        if hasattr(estimator, method):
            found = run(stream, steps, method)
            np.testing.assert_allclose(found, expect(estimator, steps, method), atol=1e-5)


@every_recurrent
def test_saved_and_pickled_estimators_stream(cls, tmp_path):
    estimator, _ = fitted(cls, **CAUSAL)
    steps = make_X("cube", n=2, seed=1)
    expected = run(estimator.stream(2), steps, "predict")
    estimator.save(tmp_path / "model")
    others = skseq.load(tmp_path / "model"), pickle.loads(pickle.dumps(estimator))
    for other in others:
        assert np.array_equal(run(other.stream(2), steps, "predict"), expected)
    stream = estimator.stream(2)
    first = run(stream, steps[:, :3], "predict")
    second = run(pickle.loads(pickle.dumps(stream)), steps[:, 3:], "predict")
    assert np.array_equal(np.concatenate([first, second]), expected)


@every_recurrent
@pytest.mark.parametrize(("name", "value"), [("stem", 1), ("bidirectional", True)])
def test_networks_that_read_later_steps_raise(cls, name, value):
    estimator, _ = fitted(cls, **{**CAUSAL, name: value})
    with pytest.raises(ValueError, match=f"Fit it with {name}={CAUSAL[name]}"):
        estimator.stream()


def test_all_parameters_to_change_are_named():
    """Without a stem, patch_size="auto" would choose patches."""
    model = make(skseq.GRUClassifier).fit(np.ones((8, 90, 1)), np.arange(8) % 2)
    with pytest.raises(ValueError, match="stem=0, patch_size=1, bidirectional=False"):
        model.stream()


@pytest.mark.parametrize("cls", OTHERS, ids=name_of)
def test_other_architectures_raise(cls):
    estimator, _ = fitted(cls, stem=0, patch_size=1)
    with pytest.raises(ValueError, match="cannot predict step by step"):
        estimator.stream()


@pytest.mark.parametrize("cls", ALL_ESTIMATORS, ids=name_of)
def test_stream_before_fit(cls):
    with pytest.raises(NotFittedError):
        make(cls).stream()


def test_rows_that_are_steps():
    X, y = np.concatenate(make_X("ragged")), np.concatenate(make_y(LSTMStepClassifier))
    estimator = make(LSTMStepClassifier, **CAUSAL).fit(X, y)
    stream = estimator.stream()
    found = np.concatenate([stream.predict_proba(row) for row in X[:9]])
    np.testing.assert_allclose(found, estimator.predict_proba(X[:9]), atol=1e-5)


def test_transitions_use_the_steps_so_far():
    """With a CRF, a step is predicted as the last one of the sequence so far."""
    estimator, _ = fitted(LSTMStepClassifier, **CAUSAL, transitions="crf", max_epochs=20)
    steps = make_X("cube", n=4, seed=1)
    labels = run(estimator.stream(4), steps, "predict")
    probabilities = run(estimator.stream(4), steps, "predict_proba")
    for t in range(steps.shape[1]):
        so_far = steps[:, : t + 1]
        last = [part[-1] for part in estimator.predict(so_far)]
        assert labels[t].tolist() == last
        last = [part[-1] for part in estimator.predict_proba(so_far)]
        np.testing.assert_allclose(probabilities[t], last, atol=1e-5)
