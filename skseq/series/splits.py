"""Windows for training and for validation, and the typical change of each series."""

from functools import partial
from itertools import product

import numpy as np

# Scale of a constant series, relative to its magnitude.
CONSTANT_SERIES_SCALE = 1e-8


def training_origins(lengths, context_length, horizon):
    """Return the first and the last origin of the training windows of each series.

    A window has `context_length` steps before its origin and `horizon` steps from it on.
    Long series have complete windows only. Windows of a short series may start before it
    and end after it; steps outside the series are missing. Lengths and origins have shape
    (n_series,); `last < first` if a series has no window.
    """
    last = np.where(lengths > horizon, lengths - horizon, lengths - 1)
    first = np.minimum(context_length, (last + 1) // 2)
    return np.maximum(first, 1), last


def held_out_windows(lengths, held, horizon, max_windows):
    """Return series and origins of the windows that forecast the held-out last steps.

    The last `held` (n_series,) steps of each series are held out. If there are more than
    `max_windows` windows, about this many are selected at even distances.
    """
    series, origins = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for i in np.flatnonzero(held > 0):
        first = lengths[i] - held[i]
        origins.append(np.arange(first, max(lengths[i] - horizon, first) + 1))
        series.append(np.full(len(origins[-1]), i))
    series, origins = np.concatenate(series), np.concatenate(origins)
    if len(series) > max_windows:
        kept = np.unique(np.linspace(0, len(series) - 1, max_windows).astype(np.int64))
        series, origins = series[kept], origins[kept]
    return series, origins


def measure_spreads(panel, lag, whole=None):
    """Return mean absolute changes of series over `lag` steps: (n_series, n_targets).

    If no two observed values have this distance, or all of these changes are 0, changes over
    one step are measured, and then changes from each observed value to the next one. If
    `lag` is None, return standard deviations; if it is 0, means of absolute values.

    Series that are constant in `panel` are measured in `whole`, which contains later steps
    as well. If they are constant there, too, the spread is a small fraction of their
    magnitude, so it is always positive.
    """
    first = partial(_measure_change, lag=lag)
    if not lag:
        first = _measure_deviation if lag is None else _measure_size
    measures = first, partial(_measure_change, lag=1), _measure_observed_change
    spreads = np.full((panel.n_series, panel.n_targets), np.nan)
    for i in range(panel.n_series):
        candidates = [p.targets(i) for p in (panel, whole) if p is not None]
        for values, measure in product(candidates, measures):
            if (missing := np.isnan(spreads[i])).any():
                spread = measure(values)
                spreads[i] = np.where(missing & (spread > 0), spread, spreads[i])
        magnitude = np.nanmax(np.abs(candidates[-1]), axis=0, initial=0.0)
        smallest = CONSTANT_SERIES_SCALE * np.where(magnitude > 0, magnitude, 1.0)
        spreads[i] = np.where(np.isnan(spreads[i]), smallest, spreads[i])
    return spreads


def _measure_change(values, lag):
    """Return the mean absolute change of each column over a number of steps."""
    return _mean_of_finite(np.abs(values[lag:] - values[:-lag]))


def _measure_observed_change(values):
    """Return the mean absolute change of each column between successive observed values."""
    columns = (column[~np.isnan(column)] for column in values.T)
    return np.array([_mean_of_finite(np.abs(np.diff(column))) for column in columns])


def _measure_deviation(values):
    """Return the standard deviation of each column."""
    return np.sqrt(_mean_of_finite((values - _mean_of_finite(values)) ** 2))


def _measure_size(values):
    """Return the mean absolute value of each column."""
    return _mean_of_finite(np.abs(values))


def _mean_of_finite(values):
    """Return the mean of the finite values of each column, 0 if there are none."""
    is_finite = np.isfinite(values)
    count = np.maximum(is_finite.sum(axis=0), 1)
    return np.where(is_finite, values, 0.0).sum(axis=0) / count
