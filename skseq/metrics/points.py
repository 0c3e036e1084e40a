"""Errors of point forecasts in percent."""

import numpy as np
from sklearn.utils._param_validation import validate_params

from skseq.metrics.reading import MULTIOUTPUT, read_points


@validate_params(
    {
        "y_true": ["array-like"],
        "y_pred": ["array-like"],
        "sample_weight": ["array-like", None],
        "multioutput": MULTIOUTPUT,
    },
    prefer_skip_nested_validation=True,
)
def symmetric_mean_absolute_percentage_error(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"
):
    """Symmetric mean absolute percentage error (sMAPE), in percent.

    The mean of `200 * |y - f| / (|y| + |f|)`, as in the M4 competition [1]_, where a step
    at which both are 0 has no error. It runs from 0 to 200, and is for values that are far
    from 0 and positive: a forecast of the other sign always has 200.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. A Series or DataFrame whose rows
        have a (series, time) MultiIndex holds many series.
    y_pred : array-like of the same shape as `y_true`
        Forecasts. Rows are found by index if both are pandas objects, else by position.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts within its series.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One error for each target, their mean, or their mean with the weights given.

    Returns
    -------
    error : float or ndarray of shape (n_targets,)
        The error in percent, 0 at best and 200 at worst. Of many series, the mean of their
        errors; series all of whose values are missing in `y_true` are left out.

    Raises
    ------
    ValueError
        If every value of a target is missing in `y_true`.

    See Also
    --------
    mean_absolute_scaled_error : An error without units that zeros do not harm.

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
    steps = read_points(y_true, y_pred, sample_weight, multioutput)
    sizes = np.abs(steps.truth) + np.abs(steps.forecast)
    errors = 200 * np.abs(steps.truth - steps.forecast) / np.where(sizes == 0, 1.0, sizes)
    return steps.average_series(steps.mean_by_series(errors))
