"""Series to forecast, each with its usual split."""

from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from skseq import datasets

from ..engine.files import find_file
from .models import HORIZONS

# Number of cutoffs of a single series, evenly over its last three horizons.
N_CUTS = 5
# ETTh1: 12, 4 and 4 months of 30 days.
ETT_TRAINING, ETT_VALIDATION, ETT_TEST = (30 * 24 * months for months in (12, 4, 4))


class Split(NamedTuple):
    """Rows to fit a forecaster on, and later windows to forecast."""

    # The rows to fit on, of all series.
    y: pd.Series | pd.DataFrame
    # Each series up to the end of the test part, (n_steps, n_targets).
    whole: list
    # Number of steps of each series that y holds.
    n_fitted: np.ndarray
    # The series of each window, and the number of its steps before the forecast.
    series: np.ndarray
    origins: np.ndarray
    horizon: int

    def read_truth(self):
        """Return the observations: (n_windows, horizon, n_targets)."""
        windows = zip(self.series, self.origins, strict=True)
        return np.stack([self.whole[i][n : n + self.horizon] for i, n in windows])

    def read_past(self):
        """Return all steps before each window: a list of (n_steps, n_targets)."""
        return [self.whole[i][:n] for i, n in zip(self.series, self.origins, strict=True)]

    def read_fitted(self):
        """Return the fitted steps of each series: a list of (n_steps, n_targets)."""
        return [v[:n] for v, n in zip(self.whole, self.n_fitted, strict=True)]


# Two, because a process alternates between neighbors of the plan.
@lru_cache(maxsize=2)
def load_splits(name, folder):
    """Load a row's data, one Split for each fit; raise FileNotFoundError if it is absent."""
    load = LOADERS.get(name, partial(load_ett, ETT_TRAINING + ETT_VALIDATION))
    return load(Path(folder), HORIZONS[name])


def load_single(load, folder, horizon):
    """Load one series; it is cut, and fitted, several times."""
    y = load().y
    ends = np.linspace(len(y) - 3 * horizon, len(y) - horizon, N_CUTS).astype(int)
    return [_cut([y[: n + horizon]], [n], horizon, horizon) for n in ends]


def load_m4_weekly(folder, horizon):
    """Load 359 series; the last 13 weeks of each are forecast, as in the competition."""
    parts = {}
    for part in ("train", "test"):
        for line in find_file(folder, f"m4/Weekly-{part}.csv").read_text().splitlines()[1:]:
            name, *values = (cell.strip('"') for cell in line.split(","))
            numbers = [float(v) for v in values if v not in ("", "NA")]
            parts.setdefault(name, []).extend(numbers)
    series = {name: pd.Series(values) for name, values in parts.items()}
    return _cut_all(pd.concat(series, names=["series", "week"]), horizon, horizon)


def load_ett(n_fitted, folder, horizon):
    """Load ETTh1, with one window for each hour of the test part."""
    path = find_file(folder, "ett/ETTh1.csv")
    frame = pd.read_csv(path, index_col=0, parse_dates=True)
    training = frame[:ETT_TRAINING]
    frame = (frame - training.mean()) / training.std(ddof=0)
    first = ETT_TRAINING + ETT_VALIDATION
    return [_cut([frame[: first + ETT_TEST]], [first], 1, horizon, n_fitted=[n_fitted])]


def _cut_all(y, n_test, horizon):
    """Return a split with the same number of test steps of each series."""
    parts = [part for _, part in y.groupby(level=0, sort=False)]
    return [_cut(parts, [len(part) - n_test for part in parts], horizon, horizon)]


def _cut(parts, first, step, horizon, n_fitted=None):
    """Return a split of series: windows from origin `first` on, every `step` steps."""
    n_fitted = first if n_fitted is None else n_fitted
    windows = [
        (i, origin)
        for i, part in enumerate(parts)
        for origin in range(first[i], len(part) - horizon + 1, step)
    ]
    y = pd.concat([part.iloc[:n] for part, n in zip(parts, n_fitted, strict=True)])
    whole = [part.to_numpy(float).reshape(len(part), -1) for part in parts]
    return Split(y, whole, np.array(n_fitted), *np.array(windows).T, horizon)


LOADERS = {
    "airline": partial(load_single, datasets.load_airline),
    "co2": partial(load_single, datasets.load_co2),
    "sunspots": partial(load_single, datasets.load_sunspots),
    # The last six years of 181 series, as in the competition.
    "m1_yearly": lambda _, horizon: _cut_all(datasets.load_m1_yearly().y, horizon, horizon),
    # Each of the last 60 days of three airports, after one fit.
    "nyc_departures": lambda _, horizon: _cut_all(
        datasets.load_nyc_departures().y, 24 * 60, horizon
    ),
    "m4_weekly": load_m4_weekly,
    "etth1_96_training": partial(load_ett, ETT_TRAINING),
}
