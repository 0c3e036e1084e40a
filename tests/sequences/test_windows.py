"""Windows of long recordings, and their targets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold

from skseq import GRUClassifier, Sequences
from skseq.sequences import divide_evenly

LENGTHS = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def make(lengths):
    """Return sequences of one feature with distinct values."""
    return Sequences(np.arange(float(sum(lengths))), lengths)


def cut_by_hand(arrays, length, stride):
    """Return all complete windows, and the number of the sequence of each."""
    windows, owners = [], []
    for i, array in enumerate(arrays):
        for start in range(0, len(array) - length + 1, stride):
            windows.append(array[start : start + length])
            owners.append(i)
    return windows, owners


@given(LENGTHS, st.integers(1, 5), st.integers(1, 4))
def test_complete_windows(lengths, length, stride):
    X = make(lengths)
    expected, owners = cut_by_hand(X.to_list(), length, stride)
    if not expected:
        with pytest.raises(ValueError, match=f"for a window of {length} steps"):
            X.windows(length, stride)
        return
    windows, groups = X.windows(length, stride)
    assert groups.tolist() == owners
    assert windows.values is X.values
    for window, array in zip(windows, expected, strict=True):
        np.testing.assert_array_equal(window, array)


@given(LENGTHS, st.integers(1, 5), st.integers(1, 4))
def test_partial_windows_precede_the_complete_ones(lengths, length, stride):
    X = make(lengths)
    windows, groups = X.windows(length, stride, partial=True)
    for i, sequence in enumerate(X):
        mine = [w.ravel() for w, g in zip(windows, groups, strict=True) if g == i]
        assert mine  # sequences that are too short have windows as well
        full = [w for w in mine if len(w) == length]
        assert len(full) == max(0, (len(sequence) - length) // stride + 1)
        early = [w for w in mine if len(w) < length]
        for window in early:  # from the start of the recording
            np.testing.assert_array_equal(window, sequence.ravel()[: len(window)])
        ends = [len(w) for w in early]
        assert ends == sorted(ends)
        if full:  # the grid of the complete windows is extended backward
            assert ends == list(range(length - stride, 0, -stride))[::-1]
            assert [len(w) for w in mine] == ends + [length] * len(full)
        else:  # the longest window contains all steps of a short recording
            assert ends[-1] == len(sequence)


def test_ids_and_feature_names():
    X = Sequences.from_list(
        [[1.0, 2.0, 3.0], [4.0, 5.0]], ids=["a", "b"], feature_names=["pulse"]
    )
    windows, _ = X.windows(2)
    assert windows.ids.tolist() == ["a", "a", "b"]
    assert windows.feature_names == ["pulse"]


def test_windows_of_a_view():
    X = make([4, 3, 5])[[2, 1]]
    windows, targets, groups = X.windows(3, 2, y=[np.arange(5), np.arange(10, 13)])
    assert groups.tolist() == [0, 0, 1]
    assert [w.ravel().tolist() for w in windows] == [[7, 8, 9], [9, 10, 11], [4, 5, 6]]
    assert targets.tolist() == [2, 4, 12]


class TestTargets:
    """One target for each sequence, or one for each step."""

    @pytest.mark.parametrize(
        "y",
        [["walk", "run"], np.array(["walk", "run"]), pd.Series(["walk", "run"], [7, 3])],
    )
    def test_per_sequence(self, y):
        _, targets, groups = make([3, 2]).windows(2, y=y)
        assert targets.tolist() == ["walk", "walk", "run"]
        assert groups.tolist() == [0, 0, 1]

    @pytest.mark.parametrize("wrap", [list, lambda y: pd.Series(y, [5, 1])])
    def test_per_step_uses_the_last_target(self, wrap):
        y = wrap([np.array([10, 11, 12]), np.array([20, 21])])
        _, targets, _ = make([3, 2]).windows(2, y=y)
        assert targets.tolist() == [11, 12, 21]

    def test_per_step_of_partial_windows(self):
        y = [[10, 11, 12], [20, 21]]
        _, targets, _ = make([3, 2]).windows(3, y=y, partial=True)
        assert targets.tolist() == [10, 11, 12, 20, 21]

    def test_reduce_receives_the_targets_of_the_window(self):
        y = [[1, 2, 3, 4], [5, 6, 7]]
        _, targets, _ = make([4, 3]).windows(2, 2, y=y, reduce=np.sum)
        assert targets.tolist() == [3, 7, 11]
        _, targets, _ = make([4, 3]).windows(2, 2, y=y, reduce=list)
        assert targets.tolist() == [[1, 2], [3, 4], [5, 6]]

    @given(LENGTHS, st.integers(1, 5), st.integers(1, 4), st.booleans())
    def test_targets_of_steps_are_cut_like_the_windows(
        self, lengths, length, stride, partial
    ):
        X = make(lengths)
        if max(lengths) < length and not partial:
            return
        y = [sequence.ravel() for sequence in X]
        windows, targets, _ = X.windows(
            length, stride, y=y, partial=partial, target_per="step"
        )
        assert targets.dtype == object
        for window, part in zip(windows, targets, strict=True):
            np.testing.assert_array_equal(window.ravel(), part)

    @pytest.mark.parametrize(
        ("y", "reduce"),
        [
            ([np.array(["a", "b", np.nan], dtype=object), ["a", "b"]], None),
            ([["a", "a", "b"], ["b", "a"]], lambda part: np.nan if "b" in part else "a"),
            (["a", np.nan], None),
        ],
    )
    def test_missing_labels_do_not_become_text(self, y, reduce):
        X, targets, _ = make([3, 2]).windows(2, y=y, reduce=reduce)
        assert "nan" not in targets.tolist()
        assert pd.isna(targets).sum() == (2 if reduce else 1)
        with pytest.raises(ValueError, match="missing"):
            GRUClassifier(max_epochs=1).fit(X, targets)

    def test_unlabelled_steps_stay_unlabelled(self):
        y = [["a", np.nan, None], ("b", "")]
        _, targets, _ = make([3, 2]).windows(2, y=y, target_per="step")
        assert targets[0][0] == "a"
        assert targets[0][1] is y[0][1]
        assert targets[1][1] is None
        assert targets[2].tolist() == ["b", ""]

    def test_sequences_without_labels_stay_unlabelled(self):
        y = [None, ["a", "b"]]
        _, targets, _ = make([3, 2]).windows(2, y=y, target_per="step")
        assert [part.tolist() for part in targets] == [[None] * 2, [None] * 2, ["a", "b"]]

    def test_several_outputs_for_each_step(self):
        y = [np.arange(6).reshape(3, 2), np.arange(4).reshape(2, 2)]
        _, targets, _ = make([3, 2]).windows(2, y=y, target_per="step")
        assert targets[1].tolist() == [[2, 3], [4, 5]]

    def test_position_of_windows(self):
        recordings = make([4, 3])[[1, 0]]
        X, groups = recordings.windows(2, 2)
        starts = X.starts - recordings.starts[groups]
        assert starts.tolist() == [0, 0, 2]

    def test_groups_separate_the_sequences_in_a_group_split(self):
        X, y, groups = make([9, 8, 7, 6]).windows(3, y=[0, 1, 0, 1])
        for train, test in GroupKFold(2).split(X, y, groups):
            rows_of = [
                {float(value) for window in X[part] for value in window.ravel()}
                for part in (train, test)
            ]
            assert not rows_of[0] & rows_of[1]


class TestErrors:
    """Errors for invalid windows and targets."""

    @pytest.mark.parametrize("value", [0, -1, 2.0, "3", None])
    @pytest.mark.parametrize("name", ["length", "stride"])
    def test_invalid_length_or_stride(self, name, value):
        options = {"length": 2, "stride": 1, name: value}
        with pytest.raises(
            ValueError, match=f"{name} must be an integer of at least 1, got"
        ):
            make([3]).windows(**options)

    def test_all_sequences_are_too_short(self):
        with pytest.raises(
            ValueError, match="for a window of 9 steps: the longest one has 3"
        ):
            make([3, 2]).windows(9)

    def test_no_sequences(self):
        with pytest.raises(ValueError, match="the longest one has 0"):
            make([3])[[]].windows(1)

    def test_wrong_number_of_targets(self):
        with pytest.raises(ValueError, match="for each of the 2 sequences, got 3"):
            make([3, 2]).windows(2, y=[1, 2, 3])

    def test_wrong_number_of_targets_per_step(self):
        with pytest.raises(ValueError, match=r"y\[1\] has 3 targets, but sequence 1 has 2"):
            make([3, 2]).windows(2, y=[[1, 2, 3], [1, 2, 3]])

    def test_targets_per_step_of_targets_per_sequence(self):
        with pytest.raises(
            ValueError, match="one target for each step, got 'walk' for seq"
        ):
            make([3, 2]).windows(2, y=["walk", "rest"], target_per="step")

    def test_reduce_of_targets_per_step(self):
        with pytest.raises(ValueError, match="With target_per='step', use reduce=None"):
            make([3]).windows(2, y=[[1, 2, 3]], reduce=np.sum, target_per="step")

    @pytest.mark.parametrize("value", ["auto", None, ["step"]])
    def test_invalid_target_per(self, value):
        with pytest.raises(ValueError, match="target_per must be 'sequence' or 'step', go"):
            make([3]).windows(2, y=[1], target_per=value)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 12), st.data())
def test_divided_sequences_have_the_same_steps(lengths, length, data):
    X = Sequences(np.arange(float(sum(lengths)))[:, None], lengths)
    X = X[data.draw(st.permutations(range(len(lengths))))]
    windows, owners = divide_evenly(X, length)
    for i, sequence in enumerate(X):
        parts = [w for w, owner in zip(windows, owners, strict=True) if owner == i]
        sizes = [len(part) for part in parts]
        np.testing.assert_array_equal(np.concatenate(parts), sequence)
        assert len(parts) == -(-len(sequence) // length)
        assert max(sizes) <= length
        assert max(sizes) - min(sizes) <= 1
