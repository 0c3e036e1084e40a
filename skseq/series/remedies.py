"""Remedies, as code of pandas, that error messages give for an invalid time index."""

import datetime
from numbers import Integral

import numpy as np
import pandas as pd

# Integers of a time index are smaller, so that their differences do not overflow.
MAX_INTEGER = 2**62
# Frequencies of periods that may hold one irregular stamp each, such as mid-month days.
PERIODS = ("min", "h", "D", "W", "M", "Q", "Y")


def fill_gaps(stamps, step, is_off, name, column):
    """Return the code that fills the gaps of a series with missing values.

    `step` is that of the time grid; `is_off` (n_rows,) tells whether stamps are between its
    steps. The name of the series is in the column `column` of X or, if that is None, in the
    levels of the index before the time.
    """
    freq = getattr(step, "freqstr", step)
    if isinstance(stamps, pd.DatetimeIndex) and is_off.any():
        # `fill_gaps` raises for rows between two steps.
        return _apply(f"resample({freq!r}).mean()", name, column)
    if not isinstance(stamps, (pd.DatetimeIndex, pd.PeriodIndex)):
        freq = int(np.gcd.reduce(np.append(np.diff(stamps.to_numpy(np.int64)), step)))
    if column is None:
        return f"fill_gaps(y, {freq!r})"
    return f"fill_gaps(X.assign(y=y), {freq!r}, series={column!r})"


def convert_to_periods(stamps, owners, name, column):
    """Return the code that makes irregular stamps regular periods; None if impossible.

    It is possible if all series have one stamp in each period. `owners` is the number of
    each row's series.
    """
    if not isinstance(stamps, pd.DatetimeIndex):
        return None
    local, is_same = stamps.tz_localize(None), np.diff(owners) == 0
    for freq in PERIODS:
        if (np.diff(local.to_period(freq).asi8)[is_same] == 1).all():
            zone = "" if stamps.tz is None else "tz_localize(None)."
            return _apply(f"{zone}to_period({freq!r})", name, column)
    return None


def convert_index(stamps, is_level):
    """Return the code that converts text or floats to times, or else counts the rows.

    `is_level` tells whether they are the last level of an index, or the index itself.
    """
    index, convert = "y.index", None
    if is_level:
        index = "y.index.levels[-1]"
    if stamps.dtype.kind == "f":
        if (stamps % 1 == 0).all():
            convert = f"{index}.astype(int)"
    elif isinstance(stamps[0], Integral):
        if max(map(abs, stamps)) < MAX_INTEGER:
            convert = f"{index}.astype(int)"
    elif _is_readable(stamps[0]):
        convert = f"pd.to_datetime({index}{_order_of_days(stamps[0])})"
    if convert is None:
        count = "range(len(y))"
        if is_level:
            count = "[y.index.get_level_values(0), y.groupby(level=0).cumcount()]"
        return f"y.set_axis({count})"
    if is_level:
        convert = f"y.index.set_levels({convert}, level=-1)"
    return f"y.set_axis({convert})"


def _is_readable(value):
    """Return whether pandas reads a value as a time."""
    if isinstance(value, datetime.timedelta):
        return False
    try:
        return not pd.isna(pd.to_datetime(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _order_of_days(value):
    """Return the argument that pandas needs to read text which is not ISO 8601."""
    if not isinstance(value, str):
        return ""
    is_iso = not pd.isna(pd.to_datetime(value, format="ISO8601", errors="coerce"))
    return "" if is_iso else ", dayfirst=True"


def _apply(method, name, column):
    """Return the code that calls a method of y, or of each series of a panel."""
    if name is None:
        return f"y.{method}"
    if column is not None:
        table = f"X.assign(y=y).groupby({column!r})"
        return f"{table}.apply(lambda s: s.{method}).reset_index({column!r})"
    levels = list(range(len(name))) if isinstance(name, tuple) else 0
    call = f"s.droplevel({levels}).{method}"
    return f"y.groupby(level={levels}).apply(lambda s: {call})"
