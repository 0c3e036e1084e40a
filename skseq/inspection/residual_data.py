"""Collect the residuals of forecasts, from an estimator or from a backtest."""

import numpy as np
import pandas as pd

from skseq.inspection.forecast_data import (
    read_estimator,
    rows_of_series,
    select,
    select_rows,
)
from skseq.metrics.wrappers import get_row_index, unwrap

COLUMNS = ["cutoff", "step", "time", "residual"]


def read_backtest_residuals(result, series, target):
    """Return the arguments of a display: residuals of one or all series of a backtest."""
    frame = pd.DataFrame(result)
    missing = [
        name for name in ("cutoff", "step", "time", "y", "forecast") if name not in frame
    ]
    if missing:
        raise ValueError(
            f"result has no column {missing[0]!r}: pass the result of "
            "skseq.model_selection.backtest."
        )
    names = {}
    n_series = frame["series"].nunique() if "series" in frame else 1
    if series is None and n_series > 1:
        names["series_name"] = f"{n_series} series"
    elif series is not None or "series" in frame:
        frame, names["series_name"] = select_rows(frame, "series", series)
    if target is not None or "target" in frame:
        frame, names["target_name"] = select_rows(frame, "target", target)
    residuals = frame["y"] - frame["forecast"]
    return {"residuals": check_residuals(frame.assign(residual=residuals)), **names}


def read_estimator_residuals(estimator, X, y, series, target):
    """Return the arguments of a display: residuals of a forecaster for rows of X."""
    forecaster, _, _ = unwrap(estimator)
    if y is None:
        raise ValueError("y is None: residuals need the observations at the rows of X.")
    if X is None:
        has_index = isinstance(y, (pd.DataFrame, pd.Series))
        X = pd.DataFrame(index=y.index) if has_index else np.empty((len(y), 0))
    known = list(forecaster.series_ids_)
    labels = get_row_index(estimator, X)
    if series is None:
        chosen = [name for name in known if has_rows(labels, name, len(X))]
    else:
        chosen = [known[select(series, known, "series", "The forecaster")]]
    frames = []
    for name in chosen:
        data = read_estimator(estimator, X, y, [], 0, name, target)
        frame = data["forecasts"]
        actual = frame["time"].map(data["actual"])
        steps = count_steps(forecaster, known.index(name), frame["time"])
        frames.append(frame.assign(step=steps, residual=actual - frame["forecast"]))
    several = f"{len(chosen)} series" if len(chosen) > 1 else chosen[0]
    return {
        "residuals": check_residuals(pd.concat(frames)),
        "series_name": several,
        "target_name": data["target_name"],
    }


def has_rows(labels, name, n_rows):
    """Return whether X has rows of a series."""
    try:
        return bool(rows_of_series(labels, name, n_rows).any())
    except ValueError:
        return False


def count_steps(forecaster, number, times):
    """Return how many steps each time is after the last observation of a series."""
    observed = forecaster.observed_
    if observed.clock is None:
        return np.arange(1, len(times) + 1)
    steps = observed.clock.ticks(pd.Index(times)) - observed.next_tick(number) + 1
    if steps.min() < 1:
        raise ValueError(
            f"X has the time {times.iloc[steps.argmin()]}, which the forecaster has "
            f"observed, up to {observed.stamps(number)[-1]}. Pass rows after it."
        )
    return steps


def check_residuals(frame):
    """Return the columns of residuals without missing ones, or raise if none is left."""
    frame = frame[COLUMNS].dropna(subset="residual").reset_index(drop=True)
    if frame.empty:
        raise ValueError(
            "There are no residuals: y is missing at all times of the forecasts."
        )
    return frame
