"""Fill gaps in the time index of series."""

import sys

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.sequences import check_columns_exist, is_frame
from skseq.series import Clock, encode_series, split_index
from skseq.series.clock import OFF_GRID
from skseq.series.stamps import (
    check_index_type,
    check_order,
    in_series,
    infer_step,
    is_integer,
    to_numbers,
)


def fill_gaps(frame, freq=None, *, series=None, time=None):
    """Insert a row of missing values for each time stamp that a series lacks.

    Forecasters need a regular time index. Rows are inserted between the first and the last
    one of each series. They contain NaN (None in polars, and in pandas where the type has
    its own missing value), except for the time and the name of the series. Forecasters
    accept NaN in y, and in X with `missing="mask"`.

    This is a function and not a transformer, because a transformer of scikit-learn must not
    change the number of rows. Call it before X and y are separated.

    Parameters
    ----------
    frame : Series or DataFrame of pandas, or DataFrame of polars
        The rows of one or several series, in any order.
    freq : str, DateOffset or int, default=None
        The step of the time index, for example `"D"` or `"h"`; an int for integers. By
        default, it is the frequency of the index, or else inferred: the most common
        frequency of dates, the smallest step of integers.
    series : str, default=None
        Column with the name of each row's series. By default, all levels of a MultiIndex
        but the last one are the name; without levels, the rows are one series.
    time : str, default=None
        Column with the times. By default, it is the index, or its last level. Required for
        polars.

    Returns
    -------
    Series or DataFrame
        The rows of the series in order of first appearance, each sorted by time, in the
        form of `frame`. Types are those of `frame` if they can represent missing values;
        integers become floats, and booleans objects.

    Raises
    ------
    TypeError
        If `frame` is not a Series or DataFrame.
    ValueError
        If a time stamp is missing, occurs twice in a series or is not on the time grid, or
        if the frequency cannot be inferred. The message names the series.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq.preprocessing import fill_gaps
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-02"])
    >>> index = pd.MultiIndex.from_arrays(
    ...     [["a", "a", "a", "b"], days], names=["shop", "day"]
    ... )
    >>> fill_gaps(pd.Series([1.0, 2.0, 3.0, 4.0], index), "D")
    shop  day
    a     2024-01-01    1.0
          2024-01-02    2.0
          2024-01-03    NaN
          2024-01-04    3.0
    b     2024-01-02    4.0
    dtype: float64
    """
    is_pandas = isinstance(frame, (pd.Series, pd.DataFrame))
    if not is_pandas and not is_frame(frame):
        raise TypeError(
            "fill_gaps needs a Series or DataFrame of pandas, or a DataFrame of polars. Got "
            f"{type(frame).__name__}."
        )
    columns = [name for name in (series, time) if name is not None]
    if columns:
        if isinstance(frame, pd.Series):
            raise ValueError("A Series has no columns: use series=None and time=None.")
        check_columns_exist(columns, list(frame.columns))
    if not is_pandas and time is None:
        raise ValueError("A DataFrame of polars has no index: pass time='column'.")
    if len(frame) == 0:
        return frame
    labels, stamps = _read_rows(frame, series, time)
    owners, names = encode_series(labels, len(frame))
    rows, owners, filled = _place(stamps, owners, names, freq)
    if not is_pandas:
        return _take_polars(
            frame, rows, _find_labels(labels, owners, names), filled, columns
        )
    return _take_pandas(frame, rows, owners, filled, series, time)


def _read_rows(frame, series, time):
    """Return the name of each row's series, or None, and the times."""
    labels = stamps = None
    if isinstance(frame, (pd.Series, pd.DataFrame)):
        labels, stamps = split_index(frame.index)
    if series is not None:
        if labels is not None:
            raise ValueError(
                f"Both series={quote(series)} and a (series, time) MultiIndex identify the "
                "series of each row. Use only one of them."
            )
        labels = np.asarray(frame[series].to_numpy(), dtype=object)
    if time is not None:
        column = frame[time]
        values = column if isinstance(column, pd.Series) else column.to_numpy()
        stamps = pd.Index(values, name=time)
    return labels, stamps


