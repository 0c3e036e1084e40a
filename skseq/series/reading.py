"""Read tables X and y whose rows are time steps of one or several series."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.utils import check_array

from skseq.magnitudes import MAX_VALUE, find_too_large, raise_too_large
from skseq.quoting import quote
from skseq.saved import Saved, is_count, is_flag, is_names, require
from skseq.series.clock import Clock
from skseq.series.columns import (
    are_categories,
    are_codes,
    learn_categories,
    quote_code,
    read_column,
    take_column,
)
from skseq.series.panel import Panel

WINDOWS_HINT = (
    "A forecaster cuts windows from whole series itself: y has shape (n_timesteps,) or "
    "(n_timesteps, n_targets), and X, if any, (n_timesteps, n_columns); for several series "
    "both have a (series, time) MultiIndex. To learn from windows that you cut yourself, "
    "use a regressor such as GRURegressor."
)


@dataclass
class Rows:
    """Rows of a table."""

    # (n_rows, n_covariates), in the order of `TableReader.columns`; categories are codes
    covariates: np.ndarray
    stamps: pd.Index | None  # time of each row
    labels: np.ndarray | None  # name of each row's series
    index: pd.Index | None  # index of the table

    def __len__(self):
        return len(self.covariates)


@dataclass
class TableReader(Saved):
    """Reads X for one forecaster.

    Parameters
    ----------
    series : str or None
        Column of X that contains the name of each row's series.
    past_columns, static_columns : list
        Columns of X that are known only for the past; that are constant within a series.
        Names, or positions if X is an array.
    is_used : bool, default=True
        Whether the forecaster uses covariates. If not, none is needed for the future.
    """

    saved_name = "table reader"

    series: str | None = None
    past_columns: tuple = ()
    static_columns: tuple = ()
    is_used: bool = True
    # Columns of `Rows.covariates`: first past, then static, then known-future columns.
    columns: list = field(default_factory=list)
    positions: list = field(default_factory=list)  # of these columns in X
    # The categories of each of these columns in fit; None for a column of numbers.
    categories: list = field(default_factory=list)
    n_past: int = 0
    n_static: int = 0
    # Levels of a (series, time) MultiIndex; all but the last one identify the series.
    index_names: list | None = None

    def fit(self, X):
        """Store the columns of X."""
        names = []
        if X is not None:
            names = list(X.columns if hasattr(X, "columns") else range(X.shape[1]))
        self._check_columns(names)
        special = [*self.past_columns, *self.static_columns]
        future = [c for c in self._without_series(names) if c not in special]
        self.columns = [*special, *future]
        self.positions = [names.index(c) for c in self.columns]
        self.n_past, self.n_static = len(self.past_columns), len(self.static_columns)
        self.categories = [None] * len(self.columns)
        if hasattr(X, "columns"):
            pairs = zip(self.columns, self.positions, strict=True)
            self.categories = [learn_categories(take_column(X, *p), p[0]) for p in pairs]
        return self

    def _without_series(self, names):
        return [name for name in names if self.series is None or name != self.series]

    def _check_columns(self, names):
        """Raise ValueError if the parameters do not match the columns of X."""
        duplicates = [name for name in names if names.count(name) > 1]
        if duplicates:
            raise ValueError(
                f"Column names of X must be unique, but {duplicates[0]!r} occurs "
                f"{names.count(duplicates[0])} times. Rename the columns."
            )
        if self.series is not None and self.series not in names:
            raise ValueError(
                f"series={quote(self.series)} is not a column of X, which has {names}."
            )
        names = self._without_series(names)
        for parameter in ("past_columns", "static_columns"):
            absent = [c for c in getattr(self, parameter) if c not in names]
            if absent:
                hint = ""
                if any(str(c).endswith(f"__{absent[0]}") for c in names):
                    hint = (
                        " To keep column names, use ColumnTransformer with "
                        "verbose_feature_names_out=False."
                    )
                raise ValueError(
                    f"{parameter}: {quote(absent[0])} is not a column of X, which has "
                    f"{names}.{hint}"
                )
        both = set(self.past_columns) & set(self.static_columns)
        if both:
            raise ValueError(
                f"{quote(sorted(both)[0])} is in past_columns and in static_columns. "
                "Remove it from one of them."
            )

    @property
    def n_known(self):
        """Number of known-future columns, which are needed for forecast rows."""
        if not self.is_used:
            return 0
        return len(self.columns) - self.n_past - self.n_static

    def read(self, X, *, allow_missing, is_future=False, n_rows=None):
        """Return the Rows of X, a DataFrame or array; if it is None, `n_rows` empty rows.

        In rows to forecast (`is_future`), past and static columns may be NaN.
        """
        if X is None:
            return Rows(np.empty((n_rows, 0)), None, None, None)
        if not hasattr(X, "columns"):
            values = X[:, self.positions]
            for k, known in enumerate(self.categories):
                if known is not None:
                    column = pd.Series(values[:, k])
                    values[:, k] = read_column(column, self.columns[k], known)
            self._check_finite(values, range(len(X)), allow_missing, is_future)
            return Rows(values, None, None, None)
        rows = Rows(np.empty((len(X), len(self.columns))), None, None, None)
        if self.series is not None:
            rows.labels = X[self.series].to_numpy()
        if hasattr(X, "iloc"):  # a DataFrame of polars has no index
            self.set_index(rows, X.index)
        for k, name in enumerate(self.columns):
            column = take_column(X, name, self.positions[k])
            rows.covariates[:, k] = read_column(column, name, self.categories[k])
        index = range(len(X)) if rows.index is None else rows.index
        self._check_finite(rows.covariates, index, allow_missing, is_future)
        return rows

    def read_index(self, index):
        """Return the Rows of an index; raise ValueError if forecasts need columns."""
        if self.n_known:
            raise ValueError(
                f"X is an index, but the columns {self.columns[-self.n_known :]} are known "
                "in advance and needed for each row to forecast. Pass a DataFrame with "
                "these columns and this index."
            )
        rows = Rows(np.full((len(index), len(self.columns)), np.nan), None, None, index)
        rows.labels, rows.stamps = split_index(index)
        return rows

    def set_index(self, rows, index):
        """Set the index of rows, and the times and series that it contains.

        Raise ValueError if the column `series` identifies their series, too.
        """
        labels, rows.stamps = split_index(index)
        rows.index = index
        if labels is None:
            return
        if rows.labels is not None:
            raise ValueError(
                f"Both series={quote(self.series)} and a (series, time) MultiIndex "
                "identify the series of each row. Use only one of them."
            )
        rows.labels = labels

    def check_levels(self, index):
        """Raise ValueError if an index has another number of levels than in fit."""
        if not (self.index_names and isinstance(index, pd.MultiIndex)):
            return
        if index.nlevels != len(self.index_names):
            raise ValueError(
                f"The index has {index.nlevels} levels, {list(index.names)}, but in fit it "
                f"had {len(self.index_names)}, {self.index_names}. Use the same levels as "
                "in fit: the last one is the time, the others identify the series."
            )

    def quote_value(self, k, value):
        """Return the value of column k, or the category of its code, for messages."""
        return quote_code(value, self.categories[k])

    def has_codes(self, covariates):
        """Return whether categorical columns of (n_rows, n_covariates) have valid codes."""
        pairs = zip(covariates.T, self.categories, strict=True)
        return all(c is None or are_codes(column, c) for column, c in pairs)

    def _check_finite(self, values, index, allow_missing, is_future):
        for k, name in enumerate(self.columns):
            bad = ~(np.abs(values[:, k]) <= MAX_VALUE)
            if allow_missing or (is_future and k < self.n_past + self.n_static):
                bad &= ~np.isnan(values[:, k])
            if not bad.any():
                continue
            row = int(bad.argmax())
            value, where = values[row, k], f"column {name!r} at {quote(index[row])}"
            if np.isnan(value):
                raise ValueError(
                    f"Input X contains NaN: {where}. Impute it, or use missing='mask'."
                )
            if np.isinf(value):
                raise ValueError(f"Input X contains infinity: {where}. Replace it.")
            raise_too_large("X", where, value)

    @classmethod
    def from_state(
        cls,
        series,
        is_used,
        columns,
        positions,
        n_past,
        n_static,
        index_names,
        categories,
    ):
        """Create the reader from a state; raise ValueError if the state is invalid."""
        valid = (series is None or type(series) is str) and is_flag(is_used)
        valid = valid and is_names(columns) and type(positions) is list
        valid = valid and len(positions) == len(columns) and all(map(is_count, positions))
        valid = valid and is_count(n_past) and is_count(n_static)
        valid = valid and n_past + n_static <= len(columns)
        valid = valid and (index_names is None or is_names(index_names))
        valid = valid and type(categories) is list and len(categories) == len(columns)
        valid = valid and all(c is None or are_categories(c) for c in categories)
        require(valid, "the description of the columns is invalid")
        past, static = columns[:n_past], columns[n_past : n_past + n_static]
        counts = n_past, n_static
        return cls(
            series,
            tuple(past),
            tuple(static),
            is_used,
            columns,
            positions,
            categories,
            *counts,
            index_names,
        )


def split_index(index):
    """Return the name of each row's series (None without a MultiIndex), and its time."""
    if not isinstance(index, pd.MultiIndex):
        return None, index
    first, last = index.levels[0], index.levels[-1]
    if _is_time(first) and not (_is_time(last) or last.dtype.kind in "iu"):
        raise ValueError(
            f"The first level of the index {list(index.names)} is the time, but it must be "
            "the last. Use swaplevel().sort_index()."
        )
    if index.nlevels == 2:
        labels = index.get_level_values(0).to_numpy()
    else:
        labels = np.empty(len(index), dtype=object)
        labels[:] = list(index.droplevel(-1))
    return labels, index.get_level_values(-1)


