"""What is known of the steps that follow each window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skseq.forecasting import DistributionAnswer, PointAnswer
from skseq.forecasting.predictions import OUTERMOST
from skseq.series import WindowCoder
from skseq.tasks.forecast_losses import (
    NegativeBinomialForecast,
    NormalForecast,
    QuantileForecast,
    StudentTForecast,
)

N, HORIZON = 3, 4
LOSSES = [QuantileForecast((0.1, 0.5, 0.9)), NormalForecast(), StudentTForecast()]
SEEDS = st.integers(0, 999)


def answer_of(loss, seed=0, level=100.0):
    """Return the answer for windows far from 0 and of different spreads."""
    rng = np.random.default_rng(seed)
    past = level + rng.normal(size=(N, 9)) * [[1.0], [10.0], [0.1]]
    coded = WindowCoder(8, HORIZON).encode(past, np.ones(N))
    outputs = rng.normal(size=(N, HORIZON, loss.n_outputs)).astype(np.float32)
    return DistributionAnswer(outputs, coded, loss)


@given(SEEDS)
def test_a_point_answer_counts_in_units_of_its_window(seed):
    rng = np.random.default_rng(seed)
    point, units = rng.normal(size=(N, HORIZON)), rng.uniform(0.1, 9, size=(N, 1))
    answer = PointAnswer(point, units)
    np.testing.assert_array_equal(answer.at(np.zeros((N, HORIZON))), point)
    np.testing.assert_allclose(answer.at(np.full((N, HORIZON), 2.0)), point + 2 * units)
    scores = rng.normal(size=(N, HORIZON))
    scores[0, 1] = np.nan
    np.testing.assert_allclose(answer.scores(answer.at(scores)), scores, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
class TestDistributions:
    """Answers whose scores are the normal scores of levels."""

    @given(seed=SEEDS)
    def test_the_score_of_0_is_the_median(self, loss, seed):
        answer = answer_of(loss, seed)
        np.testing.assert_allclose(answer.at(np.zeros((N, HORIZON))), answer.point)

    @given(seed=SEEDS, z=st.floats(-2.5, 2.5))
    def test_scores_come_back_from_their_values(self, loss, seed, z):
        answer = answer_of(loss, seed)
        values = answer.at(np.full((N, HORIZON), z))
        np.testing.assert_allclose(answer.scores(values), z, atol=1e-3)

    @given(seed=SEEDS)
    def test_values_grow_with_the_score(self, loss, seed):
        answer = answer_of(loss, seed)
        values = [answer.at(np.full((N, HORIZON), z)) for z in (-3, -1, 0, 0.5, 4)]
        assert (np.diff(values, axis=0) > 0).all()

    def test_they_are_on_the_scale_of_the_series(self, loss):
        """A series ten times as large has ten times the quantiles."""
        answer = answer_of(loss)
        coder = WindowCoder(8, HORIZON)
        past = np.random.default_rng(0).normal(size=(N, 9))
        small = coder.encode(past, np.ones(N))
        large = coder.encode(10 * past + 7, np.full(N, 10.0))
        z = np.full((N, HORIZON), 1.3)
        values = [DistributionAnswer(answer.outputs, c, loss).at(z) for c in (small, large)]
        np.testing.assert_allclose(values[1], 10 * values[0] + 7, rtol=1e-9)

    def test_missing_values_have_no_score(self, loss):
        answer = answer_of(loss)
        values = answer.point.copy()
        values[1, 2] = np.nan
        scores = answer.scores(values)
        assert np.isnan(scores[1, 2])
        assert np.isfinite(scores).sum() == N * HORIZON - 1

    def test_the_outermost_scores_are_finite(self, loss):
        answer = answer_of(loss)
        scores = answer.scores(np.array([[-1e12, 1e12, -1e12, 1e12]] * N))
        reach = norm.ppf(1 - OUTERMOST)
        np.testing.assert_allclose(scores, [[-reach, reach, -reach, reach]] * N, rtol=1e-3)
        values = answer.at(np.array([[-np.inf, np.inf, -50, 50]] * N))
        assert np.isfinite(values).all()


def test_counts_are_counts():
    """Whatever the unit of the window is."""
    loss = NegativeBinomialForecast()
    past = np.random.default_rng(0).poisson(5, size=(N, 9)).astype(float)
    coded = WindowCoder(8, HORIZON, level=None).encode(past, np.ones(N))
    outputs = np.random.default_rng(1).normal(size=(N, HORIZON, 2)).astype(np.float32)
    answer = DistributionAnswer(outputs, coded, loss)
    values = np.array([answer.at(np.full((N, HORIZON), z)) for z in (-2, 0, 1, 2)])
    np.testing.assert_allclose(values, np.round(values), atol=1e-9)
    assert (values >= 0).all()
    assert values[3].min() > 0
