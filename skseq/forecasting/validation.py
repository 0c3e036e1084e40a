"""Validate the arguments of forecasters."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import validate_data

from skseq.exceptions import ShortSeriesWarning, warn
from skseq.quoting import quote
from skseq.sequences import (
    check_no_text,
    check_no_times,
    check_numeric_columns,
    convert_container,
)


def check_count(name, value, minimum):
    """Raise if a value is not an integer of at least a minimum."""
    if not (isinstance(value, (int, np.integer)) and value >= minimum):
        raise ValueError(
            f"Expected {name} to be an integer of at least {minimum}, got {quote(value)}."
        )


def check_quantiles(quantiles):
    """Return quantiles as a list of floats between 0 and 1."""
    levels = list(np.atleast_1d(np.asarray(quantiles, dtype=object)))
    if not levels or not all(isinstance(q, Real) and 0 < q < 1 for q in levels):
        raise ValueError(
            f"Expected quantiles to be numbers between 0 and 1, got {quote(quantiles)}. "
            "For example, pass quantiles=[0.1, 0.5, 0.9]."
        )
    return [float(q) for q in levels]


def check_coverage(coverage):
    """Raise if a coverage is not a number between 0 and 1."""
    if not (isinstance(coverage, Real) and 0 < coverage < 1):
        raise ValueError(
            f"Expected coverage to be a number between 0 and 1, got {quote(coverage)}. For "
            "example, pass coverage=0.9."
        )


def check_counts(values):
    """Raise if targets are not counts."""
    known = values[np.isfinite(values)]
    bad = known[(known < 0) | (known != np.round(known))]
    if len(bad):
        raise ValueError(
            "loss='negative_binomial' requires non-negative integers in y, but y contains "
            f"{bad[0]:g}. Use another loss, for example 'student_t'."
        )


def convert_rows(X, name):
    """Return rows of another library as a DataFrame, a Series or an array.

    A DataArray of xarray keeps the coordinates of its first dimension as its index.
    """
    X = convert_container(X, name)
    is_labeled = hasattr(X, "coords") and hasattr(X, "dims") and 1 <= len(X.dims) <= 2
    if is_labeled and hasattr(X, "to_pandas") and next(iter(X.dims)) in X.coords:
        return X.to_pandas()
    return X


def convert_targets(estimator, y):
    """Return y, converted by `convert_rows`; raise ValueError if it is None."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    return convert_rows(y, "y")


def split_history(history):
    """Return X and y of a history, which is y or (X, y)."""
    pair = history if isinstance(history, tuple) else (None, history)
    if len(pair) != 2:
        raise ValueError(
            f"Expected history to be y or (X, y), got a tuple of length {len(pair)}."
        )
    return pair


def validate_covariates(estimator, X, *, reset):
    """Check the number and names of the columns of X; set them if `reset`.

    The values of a DataFrame are read later, by the reader.
    """
    X = convert_rows(X, "X")
    if X is None:
        if reset:
            for name in ("n_features_in_", "feature_names_in_"):
                vars(estimator).pop(name, None)
        return None
    if hasattr(X, "iloc") and X.ndim == 1:
        raise ValueError(
            "X is a Series, but expected a table. For one covariate pass X.to_frame()."
        )
    if hasattr(X, "columns") and not hasattr(X, "iloc"):
        check_numeric_columns(X, "X")
    elif not hasattr(X, "iloc") and not hasattr(X, "toarray"):
        _check_array(X)
    return validate_data(
        estimator,
        X,
        reset=reset,
        skip_check_array=hasattr(X, "iloc"),
        dtype=np.float64,
        ensure_min_features=0,
        ensure_all_finite="allow-nan",  # the reader checks which columns may have NaN
    )


def validate_rows(estimator, X):
    """Check the number and names of the columns of rows to forecast."""
    X = convert_rows(X, "X")
    if X is None:
        raise ValueError(
            "X is None, but its rows specify the steps to forecast (a DataFrame may have "
            "no columns: y.to_frame()[[]]). For the next steps call forecast(steps), or "
            "pass pd.DataFrame(index=forecast(steps).index)."
        )
    if np.isscalar(X):
        hint = f" For the next steps call forecast({X})." * isinstance(X, Integral)
        raise ValueError(f"Expected X to have one row per step, got {quote(X)}.{hint}")
    if hasattr(estimator, "n_features_in_"):
        return validate_covariates(estimator, X, reset=False)
    if np.ndim(X) == 2 and np.shape(X)[1]:
        raise ValueError(
            f"X has {np.shape(X)[1]} columns, but X was None in fit. Pass the covariates "
            "to fit, or drop the columns here: X[[]] keeps the index."
        )
    return X


def warn_of_short_series(panel, min_steps, consequence):
    """Warn of series that are shorter than a number of steps."""
    short = np.flatnonzero(panel.lengths < min_steps)
    if len(short):
        i = short[0]
        warn(
            f"{len(short)} of {panel.n_series} series have fewer than {min_steps} steps "
            f"(series {quote(panel.ids[i])} has {panel.lengths[i]}): {consequence}",
            ShortSeriesWarning,
        )


def _check_array(X):
    """Raise if X is no two-dimensional array of numbers."""
    values = np.asarray(X)
    if values.ndim == 0:
        raise TypeError(
            "Expected X to be an array or a DataFrame with one row per step, got "
            f"{quote(X)}."
        )
    if values.ndim == 1:
        raise ValueError(
            f"Expected 2D array, got 1D array instead (shape {values.shape}). Reshape your "
            "data: X.reshape(-1, 1) is one covariate. The series to forecast is y: "
            "fit(None, y)."
        )
    check_no_times(values, "X")  # numpy would convert them to nanoseconds
    check_no_text(values, "X", "Encode it, or drop its column.")
