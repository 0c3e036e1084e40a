"""Percentage errors of point forecasts."""

import numpy as np

from skseq.metrics.validation import align_points, validate_metric


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
