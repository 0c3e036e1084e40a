"""Read X whose rows are time steps of one or several series, for detectors."""

from dataclasses import dataclass, field
from numbers import Number

import numpy as np
import pandas as pd

from skseq.magnitudes import MAX_VALUE, raise_too_large
from skseq.quoting import quote
from skseq.saved import Saved, is_flag, is_names, require
from skseq.sequences import (
    Sequences,
    check_columns,
    check_unique_names,
    convert_container,
    first_present,
    get_cells,
    is_frame,
    is_nested,
    is_series,
    read_table,
    to_array,
)
from skseq.sequences.validation import check_numeric_columns
from skseq.series import (
    Panel,
    RowForm,
    count_missing_steps,
    encode_series,
    holds_row_numbers,
    is_default_index,
    lacks_times,
    split_index,
    warn_of_name_column,
)
from skseq.series.stamps import check_index_type, check_order, to_numbers

# Gaps are filled with at most this many missing rows. After so many, nothing before the gap
# affects a score.
MAX_MISSING_ROWS = 1000
SERIES_HINT = (
    "A column that names the series of each row belongs in the parameter series, and times "
    "belong in the index."
)


@dataclass
class SeriesRows:
    """Series that were read from the rows of X.

    Parameters
    ----------
    panel : Panel
        The values of each series, sorted by time. Rows whose time is missing are NaN.
    places : ndarray of int of shape (n_rows,)
        Row of `panel.values` of each row of X.
    first, last : list
        First and last time of each series; None without times.
    """

    panel: Panel
    places: np.ndarray
    first: list
    last: list


