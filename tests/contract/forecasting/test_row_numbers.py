"""Series that a column names, in tables without times: rows are counted in each series."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skseq import SeasonalNaive
from skseq.exceptions import LostIndexWarning
from skseq.inspection import ForecastDisplay
from skseq.metrics import mase_scorer
from skseq.model_selection import backtest

from .cases import (
    fit_raises,
    make,
    make_panel,
    one_of_each,
    predict_array,
)

N_LAST = 6  # number of rows of each series to forecast
HOW = ["by series", "by time", "any row numbers", "polars"]


def make_tables(how, columns=0):
    """Return X and y to fit and to forecast, with their row numbers as index."""
    X, y = make_panel((50, 40, 25), columns)
    table = X.assign(y=y).reset_index()
    if how == "by time":  # rows of different series alternate
        table = table.sort_values("day", kind="stable", ignore_index=True)
    is_last = table.groupby("shop").cumcount(ascending=False) < N_LAST
    parts = []
    for rows in (~is_last, is_last):
        part = table[rows].drop(columns="day")
        if how != "any row numbers":  # those of the whole table
            part = part.reset_index(drop=True)
        X, y = part.drop(columns="y"), part["y"]
        if how == "polars":
            X, y = (pl.DataFrame(values.to_dict("list")) for values in (X, y.to_frame()))
            y = y["y"]
        parts += [X, y]
    return parts


def fit_by_column(cls, X, y):
    """Return a forecaster of the series in the column "shop"."""
    with pytest.warns(LostIndexWarning, match="the rows have no time index") as caught:
        forecaster = make(cls, series="shop").fit(X, y)
    assert [warning.filename for warning in caught] == [__file__]
    return forecaster


@pytest.mark.parametrize("columns", [0, 1])
@pytest.mark.parametrize("how", HOW)
@one_of_each
def test_forecasts_are_those_with_times(cls, how, columns):
    X, y = make_panel((50, 40, 25), columns)
    is_last = y.groupby(level=0).cumcount(ascending=False) < N_LAST
    by_time, rows = make(cls).fit(X[~is_last], y[~is_last]), X[is_last]
    X, y, X_last, y_last = make_tables(how, columns)
    forecaster = fit_by_column(cls, X, y)
    assert forecaster.series_ids_ == ["shop 0", "shop 1", "shop 2"]
    assert forecaster.observed_.lengths.tolist() == [44, 34, 19]
    shops = np.asarray(X_last["shop"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the warning is issued once
        for method in ("predict", "predict_interval"):
            wanted = predict_array(by_time, rows, method)
            found = predict_array(forecaster, X_last, method)
            for k in range(3):
                part = wanted[k * N_LAST : (k + 1) * N_LAST]
                np.testing.assert_allclose(found[shops == f"shop {k}"], part, rtol=1e-5)
        forecaster.update(X_last, y_last)
    assert forecaster.observed_.lengths.tolist() == [50, 40, 25]


@one_of_each
def test_forecast_continues_the_count(cls):
    X, y, _, _ = make_tables("by series")
    forecaster = fit_by_column(cls, X, y)
    future = forecaster.forecast(2)
    counts = [44, 45, 34, 35, 19, 20]
    shops = np.repeat(["shop 0", "shop 1", "shop 2"], 2)
    assert future.index.tolist() == list(zip(shops, counts, strict=True))
    again = forecaster.predict(pd.DataFrame({"shop": shops}))
    np.testing.assert_array_equal(again, future)
    np.testing.assert_array_equal(forecaster.predict(future.index), future)


@one_of_each
def test_forecasts_of_some_series(cls):
    X, y, X_last, y_last = make_tables("by time")
    forecaster = fit_by_column(cls, X, y)
    whole = forecaster.predict(X_last)
    some = X_last[X_last["shop"] == "shop 1"]
    wanted = whole[some.index]
    for rows in (some, some.reset_index(drop=True)):
        np.testing.assert_array_equal(forecaster.predict(rows), wanted)
    # A history, and an update, of one series.
    later = forecaster.predict(some[3:], history=(some[:3], y_last[some.index[:3]]))
    forecaster.update(some[:3], y_last[some.index[:3]])
    np.testing.assert_array_equal(forecaster.predict(some[3:]), later)
    assert forecaster.observed_.lengths.tolist() == [44, 37, 19]


@one_of_each
def test_new_series(cls):
    X, y, X_last, _ = make_tables("by series")
    known = X["shop"] != "shop 2"
    forecaster = fit_by_column(cls, X[known], y[known])
    with pytest.raises(ValueError, match="Series 'shop 2' is unknown"):
        forecaster.predict(X_last)
    rows = X_last[X_last["shop"] == "shop 2"]
    history = X[~known], y[~known]
    found = forecaster.predict(rows, history=history)
    forecaster.update(*history)
    np.testing.assert_array_equal(forecaster.predict(rows), found)


@one_of_each
def test_times_that_several_series_share_are_found_by_time(cls):
    """Integers that count the steps of each series are an index of times."""
    X, y, X_last, _ = make_tables("by series")
    counted = fit_by_column(cls, X, y)
    index = pd.Index(X.groupby("shop").cumcount())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forecaster = make(cls, series="shop").fit(X.set_axis(index), y.set_axis(index))
    assert forecaster.observed_.clock is not None
    np.testing.assert_array_equal(forecaster.forecast(3), counted.forecast(3))
    # Rows that were numbered anew are read by position, as in a single series.
    with pytest.warns(LostIndexWarning, match="default index of pandas"):
        found = forecaster.predict(X_last)
    np.testing.assert_array_equal(found, counted.predict(X_last))


@one_of_each
def test_default_index_if_series_have_times(cls):
    X, y = make_panel()
    X, y = (part.reset_index("shop") for part in (X, y.to_frame()))
    forecaster = make(cls, series="shop").fit(X, y["sales"])
    rows = pd.DataFrame({"shop": ["shop 2", "shop 0", "shop 2"]})
    with pytest.warns(LostIndexWarning, match="default index of pandas"):
        found = forecaster.predict(rows)
    future = forecaster.forecast(2)
    wanted = [*future.loc["shop 2"], future.loc["shop 0"].iloc[0]]
    np.testing.assert_array_equal(found[[0, 2, 1]], wanted)
    before = forecaster.observed_.lengths.copy()
    forecaster.update(rows, [1.0, 2.0, 3.0])
    assert (forecaster.observed_.lengths - before).tolist() == [1, 0, 2]
    with pytest.raises(ValueError, match="Series 'shop 9' is new, so the time"):
        forecaster.update(pd.DataFrame({"shop": ["shop 9"]}), [1.0])


@one_of_each
def test_row_numbers_that_are_not_sorted_raise(cls):
    X, y, X_last, _ = make_tables("by series")
    order = np.random.default_rng(0).permutation(len(X))
    fit_raises(
        make(cls, series="shop"),
        X.iloc[order],
        y.iloc[order],
        "row numbers of series 'shop .' are not sorted: .*reset_index",
    )
    forecaster = fit_by_column(cls, X, y)
    with pytest.raises(ValueError, match="row numbers of series 'shop 2' are not sorted"):
        forecaster.predict(X_last[::-1])


def test_integer_index_from_0_of_a_single_series():
    """It is the default index, whatever its type."""
    y = pd.Series(np.arange(40.0), pd.RangeIndex(40))
    for index in (
        pd.RangeIndex(3),
        pd.Index(np.arange(3)),
        pd.Index([0, 1, 2], dtype="Int64"),
    ):
        forecaster = make(SeasonalNaive).fit(None, y)
        with pytest.warns(LostIndexWarning, match="default index of pandas"):
            found = forecaster.predict(pd.DataFrame(index=index))
        assert found.tolist() == [39.0] * 3


def test_update_of_a_panel_without_series_raises():
    """The rows must not become a new series."""
    X, y = make_panel()
    forecaster = make(SeasonalNaive).fit(X, y)
    later = pd.Series([1.0], pd.DatetimeIndex(["2020-03-02"], freq="D"))
    with pytest.raises(ValueError, match="must specify their series and time"):
        forecaster.update(None, later)


def test_saved_forecaster(tmp_path):
    from skseq import load

    X, y, X_last, _ = make_tables("by time")
    forecaster = fit_by_column(SeasonalNaive, X, y)
    forecaster.save(tmp_path / "model")
    other = load(tmp_path / "model")
    pd.testing.assert_series_equal(other.predict(X_last), forecaster.predict(X_last))
    pd.testing.assert_series_equal(other.forecast(2), forecaster.forecast(2))


def test_scorer_and_display_accept_row_numbers_and_backtest_raises():
    X, y, X_last, y_last = make_tables("by time")
    forecaster = fit_by_column(SeasonalNaive, X, y)
    assert mase_scorer(forecaster, X_last, y_last) < 0
    for rows in (X_last, None):
        display = ForecastDisplay.from_estimator(forecaster, rows, series="shop 1")
        assert display.forecasts["time"].iloc[0] == 34
    for given in (X, pl.DataFrame(X.to_dict("list"))):
        with pytest.raises(ValueError, match=r"rows of X have no times, .*set_index"):
            backtest(make(SeasonalNaive, series="shop"), given, y, cv=2)
    with pytest.raises(ValueError, match="series='store' is not a column of X"):
        backtest(make(SeasonalNaive, series="store"), X, y, cv=2)
