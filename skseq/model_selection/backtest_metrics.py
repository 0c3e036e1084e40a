"""Metrics of the forecasts of a backtest."""

from functools import partial
from inspect import signature

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

from skseq import metrics as forecast_metrics
from skseq.exceptions import UndefinedMetricWarning, warn
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


def validate_metrics(metrics, quantiles):
    """Return the metric functions by name. Raise if they do not fit the quantiles."""
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        names = [get_metric_name(metric) for metric in metrics]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise ValueError(
                f"metrics contains {repeated[0]!r} twice. Pass a dict with distinct keys."
            )
        metrics = dict(zip(names, metrics, strict=True))
    functions = {name: get_metric(metric) for name, metric in metrics.items()}
    for name, metric in functions.items():
        measured = get_second_parameter(metric)
        if measured in ("y_quantiles", "y_interval") and not quantiles:
            raise ValueError(f"The metric {name!r} needs quantiles. Set quantiles=[...].")
        # The outermost quantiles should be the bounds of a central interval.
        if measured == "y_interval" and (
            len(quantiles) < 2 or abs(min(quantiles) + max(quantiles) - 1) >= 1e-9
        ):
            raise ValueError(
                f"The metric {name!r} needs a central interval: the smallest and the "
                "largest quantile should differ and add up to 1, such as 0.1 and 0.9. Got "
                f"quantiles={quantiles}."
            )
    return functions


def get_metric_name(metric):
    """Return the name of a metric in the scores."""
    if isinstance(metric, str):
        return metric
    inner = metric.func if isinstance(metric, partial) else metric
    return getattr(inner, "__name__", type(inner).__name__)


def get_metric(metric):
    """Return the function of a metric that is given by name or as a function."""
    if callable(metric):
        return metric
    if metric not in METRICS:
        raise ValueError(
            f"Unknown metric {quote(metric)}. Pass a function metric(y_true, y_pred), or "
            f"one of {sorted(METRICS)}."
        )
    return METRICS[metric]


def get_second_parameter(metric):
    """Return the name of the second parameter of a metric, or None."""
    names = list(signature(metric).parameters)
    return names[1] if len(names) > 1 else None


def compute_metric(name, metric, y_true, forecast, y_train, params):
    """Return a metric of one target at one cutoff, or NaN without observed values.

    `forecast` has the point forecasts in the first column and the quantiles in the others.
    `params` has the values of the optional parameters of metrics: "period" and "quantiles".
    If the metric raises an error, warn and return NaN, so that no forecasts are lost.
    """
    try:
        value = call_metric(metric, y_true, forecast, y_train, params)
        return np.asarray(value, dtype=float).item()
    except Exception as error:
        warn(
            f"the metric {name!r} is NaN for the forecasts from "
            f"{y_true.index.get_level_values(-1)[0]} on, because it raised "
            f"{type(error).__name__}: {error}",
            UndefinedMetricWarning,
        )
        return np.nan


def call_metric(metric, y_true, forecast, y_train, params):
    """Call a metric with the parameters that it has. NaN without observed values."""
    known = y_true.notna().to_numpy()
    if not known.any():
        return np.nan
    y_true, forecast = y_true[known], forecast[known]
    quantiles = params["quantiles"]
    offered = {"period": params["period"], "y_train": y_train}
    if quantiles:
        coverage = max(quantiles) - min(quantiles)
        offered |= {"quantiles": quantiles, "coverage": coverage}
    bound = metric.keywords if isinstance(metric, partial) else {}
    accepted = set(signature(metric).parameters) - set(bound)
    kwargs = {name: value for name, value in offered.items() if name in accepted}
    measured = get_second_parameter(metric)
    if measured == "y_quantiles":
        y_pred = forecast[:, 1:]
    elif measured == "y_interval":
        y_pred = forecast[:, [1 + np.argmin(quantiles), 1 + np.argmax(quantiles)]]
    else:
        y_pred = pd.Series(forecast[:, 0], index=y_true.index)
    return metric(y_true, y_pred, **kwargs)
