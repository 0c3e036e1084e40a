"""Small estimators, a forecaster that records its calls, and data for them."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin

import skseq
from skseq.architectures import CustomArchitecture
from skseq.estimators import NetworkForecaster, SequenceEstimator
from skseq.model_selection import PanelTimeSeriesSplit

# The calls of all Recorders: (method, index of X, y or X).
CALLS = []

PUBLIC = [obj for obj in map(skseq.__dict__.get, skseq.__all__) if isinstance(obj, type)]
# They require the parameter `network`.
CUSTOM = [cls for cls in PUBLIC if issubclass(cls, CustomArchitecture)]
PUBLIC = [cls for cls in PUBLIC if cls not in CUSTOM]
SEQUENCE_ESTIMATORS = [cls for cls in PUBLIC if issubclass(cls, SequenceEstimator)]
NETWORK_ESTIMATORS = SEQUENCE_ESTIMATORS + [
    cls for cls in PUBLIC if issubclass(cls, NetworkForecaster)
]


def make_small(cls, **params):
    """Return an estimator that fits in a fraction of a second, and X and y for it."""
    small = {"hidden_size": 8, "max_epochs": 2, "batch_size": 8, "random_state": 0}
    random = np.random.default_rng(0)
    if issubclass(cls, NetworkForecaster):
        index = pd.date_range("2020-01-01", periods=60, freq="D")
        y = pd.Series(np.sin(np.arange(60)) + random.normal(size=60), index=index)
        model = cls(**{**small, "horizon": 4, "context_length": 8, **params})
        return model, pd.DataFrame(index=index), y
    y = np.arange(24) % 3
    X = [
        random.normal(size=(n, 2)) + label
        for n, label in zip(random.integers(2, 12, 24), y)
    ]
    return cls(**{**small, **params}), X, y


class Recorder(RegressorMixin, BaseEstimator):
    """Forecast the number of rows seen so far, and record every call in `CALLS`."""

    def __init__(self, period=None, series=None):
        self.period = period
        self.series = series

    def fit(self, X, y):
        CALLS.append(("fit", index_of(X), np.asarray(y, dtype=float)))
        self.n_seen_ = len(y)
        self.observed_ = object()
        return self

    def update(self, X, y):
        CALLS.append(("update", index_of(X), np.asarray(y, dtype=float)))
        self.n_seen_ += len(y)
        return self

    def predict(self, X):
        CALLS.append(("predict", index_of(X), np.asarray(X, dtype=float)))
        return np.full(len(X), float(self.n_seen_))

    def predict_quantiles(self, X, quantiles):
        return self.n_seen_ + np.tile(np.asarray(quantiles), (len(X), 1))


class TwoTargets(Recorder):
    """Forecast the number of rows seen for one target, and its negative for the other."""

    def predict(self, X):
        return super().predict(X)[:, None] * [1, -1]

    def predict_quantiles(self, X, quantiles):
        values = super().predict_quantiles(X, quantiles)
        return np.stack([values, -values], axis=1)


def index_of(X):
    return X.index if isinstance(X, pd.DataFrame) else None


def calls_of(name):
    """Return the recorded calls of one method, without its name."""
    return [entry[1:] for entry in CALLS if entry[0] == name]


def make_series(n_steps=20):
    """Return X with one column and y, indexed by month."""
    months = pd.period_range("2020-01", periods=n_steps, freq="M", name="month")
    y = pd.Series(np.arange(n_steps, dtype=float) ** 1.5, index=months, name="sales")
    return pd.DataFrame({"price": np.arange(n_steps) % 3}, index=months), y


def make_panel(starts=(0, 0, 0), n_steps=12):
    """Return X and y of series with different starts and a common end."""
    days = pd.date_range("2024-01-01", periods=n_steps, name="day")
    parts = {}
    for name, start in zip("abcdef", starts, strict=False):
        values = np.arange(start, n_steps, dtype=float) + 100 * start
        parts[name] = pd.Series(values, index=days[start:])
    y = pd.concat(parts, names=["series", "day"]).rename("sales")
    return pd.DataFrame({"price": y.to_numpy() % 3}, index=y.index), y


def make_splitter(n_splits=3, test_size=2, **parameters):
    """Return a splitter with small test parts."""
    return PanelTimeSeriesSplit(n_splits, test_size=test_size, **parameters)
