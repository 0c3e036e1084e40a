"""Read X whose rows are steps of one or several sequences, with or without times."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from skseq.exceptions import LostIndexWarning, TornSequencesWarning, warn
from skseq.quoting import quote, quote_some
from skseq.saved import Saved, is_flag, is_names, require
from skseq.sequences import (
    Sequences,
    as_list,
    check_columns_exist,
    convert_container,
    fill_cells,
    is_frame,
    number_sequences,
    read_features,
    read_table,
)
from skseq.series.clock import Clock
from skseq.series.positions import is_default_index
from skseq.series.reading import encode_series, split_index
from skseq.series.stamps import (
    check_index_type,
    check_order,
    infer_offset,
    is_integer,
    to_numbers,
)

# A step follows the one before it if it is at most this many usual steps later.
MAX_STEPS_APART = 1.5
# Times are regular if at least half of the differences deviate this little from the median,
# or if a third deviates as little from the smallest one and the others are multiples of it:
# so they are in a random half of the rows. A few multiples may be a coincidence.
TOLERANCE = 0.1
MEDIAN_SHARE, SMALLEST_SHARE, MIN_MULTIPLES = 1 / 2, 1 / 3, 10
# Kinds of times.
KINDS = ("time", "period", "number", "row")


@dataclass
class RowForm(Saved):
    """How the rows of X identify their sequence and time.

    Parameters
    ----------
    sequence : list
        Columns of X that identify the sequence of a row; empty if the index does, or if all
        rows are one sequence.
    kind : str or None
        Kind of the times: "time" (dates and durations), "period" or "number"; "row" if the
        index has numbers of rows of a larger table. None if the rows have no times.
    step : float or None
        Usual difference between the times of consecutive steps: nanoseconds of times,
        periods, or the unit of numbers. None if times are irregular.
    clock : Clock or None
        Time grid of steps of varying length, such as business days, which forgives gaps.
    has_levels : bool
        Whether levels of the index identify the sequence of a row.
    """

    saved_name = "row form"

    sequence: list
    kind: str | None = None
    step: float | None = None
    clock: Clock | None = None
    has_levels: bool = False

    @classmethod
    def from_state(cls, sequence, kind, step, clock, has_levels):
        """Create the form from a state; raise ValueError if the state is invalid."""
        valid = is_names(sequence) and (kind is None or kind in KINDS)
        valid = valid and (step is None or (type(step) is float and step > 0))
        valid = valid and (clock is None or isinstance(clock, Clock))
        valid = valid and is_flag(has_levels)
        require(valid, "the description of the rows is invalid")
        return cls(sequence, kind, step, clock, has_levels)


@dataclass
class StepRows:
    """Sequences that were read from rows, and the way back to these rows.

    Parameters
    ----------
    sequences : Sequences
        The sequences in order of first appearance; their steps are sorted by time. A torn
        sequence is several sequences with the same id.
    order : ndarray of int of shape (n_rows,)
        Row of X of each stored step.
    form : RowForm
        How X identifies sequences and times. Pass it to `read_rows` after `fit`.
    """

    sequences: Sequences
    order: np.ndarray
    form: RowForm

    def restore(self, flat):
        """Return values of all stored steps (n_rows, ...) in the order of the rows of X."""
        restored = np.empty_like(flat)
        restored[self.order] = flat
        return restored


def read_rows(X, sequence=None, form=None, estimator="skseq"):
    """Return the StepRows of X, whose rows are steps.

    Parameters
    ----------
    X : array-like or DataFrame of pandas or polars of shape (n_rows, n_columns)
        The rows. They are one sequence, unless a MultiIndex, whose last level is the time
        and whose other levels identify the sequence, or the parameter `sequence` tells
        otherwise. Rows of a sequence need not be adjacent. They are sorted by the time in
        the index, if there is one; otherwise they are in order.
    sequence : str or list of str, default=None
        Column or columns that together identify the sequence of each row.
    form : RowForm, default=None
        The form of the rows in `fit`, whose usual time step is used again.
    estimator : str, default="skseq"
        Name of the estimator, for messages.

    Returns
    -------
    StepRows
        The sequences. If the time of a step does not follow that of the step before, a new
        piece starts, with a `TornSequencesWarning`.

    Raises
    ------
    ValueError
        If a time occurs twice in a sequence, or if a name or a time is missing.
    """
    if isinstance(X, Sequences):
        raise TypeError(
            f"Expected X to be a table whose rows are steps, as in fit, got {X!r}. Use "
            "X.to_frame(), with the sequence and the time as index, or fit on sequences."
        )
    X = convert_container(X, "X")
    columns = as_list(sequence)
    if form is not None and form.has_levels:
        _warn_if_lost(X)
    if not is_frame(X):
        if columns:
            raise ValueError(
                f"sequence={quote(sequence)} is a column, but X is of type "
                f"{type(X).__name__}, which has no columns. Use a DataFrame; in a Pipeline, "
                "set_output(transform='pandas') keeps them."
            )
        values = read_table(X, estimator)
        sequences = Sequences(values, [len(values)])
        return StepRows(sequences, np.arange(len(values)), RowForm([]))
    if not len(X):
        raise ValueError(
            f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is "
            f"required by {estimator}."
        )
    owners, names, stamps = _identify(X, sequence, columns)
    found = RowForm(columns, has_levels=_has_levels(X))
    order, form = _order_rows(owners, names, stamps, found, form)
    owners = owners[order]
    is_first = np.diff(owners, prepend=-1) != 0
    if stamps is not None:
        is_torn = _find_torn(stamps[order], form) & ~is_first
        if is_torn.any():
            _warn_of_torn(is_torn, stamps[order], owners, names, columns)
        is_first |= is_torn
    lengths = np.diff(np.append(np.flatnonzero(is_first), len(X)))
    ids = None if names == [None] else fill_cells([names[i] for i in owners[is_first]])
    has_no_times = stamps is None and hasattr(X, "iloc")
    time_remedy = "make it the index with X.set_index({})" if has_no_times else None
    sequences = _store(X, columns, order, lengths, ids, time_remedy)
    return StepRows(sequences, order, form)


def _has_levels(X):
    """Return whether X is a table of pandas with a MultiIndex."""
    return hasattr(X, "iloc") and isinstance(X.index, pd.MultiIndex)


def _warn_if_lost(X):
    """Warn if X has no index, but levels of the index identified sequences in `fit`."""
    if not hasattr(X, "iloc") or is_default_index(X.index):
        warn(
            "The index of X told in fit to which sequence each row belongs, but now X has no "
            f"index: its {len(X)} rows are read as one sequence. Pass a DataFrame with a "
            "(sequence, time) MultiIndex. In a Pipeline, set_output(transform='pandas') "
            "keeps it.",
            LostIndexWarning,
        )


def _identify(X, sequence, columns):
    """Return the number of each row's sequence, the names, and the times or None."""
    check_columns_exist(columns, list(X.columns))
    labels, stamps = None, None
    if hasattr(X, "iloc"):  # a DataFrame of polars has no index
        labels, stamps = split_index(X.index)
    if labels is not None and columns:
        raise ValueError(
            f"Both sequence={quote(sequence)} and a (sequence, time) MultiIndex identify "
            "the sequence of each row. Use only one of them."
        )
    if columns:
        owners, names = number_sequences(X, columns)
        names = list(names)
    else:
        owners, names = encode_series(labels, len(X))
    if labels is None and stamps is not None and not _has_times(stamps):
        stamps = None
    return owners, names, stamps


