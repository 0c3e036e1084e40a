"""Data of a backtest, and its folds: the rows to train and to test on at each cutoff."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing, check_consistent_length

from skseq.model_selection.splits import (
    PanelTimeSeriesSplit,
    encode_times,
    find_series,
    name_series,
)
from skseq.quoting import quote
from skseq.series import holds_row_numbers, set_time_index


@dataclass(frozen=True)
class BacktestData:
    """X and y, with the times and the series of their rows."""

    X: object  # covariates, possibly without columns
    y: object
    times: np.ndarray  # (n_rows,), the number of the time stamp of each row
    stamps: pd.Index  # the distinct time stamps in chronological order
    codes: np.ndarray | None  # (n_rows,), the number of the series of each row
    series: pd.Index | None  # names of the series
    # Whether X has no index, so that a forecaster identifies its rows by position.
    by_position: bool

    @classmethod
    def from_arrays(cls, X, y, series=None):
        """Validate X and y, and find the times and the series of their rows.

        `series` is the name of the column of X that contains the series, if any.
        """
        check_consistent_length(X, y)
        y_has_index = isinstance(y, (pd.DataFrame, pd.Series))
        if X is None:
            X = pd.DataFrame(index=y.index) if y_has_index else np.empty((len(y), 0))
        X = set_time_index(X)
        X_has_index = isinstance(X, (pd.DataFrame, pd.Series))
        if X_has_index and y_has_index and not X.index.equals(y.index):
            raise ValueError(
                "X and y have different indices. Give both the same rows in the same "
                "order, for example with y = y.loc[X.index]."
            )
        if not X_has_index and y_has_index and y.index.nlevels > 1:
            raise ValueError(
                "y has a (series, time) index, but X is an array without the series of its "
                "rows. Give X the same index: pd.DataFrame(X, index=y.index)."
            )
        if not y_has_index:
            y = np.asarray(y)
        if series is not None:
            check_series_column(X, series)
        times, stamps = encode_times(X, y)
        if series is not None:
            codes, names = name_series(X[series].to_numpy())
        else:
            codes, names = find_series(X, y)
        return cls(X, y, times, stamps, codes, names, not X_has_index)

    def take(self, rows):
        """Return X and y of some rows."""
        return _safe_indexing(self.X, rows), _safe_indexing(self.y, rows)

    @cached_property
    def targets(self):
        """y as numbers of shape (n_rows, n_targets)."""
        return np.asarray(self.y, dtype=float).reshape(len(self.times), -1)

    @property
    def target_names(self):
        """Names of the targets, or their numbers."""
        if isinstance(self.y, pd.DataFrame):
            return self.y.columns
        return pd.RangeIndex(self.targets.shape[1])

    def rows_between(self, after, until, like):
        """Return the rows with after < time <= until, of the series of the rows `like`."""
        inside = (self.times > after) & (self.times <= until)
        if self.codes is not None:
            inside &= np.isin(self.codes, self.codes[like])
        return np.flatnonzero(inside)

    def get_index(self, rows):
        """Return the (series, time) index of rows, or the time index without series."""
        stamps = self.stamps[self.times[rows]]
        if self.codes is None:
            return stamps
        codes = [self.codes[rows], self.times[rows]]
        return pd.MultiIndex(levels=[self.series, self.stamps], codes=codes)


@dataclass(frozen=True)
class Fold:
    """Training rows, test rows, and the number of the last training time."""

    train: np.ndarray
    test: np.ndarray
    cutoff: int


def check_series_column(X, series):
    """Raise unless X has a column of series, and an index with the times of its rows."""
    columns = list(getattr(X, "columns", []))
    if series not in columns:
        raise ValueError(
            f"series={quote(series)} is not a column of X, which has {columns}."
        )
    if holds_row_numbers(getattr(X, "index", None), X[series].to_numpy()):
        raise ValueError(
            f"The rows of X have no times, which a backtest of series={quote(series)} "
            "needs to split all series at the same time. Set the time as the index of X "
            "and y, for example with set_index('date')."
        )


def make_folds(cv, data, *, must_advance):
    """Return the validated splits. With `must_advance`, the cutoffs must increase."""
    if isinstance(cv, Integral):
        cv = PanelTimeSeriesSplit(cv)
    splits = cv.split(data.X, data.y) if hasattr(cv, "split") else cv
    folds = [make_fold(number, *split, data) for number, split in enumerate(splits)]
    if not folds:
        raise ValueError("cv has no splits.")
    for number, (before, after) in enumerate(pairwise(folds), start=1):
        if must_advance and after.cutoff <= before.cutoff:
            raise ValueError(
                f"The cutoff {data.stamps[after.cutoff]} of split {number} of cv is not "
                f"later than the cutoff {data.stamps[before.cutoff]} of split "
                f"{number - 1}. Updates need splits in chronological order: sort them, or "
                "set refit=True."
            )
    return folds


def make_fold(number, train, test, data):
    """Return a validated split. Raise if a test row is not later than all training rows."""
    train, test = (
        np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        for rows in (train, test)
    )
    for rows, purpose in ((train, "training"), (test, "test")):
        if not len(rows):
            raise ValueError(f"Split {number} of cv has no {purpose} rows.")
    if data.by_position:
        check_positions(number, train, test)
    cutoff = data.times[train].max()
    first = data.times[test].min()
    if first <= cutoff:
        raise ValueError(
            f"Split {number} of cv tests on {data.stamps[first]}, but trains on rows up to "
            f"{data.stamps[cutoff]}. Split in chronological order, with "
            "PanelTimeSeriesSplit or TimeSeriesSplit."
        )
    return Fold(train, np.sort(test), int(cutoff))


def check_positions(number, train, test):
    """Raise unless the test rows follow the training rows directly, without gaps."""
    remedy = (
        "A forecaster takes the rows of an array for those that follow the training rows. "
        "Give X a time index, for example pd.DataFrame(X, index=pd.RangeIndex(len(X)))."
    )
    for rows, purpose in ((train, "training"), (test, "test")):
        jumps = np.flatnonzero(np.diff(rows) != 1)
        if len(jumps):
            before, after = rows[jumps[0]], rows[jumps[0] + 1]
            raise ValueError(
                f"Split {number} of cv has the {purpose} row {after} after row {before}. "
                f"{remedy}"
            )
    if test[0] != train[-1] + 1:
        raise ValueError(
            f"Split {number} of cv has a gap of {test[0] - train[-1] - 1} rows between "
            f"training row {train[-1]} and test row {test[0]}. {remedy}"
        )
