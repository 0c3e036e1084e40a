"""Targets on their way in and forecasts on their way out."""

import numpy as np
import pandas as pd


def transform_values(transformer, values, fit=False):
    """Put targets (n_rows, n_targets) through a transformer; NaN stays NaN."""
    missing = np.isnan(values)
    if not fit and missing.all():
        return values.copy()
    # Not every transformer takes NaN: the rows are filled, and emptied again.
    complete = values[~missing.any(axis=1)]
    if fit:
        if len(complete) == 0:
            raise ValueError("target_transformer has no row of y without a missing value.")
        transformer.fit(complete)
    filled = np.where(missing, complete[-1:] if len(complete) else _any_row(values), values)
    result = np.asarray(transformer.transform(filled), dtype=np.float64)
    if result.shape != values.shape:
        raise ValueError(
            f"target_transformer={transformer!r} turned y of shape {values.shape} into "
            f"{result.shape}; it must keep the shape."
        )
    result[missing] = np.nan
    return result


def inverse_values(transformer, values, axis):
    """Undo a transformer on an array whose targets lie along an axis."""
    if transformer is None:
        return values
    moved = np.moveaxis(values, axis, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    missing = np.isnan(rows)
    known = ~missing.any(axis=1)
    result = np.full(rows.shape, np.nan)
    if known.any():
        result[known] = transformer.inverse_transform(rows[known])
    return np.moveaxis(result.reshape(moved.shape), -1, axis)


def wrap_answers(model, values, index, names=None, axis=None):
    """Return forecasts (n_rows, n_targets[, n_names]) as y was given."""
    if model.target_kind_ == "array" or index is None:
        return values if model.multioutput_ else values[:, 0]
    targets = model.target_names_
    if names is None:
        if not model.multioutput_:
            return pd.Series(values[:, 0], index=index, name=targets[0])
        return pd.DataFrame(values, index=index, columns=targets)
    if not model.multioutput_:
        columns = pd.Index(names, name=axis)
        return pd.DataFrame(values[:, 0], index=index, columns=columns)
    columns = pd.MultiIndex.from_product([targets, names], names=["target", axis])
    return pd.DataFrame(values.reshape(len(values), -1), index=index, columns=columns)


def _any_row(values):
    """Return a row that has a value wherever any row has one."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(np.nanmax(values, axis=0, keepdims=True))
