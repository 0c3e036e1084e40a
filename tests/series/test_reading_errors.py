"""What tables of time steps may not be, and what is said of it."""

import numpy as np
import pandas as pd
import pytest

from skseq.series import TableReader, request_by_position

from .cases import DAYS, find, frame, long_index, panel_of, read


class TestComplaints:
    """What tables may not be."""

    @pytest.mark.parametrize("parameter", ["past_columns", "static_columns"])
    def test_absent_columns(self, parameter):
        X = frame(DAYS[:2], a=1, b=2)
        with pytest.raises(
            ValueError,
            match=rf"{parameter}: 'c' is not a column of X, which has \['a', 'b'\]",
        ):
            read(X, **{parameter: ("a", "c")})
        with pytest.raises(ValueError, match=rf"{parameter}: 2 is not .* \[0, 1\]"):
            read(np.ones((2, 2)), **{parameter: (2,)})
        with pytest.raises(ValueError, match=rf"{parameter}: 'a' .* which has \[\]"):
            TableReader(**{parameter: ("a",)}).fit(None)

    def test_absent_series_column(self):
        with pytest.raises(
            ValueError, match=r"series='shop' is not a column of X, which has \['a'\]"
        ):
            read(frame(DAYS[:2], a=1), series="shop")

    def test_the_series_column_is_no_covariate(self):
        with pytest.raises(ValueError, match=r"past_columns: 'a' .* which has \['b'\]"):
            read(frame(DAYS[:2], a=1, b=1), series="a", past_columns=("a",))

    def test_past_and_static_at_once(self):
        with pytest.raises(
            ValueError, match="'a' is in past_columns and in static_columns; a column is"
        ):
            read(frame(DAYS[:2], a=1), past_columns=("a",), static_columns=("a",))

    def test_columns_of_one_name(self):
        X = pd.DataFrame([[1, 2]], columns=["a", "a"], index=DAYS[:1])
        with pytest.raises(ValueError, match="X has several columns named 'a'; rename"):
            read(X)

    def test_series_column_and_multi_index(self):
        with pytest.raises(
            ValueError, match="series='shop' and a .series, time. MultiIndex both say whose"
        ):
            read(frame(long_index({"a": 2}), shop="a"), series="shop")

    @pytest.mark.parametrize(
        ("column", "shown"),
        [
            ([1.0, "wet"], "'wet'"),
            (["dry", "wet"], "'dry'"),
            (pd.Categorical(["dry", "wet"]), "'dry'"),
            (DAYS[:2], r"Timestamp\('2020-01-01"),
            (DAYS[:2] - DAYS[0], r"Timedelta\('0 days"),
            ([[1], [2]], r"\[1\]"),
            ([1j, 2j], "1j"),
            (np.array([None, "wet"], dtype=object), "'wet'"),
        ],
    )
    def test_columns_that_are_no_numbers(self, column, shown):
        X = pd.DataFrame({"sky": column}, index=DAYS[:2])
        with pytest.raises(
            ValueError,
            match=f"the column 'sky' of X holds {shown}.*, which is (not|a time, not) a number",
        ):
            read(X, allow_missing=True)

    @pytest.mark.parametrize("allow_missing", [True, False])
    def test_infinity(self, allow_missing):
        with pytest.raises(
            ValueError,
            match=r"contains infinity: column 'a' at Timestamp\('2020-01-02 .* Replace it",
        ):
            read(frame(DAYS[:2], a=[0, -np.inf]), allow_missing)

    def test_static_columns_that_change(self):
        X = frame(long_index({"a": 2, "b": 2}), size=[1, 1, 2, 2.5])
        with pytest.raises(
            ValueError,
            match="static_columns: 'size' changes from 2 to 2.5 within the rows of series "
            "'b'; take it out of static_columns",
        ):
            panel_of(X, static_columns=("size",))
        with pytest.raises(ValueError, match="from 1 to 2 within the rows; take it out"):
            panel_of(frame(DAYS[:2], size=[1, 2]), static_columns=("size",))
        X = frame(DAYS[:2], size=[1, np.nan])
        with pytest.raises(ValueError, match="from 1 to nan within the rows; take it out"):
            panel_of(X, allow_missing=True, static_columns=("size",))

    def test_static_columns_may_be_unknown(self):
        X = frame(long_index({"a": 2, "b": 2}), size=[1, 1, np.nan, np.nan])
        _, panel = panel_of(X, allow_missing=True, static_columns=("size",))
        assert np.isnan(panel.inputs(1)).all()

    @pytest.mark.parametrize("missing", [None, np.nan])
    def test_rows_without_a_series(self, missing):
        index = pd.MultiIndex.from_tuples([("a", DAYS[2]), (missing, DAYS[2])])
        message = r"row 1 has no series: its name is missing \(NaN\)\. Name it, or drop"
        with pytest.raises(ValueError, match=message):
            panel_of(frame(index))
        reader, panel = panel_of(frame(long_index({"a": 2})))
        with pytest.raises(ValueError, match=message):
            find(frame(index), reader, panel)

    def test_unknown_series(self):
        names = {name: 2 for name in "abcdef"}
        reader, panel = panel_of(frame(long_index(names)))
        with pytest.raises(
            ValueError,
            match=r"series 'z' is unknown: .*history=.*update.*'a', 'b', 'c', 'd', 'e', \.\.\.",
        ):
            find(frame(long_index({"a": 1, "z": 1}, 2)), reader, panel)
        reader, panel = panel_of(frame(long_index({1: 2, 2: 2})))
        with pytest.raises(ValueError, match=r"series 9 is unknown: .* Known are 1, 2\.$"):
            find(frame(long_index({9: 1}, 2)), reader, panel)

    def test_rows_that_do_not_say_whose_they_are(self):
        reader, panel = panel_of(frame(long_index({"a": 2, "b": 2})))
        with pytest.raises(
            ValueError, match=r"do not say whose they are; .* \(2 series: 'a', 'b'\)"
        ):
            find(frame(DAYS[2:3]), reader, panel)

    def test_names_where_fit_saw_none(self):
        reader, panel = panel_of(frame(DAYS[:2]))
        with pytest.raises(
            ValueError, match="X names series 'a', but fit saw one series without a name"
        ):
            find(frame(long_index({"a": 1}, 2)), reader, panel)

    def test_rows_without_a_time_for_several_series(self):
        reader, panel = panel_of(frame(long_index({"a": 2, "b": 2})))
        rows = reader.read(frame(DAYS[2:3]), allow_missing=False)
        with pytest.raises(
            ValueError, match="X tells no series and no time, but 2 series were fitted"
        ):
            request_by_position(rows, panel)

    def test_stamps_between_the_steps(self):
        reader, panel = panel_of(frame(DAYS[:2]))
        noon = pd.DatetimeIndex(["2020-01-05 12:00"])
        with pytest.raises(ValueError, match="2020-01-05 12:00:00 is not on the grid"):
            find(frame(noon), reader, panel)
