"""Convert sequences back to the form of X."""

import numpy as np

from skseq.sequences.cells import (
    fill_cells,
    first_present,
    get_cells,
    is_frame,
    is_nested,
)
from skseq.sequences.container import Sequences


def find_sequence_columns(X):
    """Return the columns of a DataFrame that contain arrays, or None.

    The other columns are static: they are for other transformers of a ColumnTransformer.
    """
    if not is_frame(X) or len(X) == 0:
        return None
    nested = [name for name in X.columns if is_nested(first_present(get_cells(X[name])))]
    return nested or None


def write_like(X, sequences, form):
    """Return X with the values of sequences of the same lengths and features.

    `form` is the InputForm that `read_sequences` returned for X. Columns of a DataFrame
    that contain scalars are kept. Sequences with categorical features are returned as they
    are unless X is a DataFrame of arrays: a text cannot be restored from tokens.
    """
    if isinstance(X, Sequences):
        sequences = sequences.compact()[:]  # a view, to be renamed
        sequences.ids, sequences.feature_names = X.ids, X.feature_names
        return sequences
    if sequences.n_categorical:
        columns = find_sequence_columns(X)
        return sequences if columns is None else _write_columns(X, columns, list(sequences))
    lengths, values = sequences.lengths, sequences.compact().values
    if form.is_table:
        return _write_table(X, values.reshape(len(lengths), -1))
    if getattr(X, "ndim", 0) == 3:
        return values.reshape(X.shape)
    steps = np.split(values, np.cumsum(lengths)[:-1])
    columns = find_sequence_columns(X)
    if columns is not None:
        return _write_columns(X, columns, steps)
    if hasattr(X, "to_list"):
        return _replace_cells(X, _match_dimensions(steps, get_cells(X)))
    if isinstance(X, np.ndarray) and X.ndim == 2:  # each column contains some features
        return np.stack(
            [fill_cells(cells) for cells in _split_features(steps, X.T)], axis=1
        )
    if isinstance(X, np.ndarray):
        return fill_cells(_match_dimensions(steps, X))
    return _match_dimensions(steps, X)


def _write_table(X, values):
    if not is_frame(X):
        return values
    if hasattr(X, "iloc"):
        return type(X)(values, index=X.index, columns=X.columns)
    return type(X)(values, schema=X.columns)  # polars


def _write_columns(frame, names, steps):
    """Return a DataFrame with other arrays in the named columns."""
    columns = [frame[name] for name in names]
    parts = _split_features(steps, [get_cells(column) for column in columns])
    for name, column, cells in zip(names, columns, parts, strict=True):
        replaced = _replace_cells(column, cells)
        if hasattr(frame, "iloc"):
            frame = frame.copy(deep=False)
            frame[name] = replaced
        else:
            frame = frame.with_columns(replaced)
    return frame


def _split_features(steps, columns):
    """Return new cells for each column, with as many features as its cells have."""
    parts, first = [], 0
    for cells in columns:
        n_features = np.shape(cells[0])[1] if np.ndim(cells[0]) == 2 else 1
        part = [sequence[:, first : first + n_features] for sequence in steps]
        parts.append(_match_dimensions(part, cells))
        first += n_features
    return parts


def _match_dimensions(steps, cells):
    """Return sequences of one feature as 1-D arrays if the cells are 1-D."""
    pairs = zip(steps, cells, strict=True)
    return [part[:, 0] if np.ndim(cell) == 1 else part for part, cell in pairs]


def _replace_cells(column, cells):
    """Return a pandas or polars column with other cells."""
    if hasattr(column, "iloc"):
        return type(column)(fill_cells(cells), index=column.index, name=column.name)
    return type(column)(column.name, [cell.tolist() for cell in cells])  # polars
