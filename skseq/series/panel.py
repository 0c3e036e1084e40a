"""Flat storage of many series and their covariates, which can grow."""

import numpy as np
import pandas as pd

from skseq.saved import Saved, is_names, is_numbers, require
from skseq.series.clock import MAX_GRID_STEPS, Clock

# The first tick of a series in a file must be smaller than this.
MAX_TICK = 2**62


class Panel(Saved):
    """Series of any length on one time grid.

    All steps of all series are stored in one array, as in :class:`skseq.Sequences`, so the
    windows of thousands of series are gathered at once. A series that outgrows its
    reserved rows is moved to the end of the storage, which doubles when it is full: the
    amortized cost of adding a step does not depend on the length of the history.

    Parameters
    ----------
    values : ndarray of shape (n_steps_total, n_targets)
        The series, concatenated; NaN where missing.
    covariates : ndarray of shape (n_steps_total, n_covariates)
        The covariates of each step.
    lengths : ndarray of int of shape (n_series,)
        Number of steps of each series.
    first_ticks : ndarray of int of shape (n_series,)
        Tick of the first step of each series.
    ids : list
        Name of each series; `[None]` for a single series without a name.
    clock : Clock, default=None
        Time grid of the ticks. None if the rows have no time index.

    Attributes
    ----------
    starts : ndarray of int of shape (n_series,)
        First row of each series in `values`.
    """

    saved_name = "panel"

    def __init__(self, values, covariates, lengths, first_ticks, ids, clock=None):
        self.values = values
        self.covariates = covariates
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.first_ticks = np.asarray(first_ticks, dtype=np.int64)
        self.ids = list(ids)
        self.clock = clock
        self._capacities = self.lengths.copy()  # rows reserved for each series
        self._n_rows_used = len(values)
        self._numbers = {name: i for i, name in enumerate(self.ids)}

    def __repr__(self):
        return f"{type(self).__name__}({self.n_series} series, {self.lengths.sum()} steps)"

    @property
    def n_series(self):
        """Number of series."""
        return len(self.lengths)

    @property
    def n_targets(self):
        """Number of target values of each step."""
        return self.values.shape[1]

    def targets(self, i):
        """Return the values of series number i, a view of shape (n_steps, n_targets)."""
        return self.values[self._rows(i)]

    def inputs(self, i):
        """Return the covariates of series number i, a view (n_steps, n_covariates)."""
        return self.covariates[self._rows(i)]

    def stamps(self, i):
        """Return the time stamps of series number i as a pandas Index."""
        first, last = self.first_ticks[i], self.next_tick(i)
        if self.clock is None:
            return pd.RangeIndex(first, last)
        return self.clock.stamps(np.arange(first, last))

    def next_tick(self, i):
        """Return the tick after the last step of series number i."""
        return int(self.first_ticks[i] + self.lengths[i])

    def find(self, name):
        """Return the number of the series with this name, or None."""
        return self._numbers.get(name)

    def add_steps(self, i, values, covariates):
        """Append steps to series number i."""
        n = self.lengths[i] + len(values)
        if n > self._capacities[i]:
            self._move(i, 2 * n)
        rows = slice(self.starts[i] + self.lengths[i], self.starts[i] + n)
        self.values[rows] = values
        self.covariates[rows] = covariates
        self.lengths[i] = n

    def replace_steps(self, i, start, values, covariates):
        """Replace the steps of series number i from step `start` on.

        Steps after the replaced ones are kept. The old steps stay in the storage, so that a
        snapshot can be restored.
        """
        if start < self.lengths[i]:
            end = start + len(values)
            values = np.concatenate([values, self.targets(i)[end:]])
            covariates = np.concatenate([covariates, self.inputs(i)[end:]])
            self._move(i, 2 * (start + len(values)))
            self.lengths[i] = start
        self.add_steps(i, values, covariates)

    def add_series(self, name, values, covariates, first_tick):
        """Append a series and return its number."""
        self.ids.append(name)
        self.lengths = np.append(self.lengths, 0)
        self.starts = np.append(self.starts, 0)
        self.first_ticks = np.append(self.first_ticks, first_tick)
        self._capacities = np.append(self._capacities, 0)
        self._numbers[name] = len(self.ids) - 1
        self.add_steps(len(self.ids) - 1, values, covariates)
        return len(self.ids) - 1

    def get_snapshot(self):
        """Return the state that `vars(panel).update` restores after steps were added.

        Its cost does not depend on the number of steps: those that are added are stored
        after those that exist.
        """
        state = vars(self).copy()
        for name in ("lengths", "starts", "first_ticks", "_capacities", "ids", "_numbers"):
            state[name] = state[name].copy()
        return state

    def map_values(self, function):
        """Return a copy whose values are `function` of the values of each series."""
        other = self.take(np.arange(self.n_series))
        for i in range(self.n_series):
            other.targets(i)[:] = function(self.targets(i))
        return other

    def truncate(self, lengths):
        """Return a panel with the first steps of each series; it shares the storage."""
        other = object.__new__(Panel)
        other.__dict__.update(self.__dict__, lengths=np.asarray(lengths, dtype=np.int64))
        return other

    def drop_missing_ends(self):
        """Return a panel that ends with the last observed step of each series.

        It shares the storage. A series without any value keeps its length.
        """
        lengths = self.lengths.copy()
        last = self.values[self.starts + lengths - 1]
        for i in np.flatnonzero(np.isnan(last).all(axis=1)):
            observed = np.flatnonzero(~np.isnan(self.targets(i)).all(axis=1))
            if len(observed):
                lengths[i] = observed[-1] + 1
        return self.truncate(lengths)

    def take(self, numbers):
        """Return a copy with only the series of these numbers, stored without gaps."""
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
        # Do not pickle reserved and abandoned rows.
        return self.take(np.arange(self.n_series)).__dict__.copy()

    def _rows(self, i):
        return slice(self.starts[i], self.starts[i] + self.lengths[i])

    def _move(self, i, capacity):
        """Move series number i to the end of the storage, with this many reserved rows."""
        old, end = self._rows(i), self._n_rows_used
        for name in ("values", "covariates"):
            storage = getattr(self, name)
            if end + capacity > len(storage):
                grown = np.full((2 * (end + capacity), storage.shape[1]), np.nan)
                grown[:end] = storage[:end]
                storage = grown
            storage[end : end + self.lengths[i]] = storage[old]
            setattr(self, name, storage)
        self.starts[i] = end
        self._capacities[i] = capacity
        self._n_rows_used += capacity

    def to_state(self):
        """Return the state for `from_state`, without reserved rows."""
        return super(Panel, self.take(np.arange(self.n_series))).to_state()

    @classmethod
    def from_state(cls, values, covariates, lengths, first_ticks, ids, clock):
        """Create the panel from a state; raise ValueError if the state is invalid."""
        n = len(values)
        valid = is_numbers(values, None, None) and values.shape[1] > 0
        valid = valid and is_numbers(covariates, n, None)
        valid = valid and not (np.isinf(values).any() or np.isinf(covariates).any())
        valid = valid and is_names(ids) and 0 < len(ids) == len(set(ids))
        for numbers in (lengths, first_ticks):
            valid = valid and is_numbers(numbers, len(ids), dtype=np.int64)
        # No length exceeds n, so their sum does not overflow.
        valid = valid and ((lengths > 0) & (lengths <= n)).all() and lengths.sum() == n
        valid = valid and (np.abs(first_ticks.astype(float)) < MAX_TICK).all()
        require(valid, "the observed series are invalid")
        if clock is not None:
            require(isinstance(clock, Clock), "the time index is invalid")
            for tick in int(first_ticks.min()), int((first_ticks + lengths).max()) - 1:
                valid = clock.can_represent(tick, MAX_GRID_STEPS + 100 * n)
                require(valid, "the time index is invalid")
        return cls(values, covariates, lengths, first_ticks, ids, clock)