def _is_time(index):
    return isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex))


def read_targets(y):
    """Return targets as float64 of shape (n_rows,) or (n_rows, n_targets)."""
    try:
        values = check_array(
            y,
            dtype=np.float64,
            ensure_2d=False,
            allow_nd=True,
            ensure_all_finite="allow-nan",
            input_name="y",
        )
    except OverflowError:
        row = find_too_large(np.asarray(y, dtype=object))[0]
        raise_too_large("y", f"row {row}")
    if values.ndim > 2:
        raise ValueError(
            f"Expected y of shape (n_timesteps,) or (n_timesteps, n_targets), got "
            f"{values.shape}. {WINDOWS_HINT}"
        )
    return values


def encode_series(labels, n_rows):
    """Return the number of each row's series, and the names of the series.

    `labels` are the names of the rows' series, an array or Index of shape (n_rows,); None
    for a single series without a name. The names are returned as a list of Python objects
    in order of first appearance, `[None]` without labels.
    """
    if labels is None:
        return np.zeros(n_rows, dtype=np.int64), [None]
    numbers, names = pd.factorize(labels)
    if (numbers < 0).any():
        raise ValueError(
            "The name of the series is missing (NaN) in row "
            f"{int(np.argmax(numbers < 0))}. Fill it in, or drop the row."
        )
    return numbers, list(pd.Index(names, tupleize_cols=False).astype(object))


