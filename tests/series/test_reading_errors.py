"""Errors for invalid tables of time steps."""

import numpy as np
import pandas as pd
import pytest

from skseq.series import TableReader, read_targets, request_by_position

from .cases import DAYS, find, frame, long_index, panel_of, read


class TestColumns:
    """Errors for invalid columns."""

    @pytest.mark.parametrize("parameter", ["past_columns", "static_columns"])
    def test_missing_columns(self, parameter):
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

    def test_missing_series_column(self):
        with pytest.raises(
            ValueError, match=r"series='shop' is not a column of X, which has \['a'\]"
        ):
            read(frame(DAYS[:2], a=1), series="shop")

    def test_series_column_is_not_a_covariate(self):
        with pytest.raises(ValueError, match=r"past_columns: 'a' .* which has \['b'\]"):
            read(frame(DAYS[:2], a=1, b=1), series="a", past_columns=("a",))

    def test_column_is_past_and_static(self):
        with pytest.raises(
            ValueError, match="'a' is in past_columns and in static_columns. Remove it"
        ):
            read(frame(DAYS[:2], a=1), past_columns=("a",), static_columns=("a",))

    def test_duplicated_column_names(self):
        X = pd.DataFrame([[1, 2]], columns=["a", "a"], index=DAYS[:1])
        with pytest.raises(
            ValueError, match="names of X must be unique, but 'a' occurs 2 times. Rename"
        ):
            read(X)

    def test_series_column_and_multi_index(self):
        with pytest.raises(
            ValueError, match="Both series='shop' and a .series, time. MultiIndex identify"
        ):
            read(frame(long_index({"a": 2}), shop="a"), series="shop")

    @pytest.mark.parametrize(
        ("column", "shown"),
        [
            ([1.0, "wet"], "'wet'"),
            (DAYS[:2], r"Timestamp\('2020-01-01"),
            (DAYS[:2] - DAYS[0], r"Timedelta\('0 days"),
            ([[1], [2]], r"\[1\]"),
            ([1j, 2j], "1j"),
            (np.array([None, ["wet"]], dtype=object), r"\['wet'\]"),
        ],
    )
    def test_non_numeric_columns(self, column, shown):
        X = pd.DataFrame({"sky": column}, index=DAYS[:2])
        with pytest.raises(
            ValueError,
            match=f"Column 'sky' of X contains {shown}.*, which is (not|a time, not) a number",
        ):
            read(X, allow_missing=True)

    def test_huge_integers(self):
        X = frame(DAYS[:2], a=np.array([1, 10**400], dtype=object))
        with pytest.raises(
            ValueError, match="X contains .*: column 'a' at .*2020-01-02.* is an int"
        ):
            read(X)
        with pytest.raises(ValueError, match="y contains a value too large: row 1 is an"):
            read_targets([1, 10**400])

    @pytest.mark.parametrize("allow_missing", [True, False])
    def test_infinite_value(self, allow_missing):
        with pytest.raises(
            ValueError,
            match=r"contains infinity: column 'a' at Timestamp\('2020-01-02 .* Replace it",
        ):
            read(frame(DAYS[:2], a=[0, -np.inf]), allow_missing)

    def test_changing_static_column(self):
        X = frame(long_index({"a": 2, "b": 2}), size=[1, 1, 2, 2.5])
        with pytest.raises(
            ValueError,
            match="static_columns: 'size' changes from 2 to 2.5 within series 'b'. Remove it "
            "from static_columns",
        ):
            panel_of(X, static_columns=("size",))
        with pytest.raises(ValueError, match="from 1 to 2. Remove it"):
            panel_of(frame(DAYS[:2], size=[1, 2]), static_columns=("size",))
        X = frame(DAYS[:2], size=[1, np.nan])
        with pytest.raises(ValueError, match="from 1 to nan. Remove it"):
            panel_of(X, allow_missing=True, static_columns=("size",))

    def test_static_column_may_be_nan(self):
        X = frame(long_index({"a": 2, "b": 2}), size=[1, 1, np.nan, np.nan])
        _, panel = panel_of(X, allow_missing=True, static_columns=("size",))
        assert np.isnan(panel.inputs(1)).all()


class TestSeries:
    """Errors for the series and times of rows."""

    @pytest.mark.parametrize("missing", [None, np.nan])
    def test_missing_series_name(self, missing):
        index = pd.MultiIndex.from_tuples([("a", DAYS[2]), (missing, DAYS[2])])
        message = r"name of the series is missing \(NaN\) in row 1\. Fill it in, or drop"
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
            match=r"Series 'z' is unknown: .*history=.*update.*'a', 'b', 'c', 'd', 'e', \.\.\.",
        ):
            find(frame(long_index({"a": 1, "z": 1}, 2)), reader, panel)
        reader, panel = panel_of(frame(long_index({1: 2, 2: 2})))
        with pytest.raises(
            ValueError,
            match=r"Series 9 is unknown: .* series: 1, 2\. .*PanelTimeSeriesSplit",
        ):
            find(frame(long_index({9: 1}, 2)), reader, panel)

    def test_rows_without_a_series(self):
        reader, panel = panel_of(frame(long_index({"a": 2, "b": 2})))
        with pytest.raises(
            ValueError, match=r"do not identify their series\. .* \(2 series: 'a', 'b'\)"
        ):
            find(frame(DAYS[2:3]), reader, panel)

    def test_series_name_for_an_unnamed_series(self):
        reader, panel = panel_of(frame(DAYS[:2]))
        with pytest.raises(
            ValueError,
            match="X names series 'a', but in fit there was one series without a name",
        ):
            find(frame(long_index({"a": 1}, 2)), reader, panel)

    def test_rows_without_an_index_for_several_series(self):
        reader, panel = panel_of(frame(long_index({"a": 2, "b": 2})))
        rows = reader.read(frame(DAYS[2:3]), allow_missing=False)
        with pytest.raises(
            ValueError, match="X has no index to identify .* but 2 series were fitted"
        ):
            request_by_position(rows, panel, reader)

    def test_stamp_between_two_steps(self):
        reader, panel = panel_of(frame(DAYS[:2]))
        noon = pd.DatetimeIndex(["2020-01-05 12:00"])
        with pytest.raises(ValueError, match="2020-01-05 12:00:00 is not on the time grid"):
            find(frame(noon), reader, panel)
