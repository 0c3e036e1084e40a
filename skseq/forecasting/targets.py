"""Targets on their way in and forecasts on their way out."""

from numbers import Real

import numpy as np
import pandas as pd

from skseq.quoting import quote


def check_count(name, value, least):
    """Raise if a value is not a whole number from some least one on."""
    if not (isinstance(value, (int, np.integer)) and value >= least):
        raise ValueError(
            f"{name} must be a whole number from {least} on, got {quote(value)}."
        )


def check_levels(quantiles):
    """Return quantiles as a list of floats between 0 and 1."""
    levels = list(np.atleast_1d(np.asarray(quantiles, dtype=object)))
    if not levels or not all(isinstance(q, Real) and 0 < q < 1 for q in levels):
        raise ValueError(
            f"quantiles must be between 0 and 1, got {quote(quantiles)}: give numbers, for "
            "example quantiles=[0.1, 0.5, 0.9]."
        )
    return [float(q) for q in levels]


def refuse_missing(y):
    """Raise if a sequence has no target."""
    try:
        values = np.asarray(y, dtype=object)
    except (TypeError, ValueError):  # scikit-learn says what is wrong with it
        return
    if values.ndim == 0:
        raise ValueError(f"y must hold a target for each sequence, got {quote(y)}.")
    missing = np.argwhere(pd.isna(values)) if values.ndim in (1, 2) else ()
    if len(missing):
        places = missing[:, 0]
        raise ValueError(
            f"Input y contains NaN: the target of sequence {places[0]} is missing "
            f"({values[tuple(missing[0])]}). Drop such sequences from X and y."
        )


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
    with np.errstate(all="ignore"):  # what is not finite is told below
        result = np.asarray(transformer.transform(filled), dtype=np.float64)
    bad = ~np.isfinite(result) & ~missing
    if bad.any():
        raise ValueError(
            f"target_transformer={transformer!r} turned {values[bad][0]:g} into "
            f"{result[bad][0]}; take one that is finite on all of y, for example log1p "
            "where y holds zeros."
        )
    if result.shape != values.shape:
        raise ValueError(
            f"target_transformer={transformer!r} turned y of shape {values.shape} into "
            f"{result.shape}; it must keep the shape."
        )
    if fit:
        _check_rises(transformer, filled, result)
    result[missing] = np.nan
    return result


def _check_rises(transformer, values, result):
    """Raise if larger values do not stay larger: quantiles would trade places."""
    for column, coded in zip(values.T, result.T, strict=True):
        order = np.argsort(column, kind="stable")
        steps = np.diff(coded[order])
        if (steps[np.diff(column[order]) > 0] < 0).any():
            raise ValueError(
                f"target_transformer={transformer!r} does not keep the order of y: a larger "
                "value must stay larger (in its own column), or quantiles would trade "
                "places. Take one that rises, as a logarithm or a scaler does."
            )


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
