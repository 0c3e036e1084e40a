"""Validate the arguments of forecasters."""

import datetime
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skseq.exceptions import ShortSeriesWarning, warn
from skseq.magnitudes import find_too_large, raise_too_large
from skseq.quoting import quote, suggest_fraction
from skseq.sequences import (
    Sequences,
    check_columns,
    check_no_text,
    check_no_times,
    check_objects,
    check_unique_names,
    convert_container,
    is_frame,
    is_series,
    read_numbers,
    to_array,
)
from skseq.series import WINDOWS_HINT, read_targets, set_time_index

MAX_COUNT = 2**31 - 1
INDEX_HINT = (
    "Pass the times to forecast as a DatetimeIndex, a PeriodIndex or the index of a "
    "DataFrame"
)

# Steps after the last observation are forecast in at most this many blocks.
MAX_BLOCKS = 10_000
# Maximum number of values of sample paths.
MAX_SAMPLED = 2**30


def check_count(name, value, minimum):
    """Raise if a value is not an integer of at least a minimum."""
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not (is_integer and minimum <= value <= MAX_COUNT):
        raise ValueError(
            f"Expected {name} to be an integer of at least {minimum} (and at most "
            f"{MAX_COUNT}), got {quote(value)}."
        )


def check_n_blocks(n_steps, horizon):
    """Raise ValueError if steps after the last observed value need too many blocks."""
    if n_steps > MAX_BLOCKS * horizon:
        raise ValueError(
            f"Step {n_steps} after the last observed value would be forecast in blocks of "
            f"horizon={horizon} steps, but at most {MAX_BLOCKS} blocks are possible. Check "
            "the times of the rows, pass the observations in between with update or "
            "history, or use a larger horizon."
        )


def check_n_samples(n_samples, request, past_steps, n_targets):
    """Raise if the sample paths of a request would take too much memory."""
    n_steps = past_steps + request.future.shape[1]  # of each copy of a series
    n_values = n_samples * n_targets * max(len(request.steps), n_steps)
    if n_values > MAX_SAMPLED:
        raise ValueError(
            f"n_samples={n_samples} paths of {len(request.steps)} rows need "
            f"{n_values * 8 / 2**30:,.0f} GiB. Draw fewer paths at once."
        )


def check_quantiles(quantiles):
    """Return quantiles as a list of floats between 0 and 1."""
    try:
        levels = [quantiles] if isinstance(quantiles, Real) else list(quantiles)
    except Exception:  # the object's own errors, too
        levels = []
    if not levels or not all(isinstance(q, Real) and 0 < q < 1 for q in levels):
        raise ValueError(
            f"Expected quantiles to be numbers between 0 and 1, got {quote(quantiles)}. "
            f"For example, pass quantiles={suggest_fraction(levels) or [0.1, 0.5, 0.9]}."
        )
    return [float(q) for q in levels]


