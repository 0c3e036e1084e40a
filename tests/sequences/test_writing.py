"""Conversion of sequences back to the form of X."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from skseq import Sequences
from skseq.sequences import find_sequence_columns, read_sequences, write_like

from .cases import FLAT, as_cells

CUBE = np.arange(24.0).reshape(2, 6, 2)
RAGGED = [np.arange(6.0).reshape(3, 2), np.arange(6.0, 8.0).reshape(1, 2)]


FORMS = {
    "3-D array": CUBE,
    "2-D array": CUBE[:, :, 0],
    "2-D frame": pd.DataFrame(CUBE[:, :, 0], index=["p", "q"], columns=list("abcdef")),
    "2-D polars frame": pl.DataFrame(CUBE[:, :, 0]),
    "tensor": torch.from_numpy(CUBE),
    "list of 2-D arrays": RAGGED,
    "list of 1-D arrays": FLAT,
    "nested lists": [x.tolist() for x in RAGGED],
    "nested lists of equal length": CUBE.tolist(),
    "objects": as_cells(FLAT),
    "column of objects": as_cells(FLAT)[:, None],
    "Sequences": Sequences.from_list(RAGGED, ids=["p", "q"], feature_names=["a", "b"]),
    "view of Sequences": Sequences.from_list([*RAGGED, np.ones((2, 2))])[[2, 0]],
    "series": pd.Series(RAGGED, index=["p", "q"], name="x"),
    "polars series": pl.Series("x", [x.tolist() for x in FLAT]),
    "one column": pd.DataFrame({"x": FLAT}, index=["p", "q"]),
    "two columns": pd.DataFrame({"x": FLAT, "z": [10 * x for x in FLAT]}),
    "columns of different width": pd.DataFrame({"x": FLAT, "z": FLAT}).assign(
        z=[np.ones((3, 2)), np.zeros((2, 2))]
    ),
    "polars columns": pl.DataFrame({"x": [x.tolist() for x in FLAT]}),
}


@pytest.mark.parametrize("X", FORMS.values(), ids=FORMS)
def test_write_like_returns_the_form_of_X(X):
    sequences, form = read_sequences(X)
    changed = Sequences(-sequences.compact().values, sequences.lengths)
    written = write_like(X, changed, form)
    again, form_again = read_sequences(written)
    assert form_again == form
    np.testing.assert_array_equal(again.lengths, sequences.lengths)
    np.testing.assert_array_equal(again.compact().values, changed.values)
    kept, _ = read_sequences(X)  # X is not modified
    np.testing.assert_array_equal(kept.compact().values, -changed.values)
    if not isinstance(X, (list, torch.Tensor)):
        assert type(written) is type(X)
        assert written.shape == X.shape
    if isinstance(X, (pd.DataFrame, pd.Series)):
        assert written.index.equals(X.index)
    if isinstance(X, (pd.DataFrame, pl.DataFrame)):
        assert list(written.columns) == list(X.columns)
    if isinstance(X, Sequences):
        assert written.feature_names == X.feature_names
        assert (written.ids is X.ids is None) or list(written.ids) == list(X.ids)
    if isinstance(X, list) and not form.is_table:
        assert [np.shape(x) for x in written] == [np.shape(x) for x in X]


def test_static_columns_are_kept():
    frame = pd.DataFrame({"age": [40, 50], "x": FLAT, "city": ["Bonn", "Rome"]})
    assert find_sequence_columns(frame) == ["x"]
    sequences, form = read_sequences(frame[["x"]])
    changed = Sequences(-sequences.values, sequences.lengths)
    written = write_like(frame, changed, form)
    pd.testing.assert_frame_equal(written.drop(columns="x"), frame.drop(columns="x"))
    np.testing.assert_array_equal(written["x"][1], -FLAT[1])


@pytest.mark.parametrize("X", [CUBE, RAGGED, FORMS["2-D frame"], FORMS["series"]])
def test_find_sequence_columns_without_such_columns(X):
    assert find_sequence_columns(X) is None


@pytest.mark.parametrize("X", [["a b", "c"], [["a", "b"], ["c"]], pd.Series(["a b", "c"])])
def test_tokens_are_written_as_sequences(X):
    sequences, form = read_sequences(X, categorical_features="from_dtype")
    assert write_like(X, sequences, form) is sequences


def test_columns_of_tokens_are_written_as_columns():
    frame = pd.DataFrame(
        {"age": [3, 5], "word": [["a", "b"], ["c"]], "x": [np.ones(2), np.zeros(1)]}
    )
    part = frame[["word", "x"]]
    sequences, form = read_sequences(part, categorical_features="from_dtype")
    written = write_like(frame, sequences, form)
    assert written["age"].tolist() == [3, 5]
    assert [list(words) for words in written["word"]] == [["a", "b"], ["c"]]
    again, _ = read_sequences(written[["word", "x"]], categorical_features="from_dtype")
    assert [x.tolist() for x in again] == [x.tolist() for x in sequences]
