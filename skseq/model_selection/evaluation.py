"""Metrics of the forecasts of a backtest."""

from functools import partial
from inspect import signature

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

from skseq import metrics as forecast_metrics
from skseq.quoting import quote

METRICS = {
    "coverage": forecast_metrics.interval_coverage,
    "mae": mean_absolute_error,
    "mase": forecast_metrics.mean_absolute_scaled_error,
    "mse": mean_squared_error,
    "rmse": root_mean_squared_error,
    "rmsse": forecast_metrics.root_mean_squared_scaled_error,
    "smape": forecast_metrics.symmetric_mean_absolute_percentage_error,
    "width": forecast_metrics.interval_width,
    "winkler": forecast_metrics.winkler_score,
    "wql": forecast_metrics.weighted_quantile_loss,
}


def read_metrics(metrics, quantiles):
    """Return the metrics by name, checked against the quantiles that are forecast."""
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        named = [(name_metric(metric), metric) for metric in metrics]
        names = [name for name, _ in named]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(
                f"metrics has {twice[0]!r} twice: give a dict whose keys tell them apart."
            )
        metrics = dict(named)
    functions = {name: find_metric(metric) for name, metric in metrics.items()}
    for name, metric in functions.items():
        needed = second_parameter(metric)
        if needed in ("y_quantiles", "y_interval") and not quantiles:
            raise ValueError(
                f"The metric {name!r} is measured on quantiles: give backtest quantiles=[...]."
            )
        if needed == "y_interval" and not is_central(quantiles):
            raise ValueError(
                f"The metric {name!r} is measured between the outermost quantiles, which "
                "should be as far from 0 as from 1 and differ, like 0.1 and 0.9. Got "
                f"quantiles={quantiles}."
            )
    return functions


def name_metric(metric):
    """Return what a metric is called in the scores."""
    if isinstance(metric, str):
        return metric
    inner = metric.func if isinstance(metric, partial) else metric
    return getattr(inner, "__name__", type(inner).__name__)


def find_metric(metric):
    """Return the function that a name stands for, or the function itself."""
    if callable(metric):
        return metric
    if metric not in METRICS:
        raise ValueError(
            f"{quote(metric)} is no metric. Give a function metric(y_true, y_pred), or one of "
            f"{sorted(METRICS)}."
        )
    return METRICS[metric]


def second_parameter(metric):
    """Return the name of a metric's second parameter, which says what it measures."""
    names = list(signature(metric).parameters)
    return names[1] if len(names) > 1 else None


def is_central(quantiles):
    """Say whether the outermost quantiles are the ends of a central interval."""
    low, high = min(quantiles), max(quantiles)
    return low < high and abs(low + high - 1) < 1e-9


def measure(metric, truth, forecast, training, settings):
    """Return a metric of one target at one cutoff; NaN if all of it is missing.

    Parameters
    ----------
    metric : callable
        The metric.
    truth : Series of shape (n_steps,)
        What was observed, with the index of the rows.
    forecast : ndarray of shape (n_steps, 1 + n_quantiles)
        Point forecasts, then quantiles.
    training : Series
        What was trained on, with the index of its rows.
    settings : dict
        What a metric may ask for beside: period, quantiles.
    """
    known = truth.notna().to_numpy()
    if not known.any():
        return np.nan
    truth, forecast = truth[known], forecast[known]
    parameters = signature(metric).parameters
    bound = metric.keywords if isinstance(metric, partial) else {}
    quantiles = settings["quantiles"]
    offered = {"period": settings["period"], "y_train": training}
    if quantiles:
        offered |= {
            "quantiles": quantiles,
            "coverage": max(quantiles) - min(quantiles),
        }
    given = {
        name: value
        for name, value in offered.items()
        if name in parameters and name not in bound
    }
    measured = second_parameter(metric)
    if measured == "y_quantiles":
        values = forecast[:, 1:]
    elif measured == "y_interval":
        ends = [1 + int(pick(quantiles)) for pick in (np.argmin, np.argmax)]
        values = forecast[:, ends]
    else:
        values = pd.Series(forecast[:, 0], index=truth.index)
    return metric(truth, values, **given)
