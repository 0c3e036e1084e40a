"""What is no number: found, named, and what to do about it."""

import datetime

import numpy as np

from skseq.quoting import quote
from skseq.sequences.cells import is_missing

TIMES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)
LONG_TABLE = (
    "A long table, with a row for each step of each sequence, is read by "
    "Sequences.from_frame(df, sequence=..., time=..., target=...)"
)
ONE_SEQUENCE = "One sequence alone? Wrap it: [X], or X[None] for an array."


def refuse_times(values, name):
    """Raise ValueError if there is a time among values: it would pass as nanoseconds."""
    values = np.asarray(values)
    time = find_time(values)
    if time is not None:
        raise ValueError(explain_time(name, time))


def refuse_text(values, name):
    """Raise ValueError if there is text among values that is no number."""
    for value in values.flat if values.dtype.kind in "OSU" else ():
        if isinstance(value, (str, bytes)) and is_other(value):
            raise ValueError(
                f"{name} holds {quote(value)}, which is not a number: encode text and "
                f"categories before. {LONG_TABLE}."
            )


def refuse_columns(frame):
    """Raise ValueError if a column of a frame of single values holds no numbers."""
    for name in frame.columns:
        values = np.asarray(frame[name].to_numpy())
        time = find_time(values)
        if time is not None:
            raise ValueError(f"{explain_time(f'column {name!r} of X', time)} {LONG_TABLE}.")
        if values.dtype.kind in "OSU":
            other = next((value for value in values if is_other(value)), None)
            if other is not None:
                raise ValueError(
                    f"column {name!r} of X holds {quote(other)}, which is not a number: "
                    f"encode it, or leave it out. {LONG_TABLE}."
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