@dataclass
class RowReader(Saved):
    """Reads X in the form that it had in `fit`.

    Parameters
    ----------
    series : str or None
        Column of X that identifies the series of each row.
    allow_missing : bool
        Whether X may contain NaN.
    form : RowForm or None
        The kind and the usual step of times in `fit`.
    ids : list
        Names of the series so far; `[None]` for one series without a name.
    last : list
        Last time of each series so far; None without times.
    """

    saved_name = "row reader"

    series: str | None
    allow_missing: bool
    form: RowForm | None = None
    ids: list = field(default_factory=list)
    last: list = field(default_factory=list)

    def fit(self, estimator, X):
        """Return the SeriesRows of the training rows; set the form and the names."""
        rows, self.form = self._read(estimator, X, reset=True)
        if np.isnan(rows.panel.values).all():
            raise ValueError("Input X contains NaN only. At least one value is required.")
        self.ids, self.last = list(rows.panel.ids), rows.last
        return rows

    def read(self, estimator, X):
        """Return the SeriesRows of other rows with the same columns."""
        return self._read(estimator, X, reset=False)[0]

    def continue_series(self, rows):
        """Return how many rows are missing before the new rows of each series.

        The names and last times of the series are updated. Raise ValueError if rows are not
        later than those before.
        """
        missing = []
        for k, name in enumerate(rows.panel.ids):
            if name not in self.ids:
                self.ids.append(name)
                self.last.append(rows.last[k])
                missing.append(0)
                continue
            i = self.ids.index(name)
            missing.append(self._count_between(name, self.last[i], rows.first[k]))
            self.last[i] = rows.last[k]
        return missing

    def _count_between(self, name, last, first):
        """Return how many rows are missing between two times of a series."""
        if last is None or first is None:
            return 0
        stamps = pd.Index([last, first])
        if type(last) is not type(first) or not first > last:
            of = "" if name is None else f" of series {quote(name)}"
            raise ValueError(
                f"The rows of an update must be later than those before{of}, which end at "
                f"{last}, but they start at {first}. Pass only later rows."
            )
        missing, _ = count_missing_steps(stamps, np.zeros(2, np.int64), self.form)
        return int(min(missing[1], MAX_MISSING_ROWS))

    def _read(self, estimator, X, reset):
        X = convert_rows(estimator, X)
        if is_frame(X):
            check_unique_names(list(X.columns))
            self._check_series(X)
        check_columns(estimator, X, reset=reset)
        labels, stamps = self._identify(X)
        values = self._read_values(estimator, X)
        if reset and is_frame(X) and labels is None and lacks_times(stamps):
            for name, column in zip(X.columns, values.T, strict=True):
                warn_of_name_column(
                    name, column, is_text=False, parameter="series", noun="series"
                )
        owners, ids = encode_series(labels, len(values))
        if ids == [None] and not reset:
            ids = self._name_single(len(values))
        elif not reset:
            check_kinds(ids, self.ids)
        order, missing, form = self._order(owners, ids, stamps)
        lengths = np.bincount(owners, minlength=len(ids))
        ends = np.cumsum(lengths)
        first, last = (
            [None if stamps is None else _to_plain(stamps[row]) for row in order[rows]]
            for rows in (ends - lengths, ends - 1)
        )
        shifts = np.cumsum(missing)
        places = np.empty(len(values), dtype=np.int64)
        places[order] = np.arange(len(values)) + shifts
        spaced = np.full((len(values) + int(missing.sum()), values.shape[1]), np.nan)
        spaced[places] = values
        lengths = lengths + np.bincount(owners[order], missing, len(ids)).astype(np.int64)
        panel = Panel(spaced, np.empty((len(spaced), 0)), lengths, np.zeros(len(ids)), ids)
        return SeriesRows(panel, places, first, last), form

    def _check_series(self, X):
        if self.series is not None and self.series not in X.columns:
            raise ValueError(
                f"series={quote(self.series)} is not a column of X, which has "
                f"{list(X.columns)}."
            )

    def _identify(self, X):
        """Return the name of each row's series and its time, or None."""
        labels, stamps = None, None
        if hasattr(X, "iloc"):
            labels, stamps = split_index(X.index)
        if self.series is not None:
            if not is_frame(X):
                raise ValueError(
                    f"series={quote(self.series)} is a column, but X is of type "
                    f"{type(X).__name__}, which has no columns. Use a DataFrame."
                )
            if labels is not None:
                raise ValueError(
                    f"Both series={quote(self.series)} and a (series, time) MultiIndex "
                    "identify the series of each row. Use only one of them."
                )
            labels = get_cells(X[self.series])
            if holds_row_numbers(stamps, labels):
                stamps = None
        is_numbered = stamps is not None and is_default_index(stamps)
        return labels, None if is_numbered and labels is None else stamps

    def _name_single(self, n_rows):
        """Return the names of rows of one series without a name."""
        if len(self.ids) > 1:
            raise ValueError(
                f"The {n_rows} rows of X have no series, but fit saw {len(self.ids)} of "
                "them. Pass a DataFrame that names the series of each row as in fit: with "
                "a (series, time) MultiIndex, or with the column `series`."
            )
        return list(self.ids)

    def _order(self, owners, ids, stamps):
        """Return the row of each step, the number of missing steps before it, the form."""
        if stamps is None:
            return np.argsort(owners, kind="stable"), np.zeros(len(owners), np.int64), None
        is_other = isinstance(stamps, pd.TimedeltaIndex) or stamps.dtype.kind == "f"
        if not is_other:
            check_index_type(stamps, ids, self.series)
        elif stamps.hasnans:
            raise ValueError("The time index has a missing stamp. Drop these rows.")
        order = np.lexsort((to_numbers(stamps), owners))
        check_order(stamps[order], owners[order], ids)
        missing, form = count_missing_steps(stamps[order], owners[order], self.form)
        return order, np.minimum(missing, MAX_MISSING_ROWS), form

    def _read_values(self, estimator, X):
        """Return the channels of X as float64 (n_rows, n_channels)."""
        columns = None
        if is_frame(X):
            X = X[[name for name in X.columns if name != self.series]]
            columns = list(X.columns)
            if not columns:
                raise ValueError(
                    "X has no columns besides the series: 0 feature(s) (shape="
                    f"{X.shape}) while a minimum of 1 is required."
                )
            check_numeric_columns(X, "X", SERIES_HINT if self.series is None else "")
        name = type(estimator).__name__
        values = np.asarray(read_table(X, name), dtype=np.float64)
        check_values(values, columns, self.allow_missing)
        return values

    @classmethod
    def from_state(cls, series, allow_missing, form, ids, last):
        """Create the reader from a state; raise ValueError if the state is invalid."""
        valid = (series is None or type(series) is str) and is_flag(allow_missing)
        valid = valid and (form is None or isinstance(form, RowForm)) and is_names(ids)
        valid = valid and type(last) is list and len(last) == len(ids) > 0
        require(valid, "the description of the rows is invalid")
        return cls(series, allow_missing, form, ids, last)


