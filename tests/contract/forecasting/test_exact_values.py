"""Constant series, counts and transformed targets have exact values."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from skseq import Drift, GRUForecaster, SeasonalNaive

from .cases import (
    HORIZON,
    every_forecaster,
    make,
    make_index,
    make_panel,
    make_y,
    one_of_each,
    predict_next,
)

STEPS = 3 * HORIZON
METHODS = [
    ("predict",),
    ("predict_quantiles", [0.001, 0.5, 0.999]),
    ("predict_interval", 0.95),
    ("sample", 20, 0),
]


@pytest.mark.parametrize("value", [0.0, 0.1, -1234.567, 1e9 / 3])
@every_forecaster
def test_constant_series_is_forecast_exactly(cls, value):
    y = pd.Series(value, make_index())
    y.iloc[[3, 10]] = np.nan
    forecaster = make(cls).fit(None, y)
    for method, *args in METHODS:
        assert (predict_next(forecaster, STEPS, method, *args) == value).all()
    past = y.to_frame()[[]].iloc[30:]
    assert (np.asarray(forecaster.predict_interval(past)) == value).all()
    # It is no longer constant.
    forecaster.update(None, pd.Series([value + 1.0], make_index(61)[-1:]))
    assert (predict_next(forecaster, STEPS, "predict") != value).any()


@every_forecaster
def test_constant_series_of_a_panel_and_constant_target_are_forecast_exactly(cls):
    X, y = make_panel(n_targets=2)
    y.loc["shop 1"] = 0.3
    y.iloc[:, 1] = 0.7
    forecaster = make(cls).fit(X, y)
    for method, *args in METHODS:
        values = predict_next(forecaster, STEPS, method, *args)
        if method == "sample":
            values = np.moveaxis(values, 0, -1)
        values = values.reshape(3, STEPS, 2, -1)
        assert (values[1, :, 0] == 0.3).all()
        assert (values[[0, 2], :, 1] == 0.7).all()
        assert (values[0, :, 0] != values[2, :, 0]).all()


@pytest.mark.parametrize("loss", ["quantile", "normal", "student_t", "negative_binomial"])
@pytest.mark.parametrize("conformal", [True, False])
def test_constant_series_is_forecast_exactly_with_every_distribution(loss, conformal):
    forecaster = make(GRUForecaster, loss=loss, conformal=conformal)
    forecaster.fit(None, pd.Series(7.0, make_index()))
    for method, *args in METHODS:
        assert (predict_next(forecaster, STEPS, method, *args) == 7).all()


@pytest.mark.parametrize(
    "transformer", [FunctionTransformer(np.log, np.exp), StandardScaler()], ids=str
)
@one_of_each
def test_transformed_constant_series_is_forecast_exactly(cls, transformer):
    y = pd.Series(0.1, make_index())
    forecaster = make(cls, target_transformer=transformer).fit(None, y)
    for method, *args in METHODS:
        assert (predict_next(forecaster, STEPS, method, *args) == 0.1).all()


@pytest.mark.parametrize("conformal", [True, False])
def test_sampled_counts_are_whole_numbers(conformal):
    """Within and beyond the horizon."""
    counts = np.random.default_rng(0).poisson(1.5, 150).astype(float)
    forecaster = make(GRUForecaster, loss="negative_binomial", conformal=conformal)
    forecaster.fit(None, pd.Series(counts, make_index(150)))
    for method, *args in METHODS[1:]:
        values = predict_next(forecaster, STEPS, method, *args)
        assert (values == np.round(values)).all()
        assert (values >= 0).all()
    assert predict_next(forecaster, STEPS, "sample", 50, 0)[:, HORIZON:].max() > 0


TRANSFORMERS = [
    PowerTransformer(),
    PowerTransformer(method="box-cox"),
    QuantileTransformer(n_quantiles=20),
    QuantileTransformer(n_quantiles=20, output_distribution="normal"),
    FunctionTransformer(np.log, np.exp),
    FunctionTransformer(np.sqrt, np.square),
    MinMaxScaler(),
]


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
@one_of_each
def test_intervals_with_any_transformer_are_finite(cls, transformer):
    """Errors may lead outside the values that the inverse is defined for."""
    rng = np.random.default_rng(0)
    for seed in range(3):
        y = pd.Series(rng.lognormal(sigma=0.5 + seed, size=60) + 0.5, make_index())
        forecaster = make(cls, target_transformer=transformer).fit(None, y)
        for method, *args in METHODS:
            assert np.isfinite(predict_next(forecaster, STEPS, method, *args)).all()
        low, median, high = predict_next(forecaster, STEPS, *METHODS[1]).T
        assert (low <= median).all()
        assert (median <= high).all()


def test_transformer_without_inverse_raises():
    def invert(x):
        return np.where(x < 3.0, x, np.nan)

    transformer = FunctionTransformer(np.copy, invert)
    y = pd.Series(np.arange(60) / 10, make_index())
    forecaster = make(Drift, target_transformer=transformer).fit(None, y)
    with pytest.raises(ValueError, match="has no finite inverse of the forecast 6"):
        forecaster.forecast(1)


@pytest.mark.parametrize("cls", [SeasonalNaive, Drift])
def test_limits_follow_the_observations(cls):
    """A series may leave the range that it had in fit."""
    y = make_y()
    forecaster = make(cls, target_transformer=StandardScaler()).fit(None, y)
    forecaster.update(None, pd.Series(1e6 + y.to_numpy(), make_index(120)[60:]))
    assert predict_next(forecaster, STEPS, "predict").min() > 0.9e6