def _place(stamps, owners, names, freq):
    """Return the row of each stamp of the regular index (-1 if new), owner and stamp."""
    check_index_type(stamps, names, None)
    order = np.lexsort((to_numbers(stamps), owners))
    if (np.diff(order) != 1).any():  # else the index keeps its freq
        stamps = stamps[order]
    owners = owners[order]
    check_order(stamps, owners, names)
    step = _find_step(stamps, owners, freq)
    anchor = int(stamps[0]) if is_integer(stamps) else stamps[0]
    clock = Clock(anchor, step, stamps[:0])
    ticks = clock.count_steps(stamps)
    off = np.flatnonzero(ticks == OFF_GRID)
    if len(off):
        raise ValueError(
            f"The time stamp {stamps[off[0]]}{in_series(names, owners[off[0]])} is not on "
            f"the time grid, which starts at {anchor} with step {clock.describe_step()}. "
            "Use another freq, or resample the series."
        )
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    ends = np.append(starts[1:], len(ticks)) - 1
    lengths = ticks[ends] - ticks[starts] + 1
    first = np.cumsum(lengths) - lengths
    new_owners = np.repeat(owners[starts], lengths)
    new_ticks = np.arange(lengths.sum()) + np.repeat(ticks[starts] - first, lengths)
    rows = np.full(lengths.sum(), -1)
    counts = np.bincount(owners)
    rows[ticks - np.repeat(ticks[starts] - first, counts)] = order
    return rows, new_owners, clock.stamps(new_ticks)


def _find_step(stamps, owners, freq):
    """Return the step of the time index: an int or an offset."""
    if freq is None:
        return infer_step(stamps, owners)
    if is_integer(stamps):
        if not isinstance(freq, (int, np.integer)) or isinstance(freq, bool) or freq < 1:
            raise ValueError(
                f"freq must be a positive int for integers. Got {quote(freq)}."
            )
        return int(freq)
    if isinstance(stamps, pd.PeriodIndex) and freq == stamps.freqstr:
        return stamps.freq
    try:
        offset = pd.tseries.frequencies.to_offset(freq)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"freq={quote(freq)} is not a frequency of pandas: {error}"
        ) from None
    if isinstance(stamps, pd.PeriodIndex) and offset != stamps.freq:
        raise ValueError(
            f"freq={quote(freq)} is not the frequency of the index, {stamps.freqstr!r}."
        )
    return offset


def _find_labels(labels, owners, names):
    return None if labels is None else [names[i] for i in owners]


def _take_pandas(frame, rows, owners, stamps, series, time):
    """Return rows of a pandas object, with missing values for -1, and the new index."""
    index = frame.index
    found = frame.set_axis(range(len(frame))).reindex(rows)
    # The first row of each series has its labels.
    _, firsts = np.unique(owners, return_index=True)
    source = rows[firsts][owners]
    if series is not None:
        found[series] = frame[series].take(source).to_numpy()
        found[series] = found[series].astype(frame[series].dtype)
    if time is not None:
        found[time] = stamps.astype(frame[time].dtype)
        return found.set_axis(range(len(found)))
    if isinstance(index, pd.MultiIndex):
        levels = [index.get_level_values(k)[source] for k in range(index.nlevels - 1)]
        stamps = pd.MultiIndex.from_arrays([*levels, stamps], names=index.names)
    return found.set_axis(stamps)


def _take_polars(frame, rows, labels, stamps, columns):
    """Return rows of a polars DataFrame, with missing values for -1."""
    polars = sys.modules["polars"]  # optional; imported, as the frame exists
    rows = polars.Series(
        [None if row < 0 else int(row) for row in rows], dtype=polars.UInt32
    )
    found = frame.select(polars.all().gather(rows))
    values = [stamps.to_numpy()] if labels is None else [labels, stamps.to_numpy()]
    if labels is None:
        columns = columns[-1:]
    return found.with_columns(
        polars.Series(name, value).cast(frame.schema[name])
        for name, value in zip(columns, values, strict=True)
    )
