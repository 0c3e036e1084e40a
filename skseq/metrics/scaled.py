"""Errors in units of the error that a naive forecast makes on the training series."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from skseq.metrics.reading import MULTIOUTPUT, name_target, read_points, read_training
from skseq.quoting import quote

CONSTRAINTS = {
    "y_true": ["array-like"],
    "y_pred": ["array-like"],
    "y_train": ["array-like"],
    "period": [Interval(Integral, 1, None, closed="left")],
    "sample_weight": ["array-like", None],
    "multioutput": MULTIOUTPUT,
}


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def mean_absolute_scaled_error(
    y_true, y_pred, *, y_train, period=1, sample_weight=None, multioutput="uniform_average"
):
    """Mean absolute error over that of a naive forecast of the training series (MASE).

    Below 1, the forecast errs less than the seasonal naive forecast (the value of one
    period ago) does on average, one period ahead, over the training series [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. A Series or DataFrame whose rows
        have a (series, time) MultiIndex holds many series.
    y_pred : array-like of the same shape as `y_true`
        Forecasts. Rows are found by index if both are pandas objects, else by position.
    y_train : array-like of shape (n_training,) or (n_training, n_targets)
        The series up to the forecasts, at regular steps, in the order of time. Missing
        values (NaN) are left out together with those that are compared with them. Where
        `y_true` holds many series it has a (series, time) MultiIndex as well.
    period : int, default=1
        Number of steps between a value and that which the naive forecast takes for it: 12
        for months of a year, 1 for the last value.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts within its series.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One error for each target, their mean, or their mean with the weights given.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        The error, 0 at best. Of many series, the mean of their errors; series all of whose
        values are missing in `y_true` are left out.

    Raises
    ------
    ValueError
        If every value of a target is missing, if the naive forecast of a training series
        makes no error (the series is constant, or repeats itself), or has no two known
        values one period apart.

    See Also
    --------
    root_mean_squared_scaled_error : The same with squares.
    make_scaled_scorer : For the argument `scoring` of scikit-learn.

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
    steps = read_points(y_true, y_pred, sample_weight, multioutput)
    errors = steps.mean_by_series(np.abs(steps.truth - steps.forecast))
    return steps.average_series(
        errors / naive_errors(y_train, steps, errors, period, np.abs)
    )


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def root_mean_squared_scaled_error(
    y_true, y_pred, *, y_train, period=1, sample_weight=None, multioutput="uniform_average"
):
    """Root of the mean squared error over that of a naive forecast (RMSSE).

    The measure of the M5 competition [1]_: below 1, the forecast errs less than the naive
    forecast does, one period ahead, over the training series.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. A Series or DataFrame whose rows
        have a (series, time) MultiIndex holds many series.
    y_pred : array-like of the same shape as `y_true`
        Forecasts. Rows are found by index if both are pandas objects, else by position.
    y_train : array-like of shape (n_training,) or (n_training, n_targets)
        The series up to the forecasts, as for :func:`mean_absolute_scaled_error`. M5 lets
        each series begin with its first sale; cut off what comes before to do the same.
    period : int, default=1
        Number of steps between a value and that which the naive forecast takes for it. It
        is 1 in M5.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts within its series.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One error for each target, their mean, or their mean with the weights given.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        The error, 0 at best. Of many series, the mean of their errors; series all of whose
        values are missing in `y_true` are left out.

    Raises
    ------
    ValueError
        If every value of a target is missing, if the naive forecast of a training series
        makes no error (the series is constant, or repeats itself), or has no two known
        values one period apart.

    See Also
    --------
    mean_absolute_scaled_error : The same with absolute values.
    make_scaled_scorer : For the argument `scoring` of scikit-learn.

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
    steps = read_points(y_true, y_pred, sample_weight, multioutput)
    errors = steps.mean_by_series((steps.truth - steps.forecast) ** 2)
    ratios = errors / naive_errors(y_train, steps, errors, period, np.square)
    return steps.average_series(np.sqrt(ratios))


def naive_errors(y_train, steps, errors, period, size):
    """Return how large the naive forecast's errors are on average: (series, targets).

    Where `errors` has no value (a series without a step to compare), neither has this.
    """
    training = read_training(y_train, steps)
    scales = np.full(errors.shape, np.nan)
    for i, target in np.argwhere(~np.isnan(errors)):
        values = training[i][:, target]
        sizes = size(values[period:] - values[:-period])
        sizes = sizes[~np.isnan(sizes)]
        which = describe(steps, i, target)
        if not len(sizes):
            raise ValueError(
                f"{which} has {len(values)} values in y_train, no two of them known and "
                f"period={period} steps apart: nothing to scale the error by. Give more of "
                "it, or a smaller period."
            )
        scales[i, target] = sizes.mean()
        if scales[i, target] == 0:
            raise ValueError(
                f"{which} never changes over period={period} steps in y_train, so that the "
                "naive forecast makes no error to scale by. Leave it out, or use an error "
                "that is not scaled."
            )
    return scales


def describe(steps, i, target):
    """Name a series, and its target if it has several."""
    series = steps.series[i]
    name = "The training series" if series is None else f"The series {quote(series)}"
    if steps.truth.shape[1] > 1:
        name += f" (target {name_target(steps.targets, target)})"
    return name
