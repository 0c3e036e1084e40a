"""Limits of forecasts: the range of target transformers, and values of constant series."""

import numpy as np

# Forecasts of a transformed target are limited to the range of the observed values, widened
# on both sides by this multiple of its width.
MAX_EXTENSION = 100
# Number of halvings that find the smallest or largest value that can be transformed.
N_HALVINGS = 60


def find_limits(transformer, values):
    """Return the lower and upper limits of transformed targets, (2, n_targets), or None.

    The inverse of a transformer may be undefined, infinite or decreasing outside the range
    of the transformer. `values` (n_rows, n_targets) are the observed targets.
    """
    if transformer is None:
        return None
    rows = values[~np.isnan(values).any(axis=1)]
    if len(rows) == 0:
        return None
    ranges = np.ptp(rows, axis=0)
    ranges = np.where(ranges > 0, ranges, np.maximum(np.abs(rows[0]), 1.0))
    outermost = rows.argmin(axis=0), rows.argmax(axis=0)
    return np.array(
        [
            [
                _transform_furthest(transformer, rows[i], k, sign * MAX_EXTENSION * width)
                for k, (i, width) in enumerate(zip(places, ranges, strict=True))
            ]
            for sign, places in zip((-1, 1), outermost, strict=True)
        ]
    )


def _transform_furthest(transformer, row, column, distance):
    """Return a column of a row, moved by a distance and transformed.

    If that is impossible, move it as far as possible. The row itself can be transformed.
    """
    valid, invalid, limit = 0.0, 1.0, _transform_one(transformer, row, column, 0.0)
    share = invalid
    for _ in range(N_HALVINGS):
        value = _transform_one(transformer, row, column, share * distance)
        if np.isfinite(value):
            valid, limit = share, value
            if share == 1.0:
                break
        else:
            invalid = share
        share = (valid + invalid) / 2
    return limit


def _transform_one(transformer, row, column, shift):
    """Return a column of a row, moved by `shift` and transformed; NaN if impossible."""
    shifted = row.copy()
    shifted[column] += shift
    try:
        with np.errstate(all="ignore"):
            return float(np.asarray(transformer.transform(shifted[None]))[0, column])
    except (ValueError, ArithmeticError):
        return np.nan


def find_constants(panel, numbers):
    """Return the value of each target of constant series, NaN for others: (n, n_targets).

    `numbers` (n,) are those of the series in the panel. A series is constant if all its
    observed values are equal.
    """
    result = np.full((len(numbers), panel.n_targets), np.nan)
    for row, i in zip(result, numbers, strict=True):
        values = panel.targets(i)
        smallest = np.fmin.reduce(values, axis=0)
        row[:] = np.where(smallest == np.fmax.reduce(values, axis=0), smallest, np.nan)
    return result
