"""fill_gaps: missing values where the time index of a series has gaps."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skseq import SeasonalNaive
from skseq.preprocessing import fill_gaps

DAYS = pd.date_range("2020-01-01", periods=10)
GAPS = [2, 3, 7]
KEPT = [0, 1, 4, 5, 6, 8, 9]
INDICES = {
    "days": (DAYS, "D"),
    "hours in a zone": (
        pd.date_range("2020-03-28 20:00", periods=10, freq="h", tz="Europe/Berlin"),
        "h",
    ),
    "days in a zone": (pd.date_range("2020-03-27", periods=10, tz="Europe/Berlin"), "D"),
    "business days": (pd.bdate_range("2020-01-01", periods=10), "B"),
    "months": (pd.date_range("2020-01-31", periods=10, freq="ME"), "ME"),
    "periods": (pd.period_range("2020-01", periods=10, freq="M"), None),
    "integers": (pd.RangeIndex(5, 25, 2), 2),
}


def make_long(library="pandas"):
    """Return a table with columns of times and names, and several types."""
    frame = pd.DataFrame(
        {
            "shop": ["b"] * 7 + ["a"] * 3,
            "day": [*DAYS[KEPT], *DAYS[[3, 4, 6]]],
            "sales": np.arange(10.0),
            "visitors": pd.array(range(10), dtype="Int64"),
            "weather": pd.Categorical(list("sunrainsss")),
        }
    )
    return frame if library == "pandas" else pl.from_pandas(frame)


@pytest.mark.parametrize("name", INDICES)
def test_one_series(name):
    index, freq = INDICES[name]
    whole = pd.Series(np.arange(10.0), index.rename("time"), name="sales")
    expected = whole.copy()
    expected.iloc[GAPS] = np.nan
    given = whole.iloc[KEPT]
    found = fill_gaps(given, freq)
    pd.testing.assert_series_equal(
        found, expected, check_freq=False, check_index_type=False
    )
    assert found.index.dtype == whole.index.dtype
    pd.testing.assert_series_equal(given, whole.iloc[KEPT])  # unchanged
    # In any order, and again.
    pd.testing.assert_series_equal(fill_gaps(given[::-1], freq), found, check_freq=False)
    pd.testing.assert_series_equal(fill_gaps(found, freq), found, check_freq=False)


@pytest.mark.parametrize("name", INDICES)
def test_panel_of_three_levels(name):
    index, freq = INDICES[name]
    whole = pd.DataFrame({"sales": np.arange(10.0), "kind": "x"}, index.rename("time"))
    part = whole.iloc[KEPT]
    panel = pd.concat({("n", "b"): part, ("n", "a"): whole[3:]}, names=["region", "shop"])
    found = fill_gaps(panel, freq)
    assert found.index.names == ["region", "shop", "time"]
    assert found.dtypes.tolist() == panel.dtypes.tolist()
    assert found.index.levels[-1].dtype == panel.index.levels[-1].dtype
    first, second = (found.xs(key, level="shop").droplevel("region") for key in "ba")
    assert list(first.index) == list(whole.index)
    assert np.flatnonzero(first["sales"].isna()).tolist() == GAPS
    assert np.flatnonzero(first["kind"].isna()).tolist() == GAPS
    assert list(second["sales"]) == list(whole["sales"][3:])
    assert found.index[0][:2] == ("n", "b")  # in order of first appearance


@pytest.mark.parametrize("order", ["given", "shuffled"])
def test_column_of_series(order):
    table = make_long().set_index("day")
    rows = np.arange(10) if order == "given" else np.random.default_rng(0).permutation(10)
    found = fill_gaps(table.iloc[rows], "D", series="shop")
    assert found.index.name == "day"
    assert list(found.columns) == list(table.columns)
    assert found.dtypes.tolist() == table.dtypes.tolist()
    shops = {shop: part for shop, part in found.groupby("shop")}
    assert list(shops["b"].index) == list(DAYS)
    assert np.flatnonzero(shops["b"]["visitors"].isna()).tolist() == GAPS
    assert list(shops["a"].index) == list(DAYS[3:7])
    assert shops["a"]["weather"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_columns_of_series_and_times(library):
    table = make_long(library)
    found = fill_gaps(table, "D", series="shop", time="day")
    assert type(found) is type(table)
    assert list(found.columns) == list(table.columns)
    assert list(found.dtypes) == list(table.dtypes)
    assert found["shop"].to_list() == ["b"] * 10 + ["a"] * 4
    days = pd.DatetimeIndex(found["day"].to_numpy())
    assert list(days) == [*DAYS, *DAYS[3:7]]
    missing = np.asarray(
        found["visitors"].is_null() if library == "polars" else found["visitors"].isna()
    )
    assert np.flatnonzero(missing).tolist() == [*GAPS, 12]


def test_polars_without_series():
    table = make_long("polars").head(7).drop("shop")
    found = fill_gaps(table, "D", time="day")
    assert found["sales"].is_null().to_list() == [k in GAPS for k in range(10)]
    assert found.schema == table.schema


def test_integers_become_floats():
    found = fill_gaps(pd.Series([1, 2], index=[0, 2]), 1)
    assert found.dtype == np.float64
    assert fill_gaps(pd.Series([1, 2], index=[0, 1]), 1).dtype == np.int64


def test_forecaster_reads_the_result():
    y = fill_gaps(make_long().set_index(["shop", "day"])["sales"], "D")
    forecaster = SeasonalNaive(horizon=2).fit(None, y)
    assert forecaster.forecast(1).index.get_level_values("shop").tolist() == ["b", "a"]


@pytest.mark.parametrize("freq", [None, "D", pd.offsets.Day(), pd.Timedelta(days=1)])
def test_frequencies(freq):
    assert len(fill_gaps(pd.Series(range(7), DAYS[KEPT]), freq)) == 10


class TestErrors:
    """Invalid tables and frequencies."""

    def test_duplicates(self):
        table = pd.concat([make_long(), make_long()[8:9]])
        match = r"2020-01-05 00:00:00 occurs twice in series 'a'"
        with pytest.raises(ValueError, match=match):
            fill_gaps(table, "D", series="shop", time="day")

    def test_stamps_between_two_steps(self):
        table = make_long()
        table.loc[8, "day"] += pd.Timedelta(hours=3)
        match = r"2020-01-05 03:00:00 in series 'a' is not on the time grid.* step 1 day"
        with pytest.raises(ValueError, match=match):
            fill_gaps(table, "D", series="shop", time="day")

    def test_missing_stamps(self):
        with pytest.raises(ValueError, match="missing stamp"):
            fill_gaps(pd.Series([1.0, 2.0], [DAYS[0], pd.NaT]), "D")

    def test_text(self):
        with pytest.raises(ValueError, match="must be a DatetimeIndex"):
            fill_gaps(pd.Series([1.0, 2.0], ["2020-01-01", "2020-01-02"]), "D")

    @pytest.mark.parametrize(
        ("index", "freq", "match"),
        [
            (DAYS, "Q1", "freq='Q1' is not a frequency of pandas"),
            (DAYS, 2, "freq=2 is not a frequency|Use another freq"),
            (pd.RangeIndex(10), "D", "positive int for integers. Got 'D'"),
            (pd.RangeIndex(10), 0, "positive int for integers. Got 0"),
            (DAYS.to_period("D"), "h", "not the frequency of the index, 'D'"),
        ],
    )
    def test_frequency(self, index, freq, match):
        with pytest.raises(ValueError, match=match):
            fill_gaps(pd.Series(np.arange(10.0), index), freq)

    def test_unknown_step(self):
        with pytest.raises(ValueError, match="cannot be inferred from a single time stamp"):
            fill_gaps(pd.Series([1.0], pd.DatetimeIndex(["2020-01-01"])))

    def test_parameters(self):
        table = make_long()
        with pytest.raises(ValueError, match="pass time='column'"):
            fill_gaps(pl.from_pandas(table), "D", series="shop")
        with pytest.raises(ValueError, match="'store'"):
            fill_gaps(table, "D", series="store", time="day")
        with pytest.raises(ValueError, match="A Series has no columns"):
            fill_gaps(table["sales"], "D", series="shop")
        panel = table.set_index(["shop", "day"]).assign(store="x")
        with pytest.raises(ValueError, match=r"Both series='store' and a \(series, time\)"):
            fill_gaps(panel, "D", series="store")
        with pytest.raises(TypeError, match="Got ndarray"):
            fill_gaps(np.zeros(3), "D")

    def test_empty(self):
        table = make_long()[:0]
        assert fill_gaps(table, "D", series="shop", time="day") is table