def build_panel(rows, values, reader, clock=None):
    """Return the Panel of Rows with target values of shape (n_rows, n_targets).

    The time grid is inferred from the rows if `clock` is None.
    """
    owners, ids = encode_series(rows.labels, len(rows))
    order = np.argsort(owners, kind="stable")
    owners = owners[order]
    lengths = np.bincount(owners, minlength=len(ids))
    covariates = rows.covariates[order]
    ticks = np.zeros(len(ids), dtype=np.int64)
    if rows.stamps is not None:
        # Indexing by an array would drop the freq of the index.
        stamps = rows.stamps if rows.labels is None else rows.stamps[order]
        if clock is None:
            clock = Clock.from_stamps(stamps, owners, ids, reader.series)
        else:
            clock.check(stamps, owners, ids, reader.series)
        ticks = clock.ticks(stamps[np.cumsum(lengths) - lengths])
    _check_static(covariates, owners, ids, reader)
    return Panel(values[order], covariates, lengths, ticks, ids, clock)


def _check_static(covariates, owners, ids, reader):
    """Raise ValueError if a static column changes within a series."""
    for k in range(reader.n_past, reader.n_past + reader.n_static):
        before, after = covariates[:-1, k], covariates[1:, k]
        changes = (before != after) & ~(np.isnan(before) & np.isnan(after))
        changes &= np.diff(owners) == 0
        if changes.any():
            i = int(changes.argmax())
            name = ids[owners[i]]
            old, new = (reader.quote_value(k, column[i]) for column in (before, after))
            raise ValueError(
                f"static_columns: {quote(reader.columns[k])} changes from {old} to "
                f"{new}{'' if name is None else f' within series {quote(name)}'}. "
                "Remove it from static_columns."
            )
