"""What is known of the steps that follow each window."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

# A level is kept this far from 0 and 1, where its normal score would be infinite.
OUTERMOST = 1e-6


@dataclass
class PointAnswer:
    """One number a step; its scores are errors in units of the window.

    Attributes
    ----------
    point : ndarray of shape (n_windows, horizon)
        The forecast.
    units : ndarray of shape (n_windows, 1)
        The unit of each window.
    """

    point: np.ndarray
    units: np.ndarray

    def at(self, scores):
        """Return the values (n_windows, horizon) that have such scores."""
        return self.point + scores * self.units

    def scores(self, values):
        """Return the scores of values (n_windows, horizon)."""
        return (values - self.point) / self.units


@dataclass
class DistributionAnswer:
    """A distribution a step; its scores are the normal scores of levels.

    Attributes
    ----------
    outputs : ndarray of shape (n_windows, horizon, n_outputs)
        What the network said.
    coded : EncodedWindows
        How the windows are measured.
    loss : DistributionForecast or QuantileForecast
        What the outputs mean.
    """

    outputs: np.ndarray
    coded: Any
    loss: Any

    @property
    def point(self):
        """The median of each step: (n_windows, horizon)."""
        return self.coded.decode(self.loss.point(self.outputs, self.coded.scale))

    def at(self, scores):
        """Return the values (n_windows, horizon) that have such scores."""
        levels = np.clip(norm.cdf(scores), OUTERMOST, 1 - OUTERMOST)
        return self.coded.decode(self.loss.quantile(self.outputs, levels, self.coded.scale))

    def scores(self, values):
        """Return the scores of values (n_windows, horizon)."""
        levels = self.loss.level(self.outputs, self.coded.encode(values), self.coded.scale)
        levels = np.clip(levels, OUTERMOST, 1 - OUTERMOST)
        return np.where(np.isnan(values), np.nan, norm.ppf(levels))
