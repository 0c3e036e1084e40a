"""Coverage, width and Winkler score of prediction intervals."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval

from skseq.metrics.validation import align_parts, validate_metric


@validate_metric(y_interval=["array-like"])
def interval_coverage(
    y_true, y_interval, *, sample_weight=None, multioutput="uniform_average"
):
    """Fraction of the observed values that lie in their intervals, bounds included.

    The best coverage is the nominal one, not the largest: 0.9 for 90% intervals.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. The steps of several series are pooled.
    y_interval : array-like of shape (n_timesteps, 2) or (n_timesteps, n_targets, 2)
        Lower and upper bounds, as returned by `predict_interval`: an array, or a DataFrame
        with the columns "lower" and "upper", or (target, "lower") and so on.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One value per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    coverage : float or ndarray of shape (n_targets,)
        The fraction, from 0 to 1.

    Raises
    ------
    ValueError
        If a target has no values in `y_true`, or a lower bound exceeds its upper bound.

    See Also
    --------
    winkler_score : Coverage and width in a single number.

    Examples
    --------
    >>> from skseq.metrics import interval_coverage
    >>> interval_coverage([1.0, 2.0, 9.0, 4.0], [[0, 2], [2, 4], [5, 8], [3, 5]])
    0.75
    """
    aligned, lower, upper = align_interval(y_true, y_interval, sample_weight, multioutput)
    inside = (lower <= aligned.y_true) & (aligned.y_true <= upper)
    return aligned.average_targets(aligned.mean(inside))


@validate_metric(y_interval=["array-like"])
def interval_width(
    y_true, y_interval, *, sample_weight=None, multioutput="uniform_average"
):
    """Mean width of intervals, in units of y.

    Among intervals with the same coverage, narrower ones are more informative.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Steps with NaN are ignored, as by :func:`interval_coverage`.
    y_interval : array-like of shape (n_timesteps, 2) or (n_timesteps, n_targets, 2)
        Lower and upper bounds, as for :func:`interval_coverage`.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One width per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    width : float or ndarray of shape (n_targets,)
        The mean width, at least 0.

    Raises
    ------
    ValueError
        If a target has no values in `y_true`, or a lower bound exceeds its upper bound.

    See Also
    --------
    interval_coverage : Fraction of the observed values in the intervals.

    Examples
    --------
    >>> from skseq.metrics import interval_width
    >>> interval_width([1.0, 2.0], [[0, 2], [2, 5]])
    2.5
    """
    aligned, lower, upper = align_interval(y_true, y_interval, sample_weight, multioutput)
    return aligned.average_targets(aligned.mean(upper - lower))


@validate_metric(
    y_interval=["array-like"], coverage=[Interval(Real, 0, 1, closed="neither")]
)
def winkler_score(
    y_true, y_interval, *, coverage, sample_weight=None, multioutput="uniform_average"
):
    """Winkler score of intervals, also called interval score, in units of y.

    The score of a step is the width of its interval, plus `2 / (1 - coverage)` times the
    distance of the observed value from the interval if it lies outside. The central
    interval of the true distribution has the lowest expected score [1]_, so that neither
    too narrow nor too wide intervals are preferred.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. The steps of several series are pooled.
    y_interval : array-like of shape (n_timesteps, 2) or (n_timesteps, n_targets, 2)
        Lower and upper bounds, as for :func:`interval_coverage`.
    coverage : float
        The nominal coverage of the intervals, between 0 and 1.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One score per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    score : float or ndarray of shape (n_targets,)
        The mean score; lower is better.

    Raises
    ------
    ValueError
        If a target has no values in `y_true`, or a lower bound exceeds its upper bound.

    See Also
    --------
    make_interval_scorer : Make a scorer for the `scoring` parameter of scikit-learn.

    References
    ----------
    .. [1] R. L. Winkler, "A decision-theoretic approach to interval estimation", Journal of
           the American Statistical Association 67(337), 1972.

    Examples
    --------
    >>> from skseq.metrics import winkler_score
    >>> winkler_score([1.0, 6.0], [[0, 2], [2, 5]], coverage=0.5)
    4.5
    """
    aligned, lower, upper = align_interval(y_true, y_interval, sample_weight, multioutput)
    distances = np.maximum(lower - aligned.y_true, aligned.y_true - upper).clip(min=0)
    scores = (upper - lower) + 2 / (1 - coverage) * distances
    return aligned.average_targets(aligned.mean(scores))


def align_interval(y_true, y_interval, sample_weight, multioutput):
    """Return the aligned forecasts, and the bounds of shape (n_steps, n_targets) each."""
    aligned = align_parts(
        y_true, y_interval, "y_interval", ["lower", "upper"], sample_weight, multioutput
    )
    lower, upper = aligned.forecast[:, :, 0], aligned.forecast[:, :, 1]
    crossed = lower > upper
    if crossed.any():
        row, target = np.argwhere(crossed)[0]
        raise ValueError(
            f"y_interval has a lower bound above its upper bound in row {row}: "
            f"{lower[row, target]:g} and {upper[row, target]:g}."
        )
    return aligned, lower, upper
