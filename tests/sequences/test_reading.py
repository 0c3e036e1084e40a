"""Conversion of every input format to sequences."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences
from skseq.exceptions import ChannelsFirstWarning
from skseq.sequences import read_sequences
from skseq.sequences.stacking import stack_arrays

from .cases import FLAT, as_cells

EQUAL = [np.arange(6.0).reshape(3, 2), np.arange(6.0, 12.0).reshape(3, 2)]
RAGGED = [np.arange(6.0).reshape(3, 2), np.arange(6.0, 8.0).reshape(1, 2)]
TABLE = [np.arange(3.0), np.arange(3.0, 6.0)]  # of one feature and equal lengths


def nested(arrays):
    return [array.tolist() for array in arrays]


def polars_series(arrays):
    return pl.Series("x", nested(arrays))


def arrow_series(arrays, depth=1):
    kind = pa.float64()
    for _ in range(depth):
        kind = pa.list_(kind)
    return pd.Series(nested(arrays), dtype=pd.ArrowDtype(kind))


class ArrayLike:
    """An array of another library, as `xarray.DataArray`."""

    def __init__(self, array):
        self.array = array
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype=dtype)

    def __arrow_c_stream__(self, requested_schema=None):
        raise NotImplementedError

    def to_numpy(self):
        return self.array


class ArrowTable:
    """A table of another library that exports Arrow, as a relation of DuckDB."""

    def __init__(self, table):
        self.table = table
        self.shape, self.columns, self.dtypes = table.shape, table.column_names, []

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class WithMissing:
    """An array with missing values, as `awkward.Array`."""

    ndim = 2

    def __init__(self, items):
        self.items = items

    def __array__(self, dtype=None, copy=None):
        raise ValueError("cannot convert None to a number")

    def to_list(self):
        return self.items


class RaggedArray:
    """Arrays of different lengths, as `awkward.Array`: only each of them is an array."""

    def __init__(self, arrays):
        self.arrays, self.ndim = arrays, 3

    def __len__(self):
        return len(self.arrays)

    def __getitem__(self, i):
        return ArrayLike(self.arrays[i])

    def __array__(self, dtype=None, copy=None):
        raise ValueError("cannot convert to RegularArray")

    def to_list(self):
        return nested(self.arrays)

    def to_numpy(self):
        return np.asarray(self)


def parquet_cell(array):
    """Return a 2-D array as pandas reads it from a Parquet file: an array of arrays."""
    return as_cells(list(array))


MASKED = np.ma.array(np.stack(EQUAL), mask=np.zeros((2, 3, 2)))
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
    "list of 1-D arrays of equal length": (TABLE, TABLE, False),
    "list of 2-D arrays of equal length": (EQUAL, EQUAL, False),
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
    "2-D bfloat16 tensor": (TABLE, torch.tensor(np.stack(TABLE)).bfloat16(), True),
    "list of bfloat16 tensors": (
        RAGGED,
        [torch.tensor(a).bfloat16() for a in RAGGED],
        False,
    ),
    "pyarrow Table": (TABLE, pa.table(pd.DataFrame(np.stack(TABLE)).add_prefix("t")), True),
    "pyarrow Table of lists": (FLAT, pa.table({"x": nested(FLAT)}), False),
    "pyarrow Table of lists of lists": (RAGGED, pa.table({"x": nested(RAGGED)}), False),
    "pyarrow RecordBatch": (FLAT, pa.record_batch({"x": nested(FLAT)}), False),
    "pyarrow Array": (RAGGED, pa.array(nested(RAGGED)), False),
    "pyarrow ChunkedArray": (FLAT, pa.chunked_array([nested(FLAT)]), False),
    "table with an Arrow stream": (FLAT, ArrowTable(pa.table({"x": nested(FLAT)})), False),
    "list of pyarrow Tables": (
        RAGGED,
        [pa.table({"a": array[:, 0], "b": array[:, 1]}) for array in RAGGED],
        False,
    ),
    "cells of a Parquet file": (
        RAGGED,
        pd.DataFrame({"x": as_cells([parquet_cell(array) for array in RAGGED])}),
        False,
    ),
    "ragged array of another library": (RAGGED, RaggedArray(RAGGED), False),
    "masked array without masked values": (EQUAL, MASKED, False),
    "array-like of another library": (EQUAL, ArrayLike(np.stack(EQUAL)), False),
    "list of tensors": (RAGGED, [torch.tensor(a) for a in RAGGED], False),
    "Sequences": (RAGGED, Sequences.from_list(RAGGED), False),
    "Sequences as an array": (RAGGED, np.asarray(Sequences.from_list(RAGGED)), False),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_sequences(form):
    expected, X, is_table = FORMS[form]
    sequences, found = read_sequences(X)
    assert found.is_table == is_table
    assert len(sequences) == len(expected)
    for sequence, array in zip(sequences, expected, strict=True):
        steps = array[:, None] if array.ndim == 1 else array
        np.testing.assert_array_equal(sequence, steps)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested", "ignore:torch.quantize")
def test_nested_and_quantized_tensors():
    tensors = [torch.tensor(array) for array in RAGGED]
    for layout in (torch.strided, torch.jagged):
        X = torch.nested.nested_tensor(tensors, layout=layout)
        for sequence, array in zip(read_sequences(X)[0], RAGGED, strict=True):
            np.testing.assert_array_equal(sequence, array)
    X = torch.quantize_per_tensor(torch.ones(2, 3), 0.5, 0, torch.qint8)
    np.testing.assert_array_equal(read_sequences(X)[0].values, np.ones((6, 1)))


def test_masked_values_are_missing():
    masked = np.ma.array(np.stack(EQUAL), mask=np.zeros((2, 3, 2)))
    masked[1, 2, 0] = np.ma.masked
    expected = np.stack(EQUAL)
    expected[1, 2, 0] = np.nan
    for X in (masked, list(masked)):
        with pytest.raises(ValueError, match="sequence 1, step 2, feature 0 is missing"):
            read_sequences(X)
        found, _ = read_sequences(X, allow_missing=True)
        np.testing.assert_array_equal(np.stack(list(found)), expected)


def test_missing_values_of_another_library():
    found, _ = read_sequences([WithMissing([1.0, None]), np.ones(1)], allow_missing=True)
    np.testing.assert_array_equal(found[0], [[1.0], [np.nan]])
    found, _ = read_sequences(WithMissing([[1.0, None]]), allow_missing=True)
    np.testing.assert_array_equal(found[0], [[1.0], [np.nan]])


def test_names_of_a_list_of_arrow_tables():
    X = [pa.table({"a": [1.0, 2.0], "b": [3.0, 4.0]}), pa.table({"a": [1.0], "b": [2.0]})]
    assert read_sequences(X)[0].feature_names == ["a", "b"]


def test_columns_of_arrays_are_concatenated_as_features():
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
def test_float_precision_is_preserved(dtype):
    cube = np.ones((2, 3, 1), dtype=dtype)
    for X in (cube, cube[:, :, 0], list(cube), torch.tensor(cube)):
        assert read_sequences(X)[0].values.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float16, np.int32, np.uint8, bool])
def test_other_numbers_are_converted_to_float64(dtype):
    cube = np.ones((2, 3, 1), dtype=dtype)
    for X in (cube, cube[:, :, 0], list(cube)):
        assert read_sequences(X)[0].values.dtype == np.float64


def test_contiguous_3d_array_is_not_copied():
    cube = np.random.default_rng(0).normal(size=(4, 5, 2))
    assert np.shares_memory(read_sequences(cube)[0].values, cube)
    assert cube.flags.writeable


def test_duplicated_column_names_raise():
    frame = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=["a", "a"])
    with pytest.raises(ValueError, match="must be unique, but 'a' occurs 2 times"):
        read_sequences(frame)


def test_one_dimensional_numbers_raise():
    for X in (pd.Series([1.0, 2.0]), [1.0, 2.0], np.ones(2), [np.float64(1)] * 2):
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
            read_sequences(X)


@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=6),
    n_features=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_sequences_of_any_lengths_are_preserved(lengths, n_features, seed):
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


def test_object_arrays_of_numbers_are_converted():
    cells = [np.array([1, 2.5], dtype=object), np.array([None], dtype=object)]
    sequences, _ = read_sequences(cells, allow_missing=True)
    assert sequences[0].ravel().tolist() == [1.0, 2.5]
    assert np.isnan(sequences[1]).all()


class TestChannelsFirst:
    """The warning for X with many more features than steps."""

    def test_warning_for_many_features_of_few_steps(self):
        with pytest.warns(ChannelsFirstWarning, match=r"80 features of 4 steps.*transpose"):
            read_sequences(np.ones((3, 4, 80)))

    @pytest.mark.parametrize("shape", [(3, 80, 4), (3, 10, 30), (3, 1, 12)])
    def test_no_warning_for_ordinary_shapes(self, shape):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_sequences(np.ones(shape))

    @pytest.mark.parametrize("shape", [(30, 3, 20), (20, 6, 24)])
    def test_warning_for_few_steps_of_smooth_features(self, shape):
        """Neighboring steps of a series are similar, those of white noise are not."""
        noise = np.random.default_rng(0).normal(size=shape)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_sequences(noise)
            # Different units, and a level of each step, are no time series.
            read_sequences(noise * 10.0 ** np.arange(shape[2]) + 5 * noise[:, :, :1])
            read_sequences(noise.cumsum(axis=2).transpose(0, 2, 1))
            read_sequences(np.ones(shape))
            # Groups of four similar features are not as smooth as a series.
            groups = noise[:, :, ::4].repeat(4, axis=2)
            read_sequences(groups + noise / 2)
        with pytest.warns(
            ChannelsFirstWarning, match=rf"{shape[2]} features of {shape[1]}"
        ):
            read_sequences(noise.cumsum(axis=2))

    def test_no_warning_for_smooth_features_of_many_steps(self):
        """Such as the bands of a spectrogram."""
        values = np.random.default_rng(0).normal(size=(30, 7, 20)).cumsum(axis=2)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_sequences(values)
            read_sequences(values[:8, :3])  # too few steps

    def test_no_warning_for_tables(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_sequences(np.ones((3, 500)))


def test_stack_arrays_of_no_arrays():
    values, lengths = stack_arrays([])
    assert values.shape == (0, 1)
    assert lengths.shape == (0,)
