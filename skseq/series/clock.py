"""A regular grid of time stamps: conversion between stamps and integer ticks."""

import numpy as np
import pandas as pd

from skseq.saved import Saved, is_positive_count, require
from skseq.series.remedies import MAX_INTEGER, convert_to_periods, fill_gaps
from skseq.series.stamps import (
    check_index_type,
    check_no_missing,
    check_order,
    check_size,
    in_series,
    infer_step,
    is_integer,
    to_numbers,
)

# Steps of varying length (months, business days) are looked up in a generated grid, which
# extends this many steps beyond the estimated range.
GRID_MARGIN = 8
# Maximum number of steps in a grid that is generated for a loaded forecaster, in addition
# to a multiple of its number of observations.
MAX_GRID_STEPS = 10**5
# Tick of a stamp that is not on the grid.
OFF_GRID = np.iinfo(np.int64).min


class Clock(Saved):
    """The regular grid of time stamps that all series of a panel share.

    Tick `k` is the time stamp `k` steps after the anchor.

    Parameters
    ----------
    anchor : object
        The stamp of tick 0.
    step : DateOffset or int
        The difference between consecutive stamps, the frequency of their index.
    example : pandas.Index
        An empty index of the type, unit, time zone and name of the stamps.
    """

    saved_name = "clock"

    def __init__(self, anchor, step, example):
        self.anchor = anchor
        self.step = step
        self.example = example
        # The step as a Timedelta, or None if its length varies or is not a time.
        self._duration = _find_duration(step, getattr(example, "tz", None))

    @classmethod
    def from_stamps(cls, stamps, owners, names, column=None):
        """Infer the grid from the stamps of all rows; the rows of a series are consecutive.

        `owners` is the number of each row's series, (n_rows,). Error messages contain the
        names of the series, and the column of X that contains them, if they are not in the
        index.
        """
        check_index_type(stamps, names, column)
        check_order(stamps, owners, names)
        step = infer_step(stamps, owners)
        anchor = int(stamps[0]) if is_integer(stamps) else stamps[0]
        clock = cls(anchor, step, stamps[:0])
        clock.check(stamps, owners, names, column)
        return clock

    def check(self, stamps, owners, names, column=None):
        """Raise ValueError unless the stamps of each series are consecutive ticks."""
        check_index_type(stamps, names, column)
        check_order(stamps, owners, names)
        ticks = self.count_steps(stamps)
        is_gap = (np.diff(ticks) != 1) & (np.diff(owners) == 0)
        # A series between the steps of another one is not irregular itself.
        is_gap &= (ticks[1:] != OFF_GRID) | (ticks[:-1] != OFF_GRID)
        gaps = np.flatnonzero(is_gap)
        if len(gaps):
            i = gaps[0]
            place = names[owners[i]], column
            code = convert_to_periods(stamps, owners, *place)
            remedy = f"Each period has one stamp, so convert them to periods with {code}"
            if code is None:
                code = fill_gaps(stamps, self.step, ticks == OFF_GRID, *place)
                remedy = f"Fill the gaps with missing values with {code}: y may contain NaN"
                if code.startswith("fill_gaps"):
                    remedy = f"Import fill_gaps from skseq.preprocessing. {remedy}"
            raise ValueError(
                f"The time index is irregular{in_series(names, owners[i])}: "
                f"{stamps[i + 1]} follows {stamps[i]}, but the step is "
                f"{self.describe_step()}. {remedy}, and X, if any, must have the same "
                "rows."
            )
        is_first = np.diff(owners, prepend=-1) != 0
        self.ticks(stamps[is_first])  # raises if a series starts between two steps

    def has_step_of(self, other):
        """Return whether another grid has stamps of the same type, and the same step."""
        if type(self.anchor) is not type(other.anchor):
            return False
        if self._duration is not None:
            return self._duration == other._duration
        return self.step == other.step

    def is_next(self, stamps):
        """Return whether each stamp is one step after the one before it, (n_stamps - 1,).

        Stamps between two steps of the grid are not.
        """
        ticks = self.count_steps(stamps)
        return (np.diff(ticks) == 1) & (ticks[1:] != OFF_GRID)

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
                f"{self.anchor} with step {self.describe_step()}. All series and all rows "
                "to forecast must share one grid; use for example y.resample(...), or in a "
                "panel y.groupby([pd.Grouper(level=0), pd.Grouper(level=1, "
                "freq=...)]).mean()."
            )
        return ticks

    def count_steps(self, stamps):
        """Return the tick of each stamp, OFF_GRID for those between two steps."""
        return self._count_steps(self._convert(stamps))

    def stamps(self, ticks):
        """Return the stamps of ticks as an index."""
        ticks = np.asarray(ticks, dtype=np.int64)
        name = self.example.name
        for tick in (ticks.min(), ticks.max()) if len(ticks) else ():
            if not self.can_represent(int(tick), np.inf):
                raise ValueError(
                    f"The time {tick} steps of {self.describe_step()} after {self.anchor} "
                    "is beyond the range of the time index. Forecast fewer steps, or use "
                    "another unit of time."
                )
        if is_integer(self.example):
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
        if self._duration is not None:
            stamps = self.anchor + pd.TimedeltaIndex(ticks * self._duration.asm8)
        elif len(ticks):
            grid, first = self._make_grid(ticks.min(), ticks.max())
            stamps = grid[ticks - first]
        else:
            return self.example
        stamps = pd.DatetimeIndex(stamps.as_unit(self.example.unit), name=name)
        if len(ticks) and (np.diff(ticks) == 1).all():
            stamps.freq = self.step
        return stamps

    def can_represent(self, tick, max_grid_steps=MAX_GRID_STEPS):
        """Return whether pandas can represent the stamp of a tick, which may be any int."""
        step = self.step if self._duration is None else self._duration
        if is_integer(self.example):
            return abs(self.anchor + tick * int(self.step)) <= MAX_INTEGER
        if isinstance(self.example, pd.PeriodIndex):
            return abs(self.anchor.ordinal + tick * self.step.n) <= MAX_INTEGER
        if self._duration is None and abs(tick) > max_grid_steps:
            return False
        try:
            return not pd.isna(self.anchor + tick * step)
        except (OverflowError, ValueError, NotImplementedError):  # pandas' own errors too
            return False

    def _convert(self, stamps):
        """Return stamps as an index of the grid's type; raise ValueError if impossible."""
        if isinstance(stamps, pd.PeriodIndex) and isinstance(self.anchor, pd.Timestamp):
            stamps = stamps.to_timestamp()
        is_same = type(self.example) is type(stamps)
        if is_integer(self.example) or is_integer(stamps):
            is_same = is_integer(self.example) and is_integer(stamps)
        if not is_same:
            given, fitted = (
                f"Index of {i.dtype}" if type(i) is pd.Index else type(i).__name__
                for i in (stamps, self.example)
            )
            raise ValueError(
                f"The time index is a {given}, but in fit it was a {fitted}. Use the same "
                "type of index as in fit; text is converted with pd.to_datetime(X.index)."
            )
        check_no_missing(stamps)
        if is_integer(stamps):
            check_size(stamps)
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
        if is_integer(self.example):
            distance, step = to_numbers(stamps) - self.anchor, self.step
        elif isinstance(self.example, pd.PeriodIndex):
            distance, step = stamps.asi8 - self.anchor.ordinal, self.step.n
        elif self._duration is not None:
            distance, step = stamps - self.anchor, self._duration
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

    def describe_step(self):
        """Return the step as text."""
        if self._duration is not None:
            return str(self._duration)
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
            valid = isinstance(step, pd.tseries.offsets.BaseOffset)
            valid = valid and anchor + step > anchor
        else:
            example = pd.RangeIndex(0, name=name)
            valid = type(anchor) is int and is_positive_count(step)
        require(valid, "the time index is invalid")
        return cls(anchor, step, example)


def _find_duration(step, zone):
    """Return the step of a grid as a Timedelta, or None if its length varies."""
    if isinstance(step, (pd.offsets.Week, pd.offsets.Day)):
        days = step.n * (7 if isinstance(step, pd.offsets.Week) else 1)
        # With daylight saving time, a day may have 23 or 25 hours.
        return pd.Timedelta(days=days) if zone is None else None
    return pd.Timedelta(step) if isinstance(step, pd.offsets.Tick) else None
