"""Scores step by step equal those of the steps so far."""

import pickle

import numpy as np
import pytest

import skseq
from skseq import GRUOutlierDetector, TransformerOutlierDetector

from ..cases import make
from .cases import every_recurrent, fit_waves, make_waves


def make_steps(n=3, seed=1):
    return np.stack(make_waves(n, seed, min_length=12, max_length=13))


@every_recurrent
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_stream_equals_the_detector(cls, missing):
    detector, _ = fit_waves(cls, missing=missing)
    steps = make_steps()
    if missing == "mask":
        steps[0, 4, 1] = steps[1, 0] = steps[2, 5] = np.nan
    stream, step_scores = detector.stream(3), detector.step_scores(steps)
    for t in range(steps.shape[1]):
        found = stream.score_samples(steps[:, t])
        np.testing.assert_allclose(
            found, detector.score_samples(steps[:, : t + 1]), rtol=1e-4
        )
        np.testing.assert_allclose(
            stream.step_scores, step_scores[:, t], rtol=1e-3, atol=1e-6
        )


def test_predictions_and_decisions():
    detector, _ = fit_waves(GRUOutlierDetector)
    steps = make_steps()
    streams = [detector.stream(3) for _ in range(3)]
    for t in range(steps.shape[1]):
        scores = streams[0].score_samples(steps[:, t])
        assert (
            streams[1].decision_function(steps[:, t]) == scores - detector.offset_
        ).all()
        expected = np.where(scores < detector.offset_, -1, 1)
        assert (streams[2].predict(steps[:, t]) == expected).all()


def test_reset_state_and_copies(tmp_path):
    detector, _ = fit_waves(GRUOutlierDetector)
    steps, stream = make_steps(2), detector.stream(2)
    first = [stream.score_samples(x_t) for x_t in np.swapaxes(steps[:, :5], 0, 1)]
    state = stream.state
    copy = pickle.loads(pickle.dumps(stream))
    expected = stream.score_samples(steps[:, 5])
    assert (copy.score_samples(steps[:, 5]) == expected).all()
    stream.state = state
    assert (stream.score_samples(steps[:, 5]) == expected).all()
    stream.reset(1)
    assert stream.score_samples(steps[:, 0])[1] == first[0][1]
    stream.reset()
    assert (stream.score_samples(steps[:, 0]) == first[0]).all()
    detector.save(tmp_path / "model")
    loaded = skseq.load(tmp_path / "model").stream(2)
    assert (loaded.score_samples(steps[:, 0]) == first[0]).all()


@every_recurrent
@pytest.mark.parametrize("value", [1e12, 1e20, 1e37])
def test_absurd_values_are_outliers(cls, value):
    detector, X = fit_waves(cls)
    x = X[0].copy()
    x[4, 1] = value
    stream = detector.stream()
    found = [stream.score_samples(x_t)[0] for x_t in x]
    expected = [detector.score_samples([x[: t + 1]])[0] for t in range(len(x))]
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert (np.array(found[4:]) < 1e6 * detector.offset_).all()


def test_scaled_values_beyond_float32():
    detector = make(GRUOutlierDetector).fit([1e-20 * x for x in make_waves()])
    stream = detector.stream()
    found = [stream.score_samples(x_t)[0] for x_t in ([0.0, 0.0], [1e30, 0.0], [0.0, 0.0])]
    assert np.isfinite(found).all()
    assert max(found[1:]) < 1e6 * detector.offset_


def test_invalid_steps_change_nothing():
    detector, _ = fit_waves(GRUOutlierDetector)
    stream = detector.stream()
    stream.score_samples([0.0, 1.0])
    state = stream.state
    for x_t in ([0.0, np.nan], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError):
            stream.score_samples(x_t)
        assert stream.state is state


def test_transformer_raises():
    detector, _ = fit_waves(TransformerOutlierDetector)
    with pytest.raises(ValueError, match="cannot score step by step.*GRUOutlierDetector"):
        detector.stream()


@pytest.mark.parametrize("n_sequences", [0, 1.5, "a"])
def test_number_of_sequences(n_sequences):
    detector, _ = fit_waves(GRUOutlierDetector)
    with pytest.raises(ValueError, match="n_sequences should be a whole number"):
        detector.stream(n_sequences)
