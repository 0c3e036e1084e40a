"""DataFrames of polars: their rows have times if one column has dates."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import skseq
from skseq.exceptions import LostIndexWarning
from skseq.model_selection import PanelTimeSeriesSplit, backtest

from .cases import HORIZON, every_forecaster, make, make_panel, two_nets

N_LAST = 2 * HORIZON


def make_tables(zone=None):
    """Return a panel with covariates as X and y of pandas, and as X and y of polars."""
    X, y = make_panel(lengths=(50, 40), columns=2)
    X = X.reset_index("shop").tz_localize(zone)
    X["kind"] = np.where(X["a"] > 0, "high", "low")
    y = pd.Series(y.to_numpy(), X.index, name="sales")
    table = pl.DataFrame(
        {"day": X.index.tz_localize(None).to_numpy(), **{c: X[c].to_numpy() for c in X}}
    )
    if zone is not None:
        table = table.with_columns(pl.col("day").dt.replace_time_zone(zone))
    return X, y, table, pl.Series("sales", y.to_numpy())


def split_last(X, n=N_LAST):
    """Return masks of the rows before and after the last days."""
    is_last = X.index > X.index.max() - pd.Timedelta(days=n)
    return ~is_last, is_last


@every_forecaster
@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_panel_equals_that_of_pandas(cls, zone):
    X, y, table, sales = make_tables(zone)
    past, last = split_last(X)
    expected = make(cls, series="shop").fit(X[past], y[past])
    found = make(cls, series="shop").fit(table.filter(past), sales.filter(past))
    assert found.n_features_in_ == expected.n_features_in_
    assert list(found.feature_names_in_) == list(expected.feature_names_in_)
    rows = table.filter(last)
    np.testing.assert_array_equal(found.predict(rows), expected.predict(X[last]))
    # By time: in any order.
    order = np.random.default_rng(0).permutation(len(rows))
    predicted = found.predict(rows[order])
    np.testing.assert_array_equal(predicted, found.predict(rows)[order])
    for method, arguments in (("predict_interval", ()), ("predict_quantiles", ([0.2],))):
        first = getattr(found, method)(rows, *arguments)
        np.testing.assert_array_equal(first, getattr(expected, method)(X[last], *arguments))
    next_days = table.filter(last & (X.index <= X.index.max() - pd.Timedelta(days=HORIZON)))
    found.update(next_days, sales[: len(next_days)])
    assert found.predict(rows[-HORIZON:]).shape == (HORIZON,)


@two_nets
def test_kinds_of_covariates(cls):
    X, y, table, sales = make_tables()
    past, last = split_last(X)
    X["size"] = np.where(X["shop"] == X["shop"].iloc[0], 1.0, 2.0)
    table = table.with_columns(pl.Series("size", X["size"].to_numpy()))
    params = {"series": "shop", "past_columns": ["b"], "static_columns": ["size"]}
    expected = make(cls, **params).fit(X[past], y[past]).predict(X[last])
    found = make(cls, **params).fit(table.filter(past), sales.filter(past))
    np.testing.assert_array_equal(found.predict(table.filter(last)), expected)


def test_history_and_single_series():
    X, y, table, sales = make_tables()
    first = (X["shop"] == X["shop"].iloc[0]).to_numpy()
    past, last = split_last(X)
    table, sales, numbers = table.drop("shop"), sales.to_numpy(), X.drop(columns="shop")
    fc = make(skseq.GRUForecaster).fit(table.filter(past & first), sales[past & first])
    other = make(skseq.GRUForecaster).fit(numbers[past & first], y[past & first])
    rows, history = last & first, past & ~first
    np.testing.assert_array_equal(
        fc.predict(table.filter(rows), history=(table.filter(history), sales[history])),
        other.predict(numbers[rows], history=(numbers[history], y[history])),
    )


def test_gaps_are_found():
    X, _, table, sales = make_tables()
    kept = np.arange(len(X)) != 5
    with pytest.raises(ValueError, match="time index is irregular in series"):
        make(skseq.Drift, series="shop").fit(table.filter(kept), sales.filter(kept))


def test_dates_without_hours():
    X, y, table, sales = make_tables()
    table = table.with_columns(pl.col("day").dt.date())
    past, last = split_last(X)
    found = make(skseq.Drift, series="shop").fit(table.filter(past), sales.filter(past))
    expected = make(skseq.Drift, series="shop").fit(X[past], y[past]).predict(X[last])
    np.testing.assert_array_equal(found.predict(table.filter(last)), expected)


def test_without_dates_rows_have_positions():
    *_, table, sales = make_tables()
    with pytest.warns(
        LostIndexWarning, match="DataFrame of polars needs one column of dates"
    ):
        make(skseq.Drift, series="shop").fit(table.drop("day"), sales)


def test_two_columns_of_dates():
    *_, table, sales = make_tables()
    table = table.with_columns(opened=pl.col("day"))
    with pytest.raises(
        ValueError, match="DataFrame of polars may have one column of times"
    ):
        make(skseq.Drift, series="shop").fit(table, sales)


def test_splits_and_backtest():
    X, y, table, sales = make_tables()
    cv = PanelTimeSeriesSplit(2, test_size=HORIZON)
    pairs = zip(cv.split(X, y), cv.split(table, sales), strict=True)
    for expected, found in pairs:
        for first, second in zip(expected, found, strict=True):
            np.testing.assert_array_equal(first, second)
    forecaster = make(skseq.Drift, series="shop")
    scores = [backtest(forecaster, *data, cv=cv) for data in ((X, y), (table, sales))]
    pd.testing.assert_frame_equal(*(pd.DataFrame(one) for one in scores))
