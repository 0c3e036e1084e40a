"""Forecasts of windows: one number per step, or a distribution per step."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from skseq.series import EncodedWindows
from skseq.tasks.forecast_losses import ForecastLoss

# Levels are clipped to this distance from 0 and 1, so that their normal scores are finite.
MIN_LEVEL = 1e-6


@dataclass
class PointForecast:
    """One number per step. Scores are errors divided by the unit of the window."""

    point: np.ndarray  # (n_windows, horizon)
    units: np.ndarray  # (n_windows, 1)

    def at(self, scores):
        """Return the values (n_windows, horizon) that have the given scores."""
        return self.point + scores * self.units

    def scores(self, values):
        """Return the scores of values (n_windows, horizon)."""
        return (values - self.point) / self.units


@dataclass
class DistributionForecast:
    """A distribution per step. Scores are the normal scores of levels."""

    outputs: np.ndarray  # (n_windows, horizon, n_outputs), of the network
    coded: EncodedWindows  # scale of each window
    loss: ForecastLoss  # maps outputs to quantiles and levels

    @property
    def point(self):
        """The point forecast of each step: (n_windows, horizon)."""
        return self.coded.decode(self.loss.point(self.outputs, self.coded.scale))

    def at(self, scores):
        """Return the values (n_windows, horizon) that have the given scores."""
        levels = np.clip(norm.cdf(scores), MIN_LEVEL, 1 - MIN_LEVEL)
        return self.coded.decode(self.loss.quantile(self.outputs, levels, self.coded.scale))

    def scores(self, values):
        """Return the scores of values (n_windows, horizon); NaN where they are missing."""
        levels = self.loss.level(self.outputs, self.coded.encode(values), self.coded.scale)
        levels = np.clip(levels, MIN_LEVEL, 1 - MIN_LEVEL)
        return np.where(np.isnan(values), np.nan, norm.ppf(levels))
