"""Forecasts of windows: scores of values, and values of scores."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skseq.forecasting import DistributionForecast, PointForecast
from skseq.forecasting.predictions import EXACT_TAIL_SCORE, TAIL_SCORE
from skseq.series import WindowCoder
from skseq.tasks.forecast_losses import (
    NegativeBinomialLikelihood,
    NormalLikelihood,
    QuantileLoss,
    StudentTLikelihood,
)

N, HORIZON = 3, 4
LOSSES = [QuantileLoss((0.1, 0.5, 0.9)), NormalLikelihood(), StudentTLikelihood()]
SEEDS = st.integers(0, 999)


def make_forecast(loss, seed=0, level=100.0):
    """Return the forecast of windows with a large level and different spreads."""
    rng = np.random.default_rng(seed)
    past = level + rng.normal(size=(N, 9)) * [[1.0], [10.0], [0.1]]
    coded = WindowCoder(8, HORIZON).encode(past, np.ones(N))
    outputs = rng.normal(size=(N, HORIZON, loss.n_outputs)).astype(np.float32)
    return DistributionForecast(outputs, coded, loss)


@given(SEEDS)
def test_scores_of_point_forecasts_are_in_units_of_the_window(seed):
    rng = np.random.default_rng(seed)
    point, units = rng.normal(size=(N, HORIZON)), rng.uniform(0.1, 9, size=(N, 1))
    forecast = PointForecast(point, units)
    np.testing.assert_array_equal(forecast.at(np.zeros((N, HORIZON))), point)
    np.testing.assert_allclose(forecast.at(np.full((N, HORIZON), 2.0)), point + 2 * units)
    scores = rng.normal(size=(N, HORIZON))
    scores[0, 1] = np.nan
    np.testing.assert_allclose(forecast.scores(forecast.at(scores)), scores, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
class TestDistributions:
    """Forecasts whose scores are the normal scores of levels."""

    @given(seed=SEEDS)
    def test_score_0_is_the_median(self, loss, seed):
        forecast = make_forecast(loss, seed)
        np.testing.assert_allclose(forecast.at(np.zeros((N, HORIZON))), forecast.point)

    @given(seed=SEEDS, z=st.floats(-2.5, 2.5))
    def test_scores_invert_at(self, loss, seed, z):
        forecast = make_forecast(loss, seed)
        values = forecast.at(np.full((N, HORIZON), z))
        np.testing.assert_allclose(forecast.scores(values), z, atol=1e-3)

    @given(seed=SEEDS)
    def test_values_increase_with_the_score(self, loss, seed):
        forecast = make_forecast(loss, seed)
        values = [forecast.at(np.full((N, HORIZON), z)) for z in (-3, -1, 0, 0.5, 4)]
        assert (np.diff(values, axis=0) > 0).all()

    def test_values_scale_with_the_series(self, loss):
        """A series that is ten times as large has quantiles that are ten times as large."""
        forecast = make_forecast(loss)
        coder = WindowCoder(8, HORIZON)
        past = np.random.default_rng(0).normal(size=(N, 9))
        small = coder.encode(past, np.ones(N))
        large = coder.encode(10 * past + 7, np.full(N, 10.0))
        z = np.full((N, HORIZON), 1.3)
        values = [
            DistributionForecast(forecast.outputs, coded, loss).at(z)
            for coded in (small, large)
        ]
        np.testing.assert_allclose(values[1], 10 * values[0] + 7, rtol=1e-9)

    def test_scores_of_missing_values_are_nan(self, loss):
        forecast = make_forecast(loss)
        values = forecast.point.copy()
        values[1, 2] = np.nan
        scores = forecast.scores(values)
        assert np.isnan(scores[1, 2])
        assert np.isfinite(scores).sum() == N * HORIZON - 1

    def test_scores_beyond_the_tail_are_errors_in_units_of_the_window(self, loss):
        """Quantiles of extreme levels of a heavy tail would be out of proportion."""
        forecast = make_forecast(loss)
        tail = np.full((N, HORIZON), TAIL_SCORE)
        ends = forecast.at(-tail), forecast.at(tail)
        for sign, end in zip((-1, 1), ends, strict=True):
            values = end + sign * 7 * forecast.units
            scores = forecast.scores(values)
            np.testing.assert_allclose(scores, sign * (TAIL_SCORE + 7), rtol=1e-9)
            np.testing.assert_allclose(forecast.at(scores), values, rtol=1e-9)

    def test_extreme_scores_of_exact_distributions_are_finite(self, loss):
        forecast = replace(make_forecast(loss), tail_score=EXACT_TAIL_SCORE)
        for score in (-EXACT_TAIL_SCORE, EXACT_TAIL_SCORE):
            values = forecast.at(np.full((N, HORIZON), score))
            np.testing.assert_allclose(
                values,
                forecast.coded.decode(
                    loss.quantile(forecast.outputs, norm.cdf(score), forecast.coded.scale)
                ),
            )


def test_values_of_count_forecasts_are_counts_in_every_unit():
    loss = NegativeBinomialLikelihood()
    past = np.random.default_rng(0).poisson(5, size=(N, 9)).astype(float)
    coded = WindowCoder(8, HORIZON, level=None).encode(past, np.ones(N))
    outputs = np.random.default_rng(1).normal(size=(N, HORIZON, 2)).astype(np.float32)
    forecast = DistributionForecast(outputs, coded, loss)
    values = np.array([forecast.at(np.full((N, HORIZON), z)) for z in (-2, 0, 1, 2)])
    np.testing.assert_allclose(values, np.round(values), atol=1e-9)
    assert (values >= 0).all()
    assert values[3].min() > 0
