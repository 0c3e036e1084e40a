"""How often intervals hold what they should, how wide they are, and both at once."""

from numbers import Real

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from skseq.metrics.reading import MULTIOUTPUT, read_parts

CONSTRAINTS = {
    "y_true": ["array-like"],
    "y_interval": ["array-like"],
    "sample_weight": ["array-like", None],
    "multioutput": MULTIOUTPUT,
}


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def interval_coverage(
    y_true, y_interval, *, sample_weight=None, multioutput="uniform_average"
):
    """Fraction of the observed values that lie within their intervals, ends included.

    A good interval has the coverage that was asked for, not the greatest: 0.9 for intervals
    of 90 percent.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. The steps of many series count
        alike.
    y_interval : array-like of shape (n_timesteps, 2) or (n_timesteps, n_targets, 2)
        Lower and upper ends, as `predict_interval` of a forecaster returns them: an array,
        or a DataFrame with the columns "lower" and "upper", or (target, "lower") and
        (target, "upper").
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One fraction for each target, their mean, or their mean with the weights given.

    Returns
    -------
    coverage : float or ndarray of shape (n_targets,)
        The fraction, 0 to 1.

    Raises
    ------
    ValueError
        If every value of a target is missing in `y_true`, or a lower end is above its
        upper end.

    See Also
    --------
    winkler_score : Coverage and width in one number.

    Examples
    --------
    >>> from skseq.metrics import interval_coverage
    >>> interval_coverage([1.0, 2.0, 9.0, 4.0], [[0, 2], [2, 4], [5, 8], [3, 5]])
    0.75
    """
    steps, lower, upper = read_interval(y_true, y_interval, sample_weight, multioutput)
    inside = (lower <= steps.truth) & (steps.truth <= upper)
    return steps.average_targets(steps.mean(inside))


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)
def interval_width(
    y_true, y_interval, *, sample_weight=None, multioutput="uniform_average"
):
    """Mean width of intervals, in units of y.

    Of two kinds of intervals with the same coverage, the narrower says more.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. They say what steps are left out, those where they are missing
        (NaN), so that the width is that of the intervals whose coverage can be measured.
    y_interval : array-like of shape (n_timesteps, 2) or (n_timesteps, n_targets, 2)
        Lower and upper ends, as for :func:`interval_coverage`.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One width for each target, their mean, or their mean with the weights given.

    Returns
    -------
    width : float or ndarray of shape (n_targets,)
        The mean width, at least 0.

    Raises
    ------
    ValueError
        If every value of a target is missing in `y_true`, or a lower end is above its
        upper end.

    See Also
    --------
    interval_coverage : How often they hold what was observed.

    Examples
    --------
    >>> from skseq.metrics import interval_width
    >>> interval_width([1.0, 2.0], [[0, 2], [2, 5]])
    2.5
    """
    steps, lower, upper = read_interval(y_true, y_interval, sample_weight, multioutput)
    return steps.average_targets(steps.mean(upper - lower))


@validate_params(
    {**CONSTRAINTS, "coverage": [Interval(Real, 0, 1, closed="neither")]},
    prefer_skip_nested_validation=True,
)
def winkler_score(
    y_true, y_interval, *, coverage, sample_weight=None, multioutput="uniform_average"
):
    """Width of intervals and a penalty for what they miss (Winkler score), in units of y.

    An interval costs its width, and `2 / (1 - coverage)` times the distance by which the
    observed value lies outside. In expectation the central interval of the true
    distribution has the least cost, so that neither narrow nor wide intervals pay [1]_.
    It is also called the interval score.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. The steps of many series count
        alike.
    y_interval : array-like of shape (n_timesteps, 2) or (n_timesteps, n_targets, 2)
        Lower and upper ends, as for :func:`interval_coverage`.
    coverage : float
        The fraction that the intervals should hold, between 0 and 1.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One score for each target, their mean, or their mean with the weights given.

    Returns
    -------
    score : float or ndarray of shape (n_targets,)
        The mean cost; less is better.

    Raises
    ------
    ValueError
        If every value of a target is missing in `y_true`, or a lower end is above its
        upper end.

    See Also
    --------
    make_interval_scorer : For the argument `scoring` of scikit-learn.

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
    steps, lower, upper = read_interval(y_true, y_interval, sample_weight, multioutput)
    below = np.maximum(lower - steps.truth, 0)
    above = np.maximum(steps.truth - upper, 0)
    costs = (upper - lower) + 2 / (1 - coverage) * (below + above)
    return steps.average_targets(steps.mean(costs))


def read_interval(y_true, y_interval, sample_weight, multioutput):
    """Return the steps, and the lower and upper ends: (steps, targets) each."""
    steps = read_parts(
        y_true, y_interval, "y_interval", ["lower", "upper"], sample_weight, multioutput
    )
    lower, upper = steps.forecast[:, :, 0], steps.forecast[:, :, 1]
    crossed = lower > upper
    if crossed.any():
        row, target = np.argwhere(crossed)[0]
        raise ValueError(
            f"y_interval has a lower end above its upper end in row {row}: "
            f"{lower[row, target]:g} and {upper[row, target]:g}."
        )
    return steps, lower, upper
