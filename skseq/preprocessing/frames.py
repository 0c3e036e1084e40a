"""Sequences that are DataFrames, whose columns may contain text and categories."""

import sys
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from skseq.sequences import (
    check_unique_names,
    get_cells,
    is_frame,
    is_missing,
    is_series,
)


@dataclass
class FrameSequences:
    """Sequences that are DataFrames of pandas or polars, as one DataFrame of all steps.

    It has the attributes of :class:`skseq.Sequences` that PerStep uses.
    """

    frame: Any  # (n_steps_total, n_features)
    lengths: np.ndarray  # (n_sequences,)

    ids: ClassVar[None] = None
    n_categorical: ClassVar[int] = 0

    @classmethod
    def from_list(cls, frames):
        """Concatenate DataFrames; raise ValueError if they differ in their columns."""
        for i, frame in enumerate(frames):
            _check_frame(frame, i, frames[0])
        lengths = np.array([len(frame) for frame in frames])
        if isinstance(frames[0], pd.DataFrame):
            sequences = cls(pd.concat(frames), lengths)
        else:
            polars = sys.modules["polars"]  # optional; imported, as the frames exist
            sequences = cls(polars.concat(frames, how="vertical_relaxed"), lengths)
        sequences.check_finite()
        return sequences

    @property
    def feature_names(self):
        """The column names; None if not all of them are strings, as in scikit-learn."""
        names = list(self.frame.columns)
        return names if all(isinstance(name, str) for name in names) else None

    @property
    def n_features(self):
        """Number of columns."""
        return self.frame.shape[1]

    @property
    def is_categorical(self):
        """Which features do not reach the transformer: none."""
        return np.zeros(self.n_features, dtype=bool)

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, i):
        start = int(self.lengths[:i].sum())
        return self.frame[start : start + int(self.lengths[i])]

    def list_text(self):
        """Return the names of the columns that contain other values than numbers."""
        pairs = zip(self.frame.columns, self.frame.dtypes, strict=True)
        return [name for name, dtype in pairs if not _is_numeric(dtype)]

    def check_finite(self):
        """Raise ValueError if a number is infinite; missing values are allowed."""
        is_pandas = isinstance(self.frame, pd.DataFrame)
        for name in self.frame.columns:
            column = self.frame[name]
            if is_pandas and getattr(column.dtype, "kind", "O") == "f":
                column = column.to_numpy(dtype=np.float64, na_value=np.nan)
            values = np.asarray(column)
            if values.dtype.kind != "f" or not np.isinf(values).any():
                continue
            row = int(np.isinf(values).argmax())
            ends = np.cumsum(self.lengths)
            i = int(np.searchsorted(ends, row, "right"))
            step = row - int(ends[i] - self.lengths[i])
            raise ValueError(
                f"Input X contains infinity: sequence {i}, step {step}, column {name!r} is "
                f"{values[row]}. Replace it by a finite number, or by NaN if it is missing."
            )


def find_frames(X):
    """Return the sequences of X as a list of DataFrames, or None if they are not frames.

    X is a list, an array or a column of DataFrames, all of pandas or all of polars. Missing
    sequences are included.
    """
    if is_frame(X):
        X = get_cells(X[X.columns[0]]) if len(X.columns) == 1 else None
    elif is_series(X):
        X = get_cells(X)
    if isinstance(X, np.ndarray):
        is_column = X.dtype == object and X.shape in ((len(X),), (len(X), 1))
        X = list(X.flat) if is_column else None
    if not isinstance(X, (list, tuple)):
        return None
    kinds = {_find_library(item) for item in X if not is_missing(item)}
    return list(X) if kinds in ({"pandas"}, {"polars"}) else None


def _is_numeric(dtype):
    """Return whether a type of a column of pandas or polars is numeric."""
    if hasattr(dtype, "is_numeric"):  # polars
        return dtype.is_numeric()
    return getattr(dtype, "kind", "O") in "fiub"


def _find_library(item):
    """Return the library of a DataFrame, or None if the item is not a DataFrame."""
    if isinstance(item, pd.DataFrame):
        return "pandas"
    is_polars = is_frame(item) and type(item).__module__.partition(".")[0] == "polars"
    return "polars" if is_polars else None


def _check_frame(frame, i, first):
    """Raise ValueError if a sequence is missing or empty, or has other columns."""
    if is_missing(frame):
        raise ValueError(f"sequence {i} is missing ({frame}). Drop it from X and y.")
    if frame.shape[1] == 0:
        raise ValueError(
            f"sequence {i} has shape {frame.shape}: it needs at least 1 feature."
        )
    if len(frame) == 0:
        raise ValueError(
            f"sequence {i} is empty (shape {frame.shape}), but every sequence needs at "
            "least 1 step. Drop it from X and y."
        )
    columns, expected = list(frame.columns), list(first.columns)
    check_unique_names(columns)
    if columns != expected:
        raise ValueError(
            f"sequence {i} has the columns {columns}, but sequence 0 has {expected}. Use "
            "the same columns in the same order, for example with frame[columns]."
        )
