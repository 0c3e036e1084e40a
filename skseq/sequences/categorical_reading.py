"""Find text, tokens and categories in X, and read them."""

from itertools import chain

import numpy as np

from skseq.quoting import quote
from skseq.sequences.categories import encode
from skseq.sequences.cells import first_present, get_cells, is_frame, is_nested, is_series
from skseq.sequences.container import Sequences
from skseq.sequences.features import (
    LISTS,
    find_named,
    has_categories,
    name_codes,
    split_features,
    stack_lists,
    stack_rows,
)
from skseq.sequences.stacking import get_feature_names
from skseq.sequences.text import list_texts, raise_bytes, split_texts, split_words
from skseq.sequences.validation import check_codes_present


def read_categories(X):
    """Return the sequences of X if it contains text or categories, or else None.

    Also return whether X contains texts, which are split into tokens. X is a container of
    numpy, pandas or polars, or a list.
    """
    texts = list_texts(X)
    if texts is not None:
        sequences = read_texts(texts)
        return _rename(sequences, [str(X.columns[0])] if is_frame(X) else None), True
    if is_frame(X):
        return _read_frame(X), False
    if is_series(X):
        X = get_cells(X)
    if isinstance(X, np.ndarray):
        if X.dtype == object and X.ndim == 2 and is_nested(first_present(X.flat)):
            return _read_columns(list(X.T)), False
        X = _list_rows(X)
    if not isinstance(X, LISTS) or not any(map(has_categories, X)):
        return None, False
    return Sequences(**stack_lists(X), feature_names=get_feature_names(X)), False


def _list_rows(array):
    """Return an array of tokens, or of arrays, as a list; None if it contains numbers."""
    if array.dtype.kind == "S" and array.size:
        raise_bytes("X contains", array.flat[0])
    if array.dtype.kind in "UT":
        return list(array)
    first = first_present(array.flat) if array.dtype == object else None
    is_list = isinstance(first, str) or (array.ndim == 1 and is_nested(first))
    return list(array) if is_list else None


def read_texts(texts, split=split_words):
    """Return the tokens of texts; by default words and punctuation marks."""
    lengths = []

    def count(tokens):
        lengths.append(len(tokens))
        return tokens

    tokens = chain.from_iterable(map(count, split_texts(texts, split)))
    codes, categories = encode(tokens)
    other = next((token for token in categories if not isinstance(token, str)), None)
    if other is not None or codes.min(initial=0) < 0:
        raise ValueError(
            f"A token of the texts is {quote(other)}, but tokens are strings. Correct the "
            "function that returns the tokens."
        )
    return Sequences(None, lengths, codes=codes, categories=[categories])


def _read_frame(frame):
    """Read a table whose cells are arrays or texts; return None if all are numbers."""
    names = list(frame.columns)
    cells = [get_cells(frame[name]) for name in names]
    first = [first_present(column) for column in cells]
    is_text = [isinstance(cell, str) for cell in first]
    pairs = zip(is_text, first, strict=True)
    if not all(is_words or b is None or is_nested(b) for is_words, b in pairs):
        return None
    if not any(map(is_nested, first)):
        return None
    cells = [
        list(split_texts(column, split_words)) if is_words else column
        for column, is_words in zip(cells, is_text, strict=True)
    ]
    return _read_columns(cells, [str(name) for name in names])


def _read_columns(columns, names=None):
    """Read columns whose cells are arrays of features; None if all are numeric."""
    if not any(has_categories(cell) for cells in columns for cell in cells):
        return None
    rows = []
    for i, cells in enumerate(zip(*columns, strict=True)):
        cell_names = [f"sequence {i}"] * len(cells)
        if names and len(names) > 1:
            cell_names = [f"sequence {i}, column {name!r}," for name in names]
        pairs = zip(cells, cell_names, strict=True)
        row = [feature for pair in pairs for feature in split_features(*pair)]
        if len({len(feature) for feature in row}) > 1:
            raise ValueError(
                f"sequence {i} has {[len(feature) for feature in row]} steps in its "
                "columns, but the columns of a sequence must have the same length."
            )
        rows.append(row)
    sequences = Sequences(**stack_rows(rows, names))
    return _rename(sequences, names)


def _rename(sequences, names):
    if names is not None and len(names) == sequences.n_features:
        sequences.feature_names = names
    return sequences


def add_named(sequences, categorical_features, *, allow_missing=True):
    """Return sequences with the features that are named as categorical ones.

    `categorical_features` is "from_dtype" or None, which name no features, or a list of
    names or positions, or a mask. Raises ValueError if such features are not integers, or
    if one is missing, unless `allow_missing`.
    """
    if categorical_features is None or _is_from_dtype(categorical_features):
        return sequences
    named = find_named(categorical_features, sequences) & ~sequences.is_categorical
    if not named.any():
        return sequences
    stored = sequences.compact()
    kept = {name: getattr(stored, name) for name in ("lengths", "ids", "feature_names")}
    coded = Sequences(**name_codes(stored, named), **kept)
    if not allow_missing:
        check_codes_present(coded)
    return coded


def _is_from_dtype(categorical_features):
    return isinstance(categorical_features, str) and categorical_features == "from_dtype"
