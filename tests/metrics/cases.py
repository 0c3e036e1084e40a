"""A minimal forecaster with the interface that the scorers need, and data for it."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin


def make_panel(n_steps=24, names=("north", "south"), period=4, seed=0):
    """Return X without columns and y, with a (series, time) MultiIndex."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=n_steps, name="day")
    index = pd.MultiIndex.from_product([names, days], names=["series", "day"])
    scale = np.repeat(10.0 ** np.arange(len(names)), n_steps)
    y = scale * (5 + np.tile(np.arange(n_steps) % period, len(names)))
    y = pd.Series(y + scale * rng.normal(size=len(index)), index=index, name="load")
    return y.to_frame()[[]], y


class Observed:
    """The observations of a forecaster, with one table per series and no clock."""

    clock = None

    def __init__(self, tables):
        self.tables = tables
        self.n_series = len(tables)

    def targets(self, i):
        return self.tables[i].to_numpy(dtype=float)

    def stamps(self, i):
        return self.tables[i].index


class LastValue(RegressorMixin, BaseEstimator):
    """Forecast the last value of each series, with intervals of constant width."""

    def __init__(self, period=None, spread=1.0, bias=0.0):
        self.period = period
        self.spread = spread
        self.bias = bias

    def fit(self, X, y):
        frame = pd.DataFrame(y)
        if isinstance(X, pd.DataFrame):
            frame = frame.set_axis(X.index)
        self.tables_ = self._split(frame)
        self.is_flat_ = np.ndim(y) == 1
        self.has_index_ = isinstance(y, (pd.Series, pd.DataFrame))
        self.target_names_ = list(frame.columns)
        self._store()
        return self

    def update(self, X, y):
        frame = pd.DataFrame(y)
        if isinstance(X, pd.DataFrame):
            frame = frame.set_axis(X.index)
        for name, table in self._split(frame).items():
            known = [self.tables_[name]] if name in self.tables_ else []
            self.tables_[name] = pd.concat([*known, table])
        self._store()
        return self

    def predict(self, X):
        last = [self.tables_[name].iloc[-1].to_numpy() for name in self._series_of(X)]
        values = np.array(last, dtype=float) + self.bias
        if self.has_index_ and isinstance(X, pd.DataFrame):
            frame = pd.DataFrame(values, index=X.index, columns=self.target_names_)
            return frame.iloc[:, 0] if self.is_flat_ else frame
        return values[:, 0] if self.is_flat_ else values

    def predict_quantiles(self, X, quantiles):
        points = np.asarray(self.predict(X), dtype=float)
        offsets = self.spread * (np.asarray(quantiles) - 0.5)
        values = points[..., None] + offsets
        if not (self.has_index_ and isinstance(X, pd.DataFrame)):
            return values
        columns = pd.Index(quantiles)
        if not self.is_flat_:
            columns = pd.MultiIndex.from_product([self.target_names_, quantiles])
        return pd.DataFrame(values.reshape(len(X), -1), index=X.index, columns=columns)

    def predict_interval(self, X, coverage=0.9):
        levels = [(1 - coverage) / 2, (1 + coverage) / 2]
        frame = self.predict_quantiles(X, levels)
        if isinstance(frame, pd.DataFrame):
            names = ["lower", "upper"]
            if not self.is_flat_:
                names = pd.MultiIndex.from_product([self.target_names_, names])
            frame.columns = names
        return frame

    def _split(self, frame):
        if frame.index.nlevels == 1:
            return {None: frame}
        groups = frame.groupby(level=0, sort=False)
        return {name: table.droplevel(0) for name, table in groups}

    def _store(self):
        self.series_ids_ = list(self.tables_)
        self.observed_ = Observed(list(self.tables_.values()))

    def _series_of(self, X):
        if not isinstance(X, pd.DataFrame) or X.index.nlevels == 1:
            return [None] * len(X)
        series = list(X.index.get_level_values(0))
        unknown = set(series) - set(self.tables_)
        if unknown:
            raise ValueError(f"series {min(unknown)!r} is unknown")
        return series
