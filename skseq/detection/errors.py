"""From errors of rows to scores: bounded squares, and means over neighbouring rows."""

import numpy as np
from scipy.signal import lfilter

# Errors, in units of held-out errors, up to this size are squared. Larger ones are linear
# (Huber, 1964), and those above the maximum are equal to it. So the mean of rows near one
# huge error becomes normal again after few multiples of `smoothing`.
MAX_SQUARED, MAX_ERROR = 10.0, 100.0


def measure_sizes(errors):
    """Return the size of the errors of each row and channel: (n_rows, n_channels).

    `errors` (n_rows, n_channels) are in units of held-out errors, NaN where missing. Sizes
    are divided by the number of observed channels of the row, so their sum is the size of
    the row; they are 0 where the error is missing. Also returns whether rows have any
    error, as 0 or 1: (n_rows,).
    """
    is_known = ~np.isnan(errors)
    bounded = np.minimum(np.where(is_known, errors, 0.0), MAX_ERROR)
    squares = np.minimum(bounded, MAX_SQUARED) * (
        2 * bounded - np.minimum(bounded, MAX_SQUARED)
    )
    counts = is_known.sum(axis=1)
    return squares / np.maximum(counts, 1)[:, None], (counts > 0).astype(np.float64)


def smooth_sizes(sizes, is_known, lengths, smoothing, center):
    """Return means of the sizes (n_rows, n_channels) over the rows of a series.

    The weight of a row decreases by the factor `1 - 1 / smoothing` for each row of
    distance. Rows without errors have no weight. Without `center`, later rows have none,
    either. The rows of a series, of given `lengths`, are consecutive.
    """
    columns = np.column_stack([sizes, is_known])
    decay = 1 - 1 / smoothing
    sums = columns
    if decay > 0:
        parts = np.split(columns, np.cumsum(lengths)[:-1])
        sums = np.concatenate([_add_decayed(part, decay, center) for part in parts])
    weights = sums[:, -1:]
    return np.divide(sums[:, :-1], weights, out=np.zeros_like(sizes), where=weights > 0)


def _add_decayed(values, decay, center):
    """Return sums of the rows of one series with decreasing weights."""
    numerator, denominator = [1.0], [1.0, -decay]
    sums = lfilter(numerator, denominator, values, axis=0)
    if center:
        sums += lfilter(numerator, denominator, values[::-1], axis=0)[::-1] - values
    return sums


class RunningMean:
    """The mean of `smooth_sizes` without `center`, for rows that arrive one by one.

    Parameters
    ----------
    shape : tuple
        Number of series and of channels.
    smoothing : float
        As for `smooth_sizes`.
    """

    def __init__(self, shape, smoothing):
        self.decay = 1 - 1 / smoothing
        self.sums = np.zeros(shape)
        self.weights = np.zeros((shape[0], 1))

    def reset(self, series):
        """Start new series at some positions."""
        self.sums[series] = self.weights[series] = 0.0

    def add(self, sizes, is_known):
        """Read a row of each series, and return the means (n_series, n_channels)."""
        self.sums = self.decay * self.sums + sizes
        self.weights = self.decay * self.weights + is_known[:, None]
        out = np.zeros_like(self.sums)
        return np.divide(self.sums, self.weights, out=out, where=self.weights > 0)
