"""Errors of `fit` and `predict`: messages name the problem and the remedy."""

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
    fit_raises,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
)

N_TRAIN = N_STEPS - 2 * HORIZON
ONE = GRUForecaster
either = pytest.mark.parametrize("cls", [SeasonalNaive, GRUForecaster], ids=name_of)


# Time ------------------------------------------------------------------------------


@every_net
def test_context_length_longer_than_the_series(cls):
    y = make_y(50)
    fit_raises(
        make(cls, context_length=48, horizon=12),
        make_X(y.index),
        y,
        "context_length=48 and horizon=12 require 60 steps, but the longest series has 50.*"
        "smaller horizon .*, or drop context_length",
    )


@every_net
def test_horizon_longer_than_the_series(cls):
    fit_raises(
        make(cls, context_length=None, horizon=30),
        None,
        make_y(20),
        "horizon=30 requires 31 steps, but the longest series has 20.*smaller",
    )
    _, y = make_panel(lengths=(20, 8))
    fit_raises(
        make(cls, context_length=None, horizon=20),
        None,
        y,
        "requires 21 steps, but the longest series has 20",
    )


def test_season_longer_than_the_series():
    fit_raises(
        make(ONE, context_length=None, differencing="seasonal", period=30),
        None,
        make_y(32),
        "differencing='seasonal' with period=30 and horizon=4 require 35 steps, but the "
        "longest series has 32.*drop differencing",
    )
    message = (
        "period=30 requires a series of at least 30 steps, but the longest series has 20"
    )
    fit_raises(make(SeasonalNaive, period=30), None, make_y(20), message)


@every_forecaster
def test_duplicate_times(cls):
    y = make_y()
    twice = y.index.where(y.index != y.index[7], y.index[6])
    message = r"time stamp 2020-01-07 .*occurs twice\. Average or drop the duplicates"
    fit_raises(make(cls), None, y.set_axis(twice), message)
    fit_raises(make(cls), make_X(twice, 1), y.to_numpy(), message)


@every_forecaster
def test_unsorted_times(cls):
    y = make_y()
    order = np.r_[0:5, 6, 5, 7:N_STEPS]
    message = "not sorted: 2020-01-06 .* follows 2020-01-07 .*sort_index"
    fit_raises(make(cls), None, y.iloc[order], message)
    fit_raises(make(cls), make_X(y.index, 1).iloc[order], y.to_numpy()[order], message)


@every_forecaster
def test_irregular_index(cls):
    y = make_y()
    message = "irregular: 2020-01-08 .* follows 2020-01-06 .* step is .*Fill the gaps"
    fit_raises(make(cls), None, y.drop(y.index[6]), message)


@one_of_each
def test_errors_of_the_index_name_the_series(cls):
    X, y = make_panel()
    stamp = y.loc["shop 1"].index[3]
    fit_raises(make(cls), None, y.drop(("shop 1", stamp)), "irregular in series 'shop 1'")
    twice = pd.concat([y, y.loc[["shop 2"]].iloc[-1:]])
    fit_raises(make(cls), None, twice, "twice in series 'shop 2'")
    order = np.r_[1, 0, 2 : len(y)]
    fit_raises(make(cls), X.iloc[order], y.iloc[order], "not sorted in series 'shop 0'")


@one_of_each
def test_invalid_index_type(cls):
    y = make_y(30)
    fit_raises(
        make(cls),
        None,
        y.set_axis([f"day {k}" for k in range(30)]),
        "must be a DatetimeIndex",
    )
    fit_raises(make(cls), None, y.set_axis(np.arange(30) / 7), "must be a DatetimeIndex")


@one_of_each
def test_missing_time(cls):
    y = make_y(30)
    fit_raises(make(cls), None, y.set_axis(y.index.where(y.index != y.index[4])), "NaT")


@one_of_each
def test_other_type_of_index_than_in_fit(cls):
    forecaster, X, _ = fitted(cls)
    with pytest.raises(
        ValueError, match="is a .*Index.*, but in fit it was a DatetimeIndex"
    ):
        forecaster.predict(X.set_axis(np.arange(5, 5 + N_STEPS)))
    with pytest.raises(ValueError, match="2020-01-01 12:00:00 is not on the time grid"):
        forecaster.predict(X.set_axis(X.index + pd.Timedelta("12h")))


@one_of_each
def test_other_frequency_than_in_fit(cls):
    index = pd.period_range("2020-01", periods=40, freq="M")
    forecaster = make(cls).fit(None, make_y(40, index=index))
    quarters = pd.period_range("2024-01", periods=2, freq="Q")
    with pytest.raises(ValueError, match="'Q-DEC', but in fit it was 'M'"):
        forecaster.predict(pd.DataFrame(index=quarters))


