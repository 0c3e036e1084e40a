"""What cannot be read is refused, in words that say what is wrong and what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skseq import GRUForecaster, SeasonalNaive

from ..cases import name_of
from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    every_net,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    refuse,
)

N_TRAIN = N_STEPS - 2 * HORIZON
ONE = GRUForecaster
either = pytest.mark.parametrize("cls", [SeasonalNaive, GRUForecaster], ids=name_of)


# Time ------------------------------------------------------------------------------


@every_net
def test_context_that_does_not_fit(cls):
    y = make_y(50)
    refuse(
        make(cls, context_length=48, horizon=12),
        make_X(y.index),
        y,
        "context_length=48 and horizon=12 need 60 steps, but the longest series has 50: "
        "10 are missing",
    )


@every_net
def test_horizon_that_does_not_fit(cls):
    refuse(
        make(cls, context_length=None, horizon=30),
        None,
        make_y(20),
        "horizon=30 needs 31 steps, but the longest series has 20: 11 are missing.*smaller",
    )
    _, y = make_panel(lengths=(20, 8))
    refuse(make(cls, context_length=None, horizon=20), None, y, "has 20: 1 are missing")


def test_season_that_does_not_fit():
    refuse(
        make(ONE, context_length=None, differencing="seasonal", period=30),
        None,
        make_y(32),
        "differencing='seasonal' over period=30 and horizon=4 need 35 steps, but the longest "
        "series has 32: 3 are missing.*leave out differencing",
    )
    message = "period=30 needs a season of 30 steps, but the longest series has 20: 10 are"
    refuse(make(SeasonalNaive, period=30), None, make_y(20), message)


@every_forecaster
def test_duplicated_stamps(cls):
    y = make_y()
    twice = y.index.where(y.index != y.index[7], y.index[6])
    message = r"time stamp 2020-01-07 .*occurs twice\. Average or drop the duplicates"
    refuse(make(cls), None, y.set_axis(twice), message)
    refuse(make(cls), make_X(twice, 1), y.to_numpy(), message)


@every_forecaster
def test_unsorted_stamps(cls):
    y = make_y()
    order = np.r_[0:5, 6, 5, 7:N_STEPS]
    message = "not sorted: 2020-01-06 .* follows 2020-01-07 .*sort_index"
    refuse(make(cls), None, y.iloc[order], message)
    refuse(make(cls), make_X(y.index, 1).iloc[order], y.to_numpy()[order], message)


@every_forecaster
def test_irregular_index(cls):
    y = make_y()
    message = "irregular: 2020-01-08 .* follows 2020-01-06 .* step is .*Fill the gaps"
    refuse(make(cls), None, y.drop(y.index[6]), message)


@one_of_each
def test_trouble_names_its_series(cls):
    X, y = make_panel()
    stamp = y.loc["shop 1"].index[3]
    refuse(make(cls), None, y.drop(("shop 1", stamp)), "irregular in series 'shop 1'")
    twice = pd.concat([y, y.loc[["shop 2"]].iloc[-1:]])
    refuse(make(cls), None, twice, "twice in series 'shop 2'")
    order = np.r_[1, 0, 2 : len(y)]
    refuse(make(cls), X.iloc[order], y.iloc[order], "not sorted in series 'shop 0'")


@one_of_each
def test_invalid_index_type(cls):
    y = make_y(30)
    refuse(
        make(cls),
        None,
        y.set_axis([f"day {k}" for k in range(30)]),
        "must be a DatetimeIndex",
    )
    refuse(make(cls), None, y.set_axis(np.arange(30) / 7), "must be a DatetimeIndex")


@one_of_each
def test_missing_stamp(cls):
    y = make_y(30)
    refuse(make(cls), None, y.set_axis(y.index.where(y.index != y.index[4])), "NaT")


@one_of_each
def test_another_kind_of_index(cls):
    forecaster, X, _ = fitted(cls)
    with pytest.raises(ValueError, match="is a .*Index, but in fit it was a DatetimeIndex"):
        forecaster.predict(X.set_axis(np.arange(5, 5 + N_STEPS)))
    with pytest.raises(ValueError, match="2020-01-01 12:00:00 is not on the time grid"):
        forecaster.predict(X.set_axis(X.index + pd.Timedelta("12h")))


@one_of_each
def test_another_frequency(cls):
    index = pd.period_range("2020-01", periods=40, freq="M")
    forecaster = make(cls).fit(None, make_y(40, index=index))
    quarters = pd.period_range("2024-01", periods=2, freq="Q")
    with pytest.raises(ValueError, match="'Q-DEC', but in fit it was 'M'"):
        forecaster.predict(pd.DataFrame(index=quarters))


# X ---------------------------------------------------------------------------------


@every_net
def test_future_that_starts_late(cls):
    forecaster, X, _ = fitted(cls, columns=1)
    with pytest.raises(ValueError, match="X lacks 3 rows between the last observation"):
        forecaster.predict(X[N_TRAIN + 3 :])


@every_forecaster
def test_other_columns(cls):
    forecaster, X, _ = fitted(cls, columns=2)
    future = X[N_TRAIN:]
    for bad in (future[["a"]], future.assign(z=0.0), future[["b", "a"]]):
        with pytest.raises(ValueError, match="feature names should match"):
            forecaster.predict(bad)
        with pytest.raises(ValueError, match="feature names should match"):
            forecaster.update(bad, make_y()[N_TRAIN:])
    forecaster.fit(X.to_numpy(), make_y().to_numpy())
    with pytest.raises(ValueError, match="X has 3 features, but .* expecting 2"):
        forecaster.predict(np.ones((4, 3)))


@every_forecaster
def test_columns_that_fit_did_not_have(cls):
    y = make_y()
    forecaster = make(cls).fit(None, y[:N_TRAIN])
    with pytest.raises(ValueError, match="X has 2 columns, but in fit X was None"):
        forecaster.predict(make_X(y.index, 2))


@every_forecaster
def test_predict_needs_rows(cls):
    forecaster, _, _ = fitted(cls)
    with pytest.raises(ValueError, match="needs X: its rows say which .* forecast"):
        forecaster.predict(None)


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=str)
@every_net
def test_numbers_that_are_none(cls, value):
    y = make_y()
    X = make_X(y.index, 2)
    X.iloc[3, 1] = value
    what = "NaN" if np.isnan(value) else "infinity"
    remedy = "missing='mask'" if np.isnan(value) else "Replace it"
    message = f"Input X contains {what}: column 'b' at .*2020-01-04.*{remedy}"
    refuse(make(cls), X, y, message)
    refuse(make(cls), X.to_numpy(), y.to_numpy(), f"Input X contains {what}")
    forecaster, X, _ = fitted(cls, columns=2)
    X.iloc[N_TRAIN + 1, 0] = value
    with pytest.raises(ValueError, match=f"Input X contains {what}: column 'a'"):
        forecaster.predict(X[N_TRAIN:])
    if np.isinf(value):
        refuse(make(cls, missing="mask"), X, y, "Input X contains infinity")
    else:
        make(cls, missing="mask").fit(X, y)


@every_forecaster
def test_infinite_targets(cls):
    y = make_y()
    y.iloc[3] = np.inf
    refuse(make(cls), make_X(y.index), y, "Input y contains infinity")


@every_forecaster
def test_targets_without_a_value(cls):
    y = make_y() * np.nan
    refuse(make(cls), make_X(y.index), y, "Input y contains NaN only")


@every_forecaster
def test_targets_of_another_length(cls):
    y = make_y()
    X = make_X(y.index, 1)
    refuse(make(cls), X, y[:-1], "different index|inconsistent numbers of samples")
    message = r"inconsistent numbers of samples: \[60, 59\]"
    refuse(make(cls), X.to_numpy(), y.to_numpy()[:-1], message)
    refuse(make(cls), X[[]], y.to_numpy()[:-1], message)


@one_of_each
def test_targets_of_other_rows(cls):
    y = make_y()
    X = make_X(y.index + pd.Timedelta("1D"), 1)
    refuse(make(cls), X, y, "X and y have different indexes: row 0 is .*2020-01-02.*y.loc")


@one_of_each
def test_no_targets(cls):
    refuse(make(cls), make_X(make_y().index), None, "requires y")
    cube = np.zeros((9, 2, 2))
    refuse(make(cls), None, cube, r"\(9, 2, 2\)|dim 3")


@one_of_each
def test_one_step_alone(cls):
    refuse(make(cls), None, make_y(1), "at least 2 time steps .* 1 sample")


@every_net
def test_text_column(cls):
    y = make_y()
    X = make_X(y.index, 1).assign(weather="rain")
    refuse(make(cls), X, y, "Column 'weather' of X contains 'rain', .*OneHotEncoder")


# Parameters that name columns ------------------------------------------------------


@every_net
def test_static_column_that_changes(cls):
    y = make_y()
    X = make_X(y.index, 1).assign(size=3.0)
    X.iloc[9:, 1] = 4.0
    message = "static_columns: 'size' changes from 3 to 4. Remove it from static_columns"
    refuse(make(cls, static_columns=["size"]), X, y, message)
    X, y = make_panel(columns=1)
    X["size"] = X.index.get_level_values("shop").str[-1].astype(float)
    make(cls, static_columns=["size"]).fit(X, y)
    X.iloc[-1, 1] = 7.0
    message = "'size' changes from 2 to 7 within series 'shop 2'"
    refuse(make(cls, static_columns=["size"]), X, y, message)


def test_static_column_that_changes_later():
    y = make_y()
    X = make_X(y.index, 1).assign(size=3.0)
    forecaster = make(ONE, static_columns=["size"]).fit(X[:N_TRAIN], y[:N_TRAIN])
    with pytest.raises(
        ValueError, match="static_columns: 'size' was 3 before and is 4 now"
    ):
        forecaster.update(X[N_TRAIN:].assign(size=4.0), y[N_TRAIN:])


@pytest.mark.parametrize("name", ["past_columns", "static_columns"])
def test_columns_that_X_lacks(name):
    y = make_y()
    X = make_X(y.index, 2)
    message = rf"{name}: 'price' is not a column of X, which has \['a', 'b'\]"
    refuse(make(ONE, **{name: ["price"]}), X, y, message)
    message = rf"{name}: 2 is not a column of X, which has \[0, 1\]"
    refuse(make(ONE, **{name: [2]}), X.to_numpy(), y.to_numpy(), message)
    refuse(make(ONE, **{name: ["a"]}), None, y, rf"{name}: 'a' .*, which has \[\]")


def test_column_of_two_kinds():
    y = make_y()
    params = {"past_columns": ["a"], "static_columns": ["a"]}
    refuse(make(ONE, **params), make_X(y.index, 2), y, "'a' is in past_columns and in")


@either
def test_series_column(cls):
    X, y = make_panel(columns=1)
    message = r"series='store' is not a column of X, which has \['a'\]"
    refuse(make(cls, series="store"), X, y, message)
    refuse(make(cls, series="a"), X, y, "identify the series of each row")


# Panels ----------------------------------------------------------------------------


@every_forecaster
def test_bare_rows_for_a_panel(cls):
    X, y = make_panel(columns=1)
    forecaster = make(cls).fit(X, y)
    future = pd.date_range("2020-03-02", periods=3)
    with pytest.raises(ValueError, match="do not identify their series. .*MultiIndex"):
        forecaster.predict(make_X(future, 1))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@every_forecaster
def test_array_for_a_panel(cls):
    X, y = make_panel(columns=1)
    forecaster = make(cls).fit(X, y)
    with pytest.raises(ValueError, match="has no index .* but 3 series were fitted"):
        forecaster.predict(np.ones((3, 1)))


@every_forecaster
def test_array_without_columns_for_a_panel(cls):
    X, y = make_panel()
    forecaster = make(cls).fit(X, y)
    with pytest.raises(ValueError, match="has no index .* but 3 series were fitted"):
        forecaster.predict(np.empty((3, 0)))
    for X_new in (np.empty((3, 0)), None):
        with pytest.raises(ValueError, match="update needs rows that say whose they are"):
            forecaster.update(X_new, np.ones(3))


@every_forecaster
def test_unknown_series(cls):
    X, y = make_panel()
    forecaster = make(cls).fit(X, y)
    rows = X.rename(index={"shop 1": "shop 9"}, level=0)
    message = "'shop 9' is unknown: .*history=.*Known series: 'shop 0', 'shop 1', 'shop 2'"
    with pytest.raises(ValueError, match=message):
        forecaster.predict(rows)


@one_of_each
def test_name_of_a_series_for_one_without(cls):
    forecaster, X, y = fitted(cls)
    rows = X[N_TRAIN:]
    named = rows.set_axis(pd.MultiIndex.from_product([["shop"], rows.index]))
    with pytest.raises(ValueError, match="one series without a name"):
        forecaster.predict(named)
    with pytest.raises(ValueError, match="one series without a name.*'shop'"):
        forecaster.update(named, y[N_TRAIN:].set_axis(named.index))


@one_of_each
def test_series_without_its_name(cls):
    X, y = make_panel()
    names = X.index.get_level_values("shop").where(np.arange(len(X)) != 60)
    index = pd.MultiIndex.from_arrays([names, X.index.get_level_values("day")])
    refuse(make(cls), None, y.set_axis(index), "name of the series is missing")


# What is no table, and no series ----------------------------------------------------


@one_of_each
def test_bare_tables_that_are_none(cls):
    y = make_y(30).to_numpy()
    refuse(
        make(cls), np.arange(30.0), y, r"1D array instead \(shape \(30,\)\).*fit\(None, y\)"
    )
    days = np.array(["2020-01-01"] * 30, dtype="datetime64[D]")[:, None]
    refuse(make(cls), days, y, "X contains 2020-01-01, which is a time, not a number")
    refuse(
        make(cls), np.array([["sun"]] * 30), y, "X contains 'sun', which is not a number"
    )
    frame = pl.DataFrame({"warm": y, "day": days[:, 0]})
    refuse(
        make(cls), frame, y, "Column 'day' of X contains 2020-01-01.* a time, not a number"
    )
    with pytest.raises(TypeError, match="X is {'a': 1}, but must be a table with a row"):
        make(cls).fit({"a": 1}, y)


@one_of_each
def test_values_that_are_none(cls):
    days = pd.date_range("2020-01-01", periods=30)
    for y in (days, pd.Series(days), days.to_numpy()):
        refuse(make(cls), None, y, "y contains 2020-01-01.*, which is a time, not a number")
    refuse(make(cls), None, ["up"] * 30, "y contains 'up', which is not a number")
    refuse(make(cls), None, 3, "y must hold the values of a series, got 3")


@one_of_each
def test_parameters_are_quoted_as_plain_python(cls):
    y = make_y(30)
    refuse(make(cls, horizon=np.int64(0)), None, y, r"'horizon' .* Got 0 instead")
    if cls is ONE:
        X = make_X(y.index, 1)
        message = "past_columns: 'b' is not a column of X"
        refuse(make(cls, past_columns=[np.str_("b")]), X, y, message)


@one_of_each
def test_a_history_of_three(cls):
    forecaster, X, y = fitted(cls)
    with pytest.raises(ValueError, match=r"history must be y, or \(X, y\), got 3 things"):
        forecaster.predict(X, history=(X, y, y))
