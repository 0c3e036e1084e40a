"""Rows of a backtest: what is trained on, and what is forecast, at each cutoff."""

from dataclasses import dataclass
from itertools import pairwise
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing, check_consistent_length

from skseq.model_selection.splits import (
    PanelTimeSeriesSplit,
    number_series,
    number_stamps,
)
from skseq.series import encode_series


@dataclass(frozen=True)
class Table:
    """X and y, and when and of which series their rows are.

    Attributes
    ----------
    X : DataFrame or array
        Covariates; of no columns if there are none.
    y : Series, DataFrame or array
        Targets.
    times : ndarray of int of shape (n_rows,)
        The number of each row's time stamp.
    stamps : pandas.Index
        The distinct time stamps, in order.
    owners : ndarray of int of shape (n_rows,) or None
        The number of each row's series.
    series : pandas.Index or None
        The series.
    by_position : bool
        Whether the forecaster takes rows of X to be those right after the last observed.
    """

    X: object
    y: object
    times: np.ndarray
    stamps: pd.Index
    owners: np.ndarray | None
    series: pd.Index | None
    by_position: bool

    @classmethod
    def read(cls, X, y, series=None):
        """Read X, or y alone, and find out about their rows.

        `series` names the column of X that says whose row it is, if one does.
        """
        check_consistent_length(X, y)
        has_index = [isinstance(rows, (pd.DataFrame, pd.Series)) for rows in (X, y)]
        if X is None:
            X = pd.DataFrame(index=y.index) if has_index[1] else np.empty((len(y), 0))
            has_index[0] = has_index[1]
        if all(has_index) and not X.index.equals(y.index):
            raise ValueError(
                "X and y have different indices: give both the same rows in the same order, "
                "for example y = y.loc[X.index]."
            )
        if has_index == [False, True] and y.index.nlevels > 1:
            raise ValueError(
                "y has a (series, time) index, but X is a bare array whose rows do not say "
                "theirs: give X the same, pd.DataFrame(X, index=y.index)."
            )
        if not isinstance(y, (pd.DataFrame, pd.Series)):
            y = np.asarray(y)
        times, stamps = number_stamps(X, y)
        owners, names = number_series(X, y)
        if series is not None and has_index[0]:
            owners, names = encode_series(X[series].to_numpy(), len(X))
            names = pd.Index(names, tupleize_cols=False)
        return cls(X, y, times, stamps, owners, names, not has_index[0])

    def take(self, rows):
        """Return X and y of some rows."""
        return _safe_indexing(self.X, rows), _safe_indexing(self.y, rows)

    def targets(self):
        """Return y as numbers: (rows, targets)."""
        return np.asarray(self.y, dtype=float).reshape(len(self.times), -1)

    def target_names(self):
        """Return the names of the targets, or their numbers."""
        if isinstance(self.y, pd.DataFrame):
            return self.y.columns
        return pd.RangeIndex(self.targets().shape[1])

    def of_series(self, rows):
        """Return for every row whether its series is that of one of some rows."""
        if self.owners is None:
            return np.ones(len(self.times), dtype=bool)
        return np.isin(self.owners, self.owners[rows])

    def between(self, after, until, like):
        """Return rows later than one time, up to another, of the series that rows are of."""
        inside = (self.times > after) & (self.times <= until)
        return np.flatnonzero(inside & self.of_series(like))

    def index(self, rows):
        """Return (series, time) of rows, or their time if they have no series."""
        stamps = self.stamps[self.times[rows]]
        if self.owners is None:
            return stamps
        codes = [self.owners[rows], self.times[rows]]
        return pd.MultiIndex(levels=[self.series, self.stamps], codes=codes)


@dataclass(frozen=True)
class Cut:
    """One split: rows to train on, rows to forecast, and the last time of the former."""

    train: np.ndarray
    test: np.ndarray
    time: int


def read_cuts(cv, table, *, must_advance):
    """Return the splits of a table, checked: nothing that is tested on is in the past."""
    if isinstance(cv, Integral):
        cv = PanelTimeSeriesSplit(cv)
    splits = cv.split(table.X, table.y) if hasattr(cv, "split") else cv
    cuts = [read_cut(number, *split, table) for number, split in enumerate(splits)]
    if not cuts:
        raise ValueError("cv gives no split.")
    for number, (before, after) in enumerate(pairwise(cuts), start=1):
        if must_advance and after.time <= before.time:
            raise ValueError(
                f"split {number} of cv is cut at {table.stamps[after.time]}, not after split "
                f"{number - 1} at {table.stamps[before.time]}: observations can only be "
                "added, so give the splits in the order of time, or refit=True."
            )
    return cuts


def read_cut(number, train, test, table):
    """Return a split, or say what is wrong with it."""
    train, test = (
        np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        for rows in (train, test)
    )
    if not len(train) or not len(test):
        which = "train" if not len(train) else "test"
        raise ValueError(f"split {number} of cv has no rows to {which} on.")
    if table.by_position:
        check_positions(number, train, test)
    cut = table.times[train].max()
    early = table.times[test].min()
    if early <= cut:
        raise ValueError(
            f"split {number} of cv looks ahead: it tests on {table.stamps[early]} and trains "
            f"on rows up to {table.stamps[cut]}. Split in the order of time, by "
            "PanelTimeSeriesSplit or TimeSeriesSplit."
        )
    return Cut(train, np.sort(test), int(cut))


def check_positions(number, train, test):
    """Raise unless the rows to test on come right after those to train on."""
    remedy = (
        "A bare array goes by position: its rows mean those right after the training rows. "
        "Give X a time index, for example pd.DataFrame(X, index=pd.RangeIndex(len(X)))."
    )
    for rows, task in ((train, "train"), (test, "test")):
        jumps = np.flatnonzero(np.diff(rows) != 1)
        if len(jumps):
            before, after = rows[jumps[0]], rows[jumps[0] + 1]
            raise ValueError(
                f"split {number} of cv would {task} on row {after} after row {before}. "
                f"{remedy}"
            )
    if test[0] != train[-1] + 1:
        raise ValueError(
            f"split {number} of cv leaves a gap of {test[0] - train[-1] - 1} rows between "
            f"training row {train[-1]} and test row {test[0]}. {remedy}"
        )
