"""Evaluate forecasts from several cutoffs in the past."""

from itertools import chain
from numbers import Integral

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, Interval, validate_params
from sklearn.utils.parallel import Parallel, delayed
from tqdm import tqdm

import skseq
from skseq.metrics.distributions import check_quantiles, name_quantile
from skseq.metrics.wrappers import call_method, check_method, get_period, get_series_column
from skseq.model_selection.backtest_data import BacktestData, make_folds
from skseq.model_selection.backtest_metrics import compute_metric, validate_metrics


class Backtest(pd.DataFrame):
    """The forecasts of a backtest, with its scores; see `backtest`.

    Selections from it are plain DataFrames.
    """

    _metadata = ["scores", "quantiles"]

    def plot(self, y=None, **options):
        """Plot the forecasts of each cutoff, with their quantiles, and the observations.

        Parameters
        ----------
        y : Series, DataFrame or array-like, default=None
            The y of the backtest, for the history before the first forecast.
        **options : dict
            Arguments of :meth:`skseq.inspection.ForecastDisplay.from_backtest`, such as
            `series`, `cutoffs` and `ax`.

        Returns
        -------
        ForecastDisplay
            The drawn display.

        Raises
        ------
        ValueError
            As in :meth:`skseq.inspection.ForecastDisplay.from_backtest`.

        Examples
        --------
        >>> from skseq import SeasonalNaive
        >>> from skseq.datasets import load_airline
        >>> from skseq.model_selection import backtest
        >>> y = load_airline().y
        >>> result = backtest(SeasonalNaive(horizon=12, period=12), None, y, cv=3)
        >>> len(result.plot(y).forecast_lines_)
        3
        """
        display = skseq.inspection.ForecastDisplay
        return display.from_backtest(self, y, **options)


