"""Series to forecast, each with the split that is usual for it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from data import DATA_VARIABLE, MissingDataError
from series_rows import BY_NAME

from skseq import datasets

# A single series is cut this often, evenly over its last three horizons.
N_CUTS = 5
NYC_TEST_DAYS = 60
# ETTh1: 12, 4 and 4 months of 30 days.
ETT_TRAINING, ETT_VALIDATION, ETT_TEST = (30 * 24 * months for months in (12, 4, 4))


@dataclass(frozen=True)
class Split:
    """What a forecaster is fitted on, and the windows after it that it forecasts.

    Attributes
    ----------
    y : Series or DataFrame
        The rows to fit on, of all series.
    whole : list of ndarray of shape (n_steps, n_targets)
        Each series up to the end of the test part.
    n_fitted : ndarray of int of shape (n_series,)
        Steps of each series that y holds.
    series, origins : ndarray of int of shape (n_windows,)
        The series of each window, and how many of its steps lie before the forecast.
    horizon : int
        Steps of a forecast.
    """

    y: pd.Series | pd.DataFrame
    whole: list
    n_fitted: np.ndarray
    series: np.ndarray
    origins: np.ndarray
    horizon: int

    def read_truth(self):
        """Return what was observed: (n_windows, horizon, n_targets)."""
        return np.stack(
            [
                self.whole[i][origin : origin + self.horizon]
                for i, origin in zip(self.series, self.origins, strict=True)
            ]
        )

    def read_past(self):
        """Return what lies before each window: a list of (n_steps, n_targets)."""
        return [
            self.whole[i][:origin]
            for i, origin in zip(self.series, self.origins, strict=True)
        ]

    def read_fitted(self):
        """Return the fitted steps of each series: a list of (n_steps, n_targets)."""
        return [v[:n] for v, n in zip(self.whole, self.n_fitted, strict=True)]


# Two: a worker alternates between neighbours of the plan.
@lru_cache(maxsize=2)
def load_splits(name, folder):
    """Load a data set by the name of its row.

    Parameters
    ----------
    name : str
        Name of a row.
    folder : str
        Where the files of ETTh1 and M4 are.

    Returns
    -------
    list of Split
        One for each time that a forecaster is fitted.

    Raises
    ------
    MissingDataError
        If a file is absent; the message names it.
    """
    return LOADERS[name](Path(folder), BY_NAME[name].horizon)


def backtest_loader(load):
    """Return a loader for a single series that is cut, and fitted, several times."""

    def cut(folder, horizon):
        y = load().y
        ends = np.linspace(len(y) - 3 * horizon, len(y) - horizon, N_CUTS).astype(int)
        return [_cut([y[: n + horizon]], [n], horizon, horizon) for n in ends]

    return cut


def load_m1_yearly(folder, horizon):
    """The last six years of each of 181 series, as the competition asked for."""
    return [_cut_all(datasets.load_m1_yearly().y, horizon, horizon)]


def load_nyc_departures(folder, horizon):
    """The last 60 days of three airports, day by day; fitted once."""
    y = datasets.load_nyc_departures().y
    return [_cut_all(y, 24 * NYC_TEST_DAYS, horizon)]


def load_m4_weekly(folder, horizon):
    """The 13 weeks that the competition asked for, of 359 series."""
    train = _read_m4(folder / "m4" / "Weekly-train.csv")
    test = _read_m4(folder / "m4" / "Weekly-test.csv")
    series = {name: pd.Series(np.concatenate([train[name], test[name]])) for name in train}
    y = pd.concat(series, names=["series", "week"])
    return [_cut_all(y, horizon, horizon)]


def ett_loader(n_fitted):
    """Return a loader of ETTh1: one window for each hour of the test part."""

    def load(folder, horizon):
        frame = pd.read_csv(
            _find(folder / "ett" / "ETTh1.csv"), index_col=0, parse_dates=True
        )
        training = frame[:ETT_TRAINING]
        frame = (frame - training.mean()) / training.std(ddof=0)
        first = ETT_TRAINING + ETT_VALIDATION
        whole = frame[: first + ETT_TEST]
        return [_cut([whole], [first], 1, horizon, n_fitted=[n_fitted])]

    return load


def _cut_all(y, n_test, step):
    """Cut the same number of steps off each series."""
    parts = [part for _, part in y.groupby(level=0, sort=False)]
    horizon = step
    return _cut(parts, [len(part) - n_test for part in parts], step, horizon)


def _cut(parts, first, step, horizon, n_fitted=None):
    """Return a split of series: windows from origin `first` on, every `step` steps."""
    n_fitted = first if n_fitted is None else n_fitted
    windows = [
        (i, origin)
        for i, part in enumerate(parts)
        for origin in range(first[i], len(part) - horizon + 1, step)
    ]
    series, origins = np.array(windows).T
    return Split(
        pd.concat([part.iloc[:n] for part, n in zip(parts, n_fitted, strict=True)]),
        [part.to_numpy(float).reshape(len(part), -1) for part in parts],
        np.array(n_fitted),
        series,
        origins,
        horizon,
    )


def _read_m4(path):
    """Return the series of a file of the M4 competition: name -> values."""
    lines = _find(path).read_text().splitlines()[1:]
    series = {}
    for line in lines:
        name, *values = (cell.strip('"') for cell in line.split(","))
        series[name] = np.array([float(v) for v in values if v not in ("", "NA")])
    return series


def _find(path):
    if not path.exists():
        raise MissingDataError(
            f"{path.parent.name}/{path.name} is not in the data folder: say where it is "
            f"with --data FOLDER or the environment variable {DATA_VARIABLE}."
        )
    return path


LOADERS = {
    "airline": backtest_loader(datasets.load_airline),
    "co2": backtest_loader(datasets.load_co2),
    "sunspots": backtest_loader(datasets.load_sunspots),
    "m1_yearly": load_m1_yearly,
    "nyc_departures": load_nyc_departures,
    "m4_weekly": load_m4_weekly,
    "etth1_96": ett_loader(ETT_TRAINING + ETT_VALIDATION),
    "etth1_96_units": ett_loader(ETT_TRAINING + ETT_VALIDATION),
    "etth1_96_training": ett_loader(ETT_TRAINING),
    "etth1_336": ett_loader(ETT_TRAINING + ETT_VALIDATION),
    "etth1_720": ett_loader(ETT_TRAINING + ETT_VALIDATION),
}
