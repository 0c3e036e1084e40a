"""Scorers of forecasters, for the `scoring` parameter of scikit-learn."""

from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skseq.metrics.distributions import check_quantiles, weighted_quantile_loss
from skseq.metrics.intervals import interval_coverage, interval_width, winkler_score
from skseq.metrics.point_errors import (
    mean_absolute_scaled_error,
    root_mean_squared_scaled_error,
    symmetric_mean_absolute_percentage_error,
)
from skseq.metrics.wrappers import (
    call_method,
    check_index_is_kept,
    get_period,
    get_row_index,
    get_training_series,
)
from skseq.quoting import quote

SCALED_METRICS = {
    "neg_mean_absolute_scaled_error": mean_absolute_scaled_error,
    "neg_root_mean_squared_scaled_error": root_mean_squared_scaled_error,
}
INTERVAL_METRICS = {
    "interval_coverage": interval_coverage,
    "neg_interval_width": interval_width,
    "neg_winkler_score": winkler_score,
}


def mase_scorer(estimator, X, y):
    """Score forecasts by the negative mean absolute scaled error (MASE).

    The error is scaled on all observations of the forecaster, with its parameter `period`
    or, if it has none, 1.

    Parameters
    ----------
    estimator : estimator
        A fitted forecaster, alone or in a Pipeline, a search or TransformedTargetRegressor.
    X : array-like of shape (n_timesteps, n_features)
        Rows to forecast. The first training rows are ignored if their past is too short.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored.

    Returns
    -------
    score : float
        The negative error, 0 at best.

    Raises
    ------
    TypeError
        If the estimator does not contain a forecaster with a training series.
    ValueError
        Under the same conditions as :func:`mean_absolute_scaled_error`.

    See Also
    --------
    make_scaled_scorer : Make such a scorer with another period.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from skseq import SeasonalNaive
    >>> from skseq.metrics import mase_scorer
    >>> X, y = np.empty((12, 0)), np.arange(12.0)
    >>> cv = TimeSeriesSplit(2, test_size=2)
    >>> cross_val_score(SeasonalNaive(), X, y, cv=cv, scoring=mase_scorer)
    array([-1.5, -1.5])
    """
    return make_scaled_scorer()(estimator, X, y)


def rmsse_scorer(estimator, X, y):
    """Score forecasts by the negative root mean squared scaled error (RMSSE).

    Parameters
    ----------
    estimator : estimator
        A fitted forecaster. Its observations scale the error, as for :func:`mase_scorer`.
    X : array-like of shape (n_timesteps, n_features)
        Rows to forecast, as for :func:`mase_scorer`.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored.

    Returns
    -------
    score : float
        The negative error, 0 at best.

    Raises
    ------
    TypeError, ValueError
        Under the same conditions as :func:`mase_scorer`.

    See Also
    --------
    make_scaled_scorer : Make such a scorer with another period.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SeasonalNaive
    >>> from skseq.metrics import rmsse_scorer
    >>> naive = SeasonalNaive().fit(None, np.array([1.0, 3.0, 2.0, 4.0]))
    >>> rmsse_scorer(naive, np.empty((2, 0)), [4.0, 4.0 + 3.0 * 2**0.5])
    -1.7...
    """
    return make_scaled_scorer("neg_root_mean_squared_scaled_error")(estimator, X, y)


def smape_scorer(estimator, X, y):
    """Score forecasts by the negative symmetric mean absolute percentage error (sMAPE).

    Parameters
    ----------
    estimator : estimator
        A fitted forecaster, or any other regressor.
    X : array-like of shape (n_timesteps, n_features)
        Rows to forecast, as for :func:`mase_scorer`.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored.

    Returns
    -------
    score : float
        The negative error in percent, from -200 to 0 (best).

    Raises
    ------
    ValueError
        Under the same conditions as :func:`symmetric_mean_absolute_percentage_error`.

    See Also
    --------
    mase_scorer : A scale-free error that is defined for values near 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SeasonalNaive
    >>> from skseq.metrics import smape_scorer
    >>> naive = SeasonalNaive().fit(None, np.array([1.0, 3.0, 2.0, 50.0]))
    >>> smape_scorer(naive, np.empty((2, 0)), [50.0, 150.0])
    -50.0
    """
    metric = symmetric_mean_absolute_percentage_error
    return ForecastScorer("neg_smape", measure_points, metric=metric)(estimator, X, y)


