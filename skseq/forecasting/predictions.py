"""Forecasts of windows: one number per step, or a distribution per step."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from skseq.series import EncodedWindows
from skseq.tasks.forecast_losses import ForecastLoss

# Levels are clipped to this distance from 0 and 1, so that their normal scores are finite.
MIN_LEVEL = 1e-6
# Normal scores beyond which scores are linear in the error: of calibrated distributions,
# and of others, whose quantiles stay exact up to the level at which levels are clipped.
TAIL_SCORE, EXACT_TAIL_SCORE = norm.ppf(0.99), norm.ppf(1 - MIN_LEVEL)


@dataclass
class PointForecast:
    """One number per step. Scores are errors divided by the unit of the window."""

    point: np.ndarray  # (n_windows, horizon)
    units: np.ndarray  # (n_windows, 1), of errors

    def at(self, scores):
        """Return the values that have given scores (..., n_windows, horizon)."""
        return self.point + scores * self.units

    def scores(self, values):
        """Return the scores of values (n_windows, horizon)."""
        return self.errors(values)

    def errors(self, values):
        """Return the errors of values (n_windows, horizon) in units of the window."""
        return (values - self.point) / self.units


@dataclass
class DistributionForecast:
    """A distribution per step. Scores are the normal scores of levels.

    Distributions are inaccurate far from their centers. Beyond `tail_score`, scores are
    therefore linear: they grow by 1 for each unit of the window's errors.
    """

    outputs: np.ndarray  # (n_windows, horizon, n_outputs), of the network
    coded: EncodedWindows  # scale of each window
    loss: ForecastLoss  # maps outputs to quantiles and levels
    tail_score: float = TAIL_SCORE

    @property
    def units(self):
        """The unit of errors of each window: (n_windows, 1)."""
        return self.coded.error_unit

    @property
    def point(self):
        """The point forecast of each step: (n_windows, horizon)."""
        return self.coded.decode(self.loss.point(self.outputs, self.coded.scale))

    def at(self, scores):
        """Return the values that have given scores (..., n_windows, horizon)."""
        inside = np.clip(scores, -self.tail_score, self.tail_score)
        return self._quantile(inside) + (scores - inside) * self.units

    def scores(self, values):
        """Return the scores of values (n_windows, horizon); NaN where they are missing."""
        level = self.loss.level(self.outputs, self.coded.encode(values), self.coded.scale)
        inside = norm.ppf(np.clip(level, MIN_LEVEL, 1 - MIN_LEVEL))
        inside = np.clip(inside, -self.tail_score, self.tail_score)
        above = np.maximum(values - self._quantile(self.tail_score), 0.0)
        below = np.minimum(values - self._quantile(-self.tail_score), 0.0)
        beyond = above * (inside == self.tail_score) + below * (inside == -self.tail_score)
        return np.where(np.isnan(values), np.nan, inside + beyond / self.units)

    def errors(self, values):
        """Return the errors of the points, in units of the window; NaN where missing."""
        return (values - self.point) / self.units

    def _quantile(self, scores):
        levels = np.clip(norm.cdf(scores), MIN_LEVEL, 1 - MIN_LEVEL)
        return self.coded.decode(self.loss.quantile(self.outputs, levels, self.coded.scale))
