"""Scores of whole forecast distributions, from quantiles or from samples."""

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import validate_params

from skseq.metrics.reading import MULTIOUTPUT, read_parts, read_samples
from skseq.quoting import quote


@validate_params(
    {
        "y_true": ["array-like"],
        "y_quantiles": ["array-like"],
        "quantiles": ["array-like", None],
        "sample_weight": ["array-like", None],
        "multioutput": MULTIOUTPUT,
    },
    prefer_skip_nested_validation=True,
)
def weighted_quantile_loss(
    y_true,
    y_quantiles,
    *,
    quantiles=None,
    sample_weight=None,
    multioutput="uniform_average",
):
    """Pinball loss of quantiles over the size of what was observed.

    Twice the sum of the pinball losses of all steps, over the sum of `|y|`, averaged over
    the quantiles [1]_. At the quantile 0.5 alone it is the weighted absolute percentage
    error (WAPE, as a fraction). Over evenly spaced quantiles it comes close to the
    continuous ranked probability score over the mean of `|y|`.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. Of many series, with a (series,
        time) MultiIndex, both sums run over all.
    y_quantiles : array-like of shape (n_timesteps, n_quantiles) or \
(n_timesteps, n_targets, n_quantiles)
        Forecast quantiles, as `predict_quantiles` of a forecaster returns them: an array, or
        a DataFrame whose columns are the quantiles or (target, quantile).
    quantiles : array-like of shape (n_quantiles,), default=None
        Which quantiles they are, between 0 and 1. By default, those that the columns of a
        DataFrame name.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts in both sums.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One loss for each target, their mean, or their mean with the weights given.

    Returns
    -------
    loss : float or ndarray of shape (n_targets,)
        The loss, 0 at best.

    Raises
    ------
    ValueError
        If every value of a target is missing in `y_true`, or every one is 0.

    See Also
    --------
    sklearn.metrics.mean_pinball_loss : The loss of one quantile, in units of y.
    make_quantile_scorer : For the argument `scoring` of scikit-learn.

    References
    ----------
    .. [1] Y. Park, D. Maddix, F.-X. Aubet, K. Kan, J. Gasthaus and Y. Wang, "Learning
           Quantile Functions without Quantile Crossing for Distribution-free Time Series
           Forecasting", AISTATS 2022.

    Examples
    --------
    >>> from skseq.metrics import weighted_quantile_loss
    >>> y_quantiles = [[8.0, 10.0], [9.0, 12.0]]
    >>> weighted_quantile_loss([10.0, 10.0], y_quantiles, quantiles=[0.1, 0.5])
    0.065
    """
    levels = read_quantiles(y_quantiles, quantiles)
    steps = read_parts(
        y_true, y_quantiles, "y_quantiles", levels, sample_weight, multioutput
    )
    sizes = steps.sum(np.abs(steps.truth))
    if (sizes == 0).any():
        raise ValueError(
            "Every known value of y_true is 0: there is no size to divide the loss by. Use "
            "sklearn.metrics.mean_pinball_loss for each quantile."
        )
    losses = pinball_losses(steps.truth, steps.forecast, np.asarray(levels))
    return steps.average_targets(2 * steps.sum(losses.mean(axis=2)) / sizes)


def pinball_losses(truth, forecasts, levels):
    """Return the loss of each quantile at each step: (steps, targets, quantiles)."""
    errors = truth[:, :, None] - forecasts
    return np.maximum(levels * errors, (levels - 1) * errors)


def read_quantiles(y_quantiles, quantiles):
    """Return the quantiles that forecasts are of, as a list of floats between 0 and 1."""
    if quantiles is None:
        if not isinstance(y_quantiles, pd.DataFrame):
            raise ValueError(
                "y_quantiles is an array, which does not say what quantiles it holds: give "
                "quantiles=[...]."
            )
        quantiles = y_quantiles.columns.get_level_values(-1).unique()
    return check_quantiles(quantiles)


def check_quantiles(quantiles):
    """Return distinct quantiles between 0 and 1 as a list of floats."""
    try:
        levels = [float(level) for level in quantiles]
    except (TypeError, ValueError):
        levels = []
    inside = all(0 < level < 1 for level in levels)
    if not levels or not inside or len(set(levels)) < len(levels):
        raise ValueError(
            "quantiles should be distinct numbers between 0 and 1, both excluded. Got "
            f"{quote(list(quantiles))} instead."
        )
    return levels


def name_quantile(level):
    """Return what a column of a quantile's forecasts is called: q0.1 for 0.1."""
    return f"q{level:g}"


@validate_params(
    {
        "y_true": ["array-like"],
        "y_samples": ["array-like"],
        "sample_weight": ["array-like", None],
        "multioutput": MULTIOUTPUT,
    },
    prefer_skip_nested_validation=True,
)
def continuous_ranked_probability_score(
    y_true, y_samples, *, sample_weight=None, multioutput="uniform_average"
):
    """Score samples by the continuous ranked probability score (CRPS), in units of y.

    For samples `x_1, ..., x_m` of a step whose value is y, the mean over the steps of ::

        sum_i |x_i - y| / m  -  sum_{i<j} |x_i - x_j| / (m (m - 1))

    This is the fair estimator [1]_: its expectation is the score of the distribution that
    the samples come from, however few they are. (The plain one, with `m**2` in place of
    `m (m - 1)`, favours many samples.) It can therefore be slightly negative. For a
    forecast without spread the score is the mean absolute error.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values. Missing ones (NaN) are left out. The steps of many series count
        alike.
    y_samples : array-like of shape (n_samples, n_timesteps) or \
(n_samples, n_timesteps, n_targets)
        Samples, as `sample` of a forecaster returns them; at least 2.
    sample_weight : array-like of shape (n_timesteps,), default=None
        How much each step counts.
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_targets,), \
default="uniform_average"
        One score for each target, their mean, or their mean with the weights given.

    Returns
    -------
    score : float or ndarray of shape (n_targets,)
        The score; less is better.

    Raises
    ------
    ValueError
        If every value of a target is missing in `y_true`, or there is one sample only.

    See Also
    --------
    weighted_quantile_loss : From quantiles, over the size of y.

    References
    ----------
    .. [1] C. A. T. Ferro, "Fair scores for ensemble forecasts", Quarterly Journal of the
           Royal Meteorological Society 140(683), 2014.

    Examples
    --------
    >>> from skseq.metrics import continuous_ranked_probability_score
    >>> samples = [[9.0, 20.0], [11.0, 24.0]]
    >>> continuous_ranked_probability_score([10.0, 25.0], samples)
    0.5
    """
    steps = read_samples(y_true, y_samples, sample_weight, multioutput)
    samples = np.sort(steps.forecast, axis=0)  # (samples, steps, targets)
    n_samples = len(samples)
    distances = np.abs(samples - steps.truth).mean(axis=0)
    # In sorted samples the one of rank i is the larger in i pairs and the smaller in the
    # others, so that the sum over pairs takes no second loop.
    factors = 2 * np.arange(n_samples) - (n_samples - 1)
    spreads = np.tensordot(factors, samples, axes=1) / (n_samples * (n_samples - 1))
    return steps.average_targets(steps.mean(distances - spreads))
