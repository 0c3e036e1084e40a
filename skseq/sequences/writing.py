"""From checked sequences back to the form in which the user wrote X."""

import numpy as np

from skseq.sequences.cells import cells_of, first_present, holds_arrays, is_frame
from skseq.sequences.container import Sequences


def find_sequence_columns(X):
    """Return the columns of a frame whose cells are arrays; None if X is another thing.

    A frame may hold static columns beside them, for a ColumnTransformer.
    """
    if not is_frame(X) or len(X) == 0:
        return None
    nested = [name for name in X.columns if holds_arrays(first_present(cells_of(X[name])))]
    return nested or None


def write_like(X, sequences, form):
    """Return sequences in the form in which X was written.

    Parameters
    ----------
    X : Sequences, ndarray, list, DataFrame or Series
        What was read. Columns of a frame that hold single values stay as they are.
    sequences : Sequences
        As many as in X, of the same lengths and features.
    form : InputForm
        What `read_sequences` said of X.

    Returns
    -------
    object
        As X, with the values of the sequences.
    """
    lengths, values = sequences.lengths, sequences.compact().values
    if isinstance(X, Sequences):
        return Sequences(values, lengths, ids=X.ids, feature_names=X.feature_names)
    if form.is_table:
        return _write_table(X, values.reshape(len(lengths), -1))
    if getattr(X, "ndim", 0) == 3:
        return values.reshape(X.shape)
    steps = np.split(values, np.cumsum(lengths)[:-1])
    columns = find_sequence_columns(X)
    if columns is not None:
        return _write_columns(X, columns, steps)
    if hasattr(X, "to_list"):
        return _replace_cells(X, _reshape_cells(steps, cells_of(X)))
    if isinstance(X, np.ndarray) and X.ndim == 2:  # a column of objects for some features
        return np.stack([_fill_cells(part) for part in _share_out(steps, X.T)], axis=1)
    if isinstance(X, np.ndarray):
        return _fill_cells(_reshape_cells(steps, X))
    # Nested lists of equal length were read as an array, which says the same.
    return _reshape_cells(steps, X)


def _write_table(X, values):
    if not is_frame(X):
        return values
    if hasattr(X, "iloc"):
        return type(X)(values, index=X.index, columns=X.columns)
    return type(X)(values, schema=X.columns)  # polars


def _write_columns(frame, names, steps):
    """Replace the columns of a frame that hold arrays."""
    columns = [frame[name] for name in names]
    parts = _share_out(steps, [cells_of(column) for column in columns])
    for name, column, part in zip(names, columns, parts, strict=True):
        replaced = _replace_cells(column, part)
        if hasattr(frame, "iloc"):
            frame = frame.copy(deep=False)
            frame[name] = replaced
        else:
            frame = frame.with_columns(replaced)
    return frame


def _share_out(steps, columns):
    """Return for each column the cells with its features."""
    parts, first = [], 0
    for cells in columns:
        n_features = np.shape(cells[0])[1] if np.ndim(cells[0]) == 2 else 1
        some = [sequence[:, first : first + n_features] for sequence in steps]
        parts.append(_reshape_cells(some, cells))
        first += n_features
    return parts


def _reshape_cells(steps, cells):
    """Give sequences of one feature as many dimensions as they had."""
    pairs = zip(steps, cells, strict=True)
    return [part[:, 0] if np.ndim(cell) == 1 else part for part, cell in pairs]


def _replace_cells(column, cells):
    """Return a column of a frame with other cells."""
    if hasattr(column, "iloc"):
        return type(column)(_fill_cells(cells), index=column.index, name=column.name)
    return type(column)(column.name, [cell.tolist() for cell in cells])  # polars


def _fill_cells(cells):
    filled = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        filled[i] = cell
    return filled
