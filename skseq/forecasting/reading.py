"""From tables to panels and requests: the door of the forecasters."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_consistent_length, validate_data

from skseq.exceptions import LostIndexWarning, ShortSeriesWarning, warn
from skseq.quoting import quote
from skseq.sequences import check_no_text, check_no_times, check_numeric_columns
from skseq.series import (
    TableReader,
    build_panel,
    read_targets,
    request_by_position,
    request_by_time,
    split_index,
)


class SeriesDoor:
    """Reads what the user gives: observations, and rows to forecast."""

    _uses_covariates = True

    def _check_table(self, X, *, reset):
        """Check number and names of columns; a frame's numbers are read later."""
        if hasattr(X, "iloc") and X.ndim == 1:
            raise ValueError("X is a Series; give a table with one column: X.to_frame().")
        if hasattr(X, "columns") and not hasattr(X, "iloc"):
            check_numeric_columns(X, "X")
        elif not hasattr(X, "iloc") and not hasattr(X, "toarray"):
            _check_array(X)
        return validate_data(
            self,
            X,
            reset=reset,
            skip_check_array=hasattr(X, "iloc"),
            dtype=np.float64,
            ensure_min_features=0,
            ensure_all_finite="allow-nan",  # the reader knows where NaN may be
        )

    def _read_history(self, X, y, *, reset):
        """Read observations as a panel."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        if X is not None:
            X = self._check_table(X, reset=reset)
        elif reset:
            for name in ("n_features_in_", "feature_names_in_"):
                vars(self).pop(name, None)
        values = _read_y(y)
        is_matrix = values.ndim == 2
        values = values.reshape(len(values), -1)
        if reset:
            self._check_enough(values)
            self._learn_form(X, y, values.shape[1], is_matrix)
        else:
            self._check_same_form(X, values)
        reader = self.reader_
        rows = reader.read(X, allow_missing=self.missing == "mask", n_rows=len(values))
        check_consistent_length(rows.covariates if X is not None else values, values)
        if reset and X is not None and rows.index is None and _has_times(y):
            self._warn_of_positions(
                "y has a time index, but X is a bare array",
                "In a Pipeline, set_output(transform='pandas') keeps the index.",
            )
        rows = _join_index(rows, y)
        reader.check_levels(rows.index)
        if reset and isinstance(rows.index, pd.MultiIndex):
            self.reader_.index_names = list(rows.index.names)
        clock = None if reset else self.observed_.clock
        if not reset and self._goes_by_position(rows):
            rows.stamps = None
        if not reset and (clock is None) != (rows.stamps is None):
            rows = self._continue_rows(rows, clock)
        return build_panel(rows, values, reader, clock)

    def _check_enough(self, values):
        """Raise if there is nothing to learn from."""
        if len(values) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least 2 time steps to learn from, but y "
                "has 1 sample."
            )
        if np.isnan(values).all():
            raise ValueError("Input y contains NaN only: there is nothing to learn from.")

    def _check_same_form(self, X, values):
        """Raise if observations have not the columns of those before."""
        if values.shape[1] != self.n_targets_:
            raise ValueError(
                f"y has {values.shape[1]} targets, but in fit it had {self.n_targets_}."
            )
        if X is None and self.reader_.columns:
            raise ValueError(
                f"these observations lack X: fit had the columns {self.reader_.columns}. "
                "Give update(X, y), or history=(X, y), their values too."
            )

    def _find(self, X):
        """Return which steps the rows of X are, and the index of the answer."""
        if X is None:
            raise ValueError(
                f"{type(self).__name__} needs X: its rows say which steps to forecast (a "
                "frame may have no columns: y.to_frame()[[]]). The next steps are "
                "forecast(steps), and their rows pd.DataFrame(index=forecast(steps).index)."
            )
        if np.isscalar(X):
            hint = f"; for the next steps call forecast({X})" * isinstance(X, Integral)
            raise ValueError(f"predict takes rows, got {quote(X)}{hint}.")
        if hasattr(self, "n_features_in_"):
            X = self._check_table(X, reset=False)
        elif np.ndim(X) == 2 and np.shape(X)[1]:
            raise ValueError(
                f"X has {np.shape(X)[1]} columns, but in fit X was None: give fit the "
                "covariates too, or take the columns out (X[[]] keeps the index)."
            )
        reader, panel = self.reader_, self.observed_
        rows = reader.read(X, allow_missing=self.missing == "mask", is_future=True)
        reader.check_levels(rows.index)
        if rows.stamps is None or panel.clock is None or self._goes_by_position(rows):
            return request_by_position(rows, panel), rows.index
        return request_by_time(rows, panel, reader), rows.index

    def _learn_form(self, X, y, n_targets, is_matrix):
        """Remember what X and y look like."""
        self.reader_ = TableReader(
            self.series,
            tuple(self.past_columns or ()),
            tuple(self.static_columns or ()),
            self._uses_covariates,
        ).fit(X)
        self.n_targets_ = n_targets
        self.multioutput_ = is_matrix
        self.target_kind_, self.target_names_ = "array", None
        if hasattr(y, "iloc"):
            self.target_kind_ = "frame" if self.multioutput_ else "series"
            self.target_names_ = list(y.columns) if self.multioutput_ else [y.name]

    def _goes_by_position(self, rows):
        """Return whether rows have pandas' default index, 0, 1, 2, ..., which tells no time."""
        stamps, panel = rows.stamps, self.observed_
        if not isinstance(stamps, pd.RangeIndex) or panel.clock is None:
            return False
        # In a panel every series may begin at 0.
        is_default = (stamps.start, stamps.step) == (0, 1) and rows.labels is None
        if not is_default or self._is_next(stamps):
            return False
        self._warn_of_positions(
            "rows with pandas' default index 0, 1, 2, ... tell no time",
            "Give them the index of their time, or a bare array if that is meant.",
        )
        return True

    def _warn_of_positions(self, cause, remedy):
        """Warn that rows go by position, once after each fit."""
        if self.reader_.has_warned:
            return
        self.reader_.has_warned = True
        warn(
            f"{cause}: {type(self).__name__} takes the rows of X for those right after the "
            f"last observation. {remedy}",
            LostIndexWarning,
        )

    def _warn_of_short(self, least, consequence):
        """Warn of series of a panel that have fewer steps than a season takes."""
        lengths = self.observed_.lengths
        short = np.flatnonzero(lengths < least)
        if len(short):
            i = short[0]
            warn(
                f"{len(short)} of {len(lengths)} series have fewer than {least} steps (series "
                f"{quote(self.observed_.ids[i])} has {lengths[i]}): {consequence}",
                ShortSeriesWarning,
            )

    def _is_next(self, stamps):
        panel = self.observed_
        return bool((panel.clock.stamps([panel.next_tick(0)]) == stamps[:1]).all())

    def _continue_rows(self, rows, clock):
        """Give rows without a time those after the last observation, or forget it."""
        if clock is None:
            rows.stamps = rows.labels = None
        elif self.observed_.n_series == 1:
            first = self.observed_.next_tick(0)
            rows.stamps = clock.stamps(np.arange(first, first + len(rows)))
            if self.observed_.ids != [None]:
                rows.labels = np.empty(len(rows), dtype=object)
                rows.labels[:] = len(rows) * self.observed_.ids  # a name may be a tuple
        else:
            raise ValueError(
                "update needs rows that say whose they are and when: give y (and X) a "
                "(series, time) MultiIndex, as in fit."
            )
        return rows

    def _check_follows(self, new, k):
        """Return the number of a series that new rows go on with; None if it is new."""
        panel = self.observed_
        i = panel.find(new.ids[k])
        if i is None and panel.ids == [None]:
            raise ValueError(
                f"fit saw one series without a name, but update names {quote(new.ids[k])}."
            )
        if i is None:
            return i
        expected = panel.next_tick(i)
        if panel.clock is not None and new.first_ticks[k] != expected:
            wanted, got = panel.clock.stamps([expected, new.first_ticks[k]])
            name = "" if new.ids[k] is None else f" of series {quote(new.ids[k])}"
            raise ValueError(
                f"update must go on where the observations{name} ended: expected {wanted} "
                f"first, got {got}. Leave out rows seen before; give rows not observed as "
                "NaN."
            )
        self._check_static_goes_on(new, k, i)
        return i

    def _check_static_goes_on(self, new, k, i):
        """Raise if a static covariate of new rows is not what it was."""
        reader = self.reader_
        static = slice(reader.n_past, reader.n_past + reader.n_static)
        before, after = self.observed_.inputs(i)[-1, static], new.inputs(k)[0, static]
        for name, old, value in zip(reader.columns[static], before, after, strict=True):
            if old != value and not (np.isnan(old) and np.isnan(value)):
                of = "" if new.ids[k] is None else f" of series {quote(new.ids[k])}"
                raise ValueError(
                    f"static_columns: {quote(name)}{of} was {old:g} before and is {value:g} now; "
                    "take it out of static_columns."
                )

    def _index_of(self, request):
        """Return the index of rows that were asked for without X."""
        panel = self.observed_
        if panel.clock is None:
            return pd.RangeIndex(panel.lengths[0], panel.lengths[0] + len(request.steps))
        ends = panel.first_ticks + panel.lengths
        stamps = panel.clock.stamps(ends[request.series] + request.steps)
        if panel.ids == [None]:
            return stamps
        levels = self.reader_.index_names
        names = pd.Index(panel.ids, tupleize_cols=len(levels or []) > 2)[request.series]
        names = [names.get_level_values(k) for k in range(names.nlevels)]
        return pd.MultiIndex.from_arrays([*names, stamps], names=levels)