def check_kinds(names, known):
    """Raise ValueError if names of series are numbers and known ones are text, or so.

    They would otherwise be taken for new series.
    """
    kinds = {_find_kind(name): name for name in reversed(known) if name is not None}
    for name in names:
        if kinds and _find_kind(name) not in kinds:
            example = known[0]
            raise ValueError(
                f"The series {quote(name)} of X has a name of type {type(name).__name__}, "
                f"but the names in fit are of type {type(example).__name__}, such as "
                f"{quote(example)}. Convert the names to this type."
            )


def _find_kind(name):
    """Return the kind of a name: all numbers are of the same kind."""
    return Number if isinstance(name, Number) else type(name)


def _to_plain(stamp):
    """Return a time stamp that is a number of numpy as one of Python."""
    return stamp.item() if isinstance(stamp, np.generic) else stamp


def convert_rows(estimator, X):
    """Return X as a table of pandas, polars or numpy; raise ValueError for sequences."""
    if isinstance(X, Sequences):
        _raise_sequences(estimator, repr(X))
    X = convert_container(X, "X")
    if is_series(X):
        cells = get_cells(X)
        if is_nested(first_present(cells)):
            _raise_sequences(estimator, "a Series of arrays")
        raise ValueError(
            f"Expected 2D array, got 1D array instead (a Series of shape {X.shape}). "
            "Reshape your data: the rows of X are time steps and its columns are channels. "
            "For one channel use X.to_frame()."
        )
    if is_frame(X):
        return _check_frame(estimator, X)
    if isinstance(X, (list, tuple)):
        return _convert_list(estimator, X)
    # scikit-learn raises for sparse matrices.
    return X if hasattr(X, "toarray") else _check_array(estimator, to_array(X, "X"))


def _check_frame(estimator, X):
    """Return a DataFrame; raise ValueError if its cells are sequences."""
    for name in X.columns:
        cells = get_cells(X[name]) if is_series(X[name]) else []
        if len(cells) and is_nested(first_present(cells)):
            _raise_sequences(estimator, f"arrays in the cells of column {name!r}")
    return X


def _check_array(estimator, X):
    """Return an array; raise ValueError if it has one or three dimensions."""
    if X.ndim == 1:
        if X.dtype == object and is_nested(first_present(X)):
            _raise_sequences(estimator, "an array of arrays")
        raise ValueError(
            f"Expected 2D array, got 1D array instead (shape {X.shape}). Reshape your "
            "data: the rows of X are time steps and its columns are channels. For one "
            "channel use X.reshape(-1, 1)."
        )
    if X.ndim == 3:
        _raise_sequences(
            estimator, f"found array with dim 3, while dim <= 2 is required: {X.shape}"
        )
    return X


def _convert_list(estimator, X):
    """Return a list of rows of numbers as it is; raise for a list of sequences."""
    is_ragged = len({np.shape(row) for row in X if hasattr(row, "__array__")}) > 1
    first = X[0] if len(X) else None
    is_cube = isinstance(first, (list, tuple)) and len(first) and is_nested(first[0])
    is_array = hasattr(first, "__array__") and np.ndim(first) == 2
    if is_ragged or is_cube or is_array:
        _raise_sequences(estimator, f"a {type(X).__name__} of arrays")
    return X


def _raise_sequences(estimator, found):
    name = type(estimator).__name__
    network = name.removesuffix("AnomalyDetector")
    other = network if network in ("RNN", "LSTM", "GRU", "Transformer") else "GRU"
    raise ValueError(
        f"{name} finds anomalous rows of a series: X has one row per time step, "
        f"(n_rows, n_channels), but X contains sequences ({found}). To find sequences that "
        f"are outliers use {other}OutlierDetector. For several series of rows use a "
        "DataFrame with a (series, time) MultiIndex."
    )


def check_values(values, columns, allow_missing):
    """Raise ValueError for the first value that is infinite, too large or missing."""
    bad = ~(np.abs(values) <= MAX_VALUE)
    if allow_missing:
        bad &= ~np.isnan(values)
    if not bad.any():
        return
    row, column = (int(k) for k in np.argwhere(bad)[0])
    value = values[row, column]
    where = f"column {column if columns is None else repr(columns[column])} in row {row}"
    if np.isnan(value):
        raise ValueError(
            f"Input X contains NaN: {where}. Impute it, or use missing='mask'."
        )
    if np.isinf(value):
        raise ValueError(f"Input X contains infinity: {where}. Replace it.")
    raise_too_large("X", where, value)