# X ---------------------------------------------------------------------------------


@every_net
def test_missing_rows_after_the_last_observation(cls):
    forecaster, X, _ = fitted(cls, columns=1)
    with pytest.raises(ValueError, match="X lacks 3 rows between the last observation"):
        forecaster.predict(X[N_TRAIN + 3 :])


@every_forecaster
def test_other_columns_than_in_fit(cls):
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
def test_rows_without_the_covariates(cls):
    forecaster, X, _ = fitted(cls, columns=2)
    message = (
        rf"X has 0 features, but {cls.__name__} is expecting 2 .* columns \['a', 'b'\]"
    )
    with pytest.raises(ValueError, match=message):
        forecaster.predict(X[N_TRAIN:][[]])
    with pytest.raises(
        ValueError, match=r"X has 1 features.* the columns \['a', 'b'\], as in"
    ):
        forecaster.predict(np.ones((4, 1)))


@every_forecaster
def test_columns_but_X_was_none_in_fit(cls):
    y = make_y()
    forecaster = make(cls).fit(None, y[:N_TRAIN])
    with pytest.raises(ValueError, match="X has 2 columns, but X was None in fit"):
        forecaster.predict(make_X(y.index, 2))


@every_forecaster
def test_predict_requires_X(cls):
    forecaster, _, _ = fitted(cls)
    with pytest.raises(
        ValueError, match="X is None, but its rows specify the steps to forecast"
    ):
        forecaster.predict(None)


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=str)
@every_net
def test_covariates_that_are_not_finite(cls, value):
    y = make_y()
    X = make_X(y.index, 2)
    X.iloc[3, 1] = value
    what = "NaN" if np.isnan(value) else "infinity"
    remedy = "missing='mask'" if np.isnan(value) else "Replace it"
    message = f"Input X contains {what}: column 'b' at .*2020-01-04.*{remedy}"
    fit_raises(make(cls), X, y, message)
    fit_raises(make(cls), X.to_numpy(), y.to_numpy(), f"Input X contains {what}")
    forecaster, X, _ = fitted(cls, columns=2)
    X.iloc[N_TRAIN + 1, 0] = value
    with pytest.raises(ValueError, match=f"Input X contains {what}: column 'a'"):
        forecaster.predict(X[N_TRAIN:])
    if np.isinf(value):
        fit_raises(make(cls, missing="mask"), X, y, "Input X contains infinity")
    else:
        make(cls, missing="mask").fit(X, y)


@every_forecaster
def test_infinite_targets(cls):
    y = make_y()
    y.iloc[3] = np.inf
    fit_raises(make(cls), make_X(y.index), y, "Input y contains infinity")


@every_forecaster
def test_targets_that_are_all_missing(cls):
    y = make_y() * np.nan
    fit_raises(make(cls), make_X(y.index), y, "Input y contains NaN only")


@every_forecaster
def test_targets_of_other_length(cls):
    y = make_y()
    X = make_X(y.index, 1)
    fit_raises(make(cls), X, y[:-1], "different index|inconsistent numbers of samples")
    message = r"inconsistent numbers of samples: \[60, 59\]"
    fit_raises(make(cls), X.to_numpy(), y.to_numpy()[:-1], message)
    fit_raises(make(cls), X[[]], y.to_numpy()[:-1], message)


@one_of_each
def test_targets_with_another_index(cls):
    y = make_y()
    X = make_X(y.index + pd.Timedelta("1D"), 1)
    fit_raises(
        make(cls), X, y, "X and y have different indexes: row 0 is .*2020-01-02.*y.loc"
    )


@one_of_each
def test_invalid_shapes_of_targets(cls):
    fit_raises(make(cls), make_X(make_y().index), None, "requires y")
    cube = np.zeros((9, 2, 2))
    fit_raises(make(cls), None, cube, r"\(9, 2, 2\)|dim 3")


@one_of_each
def test_single_step(cls):
    fit_raises(make(cls), None, make_y(1), "y has 1 sample .*, but at least 2 are required")


@every_net
def test_text_among_numbers(cls):
    y = make_y()
    X = make_X(y.index, 1).assign(weather=[1.0] + ["rain"] * (len(y) - 1))
    fit_raises(make(cls), X, y, "Column 'weather' of X contains 'rain', .*OneHotEncoder")


# Parameters that name columns ------------------------------------------------------