@validate_params(
    {
        "name": [StrOptions(set(SCALED_METRICS))],
        "period": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def make_scaled_scorer(name="neg_mean_absolute_scaled_error", *, period=None):
    """Make a scorer of errors that are scaled by the training series.

    The training series has all observations of the forecaster (its attribute `observed_`).
    The transformation of the target by a TransformedTargetRegressor is inverted.

    Parameters
    ----------
    name : {"neg_mean_absolute_scaled_error", "neg_root_mean_squared_scaled_error"}, \
default="neg_mean_absolute_scaled_error"
        The error. Its sign is changed, so that greater is better.
    period : int, default=None
        Number of steps between a value and its naive forecast. By default the parameter
        `period` of the forecaster, or 1 if it is None or does not exist.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)` for the parameter `scoring` of scikit-learn, like
        :func:`mase_scorer`. It raises TypeError if the estimator has no training series.

    See Also
    --------
    mase_scorer : The default scorer.
    rmsse_scorer : The scorer of the squared error with the period of the forecaster.

    Examples
    --------
    >>> from skseq.metrics import make_scaled_scorer
    >>> make_scaled_scorer(period=12)
    <scorer neg_mean_absolute_scaled_error, period=12>
    """
    return ForecastScorer(name, measure_scaled, metric=SCALED_METRICS[name], period=period)


@validate_params(
    {
        "name": [StrOptions(set(INTERVAL_METRICS))],
        "coverage": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def make_interval_scorer(name="neg_winkler_score", *, coverage=0.9):
    """Make a scorer of prediction intervals.

    Parameters
    ----------
    name : {"neg_winkler_score", "neg_interval_width", "interval_coverage"}, \
default="neg_winkler_score"
        The metric. Select models by the Winkler score: coverage alone favors the widest
        intervals, and width alone the narrowest. Report both along with it.
    coverage : float, default=0.9
        The nominal coverage, passed to `predict_interval`.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)` for the parameter `scoring` of scikit-learn. It raises
        TypeError for TransformedTargetRegressor, which hides the intervals.

    See Also
    --------
    winkler_score : The metric of the default scorer.

    Examples
    --------
    >>> from skseq.metrics import make_interval_scorer
    >>> make_interval_scorer(coverage=0.8)
    <scorer neg_winkler_score, coverage=0.8>
    """
    metric = INTERVAL_METRICS[name]
    return ForecastScorer(name, measure_interval, metric=metric, coverage=coverage)


@validate_params({"quantiles": ["array-like"]}, prefer_skip_nested_validation=True)
def make_quantile_scorer(quantiles):
    """Make a scorer of forecast quantiles.

    Parameters
    ----------
    quantiles : array-like of shape (n_quantiles,)
        Levels between 0 and 1, passed to `predict_quantiles`.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)` for the parameter `scoring` of scikit-learn: the negative
        weighted quantile loss. It raises TypeError for TransformedTargetRegressor, which
        hides the quantiles.

    See Also
    --------
    weighted_quantile_loss : The metric of the scorer.

    Examples
    --------
    >>> from skseq.metrics import make_quantile_scorer
    >>> make_quantile_scorer([0.1, 0.5, 0.9])
    <scorer neg_weighted_quantile_loss, quantiles=[0.1, 0.5, 0.9]>
    """
    name = "neg_weighted_quantile_loss"
    return ForecastScorer(name, measure_quantiles, quantiles=check_quantiles(quantiles))


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
            f"None of the {len(y)} rows to score can be forecast, because they are the "
            "first rows of the training series. Score later rows."
        )
    return y[keep], forecasts[keep]
