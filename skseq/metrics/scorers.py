"""Scorers of forecasters, `scorer(estimator, X, y)`, for the argument `scoring`."""

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skseq.metrics.distributions import check_quantiles
from skseq.metrics.intervals import interval_coverage, interval_width, winkler_score
from skseq.metrics.points import symmetric_mean_absolute_percentage_error
from skseq.metrics.scaled import mean_absolute_scaled_error, root_mean_squared_scaled_error
from skseq.metrics.scoring import (
    ForecastScorer,
    measure_interval,
    measure_points,
    measure_quantiles,
    measure_scaled,
)

SCALED = {
    "neg_mean_absolute_scaled_error": mean_absolute_scaled_error,
    "neg_root_mean_squared_scaled_error": root_mean_squared_scaled_error,
}
INTERVALS = {
    "interval_coverage": interval_coverage,
    "neg_interval_width": interval_width,
    "neg_winkler_score": winkler_score,
}


def mase_scorer(estimator, X, y):
    """Score forecasts by the mean absolute scaled error, with its sign changed.

    The scale is that of all the forecaster has observed, at the `period` that it has as a
    parameter, or 1.

    Parameters
    ----------
    estimator : estimator
        A fitted forecaster, alone or within a Pipeline, a search or a
        TransformedTargetRegressor.
    X : array-like of shape (n_timesteps, n_features)
        Rows to forecast. Those of its training part that it cannot forecast, since nothing
        comes before them, are left out.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        What was observed; missing values (NaN) are left out.

    Returns
    -------
    score : float
        The negative error, 0 at best.

    Raises
    ------
    TypeError
        If the estimator keeps no series that it was fitted on.
    ValueError
        As in :func:`mean_absolute_scaled_error`.

    See Also
    --------
    make_scaled_scorer : The same with another period.

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
    """Score forecasts by the root mean squared scaled error, with its sign changed.

    The scale is that of all the forecaster has observed, at the `period` that it has as a
    parameter, or 1.

    Parameters
    ----------
    estimator : estimator
        A fitted forecaster, alone or within a Pipeline, a search or a
        TransformedTargetRegressor.
    X : array-like of shape (n_timesteps, n_features)
        Rows to forecast, as for :func:`mase_scorer`.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        What was observed; missing values (NaN) are left out.

    Returns
    -------
    score : float
        The negative error, 0 at best.

    Raises
    ------
    TypeError
        If the estimator keeps no series that it was fitted on.
    ValueError
        As in :func:`root_mean_squared_scaled_error`.

    See Also
    --------
    make_scaled_scorer : The same with another period.

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
    """Score forecasts by the symmetric percentage error (sMAPE), with its sign changed.

    Parameters
    ----------
    estimator : estimator
        A fitted forecaster, or any other regressor.
    X : array-like of shape (n_timesteps, n_features)
        Rows to forecast, as for :func:`mase_scorer`.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        What was observed; missing values (NaN) are left out.

    Returns
    -------
    score : float
        The negative error in percent, 0 at best and -200 at worst.

    Raises
    ------
    ValueError
        As in :func:`symmetric_mean_absolute_percentage_error`.

    See Also
    --------
    mase_scorer : An error without units that zeros do not harm.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SeasonalNaive
    >>> from skseq.metrics import smape_scorer
    >>> naive = SeasonalNaive().fit(None, np.array([1.0, 3.0, 2.0, 50.0]))
    >>> smape_scorer(naive, np.empty((2, 0)), [50.0, 150.0])
    -50.0
    """
    scorer = ForecastScorer(
        "neg_symmetric_mean_absolute_percentage_error",
        measure_points,
        metric=symmetric_mean_absolute_percentage_error,
    )
    return scorer(estimator, X, y)


