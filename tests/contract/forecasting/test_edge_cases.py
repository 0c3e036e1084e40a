"""Constant and short series, missing values, and names of series with several levels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from skseq import Drift, GRUForecaster, SeasonalNaive
from skseq.exceptions import ShortSeriesWarning

from ..cases import name_of
from .cases import (
    BASELINES,
    HORIZON,
    N_STEPS,
    NETS,
    check_quantiles,
    every_forecaster,
    every_net,
    fit_raises,
    make,
    make_index,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    predict_array,
    predict_next,
)

LOSSES = [
    "absolute_error",
    "squared_error",
    "huber",
    "quantile",
    "normal",
    "student_t",
    "negative_binomial",
]
DISTRIBUTIONS = LOSSES[3:]
N_TRAIN = N_STEPS - 2 * HORIZON

every_loss = pytest.mark.parametrize("loss", LOSSES)
conformal_or_not = pytest.mark.parametrize(
    "conformal", [True, False], ids=["conformal", "uncalibrated"]
)


# Constant and short series --------------------------------------------------------


@pytest.mark.parametrize(
    "cls",
    [*BASELINES, *NETS],
    ids=name_of,
)
def test_forecast_of_a_constant_series_is_constant(cls):
    y = pd.Series(7.0, index=make_index(40))
    forecaster = make(cls).fit(make_X(y.index), y)
    np.testing.assert_allclose(forecaster.forecast(2 * HORIZON), 7.0, atol=1e-6)
    paths = predict_next(forecaster, 2 * HORIZON, "sample", 5, 0)
    np.testing.assert_allclose(paths, 7.0, atol=1e-6)
    check_quantiles(forecaster)


@pytest.mark.parametrize(
    "params",
    [
        {"normalization": "mean"},
        {"period": 7},
        {"period": 7, "differencing": "both"},
        {"differencing": "first"},
    ],
    ids=str,
)
def test_options_with_a_constant_series(params):
    y = pd.Series(7.0, index=make_index(40))
    forecaster = make(GRUForecaster, max_epochs=10, **params).fit(make_X(y.index), y)
    # The network learns the level in a few epochs.
    np.testing.assert_allclose(forecaster.forecast(HORIZON), 7.0, atol=0.5)


@every_forecaster
def test_constant_series_in_a_panel(cls):
    X, y = make_panel()
    y = y.copy()
    y.loc["shop 1"] = 0.0
    forecaster = make(cls).fit(X, y)
    assert np.isfinite(check_quantiles(forecaster)).all()


@every_forecaster
def test_forecasts_are_equivariant_to_scale_and_level(cls):
    """A series in other units has the same forecasts in these units."""
    y = make_y()
    X = make_X(y.index)
    forecaster = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN])
    wanted = predict_array(forecaster, X[N_TRAIN:], "predict_quantiles")
    other = make(cls).fit(X[:N_TRAIN], 1024 * y[:N_TRAIN])
    found = predict_array(other, X[N_TRAIN:], "predict_quantiles")
    np.testing.assert_allclose(found, 1024 * wanted, rtol=1e-5)
    other = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN] + 512)
    found = predict_array(other, X[N_TRAIN:], "predict_quantiles")
    np.testing.assert_allclose(found, wanted + 512, rtol=1e-4)


@every_forecaster
def test_short_series_of_a_panel_are_forecast(cls):
    """Their windows are padded."""
    X, y = make_panel(lengths=(50, 50, 6, 3))
    forecaster = make(cls).fit(X, y)
    future = forecaster.forecast(HORIZON)
    assert len(future) == 4 * HORIZON
    assert np.isfinite(future).all()
    quantiles = check_quantiles(forecaster, HORIZON).reshape(4, HORIZON, -1)
    # Intervals are on the scale of each series.
    assert (quantiles[3].max() - quantiles[3].min()) < 40 * y.loc["shop 3"].abs().max()


@every_net
def test_short_series_of_a_panel_are_trained_on(cls):
    X, y = make_panel(lengths=(40, 40, 7))
    forecaster = make(cls).fit(X, y)
    other = y.copy()
    other.loc["shop 2"] = -(other.loc["shop 2"].to_numpy()[::-1] ** 2)
    found = make(cls).fit(X, other).forecast(HORIZON).loc["shop 0"]
    assert not found.equals(forecaster.forecast(HORIZON).loc["shop 0"])


@every_net
def test_panel_of_short_series(cls):
    X, y = make_panel(lengths=(6, 5, 4, 6, 5, 7))
    forecaster = make(cls, context_length=None).fit(X, y)
    assert np.isfinite(forecaster.forecast(3 * HORIZON)).all()


@every_net
def test_default_horizon_is_reduced_for_a_short_series(cls):
    forecaster = cls(hidden_size=8, max_epochs=2, random_state=0).fit(None, make_y(10))
    assert forecaster.horizon_ == 5
    assert np.isfinite(check_quantiles(forecaster, forecaster.horizon)).all()


def test_warning_of_series_shorter_than_a_season():
    _, y = make_panel(lengths=(20, 3, 9))
    with pytest.warns(ShortSeriesWarning) as caught:
        forecaster = make(SeasonalNaive, period=7, horizon=7).fit(None, y)
    (warning,) = caught
    assert warning.filename == __file__
    message = (
        "1 of 3 series have fewer than 7 steps (series 'shop 1' has 3): they have no value"
    )
    assert str(warning.message).startswith(message)
    short = y.loc["shop 1"]
    wanted = [short.iloc[-1]] * 4 + short.tolist()
    assert forecaster.forecast(7).loc["shop 1"].tolist() == wanted
    network = make(GRUForecaster, differencing="seasonal", period=7)
    with pytest.warns(ShortSeriesWarning, match="fewer than 8 steps .* forecasts are NaN"):
        future = network.fit(None, y).forecast(HORIZON)
    assert future.loc["shop 1"].isna().all()
    assert future.loc[["shop 0", "shop 2"]].notna().all()


@settings(max_examples=8)
@given(
    lengths=st.lists(st.integers(2, 30), min_size=1, max_size=5),
    horizon=st.integers(1, 9),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("cls", [GRUForecaster, SeasonalNaive, Drift], ids=name_of)
def test_any_lengths_and_horizons(cls, lengths, horizon, seed):
    random = np.random.default_rng(seed)
    index = pd.concat(
        [pd.Series(0, pd.RangeIndex(n)) for n in lengths], keys=range(len(lengths))
    ).index
    y = pd.Series(random.normal(size=len(index)), index=index)
    params = {"context_length": None, "max_epochs": 1} if cls is GRUForecaster else {}
    forecaster = make(cls, horizon=horizon, **params)
    if cls is GRUForecaster and max(lengths) <= horizon:
        message = f"requires {horizon + 1} steps, but the longest series has {max(lengths)}"
        fit_raises(forecaster, None, y, message)
        return
    forecaster.fit(None, y)
    steps = horizon + 2
    assert np.isfinite(forecaster.forecast(steps)).all()
    if not forecaster.calibration_.is_empty:
        check_quantiles(forecaster, steps)


# Missing values --------------------------------------------------------------------


@pytest.mark.parametrize("where", ["start", "middle", "end", "here and there"])
@every_forecaster
def test_missing_values(cls, where):
    y = make_y()
    rows = {
        "start": np.arange(9),
        "middle": np.arange(25, 40),
        "end": np.arange(N_STEPS - 3, N_STEPS),
        "here and there": np.arange(0, N_STEPS, 3),
    }[where]
    y.iloc[rows] = np.nan
    X = make_X(y.index)
    forecaster = make(cls).fit(X, y)
    check_quantiles(forecaster)
    assert forecaster.predict(X).notna().any()
    np.testing.assert_array_equal(forecaster.observed_.targets(0)[:, 0], y)


@one_of_each
def test_missing_values_of_one_target(cls):
    """The values of the other target are used."""
    y = make_y(n_targets=2)
    X = make_X(y.index)
    gappy = y.copy()
    gappy.iloc[-2:, 0] = np.nan
    gappy.iloc[:5, 1] = np.nan
    forecaster = make(cls).fit(X, gappy)
    check_quantiles(forecaster)
    assert np.isfinite(forecaster.forecast(HORIZON)).all(axis=None)


@one_of_each
def test_panel_with_a_series_without_values(cls):
    X, y = make_panel()
    y = y.copy()
    y.loc["shop 2"] = np.nan
    forecaster = make(cls).fit(X, y)
    future = forecaster.forecast(HORIZON)
    assert np.isfinite(future.loc[["shop 0", "shop 1"]]).all()


@one_of_each
def test_missing_values_with_a_transformer(cls):
    y = make_y(n_targets=2)
    y.iloc[3:7, 0] = y.iloc[-1, 1] = np.nan
    forecaster = make(cls, target_transformer=StandardScaler()).fit(make_X(y.index), y)
    check_quantiles(forecaster)


@one_of_each
def test_names_of_series_with_several_levels(cls):
    """Forecasts have all levels of the index."""
    _, flat = make_panel()
    y = pd.concat({("north", 1): flat}, names=["region", "size"])
    forecaster = make(cls).fit(None, y)
    future = forecaster.forecast(3)
    assert future.index.names == ["region", "size", "shop", "day"]
    assert future.index[4] == ("north", 1, "shop 1", pd.Timestamp("2020-03-03"))
    wanted = make(cls).fit(None, flat).forecast(3)
    pd.testing.assert_series_equal(future.droplevel([0, 1]), wanted)
    found = forecaster.predict(pd.DataFrame(index=future.index))
    pd.testing.assert_series_equal(found, future)


@one_of_each
def test_other_number_of_levels_than_in_fit(cls):
    _, flat = make_panel()
    deep = pd.concat({"north": flat}, names=["region"])
    message = (
        r"index has 2 levels, \['shop', 'day'\], but in fit it had 3, \['region', 'shop'"
    )
    forecaster = make(cls).fit(None, deep)
    rows = make(cls).fit(None, flat).forecast(2).to_frame()[[]]
    for call in (
        lambda: forecaster.predict(rows),
        lambda: forecaster.update(None, flat),
        lambda: forecaster.predict(rows, history=flat),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(
        ValueError, match=r"index has 3 levels, .* had 2, \['shop', 'day'\]. Use"
    ):
        make(cls).fit(None, flat).update(None, deep)


@one_of_each
def test_update_by_array_of_a_series_with_a_name_of_several_levels(cls):
    _, flat = make_panel(lengths=(30,))
    forecaster = make(cls).fit(None, pd.concat({"north": flat}))
    index = forecaster.update(None, np.ones(2)).forecast(1).index
    assert index.tolist() == [("north", "shop 0", pd.Timestamp("2020-03-04"))]
