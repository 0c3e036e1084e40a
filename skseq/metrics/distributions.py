"""Scores of predictive distributions, given by quantiles or samples."""

import numpy as np
import pandas as pd

from skseq.metrics.validation import align_parts, align_samples, validate_metric
from skseq.quoting import quote, suggest_fraction


@validate_metric(y_quantiles=["array-like"], quantiles=["array-like", None])
def weighted_quantile_loss(
    y_true,
    y_quantiles,
    *,
    quantiles=None,
    sample_weight=None,
    multioutput="uniform_average",
):
    """Weighted quantile loss: the pinball loss divided by the size of the observed values.

    Twice the sum of the pinball losses of all steps, divided by the sum of `|y|`, averaged
    over the quantiles [1]_. For the quantile 0.5 alone it is the weighted absolute
    percentage error (WAPE, as a fraction). For evenly spaced quantiles it approximates the
    continuous ranked probability score divided by the mean of `|y|`.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. Both sums run over the steps of all series.
    y_quantiles : array-like of shape (n_timesteps, n_quantiles) or \
(n_timesteps, n_targets, n_quantiles)
        Forecast quantiles, as `predict_quantiles` of a forecaster returns them: an array,
        or a DataFrame whose columns are the quantiles or (target, quantile).
    quantiles : array-like of shape (n_quantiles,), default=None
        Levels of the quantiles, between 0 and 1. By default, the columns of a DataFrame.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps in both sums.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One loss per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    loss : float or ndarray of shape (n_targets,)
        The loss, 0 at best.

    Raises
    ------
    ValueError
        If all values of a target in `y_true` are missing or 0.

    See Also
    --------
    sklearn.metrics.mean_pinball_loss : The loss of one quantile, in units of y.
    make_quantile_scorer : Make a scorer for the `scoring` parameter of scikit-learn.

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
    if quantiles is None:
        if not isinstance(y_quantiles, pd.DataFrame):
            raise ValueError(
                "y_quantiles is an array, which does not contain the levels of its "
                "quantiles. Set quantiles=[...]."
            )
        quantiles = y_quantiles.columns.get_level_values(-1).unique()
    levels = check_quantiles(quantiles)
    aligned = align_parts(
        y_true, y_quantiles, "y_quantiles", levels, sample_weight, multioutput
    )
    sizes = aligned.sum(np.abs(aligned.y_true))
    if (sizes == 0).any():
        raise ValueError(
            "All observed values of y_true are 0, so the loss cannot be divided by their "
            "size. Use sklearn.metrics.mean_pinball_loss for each quantile."
        )
    levels = np.asarray(levels)
    errors = aligned.y_true[:, :, None] - aligned.forecast
    losses = np.maximum(levels * errors, (levels - 1) * errors)  # pinball losses
    return aligned.average_targets(2 * aligned.sum(losses.mean(axis=2)) / sizes)


def check_quantiles(quantiles):
    """Return distinct quantiles between 0 and 1 as a list of floats."""
    try:
        levels = [float(level) for level in quantiles]
    except (TypeError, ValueError):
        levels = []
    n_inside = len({level for level in levels if 0 < level < 1})
    if not levels or n_inside < len(levels):
        example = suggest_fraction(levels) or [0.1, 0.5, 0.9]
        raise ValueError(
            "quantiles should be distinct numbers between 0 and 1, both excluded. Got "
            f"{quote(list(quantiles))} instead. For example, pass quantiles={example}."
        )
    return levels


def name_quantile(level):
    """Return the column name of a quantile: q0.1 for 0.1."""
    return f"q{level:g}"


@validate_metric(y_samples=["array-like"])
def continuous_ranked_probability_score(
    y_true, y_samples, *, sample_weight=None, multioutput="uniform_average"
):
    """Mean continuous ranked probability score (CRPS) of samples, in units of y.

    The score of a step with the value y and the samples `x_1, ..., x_m` is ::

        sum_i |x_i - y| / m  -  sum_{i<j} |x_i - x_j| / (m (m - 1))

    This is the fair estimator [1]_: for any m, its expectation is the score of the
    distribution that the samples are drawn from. (With `m**2` in place of `m (m - 1)` it
    would favor many samples.) It can therefore be slightly negative. For identical samples
    it is the mean absolute error.

    Parameters
    ----------
    y_true : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN are ignored. The steps of several series are pooled.
    y_samples : array-like of shape (n_samples, n_timesteps) or \
(n_samples, n_timesteps, n_targets)
        At least 2 samples, as `sample` of a forecaster returns them.
    sample_weight : array-like of shape (n_timesteps,), default=None
        Weights of the steps.
    multioutput : {"raw_values", "uniform_average"} or array-like, default="uniform_average"
        One score per target, their mean, or their mean with weights of shape (n_targets,).

    Returns
    -------
    score : float or ndarray of shape (n_targets,)
        The score; lower is better.

    Raises
    ------
    ValueError
        If `y_true` has no observed values of a target, or there is only one sample.

    See Also
    --------
    weighted_quantile_loss : Score of quantiles, relative to the size of y.

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
    aligned = align_samples(y_true, y_samples, sample_weight, multioutput)
    samples = np.sort(aligned.forecast, axis=0)  # (n_samples, n_steps, n_targets)
    n_samples = len(samples)
    distances = np.abs(samples - aligned.y_true).mean(axis=0)
    # The sample of rank i is the larger one in i pairs and the smaller one in the others.
    factors = 2 * np.arange(n_samples) - (n_samples - 1)
    spreads = np.tensordot(factors, samples, axes=1) / (n_samples * (n_samples - 1))
    return aligned.average_targets(aligned.mean(distances - spreads))