def check_coverage(coverage):
    """Return a coverage as a float; raise if it is not a number between 0 and 1."""
    if not (isinstance(coverage, Real) and 0 < coverage < 1):
        raise ValueError(
            f"Expected coverage to be a number between 0 and 1, got {quote(coverage)}. For "
            f"example, pass coverage={suggest_fraction(coverage) or 0.9}."
        )
    return float(coverage)


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
            f"{type(estimator).__name__} requires y to be passed, but the target y is None. "
            "X contains covariates; for a series without covariates call fit(None, y)."
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

    Returns None, an array (n_rows, n_columns) of float64, or a DataFrame of pandas or
    polars, whose values the reader reads. The times of a DataFrame of polars are its only
    column of dates, which becomes the index.
    """
    X = set_time_index(convert_rows(X, "X"))
    if X is None:
        if reset:
            for name in ("n_features_in_", "feature_names_in_"):
                vars(estimator).pop(name, None)
        return None
    if isinstance(X, pd.Index):
        X = pd.DataFrame(index=X)
    if is_series(X):
        raise ValueError(
            "X is a Series, but expected a table. For one covariate pass X.to_frame()."
        )
    if is_frame(X):
        check_unique_names(list(X.columns))
    else:
        X = _read_array(estimator, X)
    if not reset and not hasattr(estimator, "n_features_in_"):
        _check_no_columns(X)
    elif not reset:
        _check_n_columns(estimator, X)
    check_columns(estimator, X, reset=reset)
    return X


def validate_targets(y):
    """Return targets as numbers (n_rows, n_targets), and whether y is two-dimensional."""
    columns = [_read_numbers(column, y) for column in _get_columns(y)]
    if not columns:
        raise ValueError("y has no columns. Pass the values of a series, one row per step.")
    values = np.column_stack(columns) if is_frame(y) and columns else columns[0]
    values = read_targets(values)
    return values.reshape(len(values), -1), values.ndim == 2


def _read_numbers(values, y):
    """Return y, or a column of it, as an array of numbers; raise ValueError otherwise."""
    dtype = str(getattr(values, "dtype", ""))
    if dtype.startswith(("category", "Categorical", "Enum")):
        raise ValueError(
            f"y is categorical (dtype {dtype}), but forecasters require numbers. If its "
            "categories are numbers, convert it with y.astype(float) in pandas or "
            "y.cast(float) in polars."
        )
    values = _as_array(values, "y")
    if values.ndim == 0:
        raise ValueError(f"Expected y to contain the values of a series, got {quote(y)}.")
    try:
        return read_numbers(values, "y", "Forecasters require numbers.")
    except OverflowError:
        raise_too_large("y", f"row {find_too_large(values)[0]}")


def _get_columns(y):
    """Return the columns of a DataFrame of pandas or polars, else a list of y itself."""
    if not is_frame(y):
        return [y]
    return [y.iloc[:, k] if hasattr(y, "iloc") else y[:, k] for k in range(y.shape[1])]


def _as_array(values, name):
    """Return X or y (`name`) as an array; raise ValueError if it has ragged sequences."""
    try:
        if not isinstance(values, Sequences):
            return to_array(values, name)
    except ValueError:  # lists of unequal length
        pass
    raise ValueError(f"{name} contains sequences of unequal length. {WINDOWS_HINT}")


def validate_rows(estimator, X):
    """Check rows to forecast: an index, or a table with the columns that X had in fit."""
    X = convert_rows(X, "X")
    if X is None:
        raise ValueError(
            "X is None, but its rows specify the steps to forecast (a DataFrame may have "
            "no columns: y.to_frame()[[]]). For the next steps pass their number."
        )
    if isinstance(X, pd.Index):
        return X
    if is_series(X):
        if isinstance(X, pd.Series) and X.dtype.kind == "M":
            raise ValueError(f"X is a Series of times. {INDEX_HINT}: pd.DatetimeIndex(X).")
        raise ValueError(
            "X is a Series, but its rows specify the steps to forecast. To forecast the "
            "rows of a Series pass pd.DataFrame(index=X.index); for one covariate pass "
            "X.to_frame()."
        )
    if np.isscalar(X) or isinstance(X, (datetime.date, pd.Period)):
        hint = f"{INDEX_HINT}: pd.DataFrame(index=pd.to_datetime([...]))."
        raise ValueError(f"Expected X to have one row per step, got {quote(X)}. {hint}")
    if not is_frame(X) and not hasattr(X, "toarray"):
        X = _as_array(X, "X")
        if X.ndim == 1:
            _raise_one_dimension(estimator, X)
    return validate_covariates(estimator, X, reset=False)


def find_rows(estimator, X):
    """Return the request of rows to forecast, and their index or None.

    X is validated by `validate_rows`, or is the number of next steps of each series.
    """
    reader, panel = estimator.reader_, estimator.observed_
    if isinstance(X, Integral) and not isinstance(X, (bool, np.bool_)):
        check_count("the number of steps to forecast", X, 1)
        request = reader.request_next(int(X), panel)
        return request, reader.make_index(request, panel)
    return reader.find(validate_rows(estimator, X), panel)


def check_next_rows(estimator, steps, X):
    """Return what `find_rows` needs for the next steps, with their covariates or None."""
    check_count("steps", steps, 1)
    if X is None:
        return steps
    X, n_series = validate_rows(estimator, X), estimator.observed_.n_series
    if len(X) != steps * n_series:
        raise ValueError(
            f"X has {len(X)} rows, but steps={steps} of {n_series} series require "
            f"{steps * n_series} rows."
        )
    return X


def _raise_one_dimension(estimator, X):
    """Raise for rows to forecast that are a one-dimensional array."""
    first = X[0] if len(X) else None
    times = (str, datetime.date, np.datetime64, pd.Period)
    if isinstance(first, times):
        raise ValueError(
            f"X contains {quote(first)}, which is a time or text, not a row of covariates. "
            f"{INDEX_HINT}: pd.DataFrame(index=pd.to_datetime(X))."
        )
    if hasattr(estimator, "n_features_in_"):
        _raise_not_table(X)
    remedy = f"For the next {len(X)} steps call forecast({len(X)})."
    raise ValueError(
        "Expected X to have one row per step and no columns, because X was None in fit, "
        f"got an array of shape {X.shape}. {remedy if len(X) else 'X has no rows.'} "
        f"{INDEX_HINT}."
    )


def _check_no_columns(X):
    """Raise if X has columns, for a forecaster that was fitted without X."""
    if X.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} columns, but X was None in fit. Pass the covariates to "
            "fit, or drop the columns here: X[[]] keeps the index."
        )


def _check_n_columns(estimator, X):
    """Raise if X without names has another number of columns than in fit, which names."""
    names = list(getattr(estimator, "feature_names_in_", ()))
    if names and X.shape[1] != len(names) and not (is_frame(X) and X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} is expecting "
            f"{len(names)} features as input: the columns {names}, as in fit. Pass X with "
            "these columns, one row per step."
        )


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


def _read_array(estimator, X):
    """Return X as an array (n_rows, n_columns) of float64; raise if it is none."""
    if not hasattr(X, "toarray"):  # scikit-learn raises for sparse matrices
        X = _as_array(X, "X")
        if X.ndim != 2:
            _raise_not_table(X)
        check_no_times(X, "X")  # numpy would convert them to nanoseconds
        check_no_text(X, "X", "Encode it, or drop its column.")
        check_objects(X, "X")
    try:
        if getattr(X, "dtype", None) == np.dtype(object):
            X = read_numbers(X, "X")
        return check_array(
            X,
            dtype=np.float64,
            ensure_min_features=0,
            ensure_all_finite="allow-nan",  # the reader checks which columns may have NaN
            input_name="X",
            estimator=estimator,
        )
    except OverflowError:
        row, column = find_too_large(X)
        raise_too_large("X", f"column {column} at {row}")


def _raise_not_table(X):
    """Raise for an array X that does not have two dimensions."""
    if X.ndim == 0:
        raise TypeError(
            "Expected X to be an array or a DataFrame with one row per step, got "
            f"{quote(X[()])}."
        )
    if X.ndim == 1:
        raise ValueError(
            f"Expected 2D array, got 1D array instead (shape {X.shape}). Reshape your "
            "data: X.reshape(-1, 1) is one covariate. The series to forecast is y: "
            "fit(None, y)."
        )
    raise ValueError(
        f"Found array with dim {X.ndim} (shape {X.shape}), but X has one row per time "
        f"step, shape (n_timesteps, n_columns). {WINDOWS_HINT}"
    )
