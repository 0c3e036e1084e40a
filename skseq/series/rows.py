"""Read X whose rows are steps of one or several sequences, with or without times."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skseq.exceptions import LostIndexWarning, TornSequencesWarning, warn
from skseq.quoting import quote, quote_some
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
from skseq.series.name_columns import lacks_times, warn_of_name_column
from skseq.series.positions import is_default_index
from skseq.series.reading import encode_series, split_index
from skseq.series.row_form import RowForm, describe_times, find_gaps
from skseq.series.stamps import check_index_type, check_order, is_integer, to_numbers


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
    columns, is_new = as_list(sequence), form is None
    if not is_new and form.has_levels:
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
        is_torn = find_gaps(stamps[order], form) & ~is_first
        if is_torn.any():
            _warn_of_torn(is_torn, stamps[order], owners, names, columns)
        is_first |= is_torn
    lengths = np.diff(np.append(np.flatnonzero(is_first), len(X)))
    ids = None if names == [None] else fill_cells([names[i] for i in owners[is_first]])
    has_no_times = stamps is None and hasattr(X, "iloc")
    time_remedy = "make it the index with X.set_index({})" if has_no_times else None
    sequences = _store(X, columns, order, lengths, ids, time_remedy)
    if is_new and names == [None] and lacks_times(stamps):
        _warn_of_name_columns(sequences)
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
    found = describe_times(stamps[order], owners[order], form, is_level)
    is_row = fitted is not None and fitted.kind == "row" and is_integer(stamps)
    if fitted is not None and (fitted.kind == found.kind or is_row):
        return order, fitted
    return order, found


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


def _warn_of_name_columns(sequences):
    """Warn of features of one sequence that seem to name the sequence of each row."""
    columns = {False: iter(sequences.values.T), True: iter(())}
    if sequences.codes is not None:
        columns[True] = iter(sequences.codes.T)
    for name, is_text in zip(
        sequences.feature_names, sequences.is_categorical, strict=True
    ):
        warn_of_name_column(
            name,
            next(columns[bool(is_text)]),
            is_text=is_text,
            parameter="sequence",
            noun="sequence",
        )
