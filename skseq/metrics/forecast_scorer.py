"""Scorer objects that compute a metric of a fitted forecaster on rows of X."""

import numpy as np
import pandas as pd

from skseq.metrics.distributions import weighted_quantile_loss
from skseq.metrics.intervals import winkler_score
from skseq.metrics.wrappers import (
    call_method,
    check_index_is_kept,
    get_period,
    get_row_index,
    get_training_series,
)
from skseq.quoting import quote


class ForecastScorer:
    """A metric of forecasts as a scorer, for searches and cross-validation.

    `measure(estimator, X, y, **params)` returns the metric. Its sign is changed if the name
    of the scorer begins with "neg_".
    """

    def __init__(self, name, measure, **params):
        self.name = name
        self.measure = measure
        self.params = params

    def __call__(self, estimator, X, y):
        """Return the score of a fitted forecaster on rows X with observed values y."""
        check_index_is_kept(estimator, X)
        index = get_row_index(estimator, X)
        if index is not None:  # X has the series and the time of the rows, y may lack them
            is_pandas = isinstance(y, (pd.DataFrame, pd.Series))
            y = y.set_axis(index) if is_pandas else pd.DataFrame(y, index=index)
        value = self.measure(estimator, X, y, **self.params)
        return -value if self.name.startswith("neg_") else value

    def __repr__(self):
        params = "".join(
            f", {name}={quote(value)}"
            for name, value in self.params.items()
            if value is not None and not callable(value)
        )
        return f"<scorer {self.name}{params}>"


def measure_points(estimator, X, y, *, metric):
    """Return a metric of point forecasts."""
    return metric(*drop_unpredictable(estimator, y, estimator.predict(X)))


def measure_scaled(estimator, X, y, *, metric, period):
    """Return a metric that is scaled by errors on the training series."""
    y_train = get_training_series(estimator)
    period = period or get_period(estimator)
    y, forecasts = drop_unpredictable(estimator, y, estimator.predict(X))
    return metric(y, forecasts, y_train=y_train, period=period)


def measure_interval(estimator, X, y, *, metric, coverage):
    """Return a metric of intervals."""
    intervals = call_method(estimator, "predict_interval", X, coverage)
    params = {"coverage": coverage} if metric is winkler_score else {}
    return metric(*drop_unpredictable(estimator, y, intervals), **params)


def measure_quantiles(estimator, X, y, *, quantiles):
    """Return the weighted quantile loss."""
    forecasts = call_method(estimator, "predict_quantiles", X, quantiles)
    pair = drop_unpredictable(estimator, y, forecasts)
    return weighted_quantile_loss(*pair, quantiles=quantiles)


def drop_unpredictable(estimator, y, forecasts):
    """Return y and forecasts without the first training rows, which have no past.

    A forecaster returns NaN for these rows. Other NaN are kept, so that the metric raises.
    """
    has_index = isinstance(y, (pd.DataFrame, pd.Series))
    if has_index and isinstance(forecasts, (pd.DataFrame, pd.Series)):
        forecasts = forecasts.set_axis(y.index)
    values = np.asarray(forecasts, dtype=float)
    missing = np.isnan(values).any(axis=tuple(range(1, values.ndim)))
    if not missing.any() or not has_index:
        return y, forecasts
    keep = ~(missing & y.index.isin(get_training_series(estimator).index))
    if not keep.any():
        raise ValueError(
            f"None of the {len(y)} rows to score can be forecast, because they are the first "
            "rows of the training series. Score later rows."
        )
    return y[keep], forecasts[keep]
