"""Every row of the guide's table of what X may be, and every complaint about X."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from skseq import Sequences
from skseq.exceptions import ChannelsFirstWarning
from skseq.sequences import read_sequences
from skseq.sequences.reading import check_finite, stack_arrays

EQUAL = [np.arange(6.0).reshape(3, 2), np.arange(6.0, 12.0).reshape(3, 2)]
RAGGED = [np.arange(6.0).reshape(3, 2), np.arange(6.0, 8.0).reshape(1, 2)]
FLAT = [np.arange(3.0), np.arange(3.0, 5.0)]  # of one feature, ragged
TABLE = [np.arange(3.0), np.arange(3.0, 6.0)]  # of one feature, equal lengths


def as_cells(arrays):
    """Return a one-dimensional object array of the given arrays."""
    cells = np.empty(len(arrays), dtype=object)
    for i, array in enumerate(arrays):
        cells[i] = array
    return cells


def nested(arrays):
    return [array.tolist() for array in arrays]


def polars_series(arrays):
    return pl.Series("x", nested(arrays))


def arrow_series(arrays, depth=1):
    kind = pa.float64()
    for _ in range(depth):
        kind = pa.list_(kind)
    return pd.Series(nested(arrays), dtype=pd.ArrowDtype(kind))


FORMS = {
    "3-D array": (EQUAL, np.stack(EQUAL), False),
    "3-D array of int": (EQUAL, np.stack(EQUAL).astype(int), False),
    "3-D array of bool": ([a > 1 for a in EQUAL], np.stack(EQUAL) > 1, False),
    "3-D array of objects": (EQUAL, np.stack(EQUAL).astype(object), False),
    "3-D array in Fortran order": (EQUAL, np.asfortranarray(np.stack(EQUAL)), False),
    "2-D array": (TABLE, np.stack(TABLE), True),
    "2-D array of int": (TABLE, np.stack(TABLE).astype(int), True),
    "2-D DataFrame": (TABLE, pd.DataFrame(np.stack(TABLE)), True),
    "2-D polars frame": (TABLE, pl.DataFrame(np.stack(TABLE)), True),
    "list of 2-D arrays": (RAGGED, RAGGED, False),
    "tuple of 2-D arrays": (RAGGED, tuple(RAGGED), False),
    "list of 1-D arrays": (FLAT, FLAT, False),
    "list of 1-D arrays, equal by chance": (TABLE, TABLE, False),
    "list of 2-D arrays, equal by chance": (EQUAL, EQUAL, False),
    "list of int arrays": (FLAT, [a.astype(np.int16) for a in FLAT], False),
    "list of DataFrames": (RAGGED, [pd.DataFrame(a) for a in RAGGED], False),
    "list of Series": (FLAT, [pd.Series(a) for a in FLAT], False),
    "list of arrays and lists": (FLAT, [FLAT[0], FLAT[1].tolist()], False),
    "object array of 2-D arrays": (RAGGED, as_cells(RAGGED), False),
    "object array of 1-D arrays": (FLAT, as_cells(FLAT), False),
    "object array of lists": (FLAT, as_cells(nested(FLAT)), False),
    "column of arrays": (RAGGED, as_cells(RAGGED)[:, None], False),
    "nested lists, 3-D": (EQUAL, nested(EQUAL), False),
    "nested lists, 2-D": (TABLE, nested(TABLE), True),
    "nested lists, ragged 3-D": (RAGGED, nested(RAGGED), False),
    "nested lists, ragged 2-D": (FLAT, nested(FLAT), False),
    "frame of 2-D cells": (RAGGED, pd.DataFrame({"x": as_cells(RAGGED)}), False),
    "frame of 1-D cells": (FLAT, pd.DataFrame({"x": as_cells(FLAT)}), False),
    "frame of list cells": (FLAT, pd.DataFrame({"x": nested(FLAT)}), False),
    "frame of Arrow lists": (FLAT, pd.DataFrame({"x": arrow_series(FLAT)}), False),
    "frame of Arrow lists of lists": (
        RAGGED,
        pd.DataFrame({"x": arrow_series(RAGGED, depth=2)}),
        False,
    ),
    "polars frame of lists": (FLAT, pl.DataFrame({"x": nested(FLAT)}), False),
    "polars frame of lists of lists": (RAGGED, pl.DataFrame({"x": nested(RAGGED)}), False),
    "Series of arrays": (RAGGED, pd.Series(list(RAGGED)), False),
    "Series of Arrow lists": (FLAT, arrow_series(FLAT), False),
    "polars Series of lists": (FLAT, polars_series(FLAT), False),
    "3-D tensor": (EQUAL, torch.tensor(np.stack(EQUAL)), False),
    "3-D tensor with gradient": (
        EQUAL,
        torch.tensor(np.stack(EQUAL)).requires_grad_(),
        False,
    ),
    "2-D tensor": (TABLE, torch.tensor(np.stack(TABLE)), True),
    "list of tensors": (RAGGED, [torch.tensor(a) for a in RAGGED], False),
    "Sequences": (RAGGED, Sequences.from_list(RAGGED), False),
    "Sequences as an array": (RAGGED, np.asarray(Sequences.from_list(RAGGED)), False),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_as_the_same_sequences(form):
    expected, X, is_table = FORMS[form]
    sequences, found = read_sequences(X)
    assert found.is_table == is_table
    assert len(sequences) == len(expected)
    for sequence, array in zip(sequences, expected, strict=True):
        steps = array[:, None] if array.ndim == 1 else array
        np.testing.assert_array_equal(sequence, steps)


def test_several_columns_of_arrays_are_several_features():
    first, second = [np.arange(3.0), np.arange(2.0)], [np.ones(3), np.zeros(2)]
    expected = [np.column_stack(pair) for pair in zip(first, second, strict=True)]
    both = np.column_stack([as_cells(first), as_cells(second)])
    frames = [
        pd.DataFrame({"a": as_cells(first), "b": as_cells(second)}),
        pl.DataFrame({"a": nested(first), "b": nested(second)}),
        both,
    ]
    for X in frames:
        sequences, form = read_sequences(X)
        assert not form.is_table
        for sequence, array in zip(sequences, expected, strict=True):
            np.testing.assert_array_equal(sequence, array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_precision_is_kept(dtype):
    cube = np.ones((2, 3, 1), dtype=dtype)
    for X in (cube, cube[:, :, 0], list(cube), torch.tensor(cube)):
        assert read_sequences(X)[0].values.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.int32, np.uint8, bool])
def test_other_numbers_become_double_precision(dtype):
    cube = np.ones((2, 3, 1), dtype=dtype)
    for X in (cube, cube[:, :, 0], list(cube)):
        assert read_sequences(X)[0].values.dtype == np.float64


def test_reading_a_contiguous_cube_copies_nothing():
    cube = np.random.default_rng(0).normal(size=(4, 5, 2))
    assert np.shares_memory(read_sequences(cube)[0].values, cube)
    assert cube.flags.writeable


def test_duplicate_column_names_are_refused():
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["a", "a"])
    with pytest.raises(ValueError, match="must be unique, but 'a' occurs 2 times"):
        read_sequences(frame)


def test_a_series_of_numbers_is_refused_as_one_dimensional():
    for X in (pd.Series([1.0, 2.0]), [1.0, 2.0], np.ones(2), [np.float64(1)] * 2):
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
            read_sequences(X)


@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    n_features=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_arrays_of_any_lengths_come_back_as_they_went_in(lengths, n_features, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(length, n_features)) for length in lengths]
    frame = pd.DataFrame({"x": as_cells(arrays)})
    for X in (arrays, as_cells(arrays), nested(arrays), frame, frame["x"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ChannelsFirstWarning)
            sequences, _ = read_sequences(X)
        assert sequences.lengths.tolist() == lengths
        for sequence, array in zip(sequences, arrays, strict=True):
            np.testing.assert_array_equal(sequence, array)


COMPLAINTS = {
    "other number of features": (
        [np.ones((2, 3)), np.ones((4, 2))],
        r"sequence 1 has 2 features \(shape \(4, 2\)\), but sequence 0 has 3 "
        r"\(shape \(2, 3\)\); each sequence must be \(n_timesteps, n_features\)",
    ),
    "empty sequence": (
        [np.ones((2, 1)), np.ones((0, 1))],
        r"sequence 1 is empty \(shape \(0, 1\)\).*drop it from X and y",
    ),
    "empty nested list": ([[1.0], []], r"sequence 1 is empty.*drop it"),
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
        r"sequence 1 has shape \(2, 1, 1\); expected \(n_timesteps,\) or",
    ),
    "a number among arrays": ([np.ones(3), 2.0], r"sequence 1 has shape \(\); expected"),
    "ragged itself": (
        [[[1.0, 2.0]], [[3.0], [5.0, 6.0]]],
        "sequence 1 is ragged itself; it must be a rectangular array",
    ),
    "text in a list": (
        [np.array(["walk", "run"]), np.array(["sit"])],
        r"sequence 0 has dtype <U4 \(first value np.str_\('walk'\)\).*encode text",
    ),
    "text in object cells": (
        [np.ones(2), np.array(["walk", 1.0], dtype=object)],
        "sequence 1 holds 'walk', which is not a number; encode text",
    ),
    "text in ragged lists": ([["a"], ["b", "c"]], "sequence 0 .*encode text"),
    "dates": (
        [np.array(["2020-01-01"], dtype="datetime64[D]")],
        "sequence 0 has dtype datetime64.*must be numbers",
    ),
    "complex": (
        [np.ones(2), np.ones(2) * 1j],
        "Complex data not supported: sequence 1 is complex.*two features",
    ),
    "complex cube": (np.ones((1, 2, 1)) * 1j, "Complex data not supported"),
    "complex table": (np.ones((1, 2)) * 1j, "Complex data not supported"),
    "static beside nested": (
        pd.DataFrame({"age": [1, 2], "ecg": as_cells(FLAT)}),
        "column 'age' of X holds single values and column 'ecg' holds arrays.*"
        "ColumnTransformer",
    ),
    "cells of unequal length": (
        pd.DataFrame({"a": as_cells(FLAT), "b": as_cells(FLAT[::-1])}),
        r"sequence 0 has cells of \[3, 2\] steps in its columns.*equally long",
    ),
    "missing cell": (
        pd.DataFrame({"x": as_cells([FLAT[0], None])}),
        r"sequence 1 has shape \(\); expected",
    ),
    "missing first cell": (
        pd.DataFrame({"x": as_cells([None, FLAT[0]])}),
        "sequence 0",
    ),
    "infinity": (
        [np.ones((2, 2)), np.array([[1.0, 2.0], [3.0, -np.inf]])],
        r"contains infinity or a value too large: sequence 1, step 1, feature 1 is -inf",
    ),
    "missing": (
        [np.ones((2, 2)), np.array([[1.0, 2.0], [np.nan, 4.0]])],
        r"X contains NaN: sequence 1, step 1, feature 0 is missing. Fill.*missing='mask'",
    ),
    "missing in a table": (
        np.array([[1.0, 2.0], [3.0, np.nan]]),
        "X contains NaN: sequence 1, step 1, feature 0 is missing",
    ),
}


@pytest.mark.parametrize("case", COMPLAINTS)
def test_complaints_say_where_and_what_to_do(case):
    X, message = COMPLAINTS[case]
    with pytest.raises(ValueError, match=message):
        read_sequences(X)


def test_sparse_tables_are_refused():
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        read_sequences(sparse.csr_matrix(np.eye(3)))


def test_numbers_in_object_cells_are_numbers():
    cells = [np.array([1, 2.5], dtype=object), np.array([None], dtype=object)]
    sequences, _ = read_sequences(cells, allow_missing=True)
    assert sequences[0].ravel().tolist() == [1.0, 2.5]
    assert np.isnan(sequences[1]).all()


class TestFinite:
    """`check_finite` looks at bounded blocks, through views too."""

    @pytest.fixture(autouse=True)
    def _small_chunks(self, monkeypatch):
        visit = Sequences.chunks
        monkeypatch.setattr(
            Sequences, "chunks", lambda self, n_steps=3: visit(self, n_steps)
        )

    @given(
        lengths=st.lists(st.integers(1, 6), min_size=1, max_size=7),
        where=st.tuples(st.integers(0, 99), st.integers(0, 99), st.integers(0, 1)),
        bad=st.sampled_from([np.nan, np.inf, -np.inf]),
        as_view=st.booleans(),
    )
    def test_first_bad_value_is_named(self, lengths, where, bad, as_view):
        arrays = [np.ones((length, 2)) for length in lengths]
        i = where[0] % len(lengths)
        step, feature = where[1] % lengths[i], where[2]
        arrays[i][step, feature] = bad
        X = Sequences.from_list(arrays, feature_names=["pulse", "pressure"])
        if as_view:  # the same sequences, in the storage of others
            X = Sequences.from_list([np.ones((2, 2)), *arrays[::-1]])[
                list(range(len(arrays), 0, -1))
            ]
            name = f"feature {feature}"
        else:
            name = f"feature {feature} \\('{['pulse', 'pressure'][feature]}'\\)"
        with pytest.raises(ValueError, match=f"sequence {i}, step {step}, {name} is"):
            check_finite(X, allow_missing=False)

    def test_the_first_of_several_is_named(self):
        arrays = [np.ones((2, 1)), np.full((3, 1), np.nan), np.full((4, 1), np.nan)]
        with pytest.raises(ValueError, match="sequence 1, step 0,"):
            check_finite(Sequences.from_list(arrays), allow_missing=False)

    def test_missing_values_hide_no_infinite_one(self):
        X = Sequences.from_list([[np.nan, 1.0], [np.nan, 2.0, np.inf], [3.0]])
        with pytest.raises(ValueError, match="sequence 1, step 2, feature 0 is inf"):
            check_finite(X, allow_missing=True)

    def test_bad_values_of_other_sequences_do_not_matter(self):
        X = Sequences.from_list([[np.nan], [1.0, 2.0], [np.inf]])
        check_finite(X[[1]], allow_missing=False)
        check_finite(X[[0, 1]], allow_missing=True)

    def test_huge_but_finite_values_pass_in_silence(self):
        X = Sequences.from_list([[1e308, 1e308, 1e308], [-1e308]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_finite(X, allow_missing=False)

    def test_infinities_of_both_signs_are_found_in_silence(self):
        X = Sequences.from_list([[1.0, np.inf, -np.inf]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError, match="sequence 0, step 1, feature 0 is inf"):
                check_finite(X, allow_missing=False)


class TestChannelsFirst:
    """The axes of X may be swapped when features outnumber steps by far."""

    def test_many_features_of_few_steps_warn(self):
        with pytest.warns(ChannelsFirstWarning, match=r"80 features of 4 steps.*transpose"):
            read_sequences(np.ones((3, 4, 80)))

    @pytest.mark.parametrize("shape", [(3, 80, 4), (3, 10, 30), (3, 1, 12)])
    def test_ordinary_shapes_do_not(self, shape):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_sequences(np.ones(shape))

    def test_tables_never_do(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_sequences(np.ones((3, 500)))


def test_stacking_nothing_gives_nothing():
    values, lengths = stack_arrays([])
    assert values.shape == (0, 1)
    assert lengths.shape == (0,)
