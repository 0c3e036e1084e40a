"""From errors of rows to scores: bounded squares, and means over neighboring rows."""

import numpy as np
from scipy.signal import lfilter

# Errors, in units of held-out errors, up to this size are squared. Larger ones are linear
# (Huber, 1964), and those above the maximum are equal to it. So a huge error of one row
# does not hide the errors of the rows around it.
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


def weigh_rows(smoothing):
    """Return the weights of a row and of those before it, (smoothing,).

    They decrease linearly to 0 at a distance of `smoothing` rows. Unlike an exponential
    decrease, a large error then has no effect on distant rows.
    """
    return 1 - np.arange(smoothing) / smoothing


def smooth_sizes(sizes, is_known, lengths, smoothing, center):
    """Return means of the sizes (n_rows, n_channels) over the rows of a series.

    The weights are those of `weigh_rows`, and equal for earlier and later rows. Rows
    without errors have no weight. Without `center`, later rows have none, either. The rows
    of a series, of given `lengths`, are consecutive.
    """
    columns = np.column_stack([sizes, is_known])
    sums = columns
    if smoothing > 1:
        weights = weigh_rows(smoothing)
        parts = np.split(columns, np.cumsum(lengths)[:-1])
        sums = np.concatenate([_add_weighted(part, weights, center) for part in parts])
    totals = sums[:, -1:]
    return np.divide(sums[:, :-1], totals, out=np.zeros_like(sizes), where=totals > 0)


def _add_weighted(values, weights, center):
    """Return weighted sums of the rows of one series."""
    weights = weights[: len(values)]
    sums = lfilter(weights, [1.0], values, axis=0)
    if center:
        sums += lfilter(weights, [1.0], values[::-1], axis=0)[::-1] - values
    return sums


class RunningMean:
    """The mean of `smooth_sizes` without `center`, for rows that arrive one by one.

    Parameters
    ----------
    shape : tuple
        Number of series and of channels.
    smoothing : int
        As for `smooth_sizes`.
    """

    def __init__(self, shape, smoothing):
        self.weights = weigh_rows(smoothing)[:, None]
        # The latest rows, the newest first: sizes, and whether they have errors.
        self.rows = np.zeros((shape[0], smoothing, shape[1] + 1))

    def reset(self, series):
        """Start new series at some positions."""
        self.rows[series] = 0.0

    def add(self, sizes, is_known):
        """Read a row of each series, and return the means (n_series, n_channels)."""
        new = np.column_stack([sizes, is_known])[:, None]
        self.rows = np.concatenate([new, self.rows[:, :-1]], axis=1)
        sums = (self.rows * self.weights).sum(axis=1)
        totals = sums[:, -1:]
        return np.divide(sums[:, :-1], totals, out=np.zeros_like(sizes), where=totals > 0)
