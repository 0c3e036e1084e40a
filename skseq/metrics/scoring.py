"""How a fitted forecaster is measured on rows of X."""

import numpy as np
import pandas as pd

from skseq.metrics.distributions import weighted_quantile_loss
from skseq.metrics.forecasters import (
    call_within,
    check_rows_are_found,
    get_period,
    get_training_series,
    label_rows,
)
from skseq.metrics.intervals import winkler_score
from skseq.quoting import quote


class ForecastScorer:
    """A metric of forecasts in the form that searches and cross-validation call.

    Parameters
    ----------
    name : str
        Begins with "neg_" if less of the metric is better: its sign is changed then.
    measure : callable
        `measure(estimator, X, y, **settings)` returns the metric.
    **settings : dict
        What else `measure` is given.
    """

    def __init__(self, name, measure, **settings):
        self.name = name
        self.measure = measure
        self.settings = settings

    def __call__(self, estimator, X, y):
        """Return the score of a fitted forecaster on rows X, where y was observed."""
        check_rows_are_found(estimator, X)
        index = label_rows(estimator, X)
        if index is not None:
            # X says best which series a row is of, and when it is.
            y = label(y, index)
        value = self.measure(estimator, X, y, **self.settings)
        return -value if self.name.startswith("neg_") else value

    def __repr__(self):
        settings = "".join(
            f", {name}={quote(value)}"
            for name, value in self.settings.items()
            if value is not None and not callable(value)
        )
        return f"<scorer {self.name}{settings}>"


def measure_points(estimator, X, y, *, metric):
    """Return a metric of point forecasts."""
    y, forecasts = leave_out_unforecast(estimator, y, estimator.predict(X))
    return metric(y, forecasts)


def measure_scaled(estimator, X, y, *, metric, period):
    """Return a metric that compares with errors on the training series."""
    y_train = get_training_series(estimator)
    period = period or get_period(estimator)
    y, forecasts = leave_out_unforecast(estimator, y, estimator.predict(X))
    return metric(y, forecasts, y_train=y_train, period=period)


def measure_interval(estimator, X, y, *, metric, coverage):
    """Return a metric of intervals."""
    intervals = call_within(estimator, "predict_interval", X, coverage)
    y, intervals = leave_out_unforecast(estimator, y, intervals)
    if metric is winkler_score:
        return metric(y, intervals, coverage=coverage)
    return metric(y, intervals)


def measure_quantiles(estimator, X, y, *, quantiles):
    """Return the weighted quantile loss."""
    forecasts = call_within(estimator, "predict_quantiles", X, quantiles)
    y, forecasts = leave_out_unforecast(estimator, y, forecasts)
    return weighted_quantile_loss(y, forecasts, quantiles=quantiles)


def label(y, index):
    """Return y with the index of the rows of X."""
    if isinstance(y, (pd.DataFrame, pd.Series)):
        return y.set_axis(index)
    return pd.DataFrame(y, index=index)


def leave_out_unforecast(estimator, y, forecasts):
    """Leave out rows of the past that no forecast can be made for.

    A forecaster gives NaN for the first rows that it was fitted on: nothing comes before
    them. Any other NaN stays, for the metric to refuse.
    """
    has_index = isinstance(y, (pd.DataFrame, pd.Series))
    if has_index and isinstance(forecasts, (pd.DataFrame, pd.Series)):
        forecasts = forecasts.set_axis(y.index)
    values = np.asarray(forecasts, dtype=float)
    absent = np.isnan(values).any(axis=tuple(range(1, values.ndim)))
    if not absent.any() or not has_index:
        return y, forecasts
    keep = ~(absent & y.index.isin(get_training_series(estimator).index))
    if not keep.any():
        raise ValueError(
            f"None of the {len(y)} rows to score can be forecast: they are the first rows of "
            "the training series. Score later ones."
        )
    return y[keep], forecasts[keep]
