"""The container of sequences: storage, views, copies, protocols."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joblib import Parallel, delayed
from sklearn.preprocessing import StandardScaler

from skseq import Sequences

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=8)


def make(lengths, n_features=2, **kwargs):
    """Return sequences of distinct values."""
    n = sum(lengths)
    values = np.arange(float(n * n_features)).reshape(n, n_features)
    return Sequences(values, lengths, **kwargs)


def assert_same(X, arrays):
    assert len(X) == len(arrays)
    for sequence, array in zip(X, arrays, strict=True):
        np.testing.assert_array_equal(sequence, array)


def inspect_memory_map(X):
    """Return the file of the values, and the sum of each sequence."""
    return getattr(X.values, "filename", None), [x.sum() for x in X]


class TestStorage:
    """Storage and its validation."""

    def test_values_starts_and_lengths(self):
        X = make([3, 1, 2], ids=["a", "b", "c"], feature_names=["u", "v"])
        assert X.values.shape == (6, 2)
        assert X.starts.tolist() == [0, 3, 4]
        assert X.lengths.tolist() == [3, 1, 2]
        assert X.ids.tolist() == ["a", "b", "c"]
        assert X.feature_names == ["u", "v"]
        assert X.n_features == 2
        assert X.shape == (3, 1)
        assert not hasattr(X, "dtype")

    def test_starts_may_overlap_and_leave_gaps(self):
        X = Sequences(np.arange(6.0), [3, 2], starts=[2, 3])
        assert_same(X, [[[2], [3], [4]], [[3], [4]]])

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_floats_are_not_copied(self, dtype):
        values = np.zeros((4, 2), dtype=dtype)
        X = Sequences(values, [4])
        assert X.values.dtype == dtype
        assert np.shares_memory(X.values, values)

    def test_values_are_read_only_but_the_original_array_is_not(self):
        values = np.zeros((4, 2))
        X = Sequences(values, [1, 3])
        for array in (X.values, X[0], X[[1]][0], X.to_list()[1]):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1.0
        values[0] = 1.0

    @pytest.mark.parametrize("dtype", [int, np.float16, bool, ">f8"])
    def test_other_numbers_are_converted_to_native_float64(self, dtype):
        X = Sequences(np.ones((2, 1), dtype=dtype), [2])
        assert X.values.dtype == np.float64
        assert X.values.dtype.isnative

    def test_memory_mapped_values_stay_on_disk(self, tmp_path):
        path = tmp_path / "steps.npy"
        np.save(path, np.arange(12.0).reshape(6, 2))
        stored = np.load(path, mmap_mode="r")
        X = Sequences(stored, [2, 4])
        for view in (X, X[[1]], X[::-1], copy.deepcopy(X), X.windows(2)[0]):
            assert isinstance(view.values, np.memmap)
            assert np.shares_memory(view.values, stored)
        assert_same(X[[1]], [stored[2:]])
        for _, chunk in X.chunks():
            assert np.shares_memory(chunk, stored)
        pickled = pickle.dumps(X)
        expected = [np.array(sequence) for sequence in X]
        del X, view, chunk, stored
        path.unlink()  # the file may not exist where it is unpickled
        assert_same(pickle.loads(pickled), expected)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                (np.ones((2, 2, 2)), [2]),
                r"values of shape \(n_steps_total, n_features\), got shape",
            ),
            ((np.ones(3), [1, 1]), "sum of lengths is 2, but values has 3 rows"),
            ((np.ones(3), [3, 0]), r"sequence 1 is empty \(0 steps\).*Drop it"),
            ((np.ones(3), [4, -1]), r"sequence 1 is empty"),
        ],
    )
    def test_invalid_values_and_lengths(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            Sequences(*arguments)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"starts": [0]}, "Got 1 starts for 2 lengths"),
            ({"starts": [0, 2]}, "sequence 1 covers rows 2 to 3, but values has 3 rows"),
            ({"starts": [-1, 1]}, "sequence 0 covers rows -1 to -1, but values has 3 rows"),
            ({"ids": ["a"]}, "Got 1 ids for 2 sequences"),
            ({"feature_names": ["a", "b"]}, "Got 2 feature_names for 1 features"),
        ],
    )
    def test_invalid_starts_ids_and_feature_names(self, options, message):
        with pytest.raises(ValueError, match=message):
            Sequences(np.ones(3), [1, 2], **options)

    def test_complex_values(self):
        with pytest.raises(ValueError, match=r"[Cc]omplex"):
            Sequences(np.array([1 + 2j, 3]), [2])

    def test_times(self):
        for dtype in ("datetime64[s]", "timedelta64[s]"):
            with pytest.raises(
                ValueError, match="values contains .* is a time, not a number"
            ):
                Sequences(np.ones(2).astype(dtype), [2])

    def test_message_for_a_3d_array_names_from_list(self):
        cube = np.ones((2, 3, 1))
        with pytest.raises(
            ValueError, match=r"shape \(2, 3, 1\)\. Use Sequences.from_list"
        ):
            Sequences(cube, [3, 3])
        assert len(Sequences.from_list(cube)) == 2

    def test_values_without_features(self):
        with pytest.raises(ValueError, match="feature"):
            Sequences(np.ones((3, 0)), [3])

    def test_huge_integers(self):
        with pytest.raises(ValueError, match="values contains a value too large"):
            Sequences(np.array([1, 10**400], dtype=object), [2])

    def test_text(self):
        with pytest.raises(
            ValueError, match="values contains 'walk', which is not a number"
        ):
            Sequences(np.array(["walk", "run"]), [2])


class TestIndexing:
    """Every selection of rows is a view."""

    @given(LENGTHS, st.data())
    def test_selections_match_those_of_a_list(self, lengths, data):
        X = make(lengths, ids=np.arange(len(lengths)) * 10)
        arrays = X.to_list()
        n = len(lengths)
        rows = np.array(
            data.draw(st.lists(st.integers(-n, n - 1), max_size=9)), dtype=np.int64
        )
        mask = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
        cut = data.draw(st.slices(n))
        for key, expected in [
            (rows, np.arange(n)[rows]),
            (rows.tolist(), np.arange(n)[rows]),
            ((rows, Ellipsis), np.arange(n)[rows]),
            (pd.Series(rows), np.arange(n)[rows]),
            (mask, np.arange(n)[mask]),
            (mask.tolist(), np.arange(n)[mask]),
            (cut, np.arange(n)[cut]),
            ((cut, Ellipsis), np.arange(n)[cut]),
        ]:
            chosen = X[key]
            assert isinstance(chosen, Sequences)
            assert_same(chosen, [arrays[i] for i in expected])
            assert chosen.ids.tolist() == (expected * 10).tolist()
            assert chosen.shape == (len(expected), 1)
            assert chosen.values is X.values

    @given(LENGTHS, st.data())
    def test_integer_index_returns_an_array(self, lengths, data):
        X = make(lengths)
        i = data.draw(st.integers(-len(lengths), len(lengths) - 1))
        arrays = np.split(X.values, np.cumsum(lengths)[:-1])
        for key in (i, np.int64(i), (i, Ellipsis)):
            np.testing.assert_array_equal(X[key], arrays[i])
            assert np.shares_memory(X[key], X.values)

    def test_selection_of_a_selection(self):
        X = make([1, 2, 3, 4], feature_names=["u", "v"])
        view = X[[3, 0, 2]][::-1][1:]
        assert_same(view, [X[0], X[3]])
        assert view.feature_names == ["u", "v"]

    def test_iteration(self):
        X = make([1, 2])
        assert [len(x) for x in X] == [1, 2]
        assert [len(x) for x in X[[1]]] == [2]

    @pytest.mark.parametrize(
        ("key", "message"),
        [
            (2, "out of bounds"),
            ([0, 2], "out of bounds"),
            (np.array([True]), "boolean index did not match"),
            ((0, 1), r"indexed by row: use X\[rows\], got \(0, 1\)"),
            (
                (slice(None), slice(-30, None)),
                r"To select steps, use X\.head\(n\), X\.tail",
            ),
            ((slice(None), 0), "indexed by row: use"),
            ([0.0], "must be of integer"),
        ],
    )
    def test_invalid_index(self, key, message):
        with pytest.raises(IndexError, match=message):
            make([1, 2])[key]


class TestCopies:
    """Copying shares the values; pickling stores only the selected steps."""

    @given(LENGTHS, st.data())
    def test_pickling_preserves_the_sequences(self, lengths, data):
        n = len(lengths)
        X = make(lengths, ids=np.arange(n), feature_names=["u", "v"])
        rows = data.draw(st.lists(st.integers(0, n - 1), max_size=9))
        for view in (X, X[rows], X[1:], X[:-1]):
            again = pickle.loads(pickle.dumps(view))
            assert_same(again, view.to_list())
            assert again.ids.tolist() == view.ids.tolist()
            assert again.feature_names == ["u", "v"]
            assert not again.values.flags.writeable

    def test_pickled_view_is_small(self):
        X = make([10_000, 2], n_features=1)
        assert len(pickle.dumps(X[[1]])) < 2_000
        assert len(pickle.dumps(X)) > 80_000

    @given(LENGTHS, st.integers(1, 4), st.data())
    def test_pickled_views_store_each_step_once(self, lengths, length, data):
        X = make(lengths, n_features=1)
        windows = X.windows(length, partial=True)[0]
        rows = data.draw(st.lists(st.integers(0, len(windows) - 1), max_size=9))
        for view in (X[::-1], windows, windows[rows], windows[rows][1:]):
            again = pickle.loads(pickle.dumps(view))
            assert_same(again, view.to_list())
            steps = {float(step) for sequence in view for step in sequence.ravel()}
            assert sorted(again.values.ravel()) == sorted(steps)
            assert_same(pickle.loads(pickle.dumps(again)), view.to_list())

    def test_pickled_windows_are_small(self):
        windows, _ = make([1000] * 8, n_features=10).windows(200)
        assert len(pickle.dumps(windows)) < 1.5 * windows.values.nbytes
        assert len(pickle.dumps(windows[:3][1:])) < 202 * 80 + 2000

    @pytest.mark.parametrize("rows", [slice(None), slice(2, None), [0, 2, 3], [3, 0, 1]])
    def test_memory_maps_stay_memory_maps_in_other_processes(self, rows, tmp_path):
        path = tmp_path / "steps.npy"
        np.save(path, np.arange(80.0).reshape(40, 2))
        X = Sequences(np.load(path, mmap_mode="r"), [10] * 4)[rows]
        results = Parallel(n_jobs=2, backend="loky", max_nbytes=10)(
            delayed(inspect_memory_map)(view) for view in (X, X.windows(3)[0])
        )
        expected = [x.sum() for x in X], [x.sum() for x in X.windows(3)[0]]
        for (filename, sums), wanted in zip(results, expected, strict=True):
            assert str(filename) == str(path)
            assert sums == list(wanted)

    def test_pickled_view_of_a_memory_map_is_small(self, tmp_path):
        np.save(tmp_path / "steps.npy", np.zeros((40_000, 2)))
        X = Sequences(np.load(tmp_path / "steps.npy", mmap_mode="r"), [10] * 4000)
        assert len(pickle.dumps(X[[0, 3999]])) < 2000

    def test_deepcopy_shares_only_the_values(self):
        X = make([2, 3], ids=["a", "b"])
        twin = copy.deepcopy(X)
        assert_same(twin, X.to_list())
        assert twin.values is X.values
        assert not np.shares_memory(twin.lengths, X.lengths)
        assert not np.shares_memory(twin.starts, X.starts)

    def test_compact_copies_only_if_necessary(self):
        X = make([2, 3, 1], ids=["a", "b", "c"], feature_names=["u", "v"])
        assert X.compact() is X
        view = X[[2, 0]]
        dense = view.compact()
        assert dense.starts.tolist() == [0, 1]
        assert dense.values.shape == (3, 2)
        assert_same(dense, view.to_list())
        assert dense.ids.tolist() == ["c", "a"]
        assert dense.feature_names == ["u", "v"]
        assert len(X[[]].compact().values) == 0

    @given(LENGTHS, st.integers(1, 9), st.data())
    def test_chunks_contain_every_step_once_in_order(self, lengths, n_steps, data):
        X = make(lengths)
        rows = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=9))
        for view in (X, X[rows], X[1:], X[:-1], X[::-1]):
            chunks = list(view.chunks(n_steps=n_steps))
            seen = 0
            for k, (first, chunk) in enumerate(chunks):
                last = chunks[k + 1][0] if k + 1 < len(chunks) else len(view)
                assert last > first
                np.testing.assert_array_equal(
                    chunk, np.concatenate(view.to_list()[first:last])
                )
                # A chunk is longer only if it is a single sequence.
                assert len(chunk) <= n_steps or last - first == 1
                seen += len(chunk)
            assert seen == view.lengths.sum()


class TestProtocols:
    """Conversion to arrays, and representations."""

    def test_asarray_is_one_column_of_sequences(self):
        X = make([2, 3])
        for array in (np.asarray(X), np.array(X, dtype=object)):
            assert array.shape == (2, 1)
            assert array.dtype == object
            assert_same(array.ravel(), X.to_list())

    def test_asarray_with_a_numeric_dtype_raises(self):
        with pytest.raises(TypeError, match=r"array of dtype.*Use to_list\(\) or to_frame"):
            np.asarray(make([2, 3]), dtype=float)
        with pytest.raises(TypeError, match=r"use skseq.preprocessing.PerStep"):
            StandardScaler().fit(make([2, 3]))

    def test_asarray_with_equal_lengths_has_the_same_shape(self):
        assert np.asarray(make([2, 2])).shape == (2, 1)

    @pytest.mark.parametrize(
        ("X", "text"),
        [
            (make([3, 1]), "Sequences(2 sequences, 2 features, 1 to 3 steps, float64)"),
            (
                Sequences(np.ones(1, np.float32), [1]),
                "Sequences(1 sequence, 1 feature, 1 step, float32)",
            ),
            (make([4, 4]), "Sequences(2 sequences, 2 features, 4 steps, float64)"),
            (make([4])[[]], "Sequences(0 sequences, 2 features, no steps, float64)"),
            (
                make([4], feature_names=["age", "it's"]),
                "Sequences(1 sequence, 2 features, 4 steps, float64, "
                """feature_names=['age', "it's"])""",
            ),
            (
                Sequences(np.ones((1, 5)), [1], feature_names=list("abcde")),
                "Sequences(1 sequence, 5 features, 1 step, float64, "
                "feature_names=['a', 'b', 'c', 'd', ...])",
            ),
        ],
    )
    def test_repr(self, X, text):
        assert repr(X) == text

    def test_html_escapes_names(self):
        html = make([3, 1], feature_names=["<b>", "a & b"])._repr_html_()
        assert html.startswith("<table>")
        assert "&lt;b&gt;, a &amp; b" in html
        assert "<b>" not in html
        assert "1 to 3 steps" in html
        assert "float64" in html

    def test_html_shows_only_the_first_names(self):
        html = Sequences(np.ones((1, 20)), [1])._repr_html_()
        assert "20: feature 0, " in html
        assert "feature 7 ..." in html
        assert "feature 8" not in html


class TestFromPadded:
    """Removal of NaN at the end of sequences."""

    @given(
        lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5),
        n_features=st.integers(1, 3),
        seed=st.integers(0, 99),
    )
    def test_padding_is_removed(self, lengths, n_features, seed):
        rng = np.random.default_rng(seed)
        padded = np.full((len(lengths), 6, n_features), np.nan)
        for row, length in zip(padded, lengths, strict=True):
            row[:length] = rng.normal(size=(length, n_features))
            row[: length - 1][rng.random((length - 1, n_features)) < 0.3] = np.nan
        arrays = [row[:length] for row, length in zip(padded, lengths, strict=True)]
        for X in (padded, list(padded), padded.tolist(), Sequences.from_list(padded)):
            assert_same(Sequences.from_padded(X), arrays)
        if n_features == 1:
            for X in (padded[:, :, 0], pd.DataFrame(padded[:, :, 0])):
                assert_same(Sequences.from_padded(X), arrays)

    def test_steps_with_one_observed_feature_are_kept(self):
        X = Sequences.from_padded([[[1.0, 2.0], [np.nan, 3.0], [np.nan, np.nan]]])
        assert_same(X, [[[1.0, 2.0], [np.nan, 3.0]]])

    def test_names(self):
        X = Sequences.from_padded([[1.0, np.nan]], ids=["a"], feature_names=["pulse"])
        assert X.ids.tolist() == ["a"]
        assert X.feature_names == ["pulse"]

    def test_sequence_of_nan(self):
        with pytest.raises(ValueError, match="sequence 1 contains only NaN. Drop it"):
            Sequences.from_padded([[1.0, np.nan], [np.nan, np.nan]])


def test_from_list_with_names():
    X = Sequences.from_list([[1, 2], [3]], ids=["a", "b"], feature_names=["u"])
    assert_same(X, [[[1], [2]], [[3]]])
    assert X.ids.tolist() == ["a", "b"]
    assert X.feature_names == ["u"]
    assert X.values.dtype == np.float64


def test_from_list_message_names_the_invalid_sequence():
    with pytest.raises(ValueError, match="sequence 1 has 2 features"):
        Sequences.from_list([np.ones((2, 1)), np.ones((2, 2))])
