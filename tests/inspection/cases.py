"""Example series and forecasters, and functions that read data back from a figure."""

import matplotlib
import numpy as np
import pandas as pd

from skseq import SeasonalNaive

matplotlib.use("Agg")

PERIOD = 6


def make_series(n_steps=60, kind="dates"):
    rng = np.random.default_rng(0)
    index = {
        "dates": pd.date_range("2024-01-30", periods=n_steps, name="day"),
        "zoned": pd.date_range("2024-01-30", periods=n_steps, tz="Europe/Berlin"),
        "periods": pd.period_range("2020-01", periods=n_steps, freq="M"),
        "numbers": pd.RangeIndex(n_steps),
    }[kind]
    values = 50 + 10 * (np.arange(n_steps) % PERIOD) + rng.normal(size=n_steps)
    return pd.Series(values, index=index, name="load (MW)")


def make_panel():
    y = make_series()
    return pd.concat({"north": y, "south": 3 * y, "west": -y}).rename("load")


def columns(y):
    return y.to_frame()[[]]


def fit(y_train, **parameters):
    return SeasonalNaive(period=PERIOD, horizon=6, **parameters).fit(
        columns(y_train), y_train
    )


def xy(line):
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata(), dtype=float)


def edges(band):
    """Return the lower and upper edges of a filled area, of shape (n_steps, 2)."""
    path = band.get_paths()[0].vertices
    x = np.unique(path[:, 0])
    ends = [path[path[:, 0] == at][:, 1] for at in x]
    return np.array([[end.min(), end.max()] for end in ends])


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]