def _has_times(y):
    index = getattr(y, "index", None) if hasattr(y, "iloc") else None
    return isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.MultiIndex))


def _check_array(X):
    """Raise if a bare table has no rows, or holds what would pass for numbers."""
    values = np.asarray(X)
    if values.ndim == 0:
        raise TypeError(
            f"X is {quote(X)}, but must be a table with a row for each step: an array or a "
            "DataFrame."
        )
    if values.ndim == 1:
        raise ValueError(
            f"Expected 2D array, got 1D array instead (shape {values.shape}). Reshape your "
            "data: one covariate is X.reshape(-1, 1). The series to forecast is y: "
            "fit(None, y)."
        )
    check_no_times(values, "X")  # they would pass as nanoseconds
    check_no_text(values, "X", "Encode it, or drop its column.")


def _read_y(y):
    """Return targets as numbers, (n_rows,) or (n_rows, n_targets)."""
    if np.asarray(y).ndim == 0:
        raise ValueError(f"y must hold the values of a series, got {quote(y)}.")
    check_no_times(y, "y")
    check_no_text(y, "y", "Forecasters need a numeric y.")
    return read_targets(y)


def _join_index(rows, y):
    """Give rows the index of y, or check that both agree."""
    index = getattr(y, "index", None) if hasattr(y, "iloc") else None
    if index is None:
        return rows
    if rows.index is None:
        rows.index = index
        rows.labels, rows.stamps = split_index(index)
        return rows
    if not rows.index.equals(index):
        raise ValueError(
            "X and y have different indexes: row 0 is "
            f"{quote(rows.index[0])} in X and {quote(index[0])} in y. Align them, for example by "
            "y.loc[X.index]."
        )
    return rows