@validate_params(
    {
        "name": [StrOptions(set(SCALED))],
        "period": [Interval(Integral, 1, None, closed="left"), None],
    },
    prefer_skip_nested_validation=True,
)
def make_scaled_scorer(name="neg_mean_absolute_scaled_error", *, period=None):
    """Make a scorer of errors scaled by the training series.

    The training series is what the forecaster has observed (its `observed_`). It is found
    within a Pipeline, a search and a TransformedTargetRegressor as well, whose target
    transformer is undone.

    Parameters
    ----------
    name : {"neg_mean_absolute_scaled_error", "neg_root_mean_squared_scaled_error"}, \
default="neg_mean_absolute_scaled_error"
        Which error; its sign is changed, so that greater is better.
    period : int, default=None
        Steps between a value and the naive forecast taken from it. By default the parameter
        `period` of the forecaster, or 1 if that is None or absent.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)`, for the argument `scoring` of scikit-learn, alone or in a
        dict. It raises TypeError for an estimator that keeps no series.

    See Also
    --------
    mase_scorer : The mean absolute scaled error with the forecaster's own period.
    rmsse_scorer : The root mean squared scaled error with the forecaster's own period.

    Examples
    --------
    >>> from skseq.metrics import make_scaled_scorer
    >>> make_scaled_scorer(period=12)
    <scorer neg_mean_absolute_scaled_error, period=12>
    """
    return ForecastScorer(name, measure_scaled, metric=SCALED[name], period=period)


@validate_params(
    {
        "name": [StrOptions(set(INTERVALS))],
        "coverage": [Interval(Real, 0, 1, closed="neither")],
    },
    prefer_skip_nested_validation=True,
)
def make_interval_scorer(name="neg_winkler_score", *, coverage=0.9):
    """Make a scorer of the intervals that a forecaster predicts.

    Parameters
    ----------
    name : {"neg_winkler_score", "neg_interval_width", "interval_coverage"}, \
default="neg_winkler_score"
        Which metric. Choose models by the Winkler score: the greatest coverage is that of
        the widest intervals, and the least width that of the narrowest. The two are there
        to be reported beside it.
    coverage : float, default=0.9
        The fraction that the intervals should hold, handed to `predict_interval`.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)`, for the argument `scoring` of scikit-learn, alone or in a
        dict. Pipelines and searches may wrap the forecaster; TransformedTargetRegressor
        hides its intervals, which raises TypeError.

    See Also
    --------
    winkler_score : What less is better of.

    Examples
    --------
    >>> from skseq.metrics import make_interval_scorer
    >>> scoring = {
    ...     "winkler": make_interval_scorer(coverage=0.8),
    ...     "coverage": make_interval_scorer("interval_coverage", coverage=0.8),
    ... }
    >>> scoring["winkler"]
    <scorer neg_winkler_score, coverage=0.8>
    """
    return ForecastScorer(name, measure_interval, metric=INTERVALS[name], coverage=coverage)


@validate_params({"quantiles": ["array-like"]}, prefer_skip_nested_validation=True)
def make_quantile_scorer(quantiles):
    """Make a scorer of the quantiles that a forecaster predicts.

    Parameters
    ----------
    quantiles : array-like of shape (n_quantiles,)
        Numbers between 0 and 1, handed to `predict_quantiles`.

    Returns
    -------
    scorer : callable
        `scorer(estimator, X, y)`, for the argument `scoring` of scikit-learn, alone or in a
        dict: the weighted quantile loss with its sign changed. Pipelines and searches may
        wrap the forecaster; TransformedTargetRegressor hides its quantiles, which raises
        TypeError.

    See Also
    --------
    weighted_quantile_loss : What less is better of.

    Examples
    --------
    >>> from skseq.metrics import make_quantile_scorer
    >>> make_quantile_scorer([0.1, 0.5, 0.9])
    <scorer neg_weighted_quantile_loss, quantiles=[0.1, 0.5, 0.9]>
    """
    return ForecastScorer(
        "neg_weighted_quantile_loss",
        measure_quantiles,
        quantiles=check_quantiles(quantiles),
    )
