"""Read observations, and rows to forecast, from the tables that a user passes."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_consistent_length

from skseq.exceptions import LostIndexWarning, TargetInFeaturesWarning, warn
from skseq.forecasting.validation import validate_targets
from skseq.quoting import quote
from skseq.saved import Saved, is_flag, is_names, is_positive_count, require
from skseq.sequences import count_changes, have_same_numbers
from skseq.series import (
    Request,
    TableReader,
    build_panel,
    check_steps,
    count_rows,
    drop_times,
    encode_series,
    holds_row_numbers,
    is_default_index,
    lacks_times,
    request_by_position,
    request_by_time,
    warn_of_name_column,
)

# A column that changes less often may have the values of y by chance.
MIN_CHANGES = 10


@dataclass
class SeriesReader(Saved):
    """Reads X and y in the form that they had in `fit`, and returns forecasts in it."""

    saved_name = "series reader"

    table: TableReader  # the columns of X and the levels of its index
    n_targets: int
    multioutput: bool  # whether y was two-dimensional
    target_kind: str  # type of y and of forecasts: "array", "series" or "frame"
    target_names: list | None  # if y was a Series or a DataFrame
    allow_missing: bool  # whether X may contain NaN
    # Whether the warning that rows are read by position was issued.
    has_warned: bool = field(default=False, compare=False)

    @classmethod
    def fit(cls, X, y, table, allow_missing):
        """Return the reader of tables like X and y, and the panel of their rows.

        X is validated by `validate_covariates`; `table` is an unfitted TableReader.
        """
        values, multioutput = validate_targets(y)
        if len(values) < 2:
            raise ValueError(
                "y has 1 sample (time step), but at least 2 are required to fit a "
                "forecaster."
            )
        if np.isnan(values).all():
            raise ValueError("Input y contains NaN only. At least one value is required.")
        kind, names = "array", None
        if hasattr(y, "iloc"):
            kind = "frame" if multioutput else "series"
            names = list(y.columns) if multioutput else [y.name]
        form = values.shape[1], multioutput, kind, names
        reader = cls(table.fit(X), *form, allow_missing)
        rows = reader._read_rows(X, y, values)
        if X is not None and not hasattr(X, "iloc") and _has_times(y):
            reader._warn_of_positions(
                "y has a time index, but X is an array without one",
                "In a Pipeline, set_output(transform='pandas') keeps the index.",
            )
        if table.series is not None and holds_row_numbers(rows.stamps, rows.labels):
            drop_times(rows)
            reader._warn_of_row_numbers()
        if isinstance(rows.index, pd.MultiIndex):
            table.index_names = list(rows.index.names)
        if rows.labels is None and lacks_times(rows.stamps):
            reader._warn_of_name_columns(rows)
        reader._warn_of_target_columns(rows, values)
        return reader, build_panel(rows, values, table)

    def read(self, X, y, observed):
        """Return the panel of new observations of known and of new series."""
        return self.place_rows(*self.read_rows(X, y), observed)

    def read_rows(self, X, y, owner="an update"):
        """Return the rows of an update or a history, and targets (n_rows, n_targets)."""
        values, _ = validate_targets(y)
        if values.shape[1] != self.n_targets:
            raise ValueError(
                f"y has {values.shape[1]} targets, but had {self.n_targets} in fit."
            )
        if X is None and self.table.columns:
            found, remedy = "X is None", "Pass their values, as update(X, y)."
            if owner == "history":
                found = "history has only y"
                remedy = (
                    "The history needs their values too: pass history=(X, y), in which X "
                    "has the same rows as y."
                )
            raise ValueError(
                f"{found}, but in fit X had the columns {self.table.columns}. {remedy}"
            )
        return self._read_rows(X, y, values), values

    def place_rows(self, rows, values, observed, owner="an update"):
        """Return the panel of the rows of `owner`, an update or a history."""
        _name_rows(rows, observed, owner)
        if self._goes_by_position(rows, observed):
            _append_rows(rows, observed)
        return build_panel(rows, values, self.table, observed.clock)

    def find(self, X, observed):
        """Return the request for the rows of X, and their index.

        X is validated by `validate_rows`.
        """
        if isinstance(X, pd.Index):
            rows = self.table.read_index(X)
        else:
            rows = self.table.read(X, allow_missing=self.allow_missing, is_future=True)
        self.table.check_levels(rows.index)
        if self._goes_by_position(rows, observed):
            drop_times(rows)
            return request_by_position(rows, observed, self.table), rows.index
        return request_by_time(rows, observed, self.table), rows.index

    def request_next(self, n_steps, observed):
        """Return the request for the next steps of every series, without X."""
        check_steps(n_steps)
        if self.table.n_known:
            raise ValueError(
                f"X is required to forecast the next {n_steps} steps: the columns "
                f"{self.table.columns[-self.table.n_known :]} are known in advance. Pass X "
                "with their values, one row per step."
            )
        numbers = np.arange(observed.n_series)
        shape = len(numbers), n_steps, observed.covariates.shape[1]
        future, static = np.full(shape, np.nan), slice(self.table.n_past, None)
        for i in numbers:
            future[i, :, static] = observed.inputs(i)[-1, static]
        steps = np.tile(np.arange(n_steps), len(numbers))
        return Request(np.repeat(numbers, n_steps), steps, numbers, future)

    def make_index(self, request, observed):
        """Return the index of a request that was made without X."""
        ticks = (observed.first_ticks + observed.lengths)[request.series] + request.steps
        if observed.clock is not None:
            stamps = observed.clock.stamps(ticks)
        elif observed.n_series == 1:
            stamps = pd.RangeIndex(ticks[0], ticks[0] + len(ticks))
        else:
            stamps = pd.Index(ticks)
        if observed.ids == [None]:
            return stamps
        levels = self.table.index_names
        names = pd.Index(observed.ids, tupleize_cols=len(levels or []) > 2)[request.series]
        names = [names.get_level_values(k) for k in range(names.nlevels)]
        return pd.MultiIndex.from_arrays([*names, stamps], names=levels)

    def wrap(self, values, index, names=None, axis=None):
        """Return forecasts (n_rows, n_targets[, n_names]) in the form that y had in `fit`.

        `axis` is the name of the last axis, and `names` are its labels, such as quantiles.
        """
        if self.target_kind == "array" or index is None:
            return values if self.multioutput else values[:, 0]
        targets = self.target_names
        if names is None:
            if not self.multioutput:
                return pd.Series(values[:, 0], index=index, name=targets[0])
            return pd.DataFrame(values, index=index, columns=targets)
        if not self.multioutput:
            columns = pd.Index(names, name=axis)
            return pd.DataFrame(values[:, 0], index=index, columns=columns)
        columns = pd.MultiIndex.from_product([targets, names], names=["target", axis])
        return pd.DataFrame(values.reshape(len(values), -1), index=index, columns=columns)

    def _read_rows(self, X, y, values):
        """Return the rows of X, with the index of y if X has none."""
        n_rows = len(values)
        rows = self.table.read(X, allow_missing=self.allow_missing, n_rows=n_rows)
        check_consistent_length(rows.covariates if X is not None else values, values)
        self._join_index(rows, y)
        self.table.check_levels(rows.index)
        return rows

    def _join_index(self, rows, y):
        """Set the index of rows to that of y, or check that both are equal."""
        index = getattr(y, "index", None) if hasattr(y, "iloc") else None
        if index is None:
            return
        if rows.index is None:
            self.table.set_index(rows, index)
        elif not rows.index.equals(index):
            raise ValueError(
                f"X and y have different indexes: row 0 is {quote(rows.index[0])} in X and "
                f"{quote(index[0])} in y. Align them, for example with y.loc[X.index]."
            )

    def _goes_by_position(self, rows, observed):
        """Return whether rows are read as those right after the last observation.

        This is the case if they or the observations have no times, or, with a warning, if
        they have the default index of pandas, 0, 1, 2, ...
        """
        stamps = rows.stamps
        if stamps is None or observed.clock is None:
            return True
        # In a panel with a MultiIndex, the stamps of every series may start at 0.
        if isinstance(rows.index, pd.MultiIndex) or not is_default_index(stamps):
            return False
        next_stamp = observed.clock.stamps([observed.next_tick(0)])[0]
        if rows.labels is None and next_stamp in stamps[:1]:
            return False
        self._warn_of_positions(
            "the rows have the default index of pandas, which is no time index",
            "Set their time index, or pass an array if this is intended.",
        )
        return True

    def _warn_of_positions(self, cause, remedy):
        """Warn, once after each fit, that rows are read by position."""
        if self.has_warned:
            return
        self.has_warned = True
        warn(
            f"{cause}: the rows of X are taken as those right after the last observation. "
            f"{remedy}",
            LostIndexWarning,
        )

    def _warn_of_row_numbers(self):
        """Warn that the rows of each series are read by position."""
        self.has_warned = True
        warn(
            "the rows have no time index, so the rows of each "
            f"series={self.table.series!r} are taken as consecutive steps, in `predict` "
            "and `update` as those right after the last observation of their series. To "
            "find rows by time, set it as the index of X and y, for example with "
            "set_index('date'); a DataFrame of polars needs one column of dates.",
            LostIndexWarning,
        )

    def _warn_of_name_columns(self, rows):
        pairs = zip(self.table.columns, self.table.categories, strict=True)
        for (name, categories), values in zip(pairs, rows.covariates.T, strict=True):
            is_text = bool(categories) and isinstance(categories[0], str)
            warn_of_name_column(
                name, values, is_text=is_text, parameter="series", noun="series"
            )

    def _warn_of_target_columns(self, rows, values):
        """Warn if a column of X that is known for the future is a target (n_rows,)."""
        columns = zip(
            self.table.columns, self.table.categories, rows.covariates.T, strict=True
        )
        for name, categories, column in list(columns)[self.table.n_past :]:
            if categories or count_changes(column) < MIN_CHANGES:
                continue
            if any(have_same_numbers(column, target) for target in values.T):
                warn(
                    f"Column {quote(name)} of X has the same values as y. If it is the target, "
                    "remove it from X, because predict would require its future values: "
                    "forecasters read the past values from y.",
                    TargetInFeaturesWarning,
                )

    @classmethod
    def from_state(
        cls, table, n_targets, multioutput, target_kind, target_names, allow_missing
    ):
        """Create the reader from a state; raise ValueError if the state is invalid."""
        valid = isinstance(table, TableReader) and is_positive_count(n_targets)
        valid = valid and is_flag(multioutput) and (multioutput or n_targets == 1)
        if target_names is None:
            valid = valid and target_kind == "array"
        else:
            valid = valid and target_kind == ("frame" if multioutput else "series")
            valid = valid and is_names(target_names) and len(target_names) == n_targets
        require(valid and is_flag(allow_missing), "the reader of series is invalid")
        args = table, n_targets, multioutput, target_kind, target_names, allow_missing
        return cls(*args)


def _has_times(y):
    index = getattr(y, "index", None) if hasattr(y, "iloc") else None
    return isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.MultiIndex))


def _name_rows(rows, observed, owner):
    """Name the series of rows without a name: the only one that was observed."""
    if rows.labels is not None or observed.ids == [None]:
        return
    if observed.n_series > 1:
        raise ValueError(
            f"The rows of {owner} must specify their series and time: pass y (and X) with "
            "a (series, time) MultiIndex, as in fit."
        )
    rows.labels = np.empty(len(rows), dtype=object)
    rows.labels[:] = len(rows) * observed.ids  # a name may be a tuple


def _append_rows(rows, observed):
    """Set the times of rows to those that follow the last observation of their series.

    If the observations have no times, those of the rows are dropped.
    """
    drop_times(rows)
    if observed.clock is None:
        return
    owners, names = encode_series(rows.labels, len(rows))
    numbers = [observed.find(name) for name in names]
    if None in numbers:
        raise ValueError(
            f"Series {quote(names[numbers.index(None)])} is new, so the time of its rows "
            "must be given: use the same type of index as in fit."
        )
    ticks = (observed.first_ticks + observed.lengths)[numbers][owners]
    rows.stamps = observed.clock.stamps(ticks + count_rows(owners))
