"""A regular grid of time stamps: conversion between stamps and integer ticks."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.saved import Saved, is_positive_count, require

# Steps of varying length (months, business days) are looked up in a generated grid, which
# extends this many steps beyond the estimated range.
GRID_MARGIN = 8
# Maximum number of steps in a grid that is generated for a loaded forecaster, in addition
# to a multiple of its number of observations.
MAX_GRID_STEPS = 10**5
# If the index has gaps, the frequency is inferred from pieces of this many stamps.
PIECE_LENGTH = 8
# Tick of a stamp that is not on the grid.
OFF_GRID = np.iinfo(np.int64).min
MAX_INTEGER = np.iinfo(np.int64).max


class Clock(Saved):
    """The regular grid of time stamps that all series of a panel share.

    Tick `k` is the time stamp `k` steps after the anchor.

    Parameters
    ----------
    anchor : object
        The stamp of tick 0.
    step : Timedelta, DateOffset or int
        The difference between consecutive stamps.
    example : pandas.Index
        An empty index of the type, unit, time zone and name of the stamps.
    """

    saved_name = "clock"

    def __init__(self, anchor, step, example):
        self.anchor = anchor
        self.step = step
        self.example = example

    @classmethod
    def from_stamps(cls, stamps, owners, names):
        """Infer the grid from the stamps of all rows; the rows of a series are consecutive.

        `owners` is the number of each row's series, (n_rows,). Error messages contain the
        names of the series.
        """
        _check_index_type(stamps)
        _check_order(stamps, owners, names)
        step = _infer_step(stamps, owners)
        anchor = int(stamps[0]) if _is_integer(stamps) else stamps[0]
        clock = cls(anchor, step, stamps[:0])
        clock.check(stamps, owners, names)
        return clock

    def check(self, stamps, owners, names):
        """Raise ValueError unless the stamps of each series are consecutive ticks."""
        _check_index_type(stamps)
        _check_order(stamps, owners, names)
        is_first = np.diff(owners, prepend=-1) != 0
        self.ticks(stamps[is_first])  # raises if a series starts between two steps
        ticks = self._count_steps(self._convert(stamps))
        gaps = np.flatnonzero((np.diff(ticks) != 1) & (np.diff(owners) == 0))
        if len(gaps):
            i = gaps[0]
            raise ValueError(
                f"The time index is irregular{_in_series(names, owners[i])}: "
                f"{stamps[i + 1]} follows {stamps[i]}, but the step is "
                f"{self._describe_step()}. Fill the gaps with missing values, for example "
                "with y.asfreq(...) or y.reindex(...): y may contain NaN."
            )

    def ticks(self, stamps):
        """Return the tick of each stamp.

        Raises
        ------
        ValueError
            If a stamp is missing or not on the grid, or if the index has another type,
            frequency or time zone than the grid.
        """
        stamps = self._convert(stamps)
        ticks = self._count_steps(stamps)
        off = np.flatnonzero(ticks == OFF_GRID)
        if len(off):
            raise ValueError(
                f"{stamps[off[0]]} is not on the time grid of the series, which starts at "
                f"{self.anchor} with step {self._describe_step()}. All series and all rows "
                "to forecast must share one grid; use for example y.resample(...)."
            )
        return ticks

    def stamps(self, ticks):
        """Return the stamps of ticks as an index."""
        ticks = np.asarray(ticks, dtype=np.int64)
        name = self.example.name
        if _is_integer(self.example):
            values = self.anchor + ticks * self.step
            if len(values) and (np.diff(values) == self.step).all():
                return pd.RangeIndex(
                    values[0], values[-1] + self.step, self.step, name=name
                )
            return pd.Index(values, name=name)
        if isinstance(self.example, pd.PeriodIndex):
            ordinals = self.anchor.ordinal + ticks * self.step.n
            freq = self.example.freq
            return pd.PeriodIndex.from_ordinals(ordinals, freq=freq).rename(name)
        if isinstance(self.step, pd.Timedelta):
            stamps = self.anchor + pd.TimedeltaIndex(ticks * self.step.asm8)
        elif len(ticks):
            grid, first = self._make_grid(ticks.min(), ticks.max())
            stamps = grid[ticks - first]
        else:
            return self.example
        stamps = pd.DatetimeIndex(stamps.as_unit(self.example.unit), name=name)
        if len(ticks) and (np.diff(ticks) == 1).all():
            stamps.freq = pd.tseries.frequencies.to_offset(self.step)
        return stamps

    def can_represent(self, tick, max_grid_steps=MAX_GRID_STEPS):
        """Return whether pandas can represent the stamp of a tick, which may be any int."""
        if _is_integer(self.example):
            return abs(self.anchor + tick * int(self.step)) <= MAX_INTEGER
        if isinstance(self.example, pd.PeriodIndex):
            return abs(self.anchor.ordinal + tick * self.step.n) <= MAX_INTEGER
        if not isinstance(self.step, pd.Timedelta) and abs(tick) > max_grid_steps:
            return False
        try:
            return not pd.isna(self.anchor + tick * self.step)
        except (OverflowError, ValueError, NotImplementedError):  # pandas' own errors too
            return False

    def _convert(self, stamps):
        """Return stamps as an index of the grid's type; raise ValueError if impossible."""
        if isinstance(stamps, pd.PeriodIndex) and isinstance(self.anchor, pd.Timestamp):
            stamps = stamps.to_timestamp()
        if type(self.example) is not type(stamps) and not (
            _is_integer(self.example) and _is_integer(stamps)
        ):
            raise ValueError(
                f"The time index is a {type(stamps).__name__}, but in fit it was a "
                f"{type(self.example).__name__}. Use the same type of index as in fit."
            )
        _check_no_missing(stamps)
        zone, fitted = getattr(stamps, "tz", None), getattr(self.example, "tz", None)
        if (zone is None) != (fitted is None):
            raise ValueError(
                f"The time index has the time zone {zone}, but in fit it had {fitted}. Use "
                "tz_localize or tz_convert."
            )
        if isinstance(stamps, pd.PeriodIndex) and stamps.freq != self.example.freq:
            raise ValueError(
                f"The time index has the frequency {stamps.freqstr!r}, but in fit it was "
                f"{self.example.freqstr!r}. Use asfreq or resample."
            )
        return stamps

    def _count_steps(self, stamps):
        """Return the ticks of converted stamps, OFF_GRID for those between two steps."""
        if _is_integer(self.example):
            distance, step = _to_integers(stamps) - self.anchor, self.step
        elif isinstance(self.example, pd.PeriodIndex):
            distance, step = stamps.asi8 - self.anchor.ordinal, self.step.n
        elif isinstance(self.step, pd.Timedelta):
            distance, step = stamps - self.anchor, self.step
        else:
            return self._look_up(stamps)
        is_off = distance % step != 0 * step
        return np.where(is_off, OFF_GRID, distance // step)

    def _look_up(self, stamps):
        """Return ticks from a generated grid, for steps of varying length."""
        if not len(stamps):
            return np.empty(0, dtype=np.int64)
        mean_step = ((self.anchor + GRID_MARGIN * self.step) - self.anchor) / GRID_MARGIN
        low = np.floor((stamps.min() - self.anchor) / mean_step)
        high = np.ceil((stamps.max() - self.anchor) / mean_step)
        grid, first = self._make_grid(low, high)
        positions = grid.get_indexer(stamps)
        return np.where(positions < 0, OFF_GRID, positions + first)

    def _make_grid(self, low, high):
        """Return the stamps of ticks low to high and a margin, and the first tick."""
        low, high = min(int(low), 0), max(int(high), 0)
        margin = GRID_MARGIN + (high - low) // GRID_MARGIN
        low, high = low - margin, high + margin
        past = pd.date_range(end=self.anchor, periods=1 - low, freq=self.step)
        future = pd.date_range(self.anchor, periods=high + 1, freq=self.step)
        return past.append(future[1:]), low

    def _describe_step(self):
        return getattr(self.step, "freqstr", None) or str(self.step)

    def to_state(self):
        """Return the state for `from_state`. The anchor gives the type of `example`."""
        return {"anchor": self.anchor, "step": self.step, "name": self.example.name}

    @classmethod
    def from_state(cls, anchor, step, name):
        """Create the clock from a state; raise ValueError if the state is invalid."""
        if isinstance(anchor, pd.Period):
            example = pd.PeriodIndex([anchor], name=name)[:0]
            valid = step == anchor.freq
        elif isinstance(anchor, pd.Timestamp):
            example = pd.DatetimeIndex([anchor], name=name).as_unit(anchor.unit)[:0]
            valid = isinstance(step, (pd.Timedelta, pd.tseries.offsets.BaseOffset))
            valid = valid and anchor + step > anchor
        else:
            example = pd.RangeIndex(0, name=name)
            valid = type(anchor) is int and is_positive_count(step)
        require(valid, "the time index is invalid")
        return cls(anchor, step, example)


def _check_index_type(stamps):
    if isinstance(stamps, (pd.DatetimeIndex, pd.PeriodIndex)) or _is_integer(stamps):
        return
    raise ValueError(
        "The time index must be a DatetimeIndex, a PeriodIndex or an index of integers, "
        f"got {type(stamps).__name__} of dtype {stamps.dtype}. Set the index of X and y, "
        "for example with y.set_axis(pd.to_datetime(...)), or pass arrays without an index."
    )


def _check_order(stamps, owners, names):
    """Raise ValueError if the stamps of a series are duplicated or not sorted."""
    _check_no_missing(stamps)
    is_same = np.diff(owners) == 0
    steps = np.diff(_to_integers(stamps))
    duplicates = np.flatnonzero(is_same & (steps == 0))
    if len(duplicates):
        i = duplicates[0]
        raise ValueError(
            f"The time stamp {stamps[i]} occurs twice{_in_series(names, owners[i])}. "
            "Average or drop the duplicates, or identify the series with a (series, time) "
            "MultiIndex."
        )
    decreasing = np.flatnonzero(is_same & (steps < 0))
    if len(decreasing):
        i = decreasing[0]
        raise ValueError(
            f"The time stamps are not sorted{_in_series(names, owners[i])}: "
            f"{stamps[i + 1]} follows {stamps[i]}. Sort the rows of X and y with "
            "sort_index()."
        )


def _check_no_missing(stamps):
    if stamps.hasnans:
        raise ValueError("The time index has a missing stamp (NaT). Drop these rows.")


def _infer_step(stamps, owners):
    """Return the step of the grid: an int, a Timedelta or an offset."""
    if isinstance(stamps, pd.PeriodIndex):
        return stamps.freq
    is_same = np.diff(owners) == 0
    steps = np.diff(_to_integers(stamps))[is_same]
    if _is_integer(stamps):
        return int(steps.min()) if len(steps) else 1
    if stamps.freq is not None:
        return _simplify_offset(stamps.freq, stamps.tz)
    if not len(steps):
        raise ValueError(
            f"The step of the series cannot be inferred from a single time stamp "
            f"({stamps[0]}). Give the index a frequency, for example with y.asfreq('D')."
        )
    offset = _infer_offset(stamps, owners)
    if offset is not None:
        return _simplify_offset(offset, stamps.tz)
    day = np.timedelta64(1, "D") // np.timedelta64(1, stamps.unit)
    local_steps = np.diff(_to_integers(stamps.tz_localize(None)))[is_same]
    if not (local_steps % day).any():
        return _simplify_offset(pd.offsets.Day(int(local_steps.min() // day)), stamps.tz)
    return pd.Timedelta(np.timedelta64(int(steps.min()), stamps.unit))


def _infer_offset(stamps, owners):
    """Return the offset that pandas infers from the longest series, or None."""
    numbers, counts = np.unique(owners, return_counts=True)
    longest = stamps[owners == numbers[counts.argmax()]]
    if len(longest) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = pd.infer_freq(longest)
        if name is None and longest.tz is None:  # there are gaps: use the most common one
            cuts = range(0, len(longest) - PIECE_LENGTH + 1, PIECE_LENGTH)
            found = (pd.infer_freq(longest[i : i + PIECE_LENGTH]) for i in cuts)
            names = Counter(name for name in found if name is not None)
            name = names.most_common(1)[0][0] if names else None
    return None if name is None else pd.tseries.frequencies.to_offset(name)


def _simplify_offset(offset, zone):
    """Return an offset as a Timedelta if its length is constant."""
    if isinstance(offset, (pd.offsets.Week, pd.offsets.Day)):
        days = offset.n * (7 if isinstance(offset, pd.offsets.Week) else 1)
        # With daylight saving time, a day may have 23 or 25 hours.
        return pd.Timedelta(days=days) if zone is None else pd.offsets.Day(days)
    try:
        return pd.Timedelta(offset)
    except (ValueError, TypeError):
        return offset


def _to_integers(stamps):
    """Return stamps as integers that can be subtracted."""
    if hasattr(stamps, "asi8"):
        return stamps.asi8
    return stamps.to_numpy(dtype=np.int64)


def _is_integer(index):
    return index.dtype.kind in "iu"


def _in_series(names, number):
    name = names[number]
    return "" if name is None else f" in series {quote(name)}"
