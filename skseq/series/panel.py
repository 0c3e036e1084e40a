"""Many series with their covariates, stored flat, to which observations can be added."""

import numpy as np
import pandas as pd


class Panel:
    """Series of any length on one grid of time.

    All steps of all series lie in one array, as in :class:`skseq.Sequences`; so windows
    of thousands of series are gathered at once. A series that grows beyond its place
    moves to the end of the storage, which doubles when it is full: adding one step costs
    the same however long the history is.

    Parameters
    ----------
    values : ndarray of shape (n_steps_total, n_targets)
        The series, one after the other; NaN is missing.
    covariates : ndarray of shape (n_steps_total, n_covariates)
        What is given beside them.
    lengths : ndarray of int of shape (n_series,)
        Steps of each series.
    first_ticks : ndarray of int of shape (n_series,)
        When each series begins, in steps.
    ids : list
        The name of each series; `[None]` for a single one without a name.
    clock : Clock or None
        What stamps the ticks stand for; None if rows were counted only.

    Attributes
    ----------
    starts : ndarray of int of shape (n_series,)
        First row of each series in `values`.
    """

    def __init__(self, values, covariates, lengths, first_ticks, ids, clock=None):
        self.values = values
        self.covariates = covariates
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.first_ticks = np.asarray(first_ticks, dtype=np.int64)
        self.ids = list(ids)
        self.clock = clock
        self._room = self.lengths.copy()  # rows reserved for each series
        self._used = len(values)
        self._places = {name: i for i, name in enumerate(self.ids)}

    def __repr__(self):
        return f"{type(self).__name__}({self.n_series} series, {self.lengths.sum()} steps)"

    @property
    def n_series(self):
        """Number of series."""
        return len(self.lengths)

    @property
    def n_targets(self):
        """Number of values of a step."""
        return self.values.shape[1]

    def targets(self, i):
        """Return the values of series number i: (n_steps, n_targets)."""
        return self.values[self._rows(i)]

    def inputs(self, i):
        """Return the covariates of series number i: (n_steps, n_covariates)."""
        return self.covariates[self._rows(i)]

    def stamps(self, i):
        """Return the time stamps of series number i as a pandas Index."""
        first = self.first_ticks[i]
        ticks = np.arange(first, first + self.lengths[i])
        if self.clock is None:
            return pd.RangeIndex(first, first + self.lengths[i])
        return self.clock.stamps(ticks)

    def next_tick(self, i):
        """Return the tick that follows the last one of series number i."""
        return int(self.first_ticks[i] + self.lengths[i])

    def find(self, name):
        """Return the number of a series, or None."""
        return self._places.get(name)

    def add_steps(self, i, values, covariates):
        """Append steps to series number i."""
        n = self.lengths[i] + len(values)
        if n > self._room[i]:
            self._move(i, 2 * n)
        rows = slice(self.starts[i] + self.lengths[i], self.starts[i] + n)
        self.values[rows] = values
        self.covariates[rows] = covariates
        self.lengths[i] = n

    def add_series(self, name, values, covariates, first_tick):
        """Append a series; return its number."""
        self.ids.append(name)
        self.lengths = np.append(self.lengths, 0)
        self.starts = np.append(self.starts, 0)
        self.first_ticks = np.append(self.first_ticks, first_tick)
        self._room = np.append(self._room, 0)
        self._places[name] = len(self.ids) - 1
        self.add_steps(len(self.ids) - 1, values, covariates)
        return len(self.ids) - 1

    def map_values(self, function):
        """Return a panel of the same series with other values."""
        other = self.take(np.arange(self.n_series))
        for i in range(self.n_series):
            other.values[other._rows(i)] = function(self.targets(i))
        return other

    def truncate(self, ends):
        """Return the panel of the first steps of each series; the values are shared."""
        other = object.__new__(Panel)
        other.__dict__.update(self.__dict__, lengths=np.asarray(ends, dtype=np.int64))
        return other

    def take(self, numbers):
        """Return the panel of some series, stored without gaps."""
        rows = [
            np.arange(self.starts[i], self.starts[i] + self.lengths[i]) for i in numbers
        ]
        rows = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
        return Panel(
            self.values[rows],
            self.covariates[rows],
            self.lengths[numbers],
            self.first_ticks[numbers],
            [self.ids[i] for i in numbers],
            self.clock,
        )

    def __getstate__(self):
        # Reserved rows and what moved away need not be stored.
        return self.take(np.arange(self.n_series)).__dict__.copy()

    def _rows(self, i):
        return slice(self.starts[i], self.starts[i] + self.lengths[i])

    def _move(self, i, room):
        """Give series number i a place with room for so many rows."""
        old = self._rows(i)
        if self._used + room > len(self.values):
            size = 2 * (self._used + room)
            for name in ("values", "covariates"):
                before = getattr(self, name)
                grown = np.full((size, before.shape[1]), np.nan)
                grown[: self._used] = before[: self._used]
                setattr(self, name, grown)
        self.values[self._used : self._used + self.lengths[i]] = self.values[old]
        self.covariates[self._used : self._used + self.lengths[i]] = self.covariates[old]
        self.starts[i] = self._used
        self._room[i] = room
        self._used += room
