"""Quantiles, intervals and paths agree with each other."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import Drift, GRUForecaster, SeasonalNaive
from skseq.forecasting.predictions import MIN_LEVEL

from ..cases import name_of
from .cases import (
    BASELINES,
    HORIZON,
    LEVELS,
    MANY_LEVELS,
    N_STEPS,
    check_quantiles,
    every_forecaster,
    every_net,
    fitted,
    make,
    make_index,
    make_X,
    make_y,
    one_of_each,
    predict_array,
    predict_next,
    two_nets,
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


@conformal_or_not
@every_loss
def test_quantiles_of_every_loss(loss, conformal):
    forecaster, X, _ = fitted(GRUForecaster, loss=loss, conformal=conformal)
    check_quantiles(forecaster)
    past = predict_array(forecaster, X[20:N_TRAIN], "predict_quantiles")
    assert (np.diff(past, axis=-1) >= 0).all()


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_quantiles_of_every_forecaster(cls, n_targets):
    check_quantiles(fitted(cls, n_targets=n_targets)[0])


@pytest.mark.parametrize(
    "transformer",
    [StandardScaler(), FunctionTransformer(np.log, np.exp)],
    ids=lambda t: type(t).__name__,
)
@one_of_each
def test_quantiles_with_a_transformer(cls, transformer):
    forecaster, _, _ = fitted(cls, target_transformer=transformer)
    quantiles = check_quantiles(forecaster)
    if isinstance(transformer, FunctionTransformer):
        assert (quantiles > 0).all()


def test_decreasing_transformer_raises():
    """Quantiles would change their order."""
    decreasing = FunctionTransformer(np.negative, np.negative)
    with pytest.raises(ValueError, match="is not increasing in each column of y"):
        fitted(SeasonalNaive, target_transformer=decreasing)


@every_forecaster
def test_intervals_widen_with_coverage(cls):
    forecaster, _, _ = fitted(cls)
    narrow, wide = (
        np.diff(predict_next(forecaster, 6 * HORIZON, "predict_interval", c), axis=1)
        for c in (0.5, 0.95)
    )
    assert (narrow > 0).all()
    assert (wide > narrow).all()


def fit_walk(cls, **params):
    """Return a forecaster of a random walk, whose errors grow with the number of steps."""
    steps = np.random.default_rng(0).poisson(20, size=150) - 20.0
    y = pd.Series(steps.cumsum() - steps.cumsum().min(), make_index(150))
    if cls not in BASELINES:
        params["max_epochs"] = 10
    return make(cls, **params).fit(None, y)


@every_forecaster
def test_intervals_of_a_walk_widen_beyond_the_horizon(cls):
    bounds = predict_next(fit_walk(cls), 6 * HORIZON, "predict_interval", 0.8)
    ends = np.diff(bounds, axis=1)[HORIZON - 1 :: HORIZON, 0]
    assert (np.diff(ends[1:]) > 0).all()
    assert ends[-1] > 1.5 * ends[0]


@conformal_or_not
@every_loss
def test_intervals_of_every_loss_widen_beyond_the_horizon(loss, conformal):
    forecaster = fit_walk(GRUForecaster, loss=loss, conformal=conformal)
    bounds = predict_next(forecaster, 6 * HORIZON, "predict_interval", 0.8)
    ends = np.diff(bounds, axis=1)[HORIZON - 1 :: HORIZON, 0]
    # Without calibration the first block may be wide. Counts are at least 0.
    assert ends[-1] > 1.25 * ends[1]


@pytest.mark.parametrize("loss", [*LOSSES[:1], *DISTRIBUTIONS[:-1]])
@every_net
def test_point_forecast_of_a_distribution_is_the_median(cls, loss):
    """This holds within the horizon if quantiles are not calibrated."""
    forecaster, X, _ = fitted(cls, loss=loss, conformal=False)
    rows = X[N_TRAIN : N_TRAIN + HORIZON]
    point = predict_array(forecaster, rows)
    median = np.asarray(forecaster.predict_quantiles(rows, [0.5]))[:, 0]
    if loss in DISTRIBUTIONS:
        np.testing.assert_allclose(point, median, rtol=1e-6)
    else:  # the median is computed from held-out errors
        assert not (point == median).any()


@every_net
def test_point_forecast_of_counts_is_the_mean(cls):
    forecaster, X, _ = fitted(cls, loss="negative_binomial", conformal=False)
    rows = X[N_TRAIN : N_TRAIN + HORIZON]
    paths = forecaster.sample(rows, n_samples=4000, random_state=0)
    error = paths.std(axis=0) / np.sqrt(len(paths))
    difference = np.abs(paths.mean(axis=0) - forecaster.predict(rows))
    assert (difference < 4 * error).all()


# Paths -----------------------------------------------------------------------------


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_paths_are_reproducible(cls, n_targets):
    forecaster, X, _ = fitted(cls, n_targets=n_targets)
    first = forecaster.sample(X, n_samples=7, random_state=3)
    assert first.shape == (7, N_STEPS) + (() if n_targets is None else (2,))
    np.testing.assert_array_equal(forecaster.sample(X, 7, random_state=3), first)
    shared = np.random.RandomState(3)
    drawn = [forecaster.sample(X[N_TRAIN:], 7, random_state=shared) for _ in range(2)]
    assert not (drawn[0] == drawn[1]).all()
    other = [forecaster.sample(X[N_TRAIN:], 7) for _ in range(2)]
    assert not (other[0] == other[1]).all()


@pytest.mark.parametrize("cls", [SeasonalNaive, Drift], ids=name_of)
def test_paths_agree_with_quantiles(cls):
    """At each step of the horizon, with many held-out errors."""
    y = pd.Series(np.random.default_rng(0).normal(size=1500).cumsum())
    forecaster = make(cls).fit(None, y.to_numpy())
    paths = forecaster.sample(np.empty((HORIZON, 0)), n_samples=4000, random_state=0)
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    quantiles = forecaster.predict_quantiles(np.empty((HORIZON, 0)), levels)
    for k in range(len(levels)):
        # Four standard errors of a fraction of 4000 paths.
        share = (paths <= quantiles[:, k]).mean(axis=0)
        error = np.sqrt(levels[k] * (1 - levels[k]) / 4000)
        np.testing.assert_allclose(share, levels[k], atol=4 * error + 2 / 1500)


@conformal_or_not
@pytest.mark.parametrize("loss", LOSSES[:-1])
def test_paths_of_networks_agree_with_quantiles(loss, conformal):
    y = make_y(800)
    forecaster = make(
        GRUForecaster,
        loss=loss,
        conformal=conformal,
        batch_size=64,
        max_epochs=1,
        validation_fraction=0.5,
    ).fit(make_X(y.index), y)
    quantiles = predict_next(forecaster, HORIZON, "predict_quantiles", LEVELS)
    paths = predict_next(forecaster, HORIZON, "sample", 4000, 0)
    assert paths.shape == (4000, HORIZON)
    for k, level in enumerate(LEVELS):
        bound = quantiles[:, k]
        rounding = 1e-9 * np.abs(bound)
        # Scores of errors outside the predicted quantiles are clipped, so there are ties.
        below = (paths < bound - rounding).mean(axis=0)
        up_to = (paths <= bound + rounding).mean(axis=0)
        # Both are computed from a few hundred held-out errors.
        tolerance = 4 * np.sqrt(level * (1 - level) / 4000) + 1 / 390
        assert (below <= level + tolerance).all()
        assert (up_to >= level - tolerance).all()


def test_scores_of_few_errors_are_clipped():
    """Calibration cannot reach clipped scores, and coverage would be too low."""
    y = make_y(800)
    params = {"batch_size": 64, "max_epochs": 10, "validation_fraction": 0.5}
    forecaster = make(GRUForecaster, loss="quantile", **params).fit(make_X(y.index), y)
    calibration = forecaster.calibration_
    scores = calibration.paths * calibration.factors[0, 0] * calibration.steps
    outermost = np.abs(norm.ppf(MIN_LEVEL)) - 1e-6
    assert (np.abs(scores) > outermost).mean() < 0.025


@one_of_each
def test_paths_are_correlated_as_errors(cls):
    """Over the steps of a path, and over the targets of a series."""
    random = np.random.default_rng(0)
    walk = random.normal(size=400).cumsum()
    both = np.column_stack([walk, walk + random.normal(scale=0.2, size=400)])
    forecaster = make(cls, **({"validation_fraction": 0.5} if "GRU" in str(cls) else {}))
    forecaster.fit(None, both)
    paths = forecaster.sample(np.empty((3 * HORIZON, 0)), n_samples=500, random_state=0)
    steps = np.corrcoef(paths[:, :HORIZON, 0].T)
    assert (np.diag(steps, 1) > 0.5).all()  # at least 0.71 for a random walk
    targets = np.corrcoef(paths[:, HORIZON - 1].T)
    assert targets[0, 1] > 0.5
    # A block starts from the end of the path, not from the point forecast.
    later = np.corrcoef(paths[:, HORIZON - 1, 0], paths[:, HORIZON, 0])[0, 1]
    assert later > 0.5


@every_forecaster
def test_spread_of_paths_of_a_walk_grows_beyond_the_horizon(cls):
    paths = predict_next(fit_walk(cls), 6 * HORIZON, "sample", 300, 0)
    spread = paths.std(axis=0)[HORIZON - 1 :: HORIZON]
    assert spread[-1] > 1.3 * spread[0]


@every_forecaster
def test_median_of_paths_is_within_the_interval(cls):
    """Paths start at the last observation and have the scale of the series."""
    forecaster, X, _ = fitted(cls)
    paths = forecaster.sample(X[N_TRAIN:], n_samples=200, random_state=0)
    bounds = predict_array(forecaster, X[N_TRAIN:], "predict_interval")
    middle = np.median(paths, axis=0)[:HORIZON]
    assert (bounds[:HORIZON, 0] <= middle).all()
    assert (middle <= bounds[:HORIZON, 1]).all()


# Counts ----------------------------------------------------------------------------


def fit_counts(**params):
    """Return a forecaster of counts, many of which are 0, and y."""
    random = np.random.default_rng(0)
    index = make_index(200)
    y = pd.Series(random.poisson(1.5 + np.sin(np.arange(200) / 5)), index, dtype=float)
    forecaster = make(GRUForecaster, loss="negative_binomial", **params)
    return forecaster.fit(make_X(index), y), y


@conformal_or_not
def test_quantiles_and_paths_of_counts_are_non_negative_integers(conformal):
    forecaster, _ = fit_counts(conformal=conformal)
    assert (forecaster.forecast(3 * HORIZON) > 0).all()
    forecasts = [
        predict_next(forecaster, HORIZON, "predict_quantiles", MANY_LEVELS),
        predict_next(forecaster, 3 * HORIZON, "sample", 50, 0),
    ]
    for values in forecasts:
        assert (np.asarray(values) >= 0).all()
        np.testing.assert_array_equal(values, np.round(values))


@conformal_or_not
def test_quantiles_of_counts_beyond_the_horizon_are_non_negative(conformal):
    forecaster, _ = fit_counts(conformal=conformal)
    quantiles = predict_next(forecaster, 5 * HORIZON, "predict_quantiles", MANY_LEVELS)
    assert (quantiles >= 0).all()


@pytest.mark.parametrize("loss", LOSSES)
def test_intermittent_demand(loss):
    """Most values are 0, but the last one is not."""
    random = np.random.default_rng(0)
    demand = random.poisson(4, 150) * (random.random(150) < 0.12)
    y = pd.Series(demand.astype(float), make_index(150))
    y.iloc[-1] = 5.0
    forecaster = make(GRUForecaster, loss=loss).fit(None, y)
    check_quantiles(forecaster)
    assert np.isfinite(predict_next(forecaster, HORIZON, "sample", 20, 0)).all()


@two_nets
def test_forecasts_of_rare_counts_do_not_drift(cls):
    """Forecasts far beyond the horizon have the mean of the series."""
    random = np.random.default_rng(2)
    y = random.poisson(0.15, 535) * random.integers(1, 4, 535)
    params = {"horizon": 28, "hidden_size": 16, "max_epochs": 15, "random_state": 0}
    forecaster = cls(loss="negative_binomial", **params).fit(None, y.astype(float))
    year = forecaster.forecast(365)
    assert year.sum() == pytest.approx(365 * y.mean(), rel=0.3)
    assert year[-28:].sum() == pytest.approx(year[:28].sum(), rel=0.3)


@one_of_each
def test_next_steps_are_requested_by_their_number(cls):
    """The forecasts are those of a table with the index of the next steps."""
    forecaster, _, _ = fitted(cls)
    rows = pd.DataFrame(index=forecaster.forecast(6).index)
    for method, given in (
        ("predict", {}),
        ("predict_quantiles", {"quantiles": LEVELS}),
        ("predict_interval", {"coverage": 0.8}),
    ):
        call = getattr(forecaster, method)
        found = call(6, **given)
        assert found.equals(call(rows, **given))
        assert found.equals(forecaster.forecast(6, **given))
    paths = [forecaster.sample(X, n_samples=3, random_state=0) for X in (6, rows)]
    np.testing.assert_array_equal(*paths)
