"""X and y as tables whose rows are time steps: who is whose series, and when."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skseq.magnitudes import MAX_VALUE, raise_too_large
from skseq.quoting import quote
from skseq.series.clock import Clock
from skseq.series.panel import Panel


@dataclass
class Rows:
    """Rows of a table that was read.

    Attributes
    ----------
    covariates : ndarray of shape (n_rows, n_covariates)
        Numbers; past-only columns first, then static ones, then those known ahead.
    stamps : pandas.Index or None
        The time of each row.
    labels : ndarray of shape (n_rows,) or None
        The series of each row.
    index : pandas.Index or None
        The index of the table.
    """

    covariates: np.ndarray
    stamps: pd.Index | None
    labels: np.ndarray | None
    index: pd.Index | None

    def __len__(self):
        return len(self.covariates)


@dataclass
class TableReader:
    """Reads X and y for one forecaster.

    Parameters
    ----------
    series : str or None
        Column of X that says whose row it is.
    past_columns, static_columns : list
        Columns of X that are known up to now only; that never change within a series.
        Names, or positions in a bare array.
    is_used : bool, default=True
        Whether the forecaster looks at covariates; else none is ever needed ahead.

    Attributes
    ----------
    columns : list
        Columns of X as `Rows.covariates` has them: past, static, known ahead.
    positions : list of int
        Where these columns stand in X.
    n_past, n_static : int
        How many of them are known up to now only; how many are static.
    index_names : list of str or None
        Names of the levels of a (series, time) MultiIndex; of more than two, all but the
        last name the series together.
    has_warned : bool
        Whether it has been said that rows go by position: once is enough.
    """

    series: str | None = None
    past_columns: tuple = ()
    static_columns: tuple = ()
    is_used: bool = True
    columns: list = field(default_factory=list)
    positions: list = field(default_factory=list)
    n_past: int = 0
    n_static: int = 0
    index_names: list | None = None
    has_warned: bool = field(default=False, compare=False)

    def fit(self, X):
        """Remember which columns X has."""
        names = self._name_columns(X)
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"X has several columns named {twice.pop()!r}; rename them.")
        whole = list(names)
        if self.series is not None:
            if self.series not in names:
                raise ValueError(
                    f"series={quote(self.series)} is not a column of X, which has {names}."
                )
            names.remove(self.series)
        for parameter in ("past_columns", "static_columns"):
            absent = [c for c in getattr(self, parameter) if c not in names]
            if absent:
                longer = [c for c in names if str(c).endswith(f"__{absent[0]}")]
                hint = (
                    " A ColumnTransformer keeps names with verbose_feature_names_out=False."
                )
                raise ValueError(
                    f"{parameter}: {quote(absent[0])} is not a column of X, which has {names}."
                    f"{hint if longer else ''}"
                )
        twice = set(self.past_columns) & set(self.static_columns)
        if twice:
            raise ValueError(
                f"{quote(sorted(twice)[0])} is in past_columns and in static_columns; a column is "
                "known up to now only, or never changes."
            )
        special = {*self.past_columns, *self.static_columns}
        known = [c for c in names if c not in special]
        self.columns = [*self.past_columns, *self.static_columns, *known]
        self.positions = [whole.index(c) for c in self.columns]
        self.n_past, self.n_static = len(self.past_columns), len(self.static_columns)
        return self

    @property
    def n_known(self):
        """Number of columns needed ahead, beside the static ones."""
        if not self.is_used:
            return 0
        return len(self.columns) - self.n_past - self.n_static

    def read(self, X, *, allow_missing, is_future=False, n_rows=None):
        """Return the rows of X; without X, so many rows without a column.

        In rows to forecast (`is_future`), what is known up to now only, and what never
        changes, may be missing.
        """
        if X is None:
            return Rows(np.empty((n_rows, 0)), None, None, None)
        if not hasattr(X, "iloc"):
            values = X[:, self.positions]
            self._check_finite(values, range(len(X)), allow_missing, is_future)
            return Rows(values, None, None, None)
        labels, stamps = split_index(X.index)
        if self.series is not None:
            if labels is not None:
                raise ValueError(
                    f"series={quote(self.series)} and a (series, time) MultiIndex both say whose "
                    "rows they are; leave one of them out."
                )
            labels = X[self.series].to_numpy()
        values = self._read_columns(X)
        self._check_finite(values, X.index, allow_missing, is_future)
        return Rows(values, stamps, labels, X.index)

    def check_levels(self, index):
        """Raise if series are named by another number of levels than in fit."""
        if not (self.index_names and isinstance(index, pd.MultiIndex)):
            return
        if index.nlevels != len(self.index_names):
            raise ValueError(
                f"the rows have {index.nlevels} levels, {list(index.names)}, but in fit they "
                f"had {len(self.index_names)}, {self.index_names}: give them those of fit. The "
                "last is the time, those before it name the series."
            )

    def _name_columns(self, X):
        if X is None:
            return []
        if hasattr(X, "columns"):
            return list(X.columns)
        return list(range(X.shape[1]))

    def _read_columns(self, X):
        values = np.empty((len(X), len(self.columns)))
        for k, (name, place) in enumerate(zip(self.columns, self.positions, strict=True)):
            column = X[name] if name in X.columns else X.iloc[:, place]
            if column.dtype.kind in "mM":  # dates would pass as nanoseconds
                raise ValueError(
                    f"the column {name!r} of X holds {quote(column.iloc[0])}, which is a time, not "
                    f"a number: if it says when a row is, make it the index of X and y, by "
                    f"set_index({name!r}) or, with many series, set_index([series, {name!r}])."
                )
            try:
                if column.dtype.kind == "c":
                    raise TypeError
                values[:, k] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            except (TypeError, ValueError):
                raise ValueError(
                    f"the column {name!r} of X holds {quote(_first_other(column))}, which is not a "
                    f"number. If it says whose row it is, set series={name!r}; else encode it, "
                    "for example with a OneHotEncoder in a ColumnTransformer with "
                    "set_output(transform='pandas')."
                ) from None
        return values

    def _check_finite(self, values, index, allow_missing, is_future):
        for k, name in enumerate(self.columns):
            bad = ~(np.abs(values[:, k]) <= MAX_VALUE)
            if allow_missing or (is_future and k < self.n_past + self.n_static):
                bad &= ~np.isnan(values[:, k])
            if bad.any():
                row = int(bad.argmax())
                if np.isfinite(values[row, k]):
                    where = f"column {name!r} at {quote(index[row])}"
                    raise_too_large("X", where, values[row, k])
                what = "NaN" if np.isnan(values[row, k]) else "infinity"
                remedy = (
                    " Fill it, or use missing='mask'." if what == "NaN" else " Replace it."
                )
                raise ValueError(
                    f"Input X contains {what}: column {name!r} at {quote(index[row])}.{remedy}"
                )


def _first_other(column):
    """Return the first value of a column that is not a number."""
    for value in column:
        try:
            float(np.nan if value is pd.NA or value is None else value)
        except (TypeError, ValueError):
            return value
    return column.iloc[0]


def split_index(index):
    """Return series labels (or None) and time stamps of an index."""
    if not isinstance(index, pd.MultiIndex):
        return None, index
    first, last = index.levels[0], index.levels[-1]
    if _tells_time(first) and not (_tells_time(last) or last.dtype.kind in "iu"):
        raise ValueError(
            f"the rows have the levels {list(index.names)}, time first: the series come "
            "before the time, as swaplevel().sort_index() makes them."
        )
    if index.nlevels == 2:
        labels = index.get_level_values(0).to_numpy()
    else:
        labels = np.empty(len(index), dtype=object)
        labels[:] = list(index.droplevel(-1))
    return labels, index.get_level_values(-1)


def _tells_time(index):
    return isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex))


def read_targets(y):
    """Return targets as numbers, (n_rows,) or (n_rows, n_targets)."""
    values = check_array(
        y,
        dtype=np.float64,
        ensure_2d=False,
        allow_nd=True,
        ensure_all_finite="allow-nan",
        input_name="y",
    )
    if values.ndim > 2:
        raise ValueError(
            f"y has shape {values.shape}; expected (n_timesteps,) or "
            "(n_timesteps, n_targets)."
        )
    return values


def build_panel(rows, values, reader, clock=None):
    """Return the panel of rows with their values.

    Parameters
    ----------
    rows : Rows
        Time, series and covariates of each row.
    values : ndarray of shape (n_rows, n_targets)
        Targets.
    reader : TableReader
        Which covariates are static.
    clock : Clock, default=None
        The grid on which the stamps lie; learned from them if None.
    """
    if rows.labels is None:
        owners, ids = np.zeros(len(rows), dtype=np.int64), [None]
    else:
        owners, ids = factorize_series(rows.labels)
    order = np.argsort(owners, kind="stable")
    owners = owners[order]
    lengths = np.bincount(owners, minlength=len(ids))
    covariates = rows.covariates[order]
    first = np.cumsum(lengths) - lengths
    ticks = np.zeros(len(ids), dtype=np.int64)
    if rows.stamps is not None:
        # An index keeps its freq only where its rows stay as they are.
        stamps = rows.stamps if rows.labels is None else rows.stamps[order]
        if clock is None:
            clock = Clock.from_stamps(stamps, owners, ids)
        else:
            clock.check(stamps, owners, ids)
        ticks = clock.ticks(stamps[first])
    _check_static(covariates, owners, ids, reader)
    return Panel(values[order], covariates, lengths, ticks, ids, clock)


def factorize_series(labels):
    """Return the number of each row's series, and the names of the series."""
    owners, names = pd.factorize(labels)
    if (owners < 0).any():
        raise ValueError(
            f"row {int(np.argmax(owners < 0))} has no series: its name is missing (NaN). "
            "Name it, or drop the row."
        )
    # Plain values, as a user writes them.
    return owners, list(pd.Index(names, tupleize_cols=False).astype(object))


def _check_static(covariates, owners, ids, reader):
    for k in range(reader.n_past, reader.n_past + reader.n_static):
        before, after = covariates[:-1, k], covariates[1:, k]
        changes = (before != after) & ~(np.isnan(before) & np.isnan(after))
        changes &= np.diff(owners) == 0
        if changes.any():
            i = int(changes.argmax())
            name = "" if ids[owners[i]] is None else f" of series {quote(ids[owners[i]])}"
            raise ValueError(
                f"static_columns: {reader.columns[k]!r} changes from "
                f"{covariates[i, k]:g} to {covariates[i + 1, k]:g} within the rows{name}; "
                "take it out of static_columns."
            )
