"""Standardize the channels of series by statistics that outliers hardly change."""

from dataclasses import dataclass

import numpy as np

from skseq.saved import Saved, is_finite, is_names, is_positive, require
from skseq.series import Panel

# Interquartile range of a standard normal distribution.
NORMAL_RANGE = 1.349
# Smallest scale, relative to the standard deviation. Most values of a channel may be equal.
MIN_RELATIVE_RANGE = 0.1
# A channel is constant if its standard deviation is at most this fraction of its magnitude.
ROUNDING = 1e-9
# Scale of a constant channel, relative to its magnitude (1 if it is 0).
CONSTANT_SCALE = 1e-6


@dataclass(repr=False)
class ChannelScaler(Saved):
    """Standardizes each channel of each series by its median and interquartile range.

    Series that were not seen in fit are standardized by their own statistics.
    """

    saved_name = "channel scaler"

    ids: list  # names of the series
    center: np.ndarray  # (n_series, n_channels)
    scale: np.ndarray  # (n_series, n_channels)

    @classmethod
    def fit(cls, panel):
        """Return the scaler of the series of a panel."""
        found = [measure_channels(panel.targets(i)) for i in range(panel.n_series)]
        center, scale = (np.stack(part) for part in zip(*found, strict=True))
        return cls(list(panel.ids), center, scale)

    def transform(self, panel):
        """Return a standardized copy of a panel without reserved rows."""
        center, scale = self._find(panel)
        values = (panel.values - np.repeat(center, panel.lengths, axis=0)) / np.repeat(
            scale, panel.lengths, axis=0
        )
        return Panel(values, panel.covariates, panel.lengths, panel.first_ticks, panel.ids)

    def find(self, names):
        """Return the number of each series, -1 for those that were not seen in fit."""
        numbers = {name: i for i, name in enumerate(self.ids)}
        return np.array([numbers.get(name, -1) for name in names], dtype=np.int64)

    def add(self, panel):
        """Add the series of a panel that were not seen before."""
        numbers = np.flatnonzero(self.find(panel.ids) < 0)
        for i in numbers:
            center, scale = measure_channels(panel.targets(i))
            self.ids.append(panel.ids[i])
            self.center = np.vstack([self.center, center])
            self.scale = np.vstack([self.scale, scale])

    def _find(self, panel):
        """Return the statistics of the series of a panel."""
        numbers = self.find(panel.ids)
        center, scale = self.center[numbers], self.scale[numbers]
        for i in np.flatnonzero(numbers < 0):
            center[i], scale[i] = measure_channels(panel.targets(i))
        return center, scale

    @classmethod
    def from_state(cls, ids, center, scale):
        """Create the scaler from a state; raise ValueError if the state is invalid."""
        valid = is_names(ids) and 0 < len(ids) == len(set(ids))
        valid = valid and is_finite(center, len(ids), None) and center.shape[1] > 0
        valid = valid and is_positive(scale, *center.shape)
        require(valid, "the statistics of the channels are invalid")
        return cls(ids, center, scale)


def measure_channels(values):
    """Return the median and the scale of the channels (n_rows, n_channels) of a series.

    The scale is the interquartile range in units of that of a normal distribution. It is
    positive, also for constant channels. A channel without values has center 0 and scale 1.
    """
    n_channels = values.shape[1]
    center, scale = np.zeros(n_channels), np.ones(n_channels)
    for k in range(n_channels):
        known = values[~np.isnan(values[:, k]), k]
        if not len(known):
            continue
        lower, center[k], upper = np.quantile(known, [0.25, 0.5, 0.75])
        largest = np.abs(known).max()
        unit = largest if largest > 0 else 1.0
        deviation = unit * np.std(known / unit)  # squares of huge values would overflow
        if deviation <= ROUNDING * largest:
            scale[k] = CONSTANT_SCALE * unit
            continue
        spread = (upper - lower) / NORMAL_RANGE
        smallest = MIN_RELATIVE_RANGE * deviation
        scale[k] = max(spread, smallest) if spread > 0 else deviation
    return center, np.maximum(scale, np.finfo(np.float64).tiny)
