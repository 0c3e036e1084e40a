"""Scaled and percentage errors of point forecasts."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval

from skseq.exceptions import UndefinedMetricWarning, warn
from skseq.metrics.validation import (
    align_points,
    name_target,
    split_training,
    validate_metric,
)
from skseq.quoting import quote

validate_scaled_metric = validate_metric(
    y_pred=["array-like"],
    y_train=["array-like"],
    period=[Interval(Integral, 1, None, closed="left")],
)


@validate_scaled_metric
def mean_absolute_scaled_error(
    y_true, y_pred, *, y_train, period=1, sample_weight=None, multioutput="uniform_average"
):
    """Mean absolute scaled error (MASE).

    The mean absolute error, divided by the mean absolute error of the one-period-ahead
    seasonal naive forecast (the value one period earlier) on the training series [1]_.
    Below 1, the forecast is more accurate than the naive forecast on the training series.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. A (series, time) MultiIndex separates series.
    y_pred : array-like of the same shape as `y_true`
        Forecasts. Rows are aligned by index if both are pandas objects, else by position.
    y_train : array-like of shape (n_training,) or (n_training, n_targets)
        The series before the forecasts, at regular steps in chronological order. It needs a
        (series, time) MultiIndex for several series. Pairs with NaN are ignored.
    period : int, default=1
        Number of steps between a value and its naive forecast: 12 for monthly data with a
        yearly season, 1 for the forecast that repeats the last value.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps within their series.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One error per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        The error, 0 at best, averaged over the series with observed values in `y_true`.

    Raises
    ------
    ValueError
        If `y_true` has no observed values of a target, or if no series has a scale: the
        naive forecast of a training series has no error (the series is constant or repeats
        itself), or it has no two observed values one period apart.

    Warns
    -----
    UndefinedMetricWarning
        If some of several series have no scale. They are left out of the average.

    See Also
    --------
    root_mean_squared_scaled_error : The same with squared errors.
    make_scaled_scorer : Make a scorer for the `scoring` parameter of scikit-learn.

    References
    ----------
    .. [1] R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy",
           International Journal of Forecasting 22(4), 2006.

    Examples
    --------
    >>> from skseq.metrics import mean_absolute_scaled_error
    >>> y_train = [1.0, 3.0, 2.0, 4.0]
    >>> mean_absolute_scaled_error([5.0, 3.0], [4.0, 4.0], y_train=y_train)
    0.6
    """
    aligned = align_points(y_true, y_pred, sample_weight, multioutput)
    return aligned.average_series(scale_errors(aligned, y_train, period, np.abs))


@validate_scaled_metric
def root_mean_squared_scaled_error(
    y_true, y_pred, *, y_train, period=1, sample_weight=None, multioutput="uniform_average"
):
    """Root mean squared scaled error (RMSSE).

    The square root of the ratio between the mean squared error and that of the
    one-period-ahead seasonal naive forecast on the training series, as in the M5
    competition [1]_. Below 1, the forecast is more accurate than that naive forecast.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. A (series, time) MultiIndex separates series.
    y_pred : array-like of the same shape as `y_true`
        Forecasts. Rows are aligned by index if both are pandas objects, else by position.
    y_train : array-like of shape (n_training,) or (n_training, n_targets)
        The series before the forecasts, as for :func:`mean_absolute_scaled_error`. In M5,
        each series starts at its first sale; remove earlier steps to do the same.
    period : int, default=1
        Number of steps between a value and its naive forecast. M5 uses 1.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps within their series.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One error per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        The error, 0 at best, averaged over the series with observed values in `y_true`.

    Raises
    ------
    ValueError
        Under the same conditions as :func:`mean_absolute_scaled_error`.

    Warns
    -----
    UndefinedMetricWarning
        If some of several series have no scale. They are left out of the average.

    See Also
    --------
    mean_absolute_scaled_error : The same with absolute errors.
    make_scaled_scorer : Make a scorer for the `scoring` parameter of scikit-learn.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "M5 accuracy competition:
           results, findings, and conclusions", International Journal of Forecasting 38(4),
           2022.

    Examples
    --------
    >>> from skseq.metrics import root_mean_squared_scaled_error
    >>> y_train = [1.0, 3.0, 2.0, 4.0]
    >>> round(root_mean_squared_scaled_error([5.0, 3.0], [4.0, 4.0], y_train=y_train), 4)
    0.5774
    """
    aligned = align_points(y_true, y_pred, sample_weight, multioutput)
    ratios = scale_errors(aligned, y_train, period, np.square)
    return aligned.average_series(np.sqrt(ratios))


@validate_metric(y_pred=["array-like"])
def symmetric_mean_absolute_percentage_error(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"
):
    """Symmetric mean absolute percentage error (sMAPE).

    The mean of `200 * |y - f| / (|y| + |f|)` for values y and forecasts f, as in the M4
    competition [1]_. The error of a step is 0 where both are 0. The metric suits positive
    values far from 0: a forecast with the opposite sign always has the error 200.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. A (series, time) MultiIndex separates series.
    y_pred : array-like of the same shape as `y_true`
        Forecasts. Rows are aligned by index if both are pandas objects, else by position.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps within their series.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One error per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        The error in percent, from 0 (best) to 200, averaged over the series that have
        observed values in `y_true`.

    Raises
    ------
    ValueError
        If `y_true` has no observed values of a target.

    See Also
    --------
    mean_absolute_scaled_error : A scale-free error that is defined for values near 0.

    References
    ----------
    .. [1] S. Makridakis, E. Spiliotis and V. Assimakopoulos, "The M4 Competition: 100,000
           time series and 61 forecasting methods", International Journal of Forecasting
           36(1), 2020.

    Examples
    --------
    >>> from skseq.metrics import symmetric_mean_absolute_percentage_error
    >>> symmetric_mean_absolute_percentage_error([100.0, 50.0], [300.0, 50.0])
    50.0
    """
    aligned = align_points(y_true, y_pred, sample_weight, multioutput)
    sizes = np.abs(aligned.y_true) + np.abs(aligned.forecast)
    errors = 200 * np.abs(aligned.y_true - aligned.forecast)
    errors /= np.where(sizes == 0, 1.0, sizes)
    return aligned.average_series(aligned.mean_by_series(errors))


def scale_errors(aligned, y_train, period, loss):
    """Return the mean loss over that of the naive forecast: (n_series, n_targets).

    It is NaN for series without steps to compare, and, with a warning, for series without a
    scale. Raise ValueError if no series of a target has a scale.
    """
    errors = aligned.mean_by_series(loss(aligned.y_true - aligned.forecast))
    training = split_training(y_train, aligned)
    problems = {}
    for i, target in np.argwhere(~np.isnan(errors)):
        values = training[i][:, target]
        scale = average_change(values, period, loss)
        if not scale > 0:
            name = describe_series(aligned, i, target)
            problems[i, target] = describe_scale(name, scale, len(values), period)
            scale = np.nan
        errors[i, target] /= scale
    for target in np.flatnonzero(np.isnan(errors).all(axis=0)):
        raise ValueError(next(text for (_, t), text in problems.items() if t == target))
    if problems:
        n_left = len({i for i, _ in problems})
        warn(
            f"{n_left} of {len(errors)} series {'is' if n_left == 1 else 'are'} left out "
            f"of the scaled error. {next(iter(problems.values()))}",
            UndefinedMetricWarning,
        )
    return errors


def average_change(values, period, loss):
    """Return the mean loss of the naive forecast of a series; NaN without any pairs."""
    losses = loss(values[period:] - values[:-period])
    losses = losses[~np.isnan(losses)]
    return losses.mean() if len(losses) else np.nan


def describe_scale(name, scale, n_values, period):
    """Return why a series has no scale, and the remedy."""
    if np.isnan(scale):
        return (
            f"{name} has {n_values} values in y_train, but no two observed values "
            f"period={period} steps apart to scale the error by. Give a longer y_train "
            "or a smaller period."
        )
    return (
        f"{name} never changes over period={period} steps in y_train, so the naive "
        "forecast has no error to scale by. Drop the series, or use a metric that is "
        "not scaled."
    )


def describe_series(aligned, i, target):
    """Name a series, and the target if there are several, for an error message."""
    series = aligned.series[i]
    name = "The training series" if series is None else f"The series {quote(series)}"
    if aligned.y_true.shape[1] > 1:
        name += f" (target {name_target(aligned.targets, target)})"
    return name
