"""What is no number: found, named, and what to do about it."""

import datetime
from numbers import Number

import numpy as np

from skseq.quoting import quote
from skseq.sequences.cells import is_missing

TIMES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)
LONG_TABLE_HINT = (
    "A long table, with a row for each step of each sequence, is read by "
    "Sequences.from_frame(df, sequence=..., time=..., target=...)"
)
SINGLE_SEQUENCE_HINT = "One sequence alone? Wrap it: [X], or X[None] for an array."


def check_no_times(values, name):
    """Raise ValueError if there is a time among values: it would pass as nanoseconds."""
    values = np.asarray(values)
    time = find_time(values)
    if time is not None:
        raise ValueError(explain_time(name, time))


def check_no_text(values, name, remedy):
    """Raise ValueError if there is text among values that is no number."""
    values = np.asarray(values)
    for value in values.flat if values.dtype.kind in "OSU" else ():
        if isinstance(value, (str, bytes)) and is_other(value):
            raise ValueError(
                f"{name} holds {quote(value)}, which is not a number: {remedy}."
            )


def check_numeric_columns(frame, whose, hint=""):
    """Raise ValueError if a column of a frame of single values holds no numbers."""
    for name in frame.columns:
        values = np.asarray(frame[name].to_numpy())
        where = f"column {name!r} of {whose}"
        time = find_time(values)
        if time is not None:
            raise ValueError(explain_time(where, time) + hint)
        if values.dtype.kind in "OSU":
            other = next((value for value in values if is_other(value)), None)
            if other is not None:
                raise ValueError(
                    f"{where} holds {quote(other)}, which is not a number: encode it, or "
                    f"leave it out.{hint}"
                )


def check_at_least_2d(X):
    """Raise if X is a single thing, or a row of single things."""
    values = np.asarray(X)
    if values.ndim == 0:
        shown = quote(X) if X is None or isinstance(X, (str, bytes, Number)) else ""
        remedy = "list(X.values())" if isinstance(X, dict) else "list(X)"
        raise TypeError(
            f"X is {shown or f'a {type(X).__name__}'}, but must hold sequences: give an array "
            "(n_sequences, n_timesteps, n_features), a list of arrays, a DataFrame or "
            f"Sequences{'.' if shown else f', for example {remedy}.'}"
        )
    if values.ndim > 1:
        return
    present = [i for i, value in enumerate(values) if not is_missing(value)]
    if values.dtype == object and len(values) and not present:
        raise ValueError(f"sequence 0 is missing ({values[0]}): drop it from X and y.")
    if present and not isinstance(values[present[0]], (str, bytes, Number, *TIMES)):
        raise TypeError(
            f"sequence {present[0]} is a {type(values[present[0]]).__name__}; expected an "
            "array of shape (n_timesteps,) or (n_timesteps, n_features)."
        )
    raise ValueError(
        f"Expected 2D array, got 1D array instead (shape {values.shape}). Reshape your "
        "data: one sequence alone is [X], and single numbers, each a sequence of one "
        "step, are X.reshape(-1, 1). A long series to forecast is the y of a "
        "forecaster, as GRUForecaster."
    )


def find_time(values):
    """Return the first time of an array; None if there is none."""
    if values.dtype.kind in "mM":
        return values.flat[0] if values.size else None
    if values.dtype != object:
        return None
    times = (v for v in values.flat if isinstance(v, TIMES) and not is_missing(v))
    return next(times, None)


def explain_time(name, time):
    """Say that something holds a time."""
    shown = str(time) if isinstance(time, TIMES) else quote(time)
    return (
        f"{name} holds {shown}, which is a time, not a number: turn it into numbers, for "
        "example days since the start, or leave it out."
    )


def is_other(value):
    """Return whether a value cannot be read as a number; a missing one can."""
    try:
        float(np.nan if is_missing(value) else value)
    except (TypeError, ValueError):
        return True
    return False