@validate_params(
    {
        "forecaster": [HasMethods(["fit", "predict"])],
        "X": ["array-like", None],
        "y": ["array-like"],
        "cv": [
            Interval(Integral, 1, None, closed="left"),
            HasMethods(["split"]),
            HasMethods(["__iter__"]),
        ],
        "refit": ["boolean", Interval(Integral, 1, None, closed="left")],
        "metrics": [list, tuple, dict, None],
        "quantiles": ["array-like", None],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    },
    prefer_skip_nested_validation=False,
)
def backtest(
    forecaster,
    X,
    y,
    *,
    cv,
    refit=True,
    metrics=None,
    quantiles=None,
    n_jobs=None,
    verbose=0,
):
    """Evaluate a forecaster on past data (rolling-origin evaluation).

    For each split of `cv`, the forecaster is fitted or updated on the rows up to the
    cutoff, the end of the training rows, and forecasts the test rows [1]_.

    Parameters
    ----------
    forecaster : estimator
        A forecaster, alone, as the last step of a Pipeline, or in a search. It is cloned.
        With `refit=True` it may be any regressor.
    X : array-like of shape (n_timesteps, n_features) or None
        Covariates known in advance, preferably with a time index or a (series, time)
        MultiIndex. If None, the rows are those of y.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN for missing ones.
    cv : int, splitter or iterable of (train, test)
        The splits. All test rows of a split must be later than its training rows. An int is
        the number of splits of a :class:`PanelTimeSeriesSplit`.
    refit : bool or int, default=True
        If True, fit at each cutoff. If False, fit at the first cutoff, and `update` the
        forecaster with the new observations at the others. If an int n, fit at every n-th
        cutoff, and update in between.
    metrics : list or dict, default=None
        Metrics to compute at each cutoff: names ("mae", "mse", "rmse", "mase", "rmsse",
        "smape"; with `quantiles` also "wql", "coverage", "width", "winkler") or functions
        `metric(y_true, y_pred)`. The keys of a dict become the names of the scores.
    quantiles : array-like of shape (n_quantiles,), default=None
        Levels of quantiles to forecast in addition, between 0 and 1.
    n_jobs : int, default=None
        Number of processes. A job is a fit with the updates that follow it, so there is
        only one with `refit=False`. The result does not depend on it.
    verbose : int, default=0
        If above 0, show a progress bar over the cutoffs.

    Returns
    -------
    Backtest
        A DataFrame with one row per cutoff, series, target and step. Columns: `cutoff` (the
        last training time of all series), `series` (if the rows have series), `target` (if
        there are several), `step` (1 is the first time after the cutoff), `time`, `y` (the
        observed value), `forecast`, and one column per quantile, such as `q0.1`. Additional
        attributes:

        scores : DataFrame
            One row per cutoff (and target, if there are several), one column per metric.
        quantiles : list of float
            The levels of the quantiles.

    Raises
    ------
    TypeError
        If the forecaster needs `update` or `predict_quantiles` and does not have it.
    ValueError
        If a test row is not later than all training rows, or if X is an array without an
        index and the test rows do not follow the training rows directly.

    See Also
    --------
    PanelTimeSeriesSplit : Split all series at the same times.
    sklearn.model_selection.cross_validate : Compute scores only, with any splitter.

    Notes
    -----
    Rows in a gap between training and test rows are forecast as well, without using their
    y, and then dropped. After an update, the forecaster has seen all rows up to the cutoff,
    regardless of `max_train_size`.

    The names of the parameters of a metric determine what it gets: `y_train`, the y of the
    training rows; `period`, that of the forecaster or 1; as second parameter `y_quantiles`,
    all quantiles, or `y_interval`, the outermost two, with their difference as `coverage`.
    Use :func:`functools.partial` to set other values. Steps without an observed value are
    ignored; a score without any is NaN. So is, with an `UndefinedMetricWarning`, a score
    whose metric raises an error. Scaled errors leave out series that are constant in
    training, with the same warning.

    References
    ----------
    .. [1] L. J. Tashman, "Out-of-sample tests of forecasting accuracy: an analysis and
           review", International Journal of Forecasting 16(4), 2000.

    Examples
    --------
    >>> import pandas as pd
    >>> from skseq import SeasonalNaive
    >>> from skseq.model_selection import PanelTimeSeriesSplit, backtest
    >>> months = pd.period_range("2022-01", periods=24, freq="M")
    >>> y = pd.Series([i % 12 + i // 12 for i in range(24)], index=months)
    >>> cv = PanelTimeSeriesSplit(n_splits=2, test_size=3)
    >>> result = backtest(SeasonalNaive(period=12), None, y, cv=cv, metrics=["mae"])
    >>> result
        cutoff  step     time     y  forecast
    0  2023-06     1  2023-07   7.0       6.0
    1  2023-06     2  2023-08   8.0       7.0
    2  2023-06     3  2023-09   9.0       8.0
    3  2023-09     1  2023-10  10.0       9.0
    4  2023-09     2  2023-11  11.0      10.0
    5  2023-09     3  2023-12  12.0      11.0
    >>> result.scores
             mae
    cutoff
    2023-06  1.0
    2023-09  1.0
    """
    quantiles = [] if quantiles is None else check_quantiles(quantiles)
    metrics = validate_metrics(metrics, quantiles)
    updates = refit != 1  # True equals 1: fit at every cutoff
    if quantiles:
        check_method(forecaster, "predict_quantiles", "do not set quantiles=")
    if updates:
        check_method(forecaster, "update", "set refit=True")
    data = BacktestData.from_arrays(X, y, get_series_column(forecaster))
    folds = make_folds(cv, data, must_advance=updates)
    n_folds = int(refit) or len(folds)
    jobs = [
        (forecaster, data, folds[first : first + n_folds], quantiles)
        for first in range(0, len(folds), n_folds)
    ]
    evaluations = []
    with tqdm(desc="backtest", total=len(folds), unit="cutoff", disable=not verbose) as bar:
        for evaluation in chain.from_iterable(run_jobs(jobs, n_jobs, verbose)):
            evaluations.append(evaluation)
            bar.update()
    frames, scores = [], []
    for fold, (values, period) in zip(folds, evaluations, strict=True):
        frames.append(make_forecast_frame(data, fold, values, quantiles))
        params = {"period": period, "quantiles": quantiles}
        scores += score_fold(data, fold, values, metrics, params)
    result = Backtest(pd.concat(frames, ignore_index=True))
    result.scores = make_score_frame(scores, folds, data, list(metrics))
    result.quantiles = quantiles
    return result


