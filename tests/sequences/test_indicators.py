"""Reading of steps that have several labels."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import DataConversionWarning

from skseq import Sequences
from skseq.sequences import read_row_targets, read_step_targets
from tests.sequences.cases import as_cells

LENGTHS = [2, 3]
INDICATORS = [[[1, 0, 0], [1, 1, 0]], [[0, 1, 1], [0, 0, 0], [1, 0, 1]]]


def read(y, lengths=LENGTHS, **options):
    return read_step_targets(y, np.array(lengths), **options)


class TestReading:
    """Indicators in the containers and types that users have."""

    @pytest.mark.parametrize(
        "y",
        [
            INDICATORS,
            tuple(INDICATORS),
            as_cells(INDICATORS),
            pd.Series(INDICATORS),
            pl.Series(INDICATORS),
            [np.array(part) for part in INDICATORS],
            as_cells([np.array(part) for part in INDICATORS]),
            [np.array(part, dtype=bool) for part in INDICATORS],
            [np.array(part, dtype=float) for part in INDICATORS],
            [np.array(part, dtype=object) for part in INDICATORS],
            [as_cells([np.array(step) for step in part]) for part in INDICATORS],
            [[tuple(map(bool, step)) for step in part] for part in INDICATORS],
            [pd.DataFrame(part, dtype="Int64") for part in INDICATORS],
            [pl.DataFrame(np.array(part)) for part in INDICATORS],
            [torch.tensor(part) for part in INDICATORS],
            [np.array(INDICATORS[0], dtype=bool), INDICATORS[1]],
            Sequences(np.concatenate(INDICATORS).astype(float), LENGTHS),
        ],
        ids=lambda y: type(y).__name__,
    )
    def test_every_container(self, y):
        targets = read(y)
        assert targets.values.tolist() == np.concatenate(INDICATORS).tolist()
        assert targets.values.dtype == np.int64
        assert targets.is_labelled.all()

    def test_array_of_three_dimensions(self):
        y = np.array([INDICATORS[0], INDICATORS[1][:2]])
        assert read(y, [2, 2]).values.tolist() == y.reshape(4, 3).tolist()

    @pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
    def test_unlabelled_steps(self, missing):
        nothing = [missing] * 3
        expected = [False, True, True, False, True]
        for step in (nothing, np.array(nothing, dtype=object), missing):
            y = [[step, [1, 1, 0]], [[0, 1, 1], step, [1, 0, 1]]]
            targets = read(y)
            assert targets.is_labelled.tolist() == expected
            assert targets.values[1].tolist() == [1, 1, 0]

    @pytest.mark.parametrize("part", [None, [None, None], np.full((2, 3), np.nan)])
    def test_sequence_without_labels(self, part):
        targets = read([part, INDICATORS[1]])
        assert targets.is_labelled.tolist() == [False, False, True, True, True]
        assert targets.values[2:].tolist() == INDICATORS[1]

    def test_single_columns_are_flat_labels_with_a_warning(self):
        for convert in (list, np.array):
            y = [convert([["a"], ["b"]]), convert([["b"], ["b"], ["a"]])]
            with pytest.warns(DataConversionWarning, match="each step has one label"):
                codes, classes = read(y).encode()
            assert codes.tolist() == [0, 1, 1, 1, 0]
            assert classes.tolist() == ["a", "b"]

    @given(st.lists(st.integers(1, 4), min_size=1), st.integers(2, 4), st.integers(0, 9))
    def test_rows_equal_sequences(self, lengths, n_labels, seed):
        rng = np.random.default_rng(seed)
        rows = rng.integers(0, 2, (sum(lengths), n_labels)).astype(float)
        rows[1:][rng.random(len(rows) - 1) < 0.3] = np.nan
        parts = np.split(rows, np.cumsum(lengths)[:-1])
        found, expected = read(parts, lengths), read_row_targets(rows, len(rows))
        np.testing.assert_array_equal(found.values, expected.values)
        np.testing.assert_array_equal(found.is_labelled, expected.is_labelled)
        np.testing.assert_array_equal(found.is_labelled, ~np.isnan(rows[:, 0]))
        for table in (rows.tolist(), pd.DataFrame(rows), pl.DataFrame(rows), list(rows)):
            read_again = read_row_targets(table, len(rows))
            np.testing.assert_array_equal(read_again.values, expected.values)


def check_error(y, message, **options):
    with pytest.raises(ValueError, match=re.escape(message)):
        read(y, **options)


class TestErrors:
    """Messages name the sequence and the step, what was found and the remedy."""

    @pytest.mark.parametrize("value", [2, -1, "1", "a", b"a", np.datetime64(0, "ns")])
    def test_several_labels_that_are_no_indicators(self, value):
        y = [np.array(part, dtype=object) for part in INDICATORS]
        y[1][1, 2] = value
        message = "(sequence 1, step 1, label 2). Several labels for each step must be an "
        check_error(y, message)
        check_error(y, "fit one estimator for each column of y.")
        y[1][1, 2] = 0.5
        check_error(y, "To predict numbers, use a step regressor.")

    def test_partly_missing_labels(self):
        y = [np.array(part, dtype=float) for part in INDICATORS]
        y[1][1, 2] = np.nan
        check_error(y, "y is partly missing at sequence 1, step 1: label 2 is nan. A step ")

    def test_another_number_of_labels(self):
        message = "y[1], the labels of sequence 1 ('eve'), has the shape (3, 2), but y[0] "
        y = [np.ones((2, 3)), np.ones((3, 2))]
        check_error(y, message, ids=np.array(["bob", "eve"]))
        check_error(
            [np.ones((2, 3)), [1, 0, 1]], "sequence 1, has the shape (3,), but y[0]"
        )


def test_infinite_labels_raise():
    with pytest.raises(ValueError, match="contains inf"):
        read_step_targets([np.array([[0, 1], [1, np.inf]])], np.array([2]))
