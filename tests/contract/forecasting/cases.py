"""Small forecasters, series and checks that the contract tests of forecasters share."""

import inspect

import numpy as np
import pandas as pd
import pytest

import skseq
from skseq.estimators import NetworkForecaster

from ..cases import FORECASTERS, name_of, required

NETS = [cls for cls in FORECASTERS if issubclass(cls, NetworkForecaster)]
BASELINES = [cls for cls in FORECASTERS if cls not in NETS]
# A recurrent network and a Transformer, for tests that do not depend on the architecture.
TWO_NETS = [skseq.GRUForecaster, skseq.TransformerForecaster]

every_forecaster = pytest.mark.parametrize("cls", FORECASTERS, ids=name_of)
every_net = pytest.mark.parametrize("cls", NETS, ids=name_of)
two_nets = pytest.mark.parametrize("cls", TWO_NETS, ids=name_of)
# Two baselines and a network.
one_of_each = pytest.mark.parametrize(
    "cls", [skseq.SeasonalNaive, skseq.Drift, skseq.GRUForecaster], ids=name_of
)

HORIZON = 4
CONTEXT = 8
N_STEPS = 60
LEVELS = [0.05, 0.3, 0.5, 0.8, 0.95]
MANY_LEVELS = [0.001, 0.025, 0.1, 0.37, 0.5, 0.51, 0.75, 0.9, 0.975, 0.9999]

SMALL = {
    "horizon": HORIZON,
    "context_length": CONTEXT,
    "hidden_size": 8,
    "max_epochs": 2,
    "batch_size": 16,
    "random_state": 0,
}


def make(cls, **params):
    """Return a forecaster with small settings, which fits fast."""
    known = inspect.signature(cls).parameters
    small = {name: value for name, value in SMALL.items() if name in known}
    return cls(**{**required(cls), **small, **params})


def make_index(n=N_STEPS, start="2020-01-01"):
    """Return a daily time index."""
    return pd.date_range(start, periods=n, freq="D")


def make_y(n=N_STEPS, seed=0, n_targets=None, index=None):
    """Return a series with a trend, a season of 7 steps and noise."""
    random = np.random.default_rng(seed)
    columns = n_targets or 1
    step = np.arange(n)[:, None]
    values = 20 + 0.1 * step + 3 * np.sin(2 * np.pi * (step / 7 + np.arange(columns) / 5))
    values = values + random.normal(scale=0.5, size=(n, columns))
    index = make_index(n) if index is None else index
    if n_targets is None:
        return pd.Series(values[:, 0], index=index, name="sales")
    names = [f"target {k}" for k in range(n_targets)]
    return pd.DataFrame(values, index=index, columns=names)


def make_X(index, columns=0, seed=1):
    """Return a DataFrame of covariates "a", "b", "c", ..."""
    random = np.random.default_rng(seed)
    names = list("abcdefgh"[:columns])
    return pd.DataFrame(
        random.normal(size=(len(index), columns)), index=index, columns=names
    )


def make_panel(lengths=(50, 40, 25), columns=0, n_targets=None, end="2020-03-01"):
    """Return X and y of several series that end on the same day."""
    X, y = [], []
    for k, n in enumerate(lengths):
        index = pd.date_range(end=end, periods=n, freq="D")
        y.append(make_y(n, seed=k, n_targets=n_targets, index=index) * (1 + k))
        X.append(make_X(index, columns, seed=10 + k))
    names = [f"shop {k}" for k in range(len(lengths))]
    return (pd.concat(part, keys=names, names=["shop", "day"]) for part in (X, y))


def fitted(cls, n_train=N_STEPS - 2 * HORIZON, columns=0, n_targets=None, **params):
    """Return a forecaster that is fitted on the first rows, and all rows of X and y."""
    y = make_y(n_targets=n_targets)
    if params.get("loss") == "negative_binomial":
        y = y.round()  # counts
    X = make_X(y.index, columns)
    return make(cls, **params).fit(X[:n_train], y[:n_train]), X, y


def predict_array(forecaster, X, method="predict"):
    """Call a method that forecasts; return an array."""
    call = getattr(forecaster, method)
    if method == "predict_quantiles":
        return np.asarray(call(X, LEVELS))
    if method == "sample":
        return call(X, n_samples=5, random_state=0)
    return np.asarray(call(X))


def predict_all(forecaster, X):
    """Return point forecasts, quantiles and paths of the rows of X: (n_rows, n_values)."""
    parts = [
        predict_array(forecaster, X, method).reshape(len(X), -1)
        for method in ("predict", "predict_quantiles")
    ]
    paths = predict_array(forecaster, X, "sample")  # (n_samples, n_rows[, n_targets])
    return np.hstack([*parts, np.moveaxis(paths, 0, -1).reshape(len(X), -1)])


def weights(forecaster):
    """Return all weights of a fitted forecaster in one array."""
    state = forecaster.net_.module_.state_dict()
    return np.concatenate([tensor.cpu().numpy().ravel() for tensor in state.values()])


def fit_raises(forecaster, X, y, message):
    """Check that `fit` raises with a message and changes nothing."""
    before = dict(vars(forecaster))
    with pytest.raises(ValueError, match=message):
        forecaster.fit(X, y)
    assert vars(forecaster) == before


def predict_next(forecaster, steps, method, *args):
    """Call a method that forecasts, for the steps after the last observation."""
    rows = pd.DataFrame(index=forecaster.forecast(steps).index)
    values = np.asarray(getattr(forecaster, method)(rows, *args))
    if forecaster.n_targets_ > 1 and method != "sample":
        return values.reshape(len(rows), forecaster.n_targets_, -1)
    return values


def check_quantiles(forecaster, steps=5 * HORIZON):
    """Check that quantiles do not cross, and agree with intervals."""
    quantiles = predict_next(forecaster, steps, "predict_quantiles", MANY_LEVELS)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    # The order and number of levels do not matter.
    some = predict_next(forecaster, steps, "predict_quantiles", [0.9, 0.1])
    np.testing.assert_array_equal(some, quantiles[..., [7, 2]])
    interval = predict_next(forecaster, steps, "predict_interval", 0.8)
    np.testing.assert_allclose(interval, quantiles[..., [2, 7]], rtol=1e-9)
    median = quantiles[..., [4]]
    assert (interval[..., :1] <= median).all()
    assert (median <= interval[..., 1:]).all()
    return quantiles
