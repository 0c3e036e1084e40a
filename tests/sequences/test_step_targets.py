"""Reading of targets for each step."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences
from skseq.sequences import read_row_targets, read_step_targets
from tests.sequences.cases import as_cells

LENGTHS = [2, 3]
LABELS = [["a", "b"], ["b", None, "a"]]
CODES = [0, 1, 1, -1, 0]
NUMBERS = [[1.0, 2.0], [3.0, np.nan, 5.0]]


def read(y, lengths=LENGTHS, **options):
    return read_step_targets(y, np.array(lengths), **options)


def encode(y, lengths=LENGTHS):
    codes, classes = read(y, lengths).encode()
    return codes.tolist(), classes.tolist()


class TestLabels:
    """Labels in the containers and types that users have."""

    @pytest.mark.parametrize(
        "y",
        [
            LABELS,
            tuple(LABELS),
            as_cells(LABELS),
            as_cells([np.array(part, dtype=object) for part in LABELS]),
            pd.Series(LABELS),
            pl.Series(LABELS),
            pd.DataFrame({"tags": LABELS}),
            [pd.Series(part) for part in LABELS],
            [pd.Series(part, dtype="string") for part in LABELS],
            [pd.Series(part).astype("category") for part in LABELS],
            [pl.Series(part) for part in LABELS],
            [np.array(["a", "b"]), ["b", "", "a"]],
            [np.array(["a", "b"]), np.array(["b", "", "a"])],
        ],
        ids=lambda y: type(y).__name__,
    )
    def test_strings_in_every_container(self, y):
        assert encode(y) == (CODES, ["a", "b"])

    @pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, "", float("nan")])
    def test_unlabelled_steps(self, missing):
        targets = read([["a", missing], ["b", "a", missing]])
        assert targets.is_labelled.tolist() == [True, False, True, True, False]
        assert targets.encode()[0].tolist() == [0, -1, 1, 0, -1]

    def test_sequence_without_labels(self):
        assert encode([["a", "b"], None]) == ([0, 1, -1, -1, -1], ["a", "b"])

    @pytest.mark.parametrize(
        "y",
        [
            [[7, 5], [5, None, 7]],
            [np.array([7, 5]), np.array([5, np.nan, 7])],
            [[np.int8(7), np.int64(5)], [5, np.nan, 7]],
            [pd.Series([7, 5]), pd.Series([5, None, 7], dtype="Int64")],
            [torch.tensor([7, 5]), torch.tensor([5.0, np.nan, 7.0])],
        ],
    )
    def test_integers_stay_integers_beside_unlabelled_steps(self, y):
        codes, classes = read(y).encode()
        assert codes.tolist() == [1, 0, 0, -1, 1]
        assert classes.dtype == np.int64

    def test_booleans(self):
        codes, classes = read([[True, False], [True, None, False]]).encode()
        assert codes.tolist() == [1, 0, 1, -1, 0]
        assert classes.dtype == bool

    def test_arrays_and_frames_of_equal_length(self):
        y = np.array([["a", "b"], ["b", "b"]])
        for table in (y, y.astype(object), pd.DataFrame(y), pl.DataFrame(y)):
            assert encode(table, [2, 2]) == ([0, 1, 1, 1], ["a", "b"])
        assert encode(np.array([[1, 0], [0, 0]]), [2, 2]) == ([1, 0, 0, 0], [0, 1])

    def test_given_classes(self):
        codes, classes = read(LABELS).encode(["z", "b", "a"])
        assert codes.tolist() == [2, 1, 1, -1, 2]
        assert classes.tolist() == ["z", "b", "a"]

    @given(
        st.lists(st.lists(st.sampled_from(["a", "b", "ab", None]), min_size=1)), st.data()
    )
    def test_labels_of_any_lengths(self, y, data):
        flat = [label for part in y for label in part]
        if set(flat) <= {None}:
            return
        lengths = [len(part) for part in y]
        arrays = [np.array(part, dtype=object) for part in y]
        mixed = [data.draw(st.sampled_from(pair)) for pair in zip(y, arrays, strict=True)]
        codes, classes = read(mixed, lengths).encode()
        assert classes.tolist() == sorted({label for label in flat if label is not None})
        decoded = [None if code < 0 else classes[code] for code in codes]
        assert decoded == flat


class TestNumbers:
    """Targets of regressors."""

    @pytest.mark.parametrize(
        "y",
        [
            NUMBERS,
            [[1, 2], [3, None, 5]],
            [np.array([1, 2]), [3, "", 5.0]],
            [["1", 2], [3, pd.NA, 5]],
            [torch.tensor([1.0, 2.0]), pd.Series([3, None, 5], dtype="Int64")],
            pd.Series(NUMBERS),
            pl.Series(NUMBERS),
        ],
        ids=str,
    )
    def test_one_output(self, y):
        targets = read(y, numeric=True)
        np.testing.assert_array_equal(targets.values, [1, 2, 3, np.nan, 5])
        assert targets.is_labelled.tolist() == [True, True, True, False, True]

    @pytest.mark.parametrize("convert", [list, np.array, pd.DataFrame])
    def test_several_outputs(self, convert):
        y = [[[1, 2], [3, 4]], [[5, 6], [7, np.nan], [9, 10]]]
        targets = read([convert(part) for part in y], numeric=True)
        np.testing.assert_array_equal(targets.values, np.concatenate(y))
        assert targets.is_labelled.tolist() == [True, True, True, False, True]
        assert read([convert(y[0]), None], numeric=True).values.shape == (5, 2)

    def test_array_of_three_dimensions(self):
        y = np.arange(12.0).reshape(2, 2, 3)
        values = read(y, [2, 2], numeric=True).values
        np.testing.assert_array_equal(values, y.reshape(4, 3))

    def test_sequences(self):
        y = Sequences(np.arange(5.0), LENGTHS)
        assert read(y, numeric=True).values.tolist() == [[0], [1], [2], [3], [4]]


class TestRows:
    """Targets whose rows are steps."""

    def test_reorder(self):
        targets = read_row_targets(pd.Series(["a", None, "b"]), 3)
        targets = targets.reorder(np.array([2, 0, 1]), np.array([1, 2]))
        assert targets.encode()[0].tolist() == [1, 0, -1]
        assert targets.lengths.tolist() == [1, 2]
        assert targets.locate(0) == "row 2"

    def test_numbers_of_several_outputs(self):
        values = read_row_targets([[1, 2], [3, 4]], 2, numeric=True).values
        assert values.tolist() == [[1, 2], [3, 4]]

    def test_number_of_rows(self):
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            read_row_targets(["a", "b"], 3)

    def test_row_of_a_mixed_label(self):
        with pytest.raises(ValueError, match=r"'a' \(row 0\) and 1 \(row 2\)"):
            read_row_targets(["a", "b", 1], 3)


def check_error(y, message, error=ValueError, lengths=LENGTHS, **options):
    with pytest.raises(error, match=re.escape(message)):
        read(y, lengths, **options)


class TestErrors:
    """Messages name the sequence, what was found and the remedy."""

    @pytest.mark.parametrize("labels", [["a"], ["a", "b", "a"], np.array(["a"])])
    def test_other_length_than_x(self, labels):
        n = len(labels)
        message = f"y[0] has {n} labels, but sequence 0 of X has 2 steps. Expected one"
        check_error([labels, ["a", "b", "a"]], message)
        check_error([[1] * n, [1, 2, 3]], f"y[0] has {n} targets", numeric=True)
        check_error(
            [labels, ["a"]],
            "sequence 0 ('bob') of X has 2 steps. Expected one for each step; use None for "
            "unlabeled steps. The lengths differ in 2 of 2 sequences.",
            ids=np.array(["bob", "eve"]),
        )

    def test_other_length_than_x_in_an_array(self):
        check_error(np.ones((2, 2), int), "y[1] has 2 labels, but sequence 1 of X has 3 ")

    @pytest.mark.parametrize("y", [[], LABELS[:1], [*LABELS, ["a"]]])
    def test_other_number_of_sequences_than_x(self, y):
        check_error(y, f"y has {len(y)} sequences of labels, but X has 2 sequences.")

    @pytest.mark.parametrize(
        ("y", "first", "second"),
        [
            (
                [["a", "b"], [1, "a", "b"]],
                "'a' (sequence 0, step 0)",
                "1 (sequence 1, step 0)",
            ),
            ([[1, 2], [1, "a", 2]], "1 (sequence 0, step 0)", "'a' (sequence 1, step 1)"),
            ([np.array(["a", "b"]), np.arange(3)], "'a' (sequence 0,", "0 (sequence 1,"),
            ([[True, 2], [1, 2, 3]], "True (sequence 0, step 0)", "2 (sequence 0, step 1)"),
            (
                [["a", 0.5], [1, 2, 3]],
                "'a' (sequence 0, step 0)",
                "0.5 (sequence 0, step 1)",
            ),
        ],
    )
    def test_labels_of_different_types(self, y, first, second):
        check_error(y, f"The labels in y have different types: {first}")
        check_error(y, f" and {second}")

    @pytest.mark.parametrize("container", [list, np.array, pd.Series, tuple])
    def test_string_instead_of_labels(self, container):
        check_error(
            container(["NN", "VBN"]),
            "y[0], the labels of sequence 0, is the string 'NN', not a list of labels. Use "
            "a list with one label for each step, for example y[0].split() or list(y[0]). To "
            "predict one label for each sequence, use a classifier.",
            TypeError,
        )
        check_error([["a", "b"], "VBN"], "y[1], the labels of sequence 1, is", TypeError)

    @pytest.mark.parametrize("numeric", [False, True])
    @pytest.mark.parametrize("y", [[[None, ""], [np.nan, None, pd.NA]], [None, None]])
    def test_nothing_labelled(self, y, numeric):
        noun = "target" if numeric else "label"
        check_error(y, f"y has no {noun}: all steps are unlabeled", numeric=numeric)

    @pytest.mark.parametrize("part", [{"a", "b"}, {"a": 1, "b": 2}, frozenset("ab"), 1])
    def test_part_that_is_no_list(self, part):
        kind = type(part).__name__
        check_error([["a", "b"], part], f"sequence 1, is of type {kind}, which", TypeError)

    @pytest.mark.parametrize("y", ["abc", {"a": 1}, {"a"}, 3, iter([])])
    def test_y_that_is_no_list(self, y):
        check_error(y, "Expected y to be a list with one array of labels for", TypeError)

    def test_dict_of_labels(self):
        check_error({"bob": ["a", "b"]}, "Use list(y.values()).", TypeError)

    @pytest.mark.parametrize("step", [["a"], ("a",), {"a"}, {"a": 1}, np.array(["a"])])
    def test_nested_labels(self, step):
        check_error(
            [["a", "b"], ["a", step, "b"]],
            "(sequence 1, step 1), which is not a label: labels are strings, integers or "
            "booleans. Each step has one label.",
            TypeError,
        )

    def test_bytes(self):
        check_error([["a", b"b"], ["a"] * 3], "Convert it with label.decode()", TypeError)

    def test_times(self):
        days = np.array(["2024-01-01", "2024-01-02"], "datetime64[ns]")
        check_error([days, ["a"] * 3], "(sequence 0, step 0), which is not a la", TypeError)

    def test_labels_of_several_columns(self):
        four = np.ones((2, 2, 3, 1))
        check_error(four, "y[0] has the shape (2, 3, 1). Expected (n_t", lengths=[2, 2])
        none = np.ones((2, 2, 0))
        check_error(none, "y[0] has the shape (2, 0). Expected (n_times", lengths=[2, 2])
        with pytest.raises(ValueError, match=r"shape \(n_rows,\) or \(n_rows, n_labels\)"):
            read_row_targets(np.ones((2, 2, 3)), 2)

    def test_lists_of_labels(self):
        y = [[["a"], ["a", "b"]], [["b"], [], ["a"]]]
        check_error(y, "['a'] (sequence 0, step 0), which is not a label", TypeError)
        check_error(y, "If a step may have several, use an indicator matrix", TypeError)

    def test_continuous_labels(self):
        check_error(
            [[1, 2], [1.5, 2, 3]],
            "Unknown label type: continuous. y contains 1.5 (sequence 1, step 0)",
        )

    def test_flat_targets(self):
        check_error([1, 0], "y[0] is 1: y has one value for each row. To predict one")
        check_error(np.arange(5), "use np.split(y, np.cumsum(lengths)[:-1])")

    def test_unknown_label(self):
        with pytest.raises(ValueError, match=r"label 'b' \(sequence 0, step 1\), which is"):
            read(LABELS).encode(["a", "c"])
        with pytest.raises(ValueError, match=r"label 1 \(sequence 0, step 0\), which is"):
            read([[1, 2], [1, 2, 1]]).encode(["a", "b"])

    def test_missing_y(self):
        check_error(None, "requires y to be passed, but the target y is None")
        with pytest.raises(ValueError, match="requires y to be passed, but the target y"):
            read_row_targets(None, 3)

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            (LABELS, "y[0] contains 'a', which is not a number. Labels are for step class"),
            ([[1, np.inf], [1, 2, 3]], "contains infinity: sequence 0, step 1 is inf"),
            ([[1, 2], [1, 1e300, 3]], "value too large: sequence 1, step 1 is 1e+300"),
            ([[1, 2], [1, 10**400, 3]], "Input y[1] contains a value too large"),
            ([np.ones((2, 2)), np.ones((3, 1))], "sequence 1, has the shape (3, 1), but y"),
            ([np.ones((2, 2, 1)), None], "y[0] has the shape (2, 2, 1). Expected (n_times"),
        ],
    )
    def test_numbers(self, y, message):
        check_error(y, message, numeric=True)


def test_message_about_weights():
    message = r"sample_weight\[0\] has 1 weights, .*Expected one for each step\.$"
    with pytest.raises(ValueError, match=message):
        read_step_targets([[1.0], [1.0]], [2, 1], numeric=True, name="sample_weight")