def _has_times(index):
    """Return whether an index without levels for sequences contains times or numbers."""
    if isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex, pd.TimedeltaIndex)):
        return True
    return index.dtype.kind in "iuf" and not is_default_index(index)


def _order_rows(owners, names, stamps, form, fitted):
    """Return the row of each stored step, sorted by sequence and time, and the form."""
    if stamps is None:
        return np.argsort(owners, kind="stable"), form
    if not (isinstance(stamps, pd.TimedeltaIndex) or stamps.dtype.kind == "f"):
        check_index_type(stamps, names, form.sequence or None)
    if stamps.hasnans:
        row = int(np.argmax(stamps.isna()))
        raise ValueError(f"The time index has no time in row {row}. Drop such rows.")
    order = np.lexsort((to_numbers(stamps), owners))
    check_order(stamps[order], owners[order], names, "sequence")
    is_level = names != [None] and not form.sequence
    found = _describe_times(stamps[order], owners[order], form, is_level)
    is_row = fitted is not None and fitted.kind == "row" and is_integer(stamps)
    if fitted is not None and (fitted.kind == found.kind or is_row):
        return order, fitted
    return order, found


def _describe_times(stamps, owners, form, is_level):
    """Return the form with the kind and usual step of times, sorted by sequence."""
    is_same = np.diff(owners) == 0
    if _holds_row_numbers(stamps, is_level):
        steps = np.diff(np.sort(to_numbers(stamps)))
        return replace(form, kind="row", step=float(np.gcd.reduce(steps)) or 1.0)
    form = replace(form, kind=_find_kind(stamps))
    if is_same.any():
        form.step = _find_usual_step(_measure_steps(stamps)[is_same])
    if form.step is not None and isinstance(stamps, pd.DatetimeIndex):
        offset = infer_offset(stamps, owners)
        if offset is not None and not isinstance(offset, pd.offsets.Tick):
            form.clock = Clock(stamps[0], offset, stamps[:0])
    return form


def _find_usual_step(steps):
    """Return the usual one of the differences between times, or None if there is none."""
    usual = float(np.median(steps))
    if (np.abs(steps - usual) <= TOLERANCE * usual).mean() >= MEDIAN_SHARE:
        return usual
    usual = float(steps.min())
    is_usual = steps <= (1 + TOLERANCE) * usual
    remainders = np.abs(steps / usual - np.round(steps / usual))
    is_grid = is_usual.mean() >= SMALLEST_SHARE and remainders.max() <= TOLERANCE
    return usual if is_grid and len(steps) >= MIN_MULTIPLES else None


