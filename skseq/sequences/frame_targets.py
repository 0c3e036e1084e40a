"""Targets in the columns of a long-format table: one a sequence, or one a step."""

import numpy as np
import pandas as pd

from skseq.quoting import MAX_NAMED, quote, quote_some
from skseq.sequences.cells import fill_cells

# Values of the parameter `target_per`.
TARGET_PER = ("auto", "sequence", "step")


def check_target_per(target_per):
    """Raise ValueError if the parameter is invalid."""
    if not (isinstance(target_per, str) and target_per in TARGET_PER):
        raise ValueError(
            f"target_per must be 'auto', 'sequence' or 'step', got {quote(target_per)}."
        )


def read_frame_targets(columns, lengths, ids, target_per, is_single):
    """Return the targets of sequences, one for each or one for each of their steps.

    Parameters
    ----------
    columns : dict
        Name and array (n_rows,) of each column of targets; rows are sorted by sequence.
    lengths : ndarray of int of shape (n_sequences,)
        Number of rows of each sequence.
    ids : array-like of shape (n_sequences,)
        Names of the sequences.
    target_per : {"auto", "sequence", "step"}
        Whether there is one target for each sequence or each step. If "auto", for each
        step if a column changes within a sequence.
    is_single : bool
        Whether targets are 1-D instead of having one column for each column.

    Returns
    -------
    ndarray of shape (n_sequences,) or (n_sequences, n_targets)
        The targets; an object array of arrays if they are one for each step.
    """
    changes = {name: _find_changes(column, lengths) for name, column in columns.items()}
    first_rows = np.cumsum(lengths) - lengths
    changed = [name for name, rows in changes.items() if len(rows)]
    if target_per == "step" or (target_per == "auto" and changed):
        targets = _join(list(columns.values()), is_single)
        return fill_cells(np.split(targets, first_rows[1:]))
    if changed:
        name = changed[0]
        _raise_changed(name, columns[name], changes[name], first_rows, ids)
    return _join([column[first_rows] for column in columns.values()], is_single)


def _raise_changed(name, column, rows, first_rows, ids):
    """Raise ValueError for a target that changes in some rows; name their sequences."""
    owners = np.searchsorted(first_rows, rows, "right") - 1
    i, *others = np.unique(owners)
    also = quote_some([ids[k] for k in others], MAX_NAMED - 1)
    also = f" It also changes within {len(others)} more: {also}." if others else ""
    raise ValueError(
        f"target {name!r} changes within sequence {quote(ids[i])}: "
        f"{quote(column[first_rows[i]])} and {quote(column[rows[0]])}.{also} With "
        "target_per='sequence', it must be constant within each sequence. Use "
        "target_per='step' to get one target for each step."
    )


def _join(columns, is_single):
    return columns[0] if is_single else np.column_stack(columns)


def _find_changes(column, lengths):
    """Return the rows whose target differs from that of the row before it.

    All missing values are equal, and differ from other values.
    """
    is_missing = pd.isna(column)
    try:
        # Numbers of the distinct values; missing ones are -1.
        codes = pd.factorize(column)[0]
        changes = codes[1:] != codes[:-1]
    except TypeError:  # values that cannot be keys of a dict
        pairs = zip(column[1:], column[:-1], strict=True)
        changes = np.array([not _is_equal(a, b) for a, b in pairs], dtype=bool)
        changes = (changes & ~(is_missing[1:] & is_missing[:-1])) | (
            is_missing[1:] != is_missing[:-1]
        )
    owners = np.repeat(np.arange(len(lengths)), lengths)
    changes &= owners[1:] == owners[:-1]
    return np.flatnonzero(changes) + 1


def _is_equal(one, other):
    try:
        return bool(one == other)
    except Exception:  # arrays, and the objects' own errors
        return False