def run_jobs(jobs, n_jobs, verbose):
    """Yield the results of `evaluate_folds` for the arguments of each job, in order."""
    if effective_n_jobs(n_jobs) == 1 or len(jobs) == 1:
        return (evaluate_folds(*job) for job in jobs)
    # Only the progress bar needs a generator, which some backends do not support.
    parallel = Parallel(n_jobs=n_jobs, return_as="generator" if verbose else "list")
    return parallel(delayed(list_evaluations)(*job) for job in jobs)


def list_evaluations(*job):
    """Return the results of `evaluate_folds` as a list, which can be pickled."""
    return list(evaluate_folds(*job))


def evaluate_folds(forecaster, data, folds, quantiles):
    """Yield the forecasts of each fold, and the period. Fit at the first, then update."""
    model = None
    for number, fold in enumerate(folds):
        if model is None:
            model = clone(forecaster).fit(*data.take(fold.train))
        else:
            rows = data.rows_between(folds[number - 1].cutoff, fold.cutoff, fold.train)
            call_method(model, "update", *data.take(rows))
        yield forecast_fold(model, data, fold, quantiles), get_period(model)


def forecast_fold(model, data, fold, quantiles):
    """Return the forecasts of the test rows: (n_rows, n_targets, 1 + n_quantiles)."""
    rows = data.rows_between(fold.cutoff, data.times[fold.test].max(), fold.test)
    is_test = np.isin(rows, fold.test)
    X, _ = data.take(rows)
    n_targets = data.targets.shape[1]
    points = np.asarray(model.predict(X), dtype=float)
    values = [points.reshape(len(rows), n_targets, 1)]
    if quantiles:
        parts = np.asarray(call_method(model, "predict_quantiles", X, quantiles))
        values.append(parts.reshape(len(rows), n_targets, len(quantiles)))
    return np.concatenate(values, axis=2)[is_test]


def make_forecast_frame(data, fold, values, quantiles):
    """Return the forecasts of a fold as rows of a DataFrame."""
    n_rows, n_targets, _ = values.shape
    rows = np.repeat(fold.test, n_targets)
    target = np.tile(np.arange(n_targets), n_rows)
    times = data.times[rows]
    codes = np.zeros(len(rows)) if data.codes is None else data.codes[rows]
    columns = {"cutoff": data.stamps[np.full(len(rows), fold.cutoff)]}
    if data.codes is not None:
        columns["series"] = data.series[codes]
    if n_targets > 1:
        columns["target"] = data.target_names[target]
    columns |= {
        "step": times - fold.cutoff,
        "time": data.stamps[times],
        "y": data.targets[rows, target],
        "forecast": values[:, :, 0].ravel(),
    }
    for k, level in enumerate(quantiles, start=1):
        columns[name_quantile(level)] = values[:, :, k].ravel()
    return pd.DataFrame(columns).iloc[np.lexsort((times, target, codes))]


def score_fold(data, fold, values, metrics, params):
    """Return the scores of a fold as one dict per target."""
    y_true, y_train = (
        pd.DataFrame(data.targets[rows], index=data.get_index(rows))
        for rows in (fold.test, fold.train)
    )
    return [
        {
            name: compute_metric(name, metric, y_true[k], values[:, k], y_train[k], params)
            for name, metric in metrics.items()
        }
        for k in y_true
    ]


def make_score_frame(scores, folds, data, names):
    """Return the scores as a DataFrame with one row per cutoff (and target)."""
    index = pd.Index(data.stamps[[fold.cutoff for fold in folds]], name="cutoff")
    if data.targets.shape[1] > 1:
        index = pd.MultiIndex.from_product(
            [index, data.target_names], names=["cutoff", "target"]
        )
    return pd.DataFrame(scores, index=index, columns=names, dtype=float)
