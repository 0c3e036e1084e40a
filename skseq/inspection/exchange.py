"""Exchange of steps between the sequences of X, in every form of X."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skseq.metrics.wrappers import find_row_estimator
from skseq.sequences import (
    Sequences,
    convert_container,
    find_sequence_columns,
    is_frame,
    read_sequences,
    to_array,
    write_like,
)


@dataclass(frozen=True)
class StoredSteps:
    """Sequences of X, whose steps are stored one after the other.

    Attributes
    ----------
    X : object
        The sequences as the user passed them.
    sequences : Sequences
        What was read from X, stored compactly.
    form : InputForm
        The form of X.
    """

    X: Any
    sequences: Sequences
    form: Any

    def __len__(self):
        return len(self.sequences)

    @property
    def lengths(self):
        """Number of steps of each sequence."""
        return self.sequences.lengths

    @property
    def n_features(self):
        """Number of features of a step."""
        return self.sequences.n_features

    @property
    def feature_names(self):
        """Names of the features, or None."""
        return self.sequences.feature_names

    def exchange(self, steps, sources, feature):
        """Return X in which stored steps have a feature of other steps, the sources.

        `feature` is the position of a feature, or a slice.
        """
        sequences = self.sequences
        is_chosen = np.zeros(sequences.n_features, dtype=bool)
        is_chosen[feature] = True
        is_categorical = sequences.is_categorical
        values = sequences.values.copy()
        places = np.flatnonzero(is_chosen[~is_categorical])
        values[np.ix_(steps, places)] = sequences.values[np.ix_(sources, places)]
        codes = sequences.codes
        if codes is not None:
            codes = codes.copy()
            places = np.flatnonzero(is_chosen[is_categorical])
            codes[np.ix_(steps, places)] = sequences.codes[np.ix_(sources, places)]
        exchanged = Sequences(
            values,
            sequences.lengths,
            codes=codes,
            categories=sequences.categories,
            is_categorical=is_categorical,
        )
        return write_like(self.X, exchanged, self.form)


@dataclass(frozen=True)
class StoredRows:
    """Rows of X that are steps, and their order by sequence and time.

    Attributes
    ----------
    X : ndarray or DataFrame of pandas or polars
        The rows.
    lengths : ndarray of int of shape (n_sequences,)
        Number of steps of each sequence.
    order : ndarray of int of shape (n_rows,)
        Row of X of each step.
    columns : list of int
        Positions of the columns that are features.
    """

    X: Any
    lengths: np.ndarray
    order: np.ndarray
    columns: list

    def __len__(self):
        return len(self.order)

    @property
    def n_features(self):
        """Number of columns that are features."""
        return len(self.columns)

    @property
    def feature_names(self):
        """Names of the columns that are features, or None for an array."""
        names = list(self.X.columns) if is_frame(self.X) else None
        return names and [names[k] for k in self.columns]

    def exchange(self, steps, sources, feature):
        """Return X in which steps have a feature of other steps, the sources.

        `feature` is the position of a feature, or a slice.
        """
        rows = np.arange(len(self.order))
        rows[self.order[steps]] = self.order[sources]
        columns = np.atleast_1d(np.array(self.columns)[feature]).tolist()
        if not is_frame(self.X):
            X = self.X.copy()
            X[:, columns] = X[np.ix_(rows, columns)]
            return X
        if hasattr(self.X, "iloc"):
            X = self.X.copy(deep=False)
            for k in columns:
                X.isetitem(k, X.iloc[:, k].array.take(rows))
            return X
        names = [self.X.columns[k] for k in columns]  # of polars
        return self.X.with_columns([self.X[name].gather(rows) for name in names])


def store_steps(estimator, X):
    """Return the StoredSteps of X with sequences, or StoredRows if its rows are steps."""
    found = find_row_estimator(estimator, X)
    if found is not None:
        return store_rows(*found, X)
    columns = find_sequence_columns(X)
    part = X if columns is None else X[columns]
    sequences, form = read_sequences(
        part, allow_missing=True, estimator=estimator, categorical_features="from_dtype"
    )
    return StoredSteps(X, sequences.compact(), form)


def store_rows(estimator, transformed, X):
    """Return the StoredRows of X, of which a step estimator receives `transformed`."""
    rows = estimator._read_steps(transformed).rows
    X = convert_container(X, "X")
    X = X if is_frame(X) else to_array(X, "X")
    names = list(X.columns) if is_frame(X) else list(range(X.shape[1]))
    missing = [name for name in rows.form.sequence if name not in names]
    if missing:
        raise ValueError(
            f"sequence={missing[0]!r} of {type(estimator).__name__} is not a column of X, "
            "so it is unknown which column identifies the sequences. Use transformers that "
            "keep its name, such as a ColumnTransformer with "
            "verbose_feature_names_out=False."
        )
    columns = [k for k, name in enumerate(names) if name not in rows.form.sequence]
    return StoredRows(X, rows.sequences.lengths, rows.order, columns)
