"""Errors for invalid X name the value, where it is, and the remedy."""

import datetime
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from skseq import Sequences
from skseq.sequences import read_sequences
from skseq.sequences.validation import check_finite

from .cases import FLAT, Broken, as_cells

LONG = pd.MultiIndex.from_product([["a", "b"], [0, 1]], names=["patient", "day"])
HUGE = 10**400  # beyond the range of float
SELF = [[1.0]]
SELF.append(SELF)
PADDED = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [np.nan, np.nan]]])


ERRORS = {
    "other number of features": (
        [np.ones((2, 3)), np.ones((4, 2))],
        r"sequence 1 has 2 features \(shape \(4, 2\)\), but sequence 0 has 3 "
        r"\(shape \(2, 3\)\)\. Expected arrays of shape \(n_timesteps, n_features\)",
    ),
    "empty sequence": (
        [np.ones((2, 1)), np.ones((0, 1))],
        r"sequence 1 is empty \(shape \(0, 1\)\).*Drop it from X and y",
    ),
    "empty nested list": ([[1.0], []], r"sequence 1 is empty.*Drop it"),
    "no sequences, list": ([], r"0 sample\(s\) \(X is an empty list\)"),
    "no sequences, 3-D": (
        np.ones((0, 3, 2)),
        r"0 sample\(s\) \(no sequences in X, shape=\(0, 3, 2\)\)",
    ),
    "no sequences, Sequences": (Sequences([[1.0]], [1])[[]], r"0 sample\(s\)"),
    "no sequences, frame": (pd.DataFrame({"a": []}), r"0 sample\(s\)"),
    "no steps": (np.ones((2, 0, 3)), r"shape \(2, 0, 3\): 0 steps and 3 features"),
    "no features": (np.ones((2, 3, 0)), r"shape \(2, 3, 0\): 3 steps and 0 features"),
    "no features in a list": ([np.ones((3, 0))], r"sequence 0.*\(3, 0\)|0 features"),
    "four dimensions": (
        np.ones((1, 1, 1, 1)),
        r"dim 4 \(shape \(1, 1, 1, 1\)\), while dim <= 3 is required",
    ),
    "three dimensions in a list": (
        [np.ones((2, 1)), np.ones((2, 1, 1))],
        r"sequence 1 has shape \(2, 1, 1\)\. Expected \(n_timesteps,\) or",
    ),
    "a number among arrays": ([np.ones(3), 2.0], r"sequence 1 has shape \(\)\. Expected"),
    "ragged sequence": (
        [[[1.0, 2.0]], [[3.0], [5.0, 6.0]]],
        "sequence 1 is ragged: its steps have different numbers of features",
    ),
    "text in a list": (
        [np.array(["walk", "run"]), np.array(["sit"])],
        "sequence 0 contains 'walk', which is not a number. Encode text",
    ),
    "text in object cells": (
        [np.ones(2), np.array(["walk", 1.0], dtype=object)],
        "sequence 1 contains 'walk', which is not a number. Encode text",
    ),
    "text in ragged lists": ([["a"], ["b", "c"]], "sequence 0 contains 'a'.*Encode text"),
    "dates": (
        [np.array(["2020-01-01"], dtype="datetime64[D]")],
        "sequence 0 contains 2020-01-01, which is a time, not a number.*days since the start",
    ),
    "complex": (
        [np.ones(2), np.ones(2) * 1j],
        "Complex data not supported: sequence 1 is complex.*two features",
    ),
    "complex cube": (np.ones((1, 2, 1)) * 1j, "Complex data not supported"),
    "complex table": (np.ones((1, 2)) * 1j, "Complex data not supported"),
    "static beside nested": (
        pd.DataFrame({"age": [1, 2], "ecg": as_cells(FLAT)}),
        "Column 'age' of X contains scalars, but column 'ecg' contains arrays.*"
        "ColumnTransformer",
    ),
    "cells of unequal length": (
        pd.DataFrame({"a": as_cells(FLAT), "b": as_cells(FLAT[::-1])}),
        r"sequence 0 has \[3, 2\] steps in its columns.*the same length",
    ),
    "missing cell": (
        pd.DataFrame({"x": as_cells([FLAT[0], None])}),
        r"sequence 1 is missing \(None\)\. Drop it from X and y",
    ),
    "missing first cell": (
        pd.DataFrame({"x": as_cells([None, FLAT[0]])}),
        r"sequence 0 is missing \(None\)\. Drop it from X and y",
    ),
    "missing first cell, NaN": (
        pd.DataFrame({"x": as_cells([np.nan, FLAT[0]])}),
        r"sequence 0 is missing \(nan\)\. Drop it",
    ),
    "missing cell of several columns": (
        pd.DataFrame({"a": as_cells(FLAT), "b": as_cells([FLAT[0], None])}),
        r"sequence 1, column 'b', is missing \(None\)\. Drop it from X and y",
    ),
    "missing column": (
        pd.DataFrame({"a": as_cells(FLAT), "b": as_cells([None, None])}),
        r"sequence 0, column 'b', is missing \(None\)",
    ),
    "None in a list": ([FLAT[0], None], r"sequence 1 is missing \(None\)\. Drop it"),
    "NA in a list": ([pd.NA, FLAT[0]], r"sequence 0 is missing \(<NA>\)\. Drop it"),
    "None in nested lists": ([[1.0], None], r"sequence 1 is missing \(None\)\. Drop it"),
    "one dimension": (
        np.ones(7),
        r"Expected 2D array, got 1D array instead \(shape \(7,\)\). Reshape your data: use "
        r"\[X\] if X is a single sequence.*forecaster",
    ),
    "dates in a table": (
        np.array([["2020-01-01", "2020-01-02"]], dtype="datetime64[s]"),
        "X contains 2020-01-01T00:00:00, which is a time, not a number. Convert it to a number",
    ),
    "spans in a cube": (
        np.ones((2, 3, 1), dtype="timedelta64[s]"),
        "X contains 1 seconds, which is a time, not a number",
    ),
    "dates among objects": (
        np.array([[1.0, np.datetime64("2020-01-01", "ns")]], dtype=object),
        "X contains 2020-01-01T00:00:00.0*, which is a time",
    ),
    "dates in cells": (
        [np.array([1.0, pd.Timestamp("2020-01-01")], dtype=object)],
        "sequence 0 contains 2020-01-01 00:00:00, which is a time",
    ),
    "dates in nested lists": (
        [[datetime.date(2020, 1, 1)], [datetime.date(2020, 1, 2)]],
        "X contains 2020-01-01, which is a time",
    ),
    "dates in a frame": (
        pd.DataFrame({"a": [1.0, 2.0], "day": pd.date_range("2020-01-01", periods=2)}),
        r"Column 'day' of X contains 2020-01-01T.*which is a time.*Sequences\.from_frame\(",
    ),
    "dates in a polars frame": (
        pl.DataFrame({"a": [1.0], "day": [datetime.date(2020, 1, 1)]}),
        r"Column 'day' of X contains 2020-01-01, which is a time.*Sequences\.from_frame\(",
    ),
    "zoned dates in a frame": (
        pd.DataFrame({"day": pd.date_range("2020-01-01", periods=2, tz="UTC")}),
        "Column 'day' of X contains 2020-01-01 00:00:00.00:00, which is a time",
    ),
    "long table": (
        pd.DataFrame({"id": ["a", "a", "b"], "time": [0, 1, 0], "value": [1.0, 2.0, 3.0]}),
        r"Column 'id' of X contains 'a', which is not a number.*Sequences\.from_frame\(df, "
        r"sequence=\.\.\., time=\.\.\., target=\.\.\.\)",
    ),
    "long polars table": (
        pl.DataFrame({"time": [0, 1, 0], "id": ["a", "a", "b"]}),
        r"Column 'id' of X contains 'a', which is not a number.*Sequences\.from_frame\(",
    ),
    "categories in a frame": (
        pd.DataFrame({"value": [1.0, 2.0], "kind": pd.Categorical(["x", "y"])}),
        "Column 'kind' of X contains 'x', which is not a number",
    ),
    "text in a table": (
        np.array([["walk", "1"]]),
        r"X contains 'walk', which is not a number.*Sequences\.from_frame\(",
    ),
    "columns that differ": (
        [
            pd.DataFrame({"a": [1.0], "b": [2.0]}),
            np.ones((1, 2)),
            pd.DataFrame({"b": [1.0], "a": [2.0]}),
        ],
        r"sequence 2 has the columns \['b', 'a'\], but sequence 0 has \['a', 'b'\]\. Use "
        "the same columns in the same order",
    ),
    "columns that are lacking": (
        [pd.DataFrame({"a": [1.0], "b": [2.0]}), pd.DataFrame({"a": [1.0]})],
        r"sequence 1 has the columns \['a'\], but sequence 0 has \['a', 'b'\]",
    ),
    "polars columns that differ": (
        [pl.DataFrame({"a": [1.0]}), pl.DataFrame({"b": [1.0]})],
        r"sequence 1 has the columns \['b'\], but sequence 0 has \['a'\]",
    ),
    "long table with a MultiIndex": (
        pd.DataFrame({"pulse": [1.0, 2.0, 3.0, 4.0]}, index=LONG),
        r"MultiIndex with the levels \['patient', 'day'\].* Use Sequences\.from_frame\("
        r"X\.reset_index\(\), sequence='patient', time='day'\)",
    ),
    "MultiIndex without names": (
        pd.DataFrame({"pulse": [1.0, 2.0, 3.0, 4.0]}, index=LONG.set_names([None, None])),
        r"X\.reset_index\(\), sequence='level_0', time='level_1'\)",
    ),
    "MultiIndex with three levels": (
        pd.DataFrame({"x": [1.0]}, index=pd.MultiIndex.from_tuples([("a", 1, 2)])),
        r"sequence=<a column that combines \['level_0', 'level_1'\]>, time='level_2'\)",
    ),
    "long Series with a MultiIndex": (
        pd.Series([1.0, 2.0, 3.0, 4.0], index=LONG),
        r"Sequences\.from_frame\(X\.reset_index\(\), sequence='patient', time='day'\)",
    ),
    "channels first in a list": (
        [np.ones((3, 100)), np.ones((3, 80))],
        r"sequence 1 has 80 features .*All arrays have 3 rows.*use \[x\.T for x in X\]",
    ),
    "padding": (
        PADDED,
        r"NaN: sequence 1, step 1, feature 0 is missing.* All features of sequence 1 are NaN "
        r"up to its end, which looks like padding.*Sequences\.from_padded\(X\)",
    ),
    "padding of a table": (
        PADDED[:, :, 0],
        r"features of sequence 1 .* padding.*Sequences\.from_padded\(X\)",
    ),
    "padding of another sequence": (
        [np.array([[np.nan, 1.0], [1.0, 1.0]]), np.array([[1.0, 1.0], [np.nan, np.nan]])],
        r"NaN: sequence 0, step 0, .* All features of sequence 1 are NaN",
    ),
    "huge integers in a table": ([[1, HUGE]], "X contains a value too large: a value is"),
    "huge integers in ragged lists": (
        [[1], [2, HUGE]],
        "X contains a value too large: a value of sequence 1 is an integer beyond",
    ),
    "huge integers in a frame": (
        pd.DataFrame({"a": np.array([1, HUGE], dtype=object)}),
        "X contains a value too la",
    ),
    "huge integers in a cube": ([[[1, -HUGE]]], "X contains a value too large: a value is"),
    "list that contains itself": (SELF, "sequence 1 is ragged"),
    "broken object in a sequence": (
        [np.ones(2), np.array([Broken(), 1.0], dtype=object)],
        "sequence 1 contains an object of type Broken, which is not a number",
    ),
    "broken object in a table": (
        pd.DataFrame({"a": [1.0, 2.0], "b": [Broken(), 1.0]}),
        "contains scalars, but column|sequence 0, column 'a'|Broken",
    ),
    "structured array": (
        np.zeros((2, 3), dtype=[("a", float), ("b", float)]),
        r"structured array with the fields \['a', 'b'\].*structured_to_unstructured",
    ),
    "structured arrays": (
        [np.zeros(3, dtype=[("a", float), ("b", float)])],
        "sequence 0 is a structured array .*structured_to_unstructured",
    ),
    "text in a list of frames": (
        [pd.DataFrame({"kind": ["x", "y"]})],
        r"Column 'kind' of sequence 0 contains 'x'.* PerStep\(make_column_transformer\(",
    ),
    "infinity": (
        [np.ones((2, 2)), np.array([[1.0, 2.0], [3.0, -np.inf]])],
        r"contains infinity or a value too large: sequence 1, step 1, feature 1 is -inf",
    ),
    "missing": (
        [np.ones((2, 2)), np.array([[1.0, 2.0], [np.nan, 4.0]])],
        r"X contains NaN: sequence 1, step 1, feature 0 is missing. Impute.*missing='mask'",
    ),
    "missing in a table": (
        np.array([[1.0, 2.0], [3.0, np.nan]]),
        "X contains NaN: sequence 1, step 1, feature 0 is missing",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case):
    X, message = ERRORS[case]
    with pytest.raises(ValueError, match=message):
        read_sequences(X)


def test_padding_is_not_to_be_masked():
    with pytest.raises(ValueError, match="looks like padding") as error:
        read_sequences(PADDED)
    assert "missing='mask'" not in str(error.value)


def test_nested_cells_may_have_a_multi_index():
    frame = pd.DataFrame({"x": as_cells([*FLAT, *FLAT])}, index=LONG)
    for X in (frame, frame["x"]):
        assert len(read_sequences(X)[0]) == 4


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_column_names_of_a_list_of_frames(kind):
    frames = [kind({"u": [1.0, 2.0], "v": [3.0, 4.0]}), kind({"u": [5.0], "v": [6.0]})]
    for X in (frames, as_cells(frames), [frames[0], np.ones((3, 2))]):
        assert read_sequences(X)[0].feature_names == ["u", "v"]
    assert Sequences.from_list(frames).feature_names == ["u", "v"]
    assert Sequences.from_list(frames, feature_names="xy").feature_names == ["x", "y"]


def test_columns_without_string_names():
    frames = [pd.DataFrame(np.ones((2, 2))), pd.DataFrame(np.ones((3, 2)), columns=[5, 6])]
    assert read_sequences(frames)[0].feature_names is None


@pytest.mark.parametrize(
    "column",
    [
        [1, 2],
        ["1.5", "2"],
        np.array([1, None], dtype=object),
        pd.array([1, None], dtype="Int64"),
        pd.array([True, False], dtype="boolean"),
        pd.Categorical([1, 2]),
    ],
)
def test_columns_that_scikit_learn_converts_to_numbers(column):
    frame = pd.DataFrame({"a": column, "b": [0.5, 1.5]})
    sequences, form = read_sequences(frame, allow_missing=True)
    assert form.is_table
    wanted = np.asarray(frame.astype(float))
    np.testing.assert_array_equal(sequences.values.reshape(2, 2), wanted)


def test_sparse_matrix_raises():
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        read_sequences(sparse.csr_matrix(np.eye(3)))


class TestFinite:
    """`check_finite` reads chunks of bounded size, of views too."""

    @pytest.fixture(autouse=True)
    def _small_chunks(self, monkeypatch):
        chunks = Sequences.chunks
        monkeypatch.setattr(
            Sequences, "chunks", lambda self, n_steps=3: chunks(self, n_steps)
        )

    @given(
        lengths=st.lists(st.integers(1, 6), min_size=1, max_size=7),
        where=st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 1)),
        bad=st.sampled_from([np.nan, np.inf, -np.inf]),
        as_view=st.booleans(),
    )
    def test_message_names_the_invalid_value(self, lengths, where, bad, as_view):
        arrays = [np.ones((length, 2)) for length in lengths]
        i = where[0] % len(lengths)
        step, feature = where[1] % lengths[i], where[2]
        arrays[i][step, feature] = bad
        X = Sequences.from_list(arrays, feature_names=["pulse", "pressure"])
        if as_view:  # the same sequences as a view
            X = Sequences.from_list([np.ones((2, 2)), *arrays[::-1]])[
                list(range(len(arrays), 0, -1))
            ]
            name = f"feature {feature}"
        else:
            name = f"feature {feature} \\('{['pulse', 'pressure'][feature]}'\\)"
        with pytest.raises(ValueError, match=f"sequence {i}, step {step}, {name} is"):
            check_finite(X, allow_missing=False)

    def test_message_names_the_first_invalid_value(self):
        arrays = [np.ones((2, 1)), np.full((3, 1), np.nan), np.full((4, 1), np.nan)]
        with pytest.raises(ValueError, match="sequence 1, step 0,"):
            check_finite(Sequences.from_list(arrays), allow_missing=False)

    def test_infinite_value_after_allowed_missing_values(self):
        X = Sequences.from_list([[np.nan, 1.0], [np.nan, 2.0, np.inf], [3.0]])
        with pytest.raises(ValueError, match="sequence 1, step 2, feature 0 is inf"):
            check_finite(X, allow_missing=True)

    def test_invalid_values_outside_the_view_are_ignored(self):
        X = Sequences.from_list([[np.nan], [1.0, 2.0], [np.inf]])
        check_finite(X[[1]], allow_missing=False)
        check_finite(X[[0, 1]], allow_missing=True)

    def test_huge_finite_values_are_allowed_without_warning(self):
        X = Sequences.from_list([[1e308, 1e308, 1e308], [-1e308]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_finite(X, allow_missing=False)

    def test_infinities_of_both_signs_raise_without_warning(self):
        X = Sequences.from_list([[1.0, np.inf, -np.inf]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError, match="sequence 0, step 1, feature 0 is inf"):
                check_finite(X, allow_missing=False)

    @pytest.mark.parametrize(
        ("steps", "message"),
        [
            (
                [[1.0, 2.0], [np.nan, 3.0]],
                "sequence 1 ('M033'), step 0, feature 0 is missi",
            ),
            ([[1.0, 2.0], [3.0, np.inf]], "sequence 1 ('M033'), step 1, feature 0 is inf"),
            ([[1.0, 2.0], [3.0, np.nan]], "All features of sequence 1 ('M033') are NaN up"),
            ([["a"], ["b", None]], "sequence 1 ('M033'), step 1, feature 0 is missing"),
        ],
    )
    def test_ids(self, steps, message):
        stored = Sequences.from_list([["c"] if steps[0] == ["a"] else [0.0], *steps])
        parts = {"codes": stored.codes, "categories": stored.categories}
        values = None if stored.codes is not None else stored.values
        X = Sequences(values, stored.lengths, ids=["M031", "M032", "M033"], **parts)
        with pytest.raises(ValueError, match=re.escape(message)):
            check_finite(X[1:], allow_missing=False)