def _holds_row_numbers(stamps, is_level):
    """Return whether the index has numbers of rows of a larger table, not times.

    These are integers without a name, as pandas sets by default, that no two rows share.
    """
    return not is_level and is_integer(stamps) and stamps.name is None and stamps.is_unique


def _find_kind(stamps):
    if isinstance(stamps, pd.PeriodIndex):
        return "period"
    return "number" if stamps.dtype.kind in "iuf" else "time"


def _measure_steps(stamps):
    """Return the differences of consecutive stamps as floats, of times in nanoseconds."""
    steps = np.diff(to_numbers(stamps)).astype(np.float64)
    if _find_kind(stamps) == "time":
        steps *= np.timedelta64(1, stamps.unit) / np.timedelta64(1, "ns")
    return steps


def _follow_rows(stamps, step):
    """Return whether no row of the table is missing between a row and the one before it.

    The table has each row whose number is a multiple of `step`. Rows of other sequences may
    be in between.
    """
    numbers = to_numbers(stamps)
    ranks = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    return np.diff(ranks) * int(step) == np.diff(numbers)


def _find_torn(stamps, form):
    """Return whether the time of a row does not follow that of the row before it.

    The first row of a sequence may have any value.
    """
    is_torn = np.zeros(len(stamps), dtype=bool)
    if form.kind == "row":
        is_torn[1:] = ~_follow_rows(stamps, form.step)
    elif form.step is not None:
        is_torn[1:] = _measure_steps(stamps) > MAX_STEPS_APART * form.step
        if form.clock is not None and is_torn.any():
            is_torn[1:] &= ~form.clock.is_next(stamps)
    return is_torn


def _warn_of_torn(is_torn, stamps, owners, names, columns):
    """Warn of sequences with missing times between their rows."""
    torn = np.unique(owners[is_torn])
    i = int(is_torn.argmax())
    example = f"{stamps[i]} follows {stamps[i - 1]}"
    if names == [None]:
        text = f"X is torn into {is_torn.sum() + 1} pieces: {example}."
        remedy = (
            "To keep rows together in cross-validation, use TimeSeriesSplit, or name the "
            "sequences and use GroupKFold."
        )
    else:
        shown = quote_some([names[k] for k in torn])
        text = (
            f"{len(torn)} of {len(names)} sequences are torn: {shown}. In sequence "
            f"{quote(names[owners[i]])}, {example}."
        )
        groups = "X.index.droplevel(-1)"
        if columns:
            groups = f"X[{quote(columns[0] if len(columns) == 1 else columns)}]"
            groups += ".agg(tuple, axis=1)" if len(columns) > 1 else ""
        remedy = (
            "To keep sequences whole in cross-validation, use GroupKFold with "
            f"groups={groups}."
        )
    warn(
        f"{text} Each piece is read as a sequence of its own. {remedy}",
        TornSequencesWarning,
    )


def _store(X, columns, order, lengths, ids, time_remedy):
    """Return the sequences of the columns of a table that are features."""
    features = [name for name in X.columns if name not in columns]
    if not features:
        raise ValueError(
            f"X has no feature columns besides {columns}: 0 feature(s) (shape={X.shape}) "
            "while a minimum of 1 is required."
        )
    remedies = {"remedy": "drop the column", "time_remedy": time_remedy}
    parts = read_features(X, features, order, **remedies)
    return Sequences(**parts, lengths=lengths, ids=ids, feature_names=features)


def count_missing_steps(stamps, owners, fitted=None):
    """Return how many steps are missing before each row, and the RowForm of the times.

    `stamps` (n_rows,) are sorted by series and time, and `owners` (n_rows,) are the numbers
    of the series. `fitted` is the form of earlier rows, whose usual step is used again.
    Nothing is missing before the first row of a series, or if times are irregular. Raise
    ValueError if the usual step is another one.
    """
    form = _describe_times(stamps, owners, RowForm([]), is_level=True)
    if fitted is not None and fitted.kind == form.kind:
        if len(stamps) > MIN_MULTIPLES:
            _check_usual_step(form, fitted)
        form = fitted
    missing = np.zeros(len(stamps), dtype=np.int64)
    if form.step is None:
        return missing, form
    is_gap = _find_torn(stamps, form)
    is_gap[1:] &= np.diff(owners) == 0
    rows = np.flatnonzero(is_gap)
    steps = _measure_steps(stamps)[rows - 1] / form.step
    missing[rows] = np.maximum(np.round(np.minimum(steps, 2.0**62)), 1) - 1
    return missing, form


def _check_usual_step(form, fitted):
    """Raise ValueError if the usual step of rows is not that of fit."""
    if None in (form.step, fitted.step) or form.clock or fitted.clock:
        return  # irregular times, or steps of varying length
    if 1 / MAX_STEPS_APART < form.step / fitted.step < MAX_STEPS_APART:
        return
    found, expected = (
        str(pd.Timedelta(step, "ns")) if form.kind == "time" else f"{step:g}"
        for step in (form.step, fitted.step)
    )
    raise ValueError(
        f"The rows of X are usually {found} apart, but those in fit were {expected} apart. "
        "Resample X to the time step of fit, or fit on rows with the time step of X."
    )
