"""Which windows are trained on, and which are held out."""

import numpy as np


def training_origins(lengths, context_length, horizon):
    """Return the first and the last origin of each series.

    Long series give full windows only. Of a short one, windows may begin before it does
    and end after it: what is not there is missing.

    Parameters
    ----------
    lengths : ndarray of int of shape (n_series,)
        Steps of each series.
    context_length, horizon : int
        Steps of a window before and from its origin on.

    Returns
    -------
    first, last : ndarray of int of shape (n_series,)
        `last < first` where a series has no window.
    """
    last = np.where(lengths > horizon, lengths - horizon, lengths - 1)
    first = np.minimum(context_length, (last + 1) // 2)
    return np.maximum(first, 1), last


def held_out_windows(lengths, held, horizon, most):
    """Return series and origins whose forecasts lie in the held-out last steps.

    Parameters
    ----------
    lengths, held : ndarray of int of shape (n_series,)
        Steps of each series, and how many of them are held out.
    horizon : int
        Steps of a forecast.
    most : int
        Windows to return, about; they are taken evenly.
    """
    series, origins = [], []
    for i in np.flatnonzero(held > 0):
        first = lengths[i] - held[i]
        last = max(lengths[i] - horizon, first)
        own = np.arange(first, last + 1)
        series.append(np.full(len(own), i))
        origins.append(own)
    if not series:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    series, origins = np.concatenate(series), np.concatenate(origins)
    if len(series) > most:
        kept = np.unique(np.linspace(0, len(series) - 1, most).astype(np.int64))
        series, origins = series[kept], origins[kept]
    return series, origins


# The unit of a series that never changes, as a share of its size: it is forecast as it is.
STILL = 1e-8


def measure_spreads(panel, lag, whole=None):
    """Return the typical change of each series: (n_series, n_targets), above 0.

    Or its standard deviation, if there is no lag.

    Parameters
    ----------
    panel : Panel
        The series.
    lag : int or None
        Over how many steps changes are taken.
    whole : Panel, default=None
        Where to look if a series never changes: later steps of the same series.
    """
    spreads = np.full((panel.n_series, panel.n_targets), np.nan)
    for i in range(panel.n_series):
        parts = (
            [panel.targets(i)] if whole is None else [panel.targets(i), whole.targets(i)]
        )
        for values in parts:
            for steps in (lag, 1):
                own = _deviation(values) if steps is None else _mean_change(values, steps)
                spreads[i] = np.where(np.isnan(spreads[i]), own, spreads[i])
        size = np.nanmax(np.abs(parts[-1]), axis=0, initial=0.0)
        still = STILL * np.where(size > 0, size, 1.0)
        spreads[i] = np.where(np.isnan(spreads[i]), still, spreads[i])
    return spreads


def _mean_change(values, steps):
    """Return the mean absolute change of each column, NaN if there is none."""
    changes = np.abs(values[steps:] - values[:-steps])
    known = np.isfinite(changes)
    mean = np.where(known, changes, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.where(mean > 0, mean, np.nan)


def _deviation(values):
    """Return the standard deviation of each column, NaN if it is constant."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0.0).sum(axis=0) / count
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0) / count
    return np.where(squares > 0, np.sqrt(squares), np.nan)
