"""Reading of tables X and y whose rows are time steps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.series import (
    TableReader,
    build_panel,
    read_targets,
    request_by_position,
    split_index,
)

from .cases import DAYS, find, frame, long_index, panel_of, read


class TestColumns:
    """Order and conversion of the columns of X."""

    def test_past_columns_first_then_static_then_known_future(self):
        X = frame(DAYS[:2], price=[1, 2], sold=[3, 4], size=5, rain=[6, 7])
        reader, rows = read(X, past_columns=("rain", "sold"), static_columns=("size",))
        assert reader.columns == ["rain", "sold", "size", "price"]
        assert (reader.n_past, reader.n_static, reader.n_known) == (2, 1, 1)
        assert rows.covariates.tolist() == [[6, 3, 5, 1], [7, 4, 5, 2]]
        assert (rows.stamps == DAYS[:2]).all()
        assert rows.labels is None
        assert len(rows) == 2

    def test_positions_in_an_array(self):
        X = np.arange(8.0).reshape(2, 4)
        reader, rows = read(X, past_columns=(2,), static_columns=(0,))
        assert rows.covariates.tolist() == [[2, 0, 1, 3], [6, 4, 5, 7]]
        assert reader.n_known == 2
        assert rows.stamps is rows.labels is rows.index is None

    def test_X_is_none(self):
        reader = TableReader().fit(None)
        rows = reader.read(None, allow_missing=False, n_rows=5)
        assert rows.covariates.shape == (5, 0)
        assert rows.stamps is rows.labels is rows.index is None

    def test_no_columns(self):
        reader, rows = read(frame(DAYS[:3]))
        assert rows.covariates.shape == (3, 0)
        assert reader.n_known == 0

    def test_columns_are_found_by_name(self):
        reader, _ = read(frame(DAYS[:2], a=1, b=2))
        rows = reader.read(frame(DAYS[:2], b=20, a=10), allow_missing=False)
        assert rows.covariates.tolist() == [[10, 20], [10, 20]]

    @pytest.mark.parametrize(
        "column",
        [
            [1, 0],
            [True, False],
            pd.array([1, 0], dtype="Int64"),
            pd.array([True, False], dtype="boolean"),
            pd.array([1, 0], dtype="float32[pyarrow]"),
            pd.Categorical([1, 0]),
            np.array([1, 0], dtype=object),
        ],
        ids=lambda c: str(getattr(c, "dtype", type(c[0]))),
    )
    def test_numeric_dtypes(self, column):
        _, rows = read(frame(DAYS[:2], a=column))
        assert rows.covariates.ravel().tolist() == [1, 0]
        assert rows.covariates.dtype == np.float64

    @pytest.mark.parametrize(
        "column",
        [
            [1, np.nan],
            pd.array([1, None], dtype="Int64"),
            pd.array([1, None], dtype="int64[pyarrow]"),
            np.array([1, None], dtype=object),
        ],
        ids=lambda c: str(getattr(c, "dtype", "float")),
    )
    def test_missing_values_if_allowed(self, column):
        X = frame(DAYS[:2], a=column)
        _, rows = read(X, allow_missing=True)
        np.testing.assert_array_equal(rows.covariates, [[1], [np.nan]])
        with pytest.raises(
            ValueError,
            match=r"contains NaN: column 'a' at Timestamp\('2020-01-02 .*missing='mask'",
        ):
            read(X)

    def test_X_is_not_modified(self):
        X = frame(DAYS[:2], a=[1.0, 2.0])
        _, rows = read(X)
        rows.covariates[:] = 0
        assert X["a"].tolist() == [1, 2]


class TestSeries:
    """The series of each row."""

    def test_multi_index(self):
        index = long_index({"b": 2, "a": 1})
        labels, stamps = split_index(index)
        assert labels.tolist() == ["b", "b", "a"]
        assert stamps.tolist() == [DAYS[0], DAYS[1], DAYS[0]]

    def test_all_levels_but_the_last_identify_the_series(self):
        index = pd.MultiIndex.from_tuples([("x", 1, 0), ("x", 1, 1), ("x", 2, 0)])
        labels, stamps = split_index(index)
        assert labels.tolist() == [("x", 1), ("x", 1), ("x", 2)]
        assert stamps.tolist() == [0, 1, 0]
        reader, panel = panel_of(frame(index))
        assert panel.ids == [("x", 1), ("x", 2)]
        later = pd.MultiIndex.from_tuples([("x", 2, 1), ("x", 1, 2)])
        assert find(frame(later), reader, panel).series.tolist() == [1, 0]

    def test_index_with_one_level(self):
        labels, stamps = split_index(DAYS)
        assert labels is None
        assert stamps is DAYS

    @pytest.mark.parametrize("names", [["b", "a"], [2, 1], [("b", 1), ("a", 2)]])
    def test_series_column(self, names):
        column = pd.Series([names[0], names[1], names[0], names[1]], DAYS[[0, 3, 1, 4]])
        X = pd.DataFrame({"price": [1, 2, 3, 4], "shop": column.to_numpy()}, column.index)
        reader, panel = panel_of(X, series="shop")
        assert reader.columns == ["price"]
        assert panel.ids == names  # first appearance
        assert panel.targets(0).ravel().tolist() == [0, 2]
        assert panel.inputs(1).ravel().tolist() == [2, 4]
        assert panel.first_ticks.tolist() == [0, 3]
        assert (panel.stamps(1) == DAYS[3:5]).all()
        request = find(X, reader, panel)
        assert request.series.tolist() == [0, 1, 0, 1]
        assert request.steps.tolist() == [-2, -2, -1, -1]

    @given(st.permutations(range(9)))
    def test_rows_of_series_may_be_interleaved(self, order):
        index = long_index({"a": 4, "b": 2, "c": 3})[order]
        # Within each series, the rows are in order of time.
        index = index[np.argsort(index.get_level_values(1), kind="stable")]
        y = np.array([ord(name) * 100 + day.day for name, day in index])
        _, panel = panel_of(frame(index), y)
        assert panel.ids == list(dict.fromkeys(index.get_level_values(0)))
        for i, name in enumerate(panel.ids):
            expected = ord(name) * 100 + np.arange(1, [4, 2, 3]["abc".index(name)] + 1)
            assert panel.targets(i).ravel().tolist() == expected.tolist()

    def test_single_series(self):
        _, panel = panel_of(frame(DAYS[:4]))
        assert panel.ids == [None]
        assert (panel.stamps(0) == DAYS[:4]).all()

    def test_rows_without_an_index_are_read_by_position(self):
        reader, panel = panel_of(np.ones((4, 1)))
        assert panel.clock is None
        rows = reader.read(np.arange(3.0)[:, None], allow_missing=False)
        request = request_by_position(rows, panel, reader)
        assert request.series.tolist() == [0, 0, 0]
        assert request.steps.tolist() == [0, 1, 2]
        assert request.numbers.tolist() == [0]
        assert request.future.tolist() == [[[0], [1], [2]]]

    def test_freq_of_the_index_is_used(self):
        """pandas cannot infer steps of two business days."""
        index = pd.date_range("2020-01-01", periods=10, freq="2B")
        _, panel = panel_of(frame(index))
        assert (panel.stamps(0) == index).all()

    def test_build_panel_with_a_given_clock(self):
        reader, panel = panel_of(frame(long_index({"a": 3})))
        rows = reader.read(frame(long_index({"b": 1}, start=5)), allow_missing=False)
        new = build_panel(rows, np.ones((1, 1)), reader, panel.clock)
        assert new.first_ticks.tolist() == [5]
        rows = reader.read(frame(long_index({"b": 4})[[0, 2]]), allow_missing=False)
        with pytest.raises(ValueError, match="irregular in series 'b': 2020-01-03"):
            build_panel(rows, np.ones((2, 1)), reader, panel.clock)


class TestRequests:
    """Requests for rows by series and time."""

    def test_future_rows_in_any_order(self):
        X = frame(long_index({"a": 4, "b": 2}), price=1)
        reader, panel = panel_of(X)
        ahead = pd.MultiIndex.from_tuples(
            [("b", DAYS[3]), ("a", DAYS[4]), ("b", DAYS[2]), ("a", DAYS[1])]
        )
        request = find(frame(ahead, price=[10, 20, 30, 40]), reader, panel)
        assert request.series.tolist() == [1, 0, 1, 0]
        assert request.steps.tolist() == [1, 0, 0, -3]
        assert request.numbers.tolist() == [0, 1]
        expected = [[[20], [np.nan]], [[30], [10]]]
        np.testing.assert_array_equal(request.future, expected)

    def test_request_contains_only_series_of_its_rows(self):
        reader, panel = panel_of(frame(long_index({"a": 4, "b": 2, "c": 3})))
        request = find(frame(long_index({"c": 2}, start=3)), reader, panel)
        assert request.numbers.tolist() == [2]
        assert request.series.tolist() == [2, 2]
        assert request.future.shape == (1, 2, 0)

    def test_only_observed_steps(self):
        reader, panel = panel_of(frame(DAYS[:4], price=1))
        request = find(frame(DAYS[:2], price=1), reader, panel)
        assert request.steps.tolist() == [-4, -3]
        assert request.future.shape == (1, 0, 1)

    def test_no_rows(self):
        reader, panel = panel_of(frame(DAYS[:4], price=1))
        request = find(frame(DAYS[:0], price=[]), reader, panel)
        assert len(request.steps) == len(request.series) == 0

    def test_static_columns_are_carried_over(self):
        X = frame(long_index({"a": 4, "b": 2}), size=[3] * 4 + [5] * 2, sold=1)
        options = {"past_columns": ("sold",), "static_columns": ("size",)}
        reader, panel = panel_of(X, **options)
        ahead = frame(long_index({"b": 1}, start=4), size=5, sold=9)
        request = find(ahead, reader, panel)  # two steps without a row before it
        assert request.steps.tolist() == [2]
        assert request.future[0, :, 1].tolist() == [5, 5, 5]
        np.testing.assert_array_equal(request.future[0, :, 0], [np.nan, np.nan, 9])

    def test_gap_is_allowed_without_known_future_columns(self):
        reader, panel = panel_of(frame(DAYS[:4]))
        request = find(frame(DAYS[[8, 6]]), reader, panel)
        assert request.steps.tolist() == [4, 2]
        assert request.future.shape == (1, 5, 0)

    def test_gap_raises_with_known_future_columns(self):
        reader, panel = panel_of(frame(DAYS[:4], price=1))
        with pytest.raises(
            ValueError,
            match=r"X lacks 3 rows between the last observation and the rows to forecast: "
            r"2020-01-05 00:00:00 to 2020-01-08 00:00:00\. .* update\(X, y\)",
        ):
            find(frame(DAYS[[8, 5]], price=1), reader, panel)
        find(frame(DAYS[4:9], price=1), reader, panel)

    def test_gap_message_names_the_series(self):
        reader, panel = panel_of(frame(long_index({"a": 4, "b": 4}), price=1))
        ahead = long_index({"a": 1}, 4).append(long_index({"b": 1}, 5))
        with pytest.raises(
            ValueError, match=r"X lacks 1 rows of series 'b' .*: 2020-01-05 00:00:00\. "
        ):
            find(frame(ahead, price=1), reader, panel)

    def test_series_with_different_numbers_of_steps(self):
        reader, panel = panel_of(frame(long_index({"a": 4, "b": 4}), price=1))
        ahead = long_index({"a": 3}, 4).append(long_index({"b": 1}, 4))
        request = find(frame(ahead, price=[1, 2, 3, 4]), reader, panel)
        np.testing.assert_array_equal(
            request.future[:, :, 0], [[1, 2, 3], [4, np.nan, np.nan]]
        )


class TestTargets:
    """Conversion of y to numbers."""

    @pytest.mark.parametrize(
        "y",
        [
            [1, np.nan],
            (1.0, np.nan),
            pd.Series([1, None], dtype="Int64"),
            pd.Series([1, None], dtype=object),
            pd.Series([1, None], dtype="float32"),
        ],
    )
    def test_one_target(self, y):
        values = read_targets(y)
        np.testing.assert_array_equal(values, [1, np.nan])
        assert values.dtype == np.float64

    def test_several_targets(self):
        values = read_targets(pd.DataFrame({"a": [1, 2], "b": [None, 4]}))
        np.testing.assert_array_equal(values, [[1, np.nan], [2, 4]])

    def test_three_dimensions(self):
        with pytest.raises(
            ValueError, match=r"y of shape \(n_timesteps,\) or .*, got \(2, 3, 1\)"
        ):
            read_targets(np.ones((2, 3, 1)))

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ([1, np.inf], "Input y contains infinity"),
            (["a", "b"], "could not convert string to float: 'a'"),
            ([], "0 sample"),
        ],
    )
    def test_errors(self, y, message):
        with pytest.raises(ValueError, match=message):
            read_targets(y)