@every_net
def test_static_column_that_changes(cls):
    y = make_y()
    X = make_X(y.index, 1).assign(size=3.0)
    X.iloc[9:, 1] = 4.0
    message = "static_columns: 'size' changes from 3 to 4. Remove it from static_columns"
    fit_raises(make(cls, static_columns=["size"]), X, y, message)
    X, y = make_panel(columns=1)
    X["size"] = X.index.get_level_values("shop").str[-1].astype(float)
    make(cls, static_columns=["size"]).fit(X, y)
    X.iloc[-1, 1] = 7.0
    message = "'size' changes from 2 to 7 within series 'shop 2'"
    fit_raises(make(cls, static_columns=["size"]), X, y, message)


def test_static_column_that_changes_in_an_update():
    y = make_y()
    X = make_X(y.index, 1).assign(size=3.0)
    forecaster = make(ONE, static_columns=["size"]).fit(X[:N_TRAIN], y[:N_TRAIN])
    with pytest.raises(ValueError, match="static_columns: 'size' was 3 and is now 4"):
        forecaster.update(X[N_TRAIN:].assign(size=4.0), y[N_TRAIN:])


@pytest.mark.parametrize("name", ["past_columns", "static_columns"])
def test_column_parameters_that_are_no_columns(name):
    y = make_y()
    X = make_X(y.index, 2)
    message = rf"{name}: 'price' is not a column of X, which has \['a', 'b'\]"
    fit_raises(make(ONE, **{name: ["price"]}), X, y, message)
    message = rf"{name}: 2 is not a column of X, which has \[0, 1\]"
    fit_raises(make(ONE, **{name: [2]}), X.to_numpy(), y.to_numpy(), message)
    fit_raises(make(ONE, **{name: ["a"]}), None, y, rf"{name}: 'a' .*, which has \[\]")


def test_column_that_is_past_and_static():
    y = make_y()
    params = {"past_columns": ["a"], "static_columns": ["a"]}
    fit_raises(make(ONE, **params), make_X(y.index, 2), y, "'a' is in past_columns and in")


@either
def test_invalid_series_column(cls):
    X, y = make_panel(columns=1)
    message = r"series='store' is not a column of X, which has \['a'\]"
    fit_raises(make(cls, series="store"), X, y, message)
    fit_raises(make(cls, series="a"), X, y, "identify the series of each row")


# Types of X and y -----------------------------------------------------------------


@one_of_each
def test_invalid_types_of_X(cls):
    y = make_y(30).to_numpy()
    fit_raises(
        make(cls), np.arange(30.0), y, r"1D array instead \(shape \(30,\)\).*fit\(None, y\)"
    )
    days = np.array(["2020-01-01"] * 30, dtype="datetime64[D]")[:, None]
    fit_raises(make(cls), days, y, "X contains 2020-01-01, which is a time, not a number")
    fit_raises(
        make(cls), np.array([["sun"]] * 30), y, "X contains 'sun', which is not a number"
    )
    frame = pl.DataFrame({"warm": y, "day": days[:, 0]})
    fit_raises(
        make(cls),
        frame,
        y,
        "The time stamp 2020-01-01 00:00:00 occurs twice",  # the only dates are the times
    )
    with pytest.raises(
        TypeError, match="Expected X to be an array or a DataFrame .*, got {'a': 1}"
    ):
        make(cls).fit({"a": 1}, y)


@one_of_each
def test_invalid_types_of_y(cls):
    days = pd.date_range("2020-01-01", periods=30)
    for y in (days, pd.Series(days), days.to_numpy()):
        fit_raises(
            make(cls), None, y, "y contains 2020-01-01.*, which is a time, not a number"
        )
    fit_raises(make(cls), None, ["up"] * 30, "y contains 'up', which is not a number")
    fit_raises(make(cls), None, 3, "Expected y to contain the values of a series, got 3")


@one_of_each
def test_messages_show_numpy_values_as_plain_python(cls):
    y = make_y(30)
    fit_raises(make(cls, horizon=np.int64(0)), None, y, r"'horizon' .* Got 0 instead")
    if cls is ONE:
        X = make_X(y.index, 1)
        message = "past_columns: 'b' is not a column of X"
        fit_raises(make(cls, past_columns=[np.str_("b")]), X, y, message)


@one_of_each
def test_history_with_three_elements(cls):
    forecaster, X, y = fitted(cls)
    with pytest.raises(
        ValueError, match=r"Expected history to be y or \(X, y\), got a tuple of length 3"
    ):
        forecaster.predict(X, history=(X, y, y))
