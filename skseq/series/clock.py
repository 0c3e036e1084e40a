"""From time stamps to whole numbers and back: one tick is one step of a series."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd

from skseq.quoting import quote

# Stamps at steps of no fixed length (months, business days) are looked up in a grid that
# is laid out this much longer than it should need to be.
SPARE_STEPS = 8
# It is laid out for no more steps than this: the working hours of a thousand years.
MOST_LAID_OUT = 10**7
# A frequency is looked for in stretches of this many stamps where the whole has gaps.
STRETCH = 8


class Clock:
    """The grid of time stamps on which all series of a panel lie.

    Parameters
    ----------
    anchor : object
        The stamp of tick 0.
    step : Timedelta, DateOffset, int
        What lies between one stamp and the next.
    example : pandas.Index
        An empty index of the kind that the stamps came in.
    """

    def __init__(self, anchor, step, example):
        self.anchor = anchor
        self.step = step
        self.example = example

    @classmethod
    def from_stamps(cls, stamps, owners, names):
        """Find the grid on which series lie.

        Parameters
        ----------
        stamps : pandas.Index
            Time stamps of all rows, those of one series in a row.
        owners : ndarray of int
            Which series each row belongs to.
        names : list
            How errors call the series.
        """
        check_kind(stamps)
        check_order(stamps, owners, names)
        step = find_step(stamps, owners)
        anchor = int(stamps[0]) if _is_whole(stamps) else stamps[0]
        clock = cls(anchor, step, stamps[:0])
        clock.check(stamps, owners, names)
        return clock

    def check(self, stamps, owners, names):
        """Raise if the stamps of a series do not follow each other step by step."""
        check_kind(stamps)
        check_order(stamps, owners, names)
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        self.ticks(stamps[first])  # raises if a series begins between the steps
        ticks = self._count(self._convert(stamps))
        jumps = np.flatnonzero((np.diff(ticks) != 1) & (np.diff(owners) == 0))
        if len(jumps):
            i = jumps[0]
            raise ValueError(
                f"the time index is irregular{_of(names, owners[i])}: {stamps[i + 1]} "
                f"follows {stamps[i]}, where the step is {_show(self.step)}. Fill the gaps "
                "with missing values, for example by y.asfreq(...) or y.reindex(...): NaN "
                "in y is allowed."
            )

    def ticks(self, stamps):
        """Return the tick of each stamp.

        Raises
        ------
        ValueError
            If a stamp is of another kind, missing, or lies between the steps.
        """
        stamps = self._convert(stamps)
        ticks = self._count(stamps)
        off = np.flatnonzero(ticks == OFF_GRID)
        if len(off):
            raise ValueError(
                f"{stamps[off[0]]} is not on the grid of the series, which starts at "
                f"{self.anchor} and moves by {_show(self.step)}: all series, and all rows to "
                "forecast, must lie on one grid, for example after y.resample(...)."
            )
        return ticks

    def _convert(self, stamps):
        """Return stamps as the kind of index that the clock counts."""
        if isinstance(stamps, pd.PeriodIndex) and isinstance(self.anchor, pd.Timestamp):
            stamps = stamps.to_timestamp()
        if type(self.example) is not type(stamps) and not (
            _is_whole(self.example) and _is_whole(stamps)
        ):
            raise ValueError(
                f"the time index is a {type(stamps).__name__}, but in fit it was a "
                f"{type(self.example).__name__}: give X the same kind of index."
            )
        check_present(stamps)
        zone, known = getattr(stamps, "tz", None), getattr(self.example, "tz", None)
        if (zone is None) != (known is None):
            raise ValueError(
                f"the time index has the time zone {zone}, but in fit it had {known}: use "
                "tz_localize or tz_convert."
            )
        return stamps

    def stamps(self, ticks):
        """Return the stamp of each tick as an index."""
        ticks = np.asarray(ticks, dtype=np.int64)
        if _is_whole(self.example):
            whole = self.anchor + ticks * self.step
            name = self.example.name
            if len(whole) and (np.diff(whole) == self.step).all():
                return pd.RangeIndex(whole[0], whole[-1] + self.step, self.step, name=name)
            return pd.Index(whole, name=name)
        if isinstance(self.example, pd.PeriodIndex):
            ordinals = self.anchor.ordinal + ticks * self.step.n
            periods = pd.PeriodIndex.from_ordinals(ordinals, freq=self.example.freq)
            return periods.rename(self.example.name)
        if isinstance(self.step, pd.Timedelta):
            away = pd.TimedeltaIndex(ticks * self.step.asm8)
            return self._name(pd.DatetimeIndex(self.anchor + away), ticks)
        if not len(ticks):
            return self.example
        grid, first = self._grid(ticks.min(), ticks.max())
        return self._name(grid[ticks - first], ticks)

    def can_represent(self, tick):
        """Return whether a tick has a stamp that can be told.

        Parameters
        ----------
        tick : int
            Any number.
        """
        if _is_whole(self.example):
            return abs(self.anchor + tick * int(self.step)) <= LAST_NUMBER
        if isinstance(self.example, pd.PeriodIndex):
            return abs(self.anchor.ordinal + tick * self.step.n) <= LAST_NUMBER
        is_laid_out = not isinstance(self.step, pd.Timedelta)
        if is_laid_out and abs(tick) > MOST_LAID_OUT:
            return False
        try:
            return not pd.isna(self.anchor + tick * self.step)
        except (OverflowError, ValueError, NotImplementedError):  # pandas' own too
            return False

    def _name(self, stamps, ticks):
        """Give stamps the unit and name of those seen, and a freq where they are regular."""
        stamps = pd.DatetimeIndex(stamps.as_unit(self.example.unit), name=self.example.name)
        if len(ticks) and (np.diff(ticks) == 1).all():
            stamps.freq = pd.tseries.frequencies.to_offset(self.step)
        return stamps

    def _count(self, stamps):
        if _is_whole(self.example):
            away = _numbers(stamps) - self.anchor
            return np.where(away % self.step, OFF_GRID, away // self.step)
        if isinstance(self.example, pd.PeriodIndex):
            if stamps.freq != self.example.freq:
                raise ValueError(
                    f"the time index has the frequency {stamps.freqstr!r}, but in fit it "
                    f"was {self.example.freqstr!r}."
                )
            away = stamps.asi8 - self.anchor.ordinal
            return np.where(away % self.step.n, OFF_GRID, away // self.step.n)
        if isinstance(self.step, pd.Timedelta):
            away = stamps - self.anchor
            between = away % self.step != pd.Timedelta(0)
            return np.where(between, OFF_GRID, away // self.step)
        return self._look_up(stamps) if len(stamps) else np.empty(0, dtype=np.int64)

    def _look_up(self, stamps):
        """Return ticks by a grid that is laid out, for steps of no fixed length."""
        typical = ((self.anchor + SPARE_STEPS * self.step) - self.anchor) / SPARE_STEPS
        low = np.floor((stamps.min() - self.anchor) / typical)
        high = np.ceil((stamps.max() - self.anchor) / typical)
        grid, first = self._grid(low, high)
        places = grid.get_indexer(stamps)
        return np.where(places < 0, OFF_GRID, places + first)

    def _grid(self, low, high):
        """Return the stamps around ticks low to high, and the tick of the first one."""
        low, high = min(int(low), 0), max(int(high), 0)
        spare = SPARE_STEPS + (high - low) // SPARE_STEPS
        low, high = low - spare, high + spare
        back = pd.date_range(end=self.anchor, periods=1 - low, freq=self.step)
        ahead = pd.date_range(self.anchor, periods=high + 1, freq=self.step)
        return back.append(ahead[1:]), low


OFF_GRID, LAST_NUMBER = np.iinfo(np.int64).min, np.iinfo(np.int64).max


def check_kind(stamps):
    """Raise if an index does not tell time."""
    if isinstance(stamps, (pd.DatetimeIndex, pd.PeriodIndex)) or _is_whole(stamps):
        return
    raise ValueError(
        f"the rows have an index of {stamps.dtype} ({type(stamps).__name__}), which tells no "
        "time: give X and y a DatetimeIndex, a PeriodIndex or whole numbers, for example by "
        "y.set_index(pd.to_datetime(...)), or take bare arrays."
    )


def check_order(stamps, owners, names):
    """Raise if stamps occur twice or go back within a series."""
    check_present(stamps)
    same = np.diff(owners) == 0
    steps = np.diff(_numbers(stamps))
    twice = np.flatnonzero(same & (steps == 0))
    if len(twice):
        i = twice[0]
        raise ValueError(
            f"the time stamp {stamps[i]} occurs twice{_of(names, owners[i])}: average or "
            "drop the duplicates, or name the series by a (series, time) MultiIndex."
        )
    back = np.flatnonzero(same & (steps < 0))
    if len(back):
        i = back[0]
        raise ValueError(
            f"the time stamps are not sorted{_of(names, owners[i])}: {stamps[i + 1]} follows "
            f"{stamps[i]}. Sort the rows of X and y with sort_index()."
        )


def check_present(stamps):
    """Raise if a stamp is missing."""
    if stamps.hasnans:
        raise ValueError("the time index has a missing stamp (NaT): drop those rows.")


def find_step(stamps, owners):
    """Return what lies between one stamp and the next of most rows."""
    if isinstance(stamps, pd.PeriodIndex):
        return stamps.freq
    same = np.diff(owners) == 0
    steps = np.diff(_numbers(stamps))[same]
    if _is_whole(stamps):
        return int(steps.min()) if len(steps) else 1
    if stamps.freq is not None:
        return _fixed(stamps.freq, stamps.tz)
    if not len(steps):
        raise ValueError(
            f"one time stamp alone ({stamps[0]}) does not tell the step of the series: give "
            "the index a freq, for example by y.asfreq('D')."
        )
    guess = _guess(stamps, owners)
    if guess is not None:
        return _fixed(guess, stamps.tz)
    day = np.timedelta64(1, "D") // np.timedelta64(1, stamps.unit)
    walls = np.diff(_numbers(stamps.tz_localize(None)))[same]
    if not (walls % day).any():
        return _fixed(pd.offsets.Day(int(walls.min() // day)), stamps.tz)
    return pd.Timedelta(np.timedelta64(int(steps.min()), stamps.unit))


def _guess(stamps, owners):
    """Return the offset that pandas sees in the longest series, or None."""
    numbers, counts = np.unique(owners, return_counts=True)
    longest = stamps[owners == numbers[counts.argmax()]]
    if len(longest) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        name = pd.infer_freq(longest)
        if name is None and longest.tz is None:  # a gap somewhere: what most stretches say
            cuts = range(0, len(longest) - STRETCH + 1, STRETCH)
            found = (pd.infer_freq(longest[i : i + STRETCH]) for i in cuts)
            names = Counter(name for name in found if name is not None)
            name = names.most_common(1)[0][0] if names else None
    return None if name is None else pd.tseries.frequencies.to_offset(name)


def _fixed(step, zone):
    """Return a Timedelta where the step always has the same length."""
    if isinstance(step, (pd.offsets.Week, pd.offsets.Day)):
        days = step.n * (7 if isinstance(step, pd.offsets.Week) else 1)
        # Where clocks are put forward and back, some days have 23 or 25 hours.
        return pd.Timedelta(days=days) if zone is None else pd.offsets.Day(days)
    try:
        return pd.Timedelta(step)
    except (ValueError, TypeError):
        return step


def _numbers(stamps):
    """Return stamps as numbers that may be subtracted."""
    if hasattr(stamps, "asi8"):
        return stamps.asi8
    return stamps.to_numpy(dtype=np.int64)


def _is_whole(index):
    return index.dtype.kind in "iu"


def _show(step):
    return getattr(step, "freqstr", None) or str(step)


def _of(names, owner):
    name = names[owner]
    return "" if name is None else f" in series {quote(name)}"
