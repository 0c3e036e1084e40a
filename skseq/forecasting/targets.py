"""Transform targets, and invert the transformation."""

import numpy as np


def transform_values(transformer, values, fit=False):
    """Apply a transformer, or None, to targets (n_rows, n_targets). NaN stays NaN.

    With `fit` the transformer is fitted first, on the rows without NaN.
    """
    missing = np.isnan(values)
    if transformer is None or (not fit and missing.all()):
        return values.copy()
    # Some transformers do not accept NaN: missing values are filled, and reset afterwards.
    complete = values[~missing.any(axis=1)]
    if fit:
        if len(complete) == 0:
            raise ValueError(
                "target_transformer cannot be fitted: every row of y has a missing value."
            )
        transformer.fit(complete)
    fill = complete[-1:] if len(complete) else _max_row(values)
    filled = np.where(missing, fill, values)
    with np.errstate(all="ignore"):  # values that are not finite raise below
        result = np.asarray(transformer.transform(filled), dtype=np.float64)
    bad = ~np.isfinite(result) & ~missing
    if bad.any():
        raise ValueError(
            f"target_transformer={transformer!r} transformed {values[bad][0]:g} to "
            f"{result[bad][0]}. Use one that is finite for all of y, for example log1p if "
            "y contains zeros."
        )
    if result.shape != values.shape:
        raise ValueError(
            f"target_transformer={transformer!r} transformed y of shape {values.shape} to "
            f"shape {result.shape}. Use one that keeps the shape."
        )
    if fit:
        _check_increasing(transformer, filled, result)
    result[missing] = np.nan
    return result


def _check_increasing(transformer, values, result):
    """Raise if a transformer is not increasing: quantiles would change their order."""
    for column, coded in zip(values.T, result.T, strict=True):
        order = np.argsort(column, kind="stable")
        steps = np.diff(coded[order])
        if (steps[np.diff(column[order]) > 0] < 0).any():
            raise ValueError(
                f"target_transformer={transformer!r} is not increasing in each column of "
                "y, so quantiles would change their order. Use an increasing one, such as "
                "a logarithm or a scaler."
            )


def inverse_values(transformer, values, axis, limits=None):
    """Invert a transformer on an array whose targets lie along an axis. NaN stays NaN.

    With `limits` (2, n_targets), from `find_limits`, values are first clipped to them.
    """
    if transformer is None:
        return values
    moved = np.moveaxis(values, axis, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    known = ~np.isnan(rows).any(axis=1)
    result = np.full(rows.shape, np.nan)
    if known.any():
        rows = rows[known]
        if limits is not None:
            rows = np.clip(rows, *limits)
        with np.errstate(all="ignore"):  # values that are not finite raise below
            result[known] = transformer.inverse_transform(rows)
        bad = ~np.isfinite(result[known])
        if bad.any():
            raise ValueError(
                f"target_transformer={transformer!r} has no finite inverse of the forecast "
                f"{rows[bad][0]:g}, which is within the range of the transformed y. Use one "
                "whose inverse_transform is defined there."
            )
    return np.moveaxis(result.reshape(moved.shape), -1, axis)


def _max_row(values):
    """Return a row with the maximum of each column; 0 for a column without values."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.nanmax(values, axis=0, keepdims=True))
