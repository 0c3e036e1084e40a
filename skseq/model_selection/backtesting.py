"""Forecasts from many cutoffs of the past, as they would have been made."""

from itertools import chain
from numbers import Integral

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, Interval, validate_params
from sklearn.utils.parallel import Parallel, delayed
from tqdm import tqdm

from skseq.metrics.distributions import check_quantiles, name_quantile
from skseq.metrics.wrappers import (
    call_method,
    check_method,
    get_period,
    get_series_column,
)
from skseq.model_selection.evaluation import measure, read_metrics
from skseq.model_selection.rows import Table, read_cuts


class Backtest(pd.DataFrame):
    """Forecasts from many cutoffs, and how good they were; see `backtest`.

    Whatever is selected from it is a plain DataFrame.
    """

    _metadata = ["scores", "quantiles"]


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
    """Forecast from many cutoffs of the past, as one would have then.

    For each split of `cv`, a forecaster that has seen nothing after the split's training
    rows forecasts its test rows (rolling-origin evaluation [1]_).

    Parameters
    ----------
    forecaster : estimator
        A forecaster, alone or as the last step of a Pipeline, or in a search; it is cloned.
        With `refit=True` any regressor will do.
    X : array-like of shape (n_timesteps, n_features) or None
        What is known ahead of time for each row, best with a time index or a (series, time)
        MultiIndex. None if there is nothing; rows are then those of y.
    y : array-like of shape (n_timesteps,) or (n_timesteps, n_targets)
        Observed values; NaN is missing.
    cv : int, splitter or iterable of (train, test)
        Where to cut, for example :class:`PanelTimeSeriesSplit` or scikit-learn's
        TimeSeriesSplit. All test rows of a split are later than its training rows. A number
        stands for `PanelTimeSeriesSplit(cv)`.
    refit : bool or int, default=True
        Whether to fit anew at each cutoff. If False, the forecaster is fitted at the first
        and from there on told what has been observed since, by its `update`. A number n
        stands for a fit at every n-th cutoff, and updates between.
    metrics : list or dict, default=None
        What to measure at each cutoff: names ("mae", "mse", "rmse", "mase", "rmsse",
        "smape"; with `quantiles` also "wql", "coverage", "width", "winkler") or functions
        `metric(y_true, y_pred)`, those of :mod:`skseq.metrics` and scikit-learn among them.
        A dict names them as it likes.
    quantiles : array-like of shape (n_quantiles,), default=None
        Quantiles to forecast as well, between 0 and 1.
    n_jobs : int, default=None
        Processes, over fits: each takes a fit and the updates after it, so with
        `refit=False` there is nothing to share. Results are those of one process.
    verbose : int, default=0
        If above 0, a bar shows how many cutoffs are done.

    Returns
    -------
    Backtest
        A DataFrame with one row for each cutoff, series, target and step. Columns: `cutoff`
        (the last time stamp trained on, of all series), `series` (if rows name theirs),
        `target` (if there are several), `step` (1 is the first time stamp after the
        cutoff), `time`, `y` (what was observed), `forecast`, and one for each quantile,
        `q0.1` for 0.1. It has two more attributes:

        scores : DataFrame
            One row for each cutoff, or for each cutoff and target if there are several;
            one column for each metric. `scores.mean()` averages over the cutoffs.
        quantiles : list of float
            The quantiles that were forecast.

    Raises
    ------
    TypeError
        If the forecaster has no `update` or no `predict_quantiles` and needs it.
    ValueError
        If a test row is not later than all training rows; or if X is a bare array and its
        test rows do not come right after the training rows, since a forecaster could not
        tell.

    See Also
    --------
    PanelTimeSeriesSplit : Cut all series at the same times.
    sklearn.model_selection.cross_validate : Scores alone, by any splitter.

    Notes
    -----
    Rows between the training rows and the test rows (a gap) are forecast, too, and then
    left out: their X is known ahead of time. Their y is not looked at. After a cutoff with
    an update, the forecaster has seen all rows up to it, whatever `max_train_size` was.

    What a metric is given follows from the names of its parameters: `y_train` is the
    training rows, `period` the `period` of the forecaster or 1; `y_quantiles` is all
    quantiles, and `y_interval` the outermost two, whose `coverage` is their difference.
    :func:`functools.partial` sets any of them to something else. Steps without an
    observation are left out; where none is left, the score is NaN.

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
    metrics = read_metrics(metrics, quantiles)
    updates = refit != 1  # True is 1: a fit at every cutoff
    if quantiles:
        check_method(forecaster, "predict_quantiles", "leave out quantiles=")
    if updates:
        check_method(forecaster, "update", "set refit=True")
    table = Table.read(X, y, get_series_column(forecaster))
    cuts = read_cuts(cv, table, must_advance=updates)
    every = int(refit) or len(cuts)
    work = [
        (forecaster, table, cuts[first : first + every], metrics, quantiles)
        for first in range(0, len(cuts), every)
    ]
    forecasts, scores = [], []
    with tqdm(desc="backtest", total=len(cuts), unit="cutoff", disable=not verbose) as bar:
        for frame, marks in chain.from_iterable(run_in_turn(work, n_jobs, verbose)):
            forecasts.append(frame)
            scores += marks
            bar.update()
    result = Backtest(pd.concat(forecasts, ignore_index=True))
    result.scores = tabulate_scores(scores, cuts, table, list(metrics))
    result.quantiles = quantiles
    return result


def run_in_turn(work, n_jobs, lazily):
    """Yield what `follow_cuts` gives for each of several arguments, in their order."""
    if effective_n_jobs(n_jobs) == 1 or len(work) == 1:
        return (follow_cuts(*one) for one in work)
    # Not every backend gives its results one by one; only a bar asks for it.
    parallel = Parallel(n_jobs=n_jobs, return_as="generator" if lazily else "list")
    return parallel(delayed(list_cuts)(*one) for one in work)


def list_cuts(*arguments):
    """Return what `follow_cuts` yields, as processes hand it over."""
    return list(follow_cuts(*arguments))


def follow_cuts(forecaster, table, cuts, metrics, quantiles):
    """Fit at the first of some cutoffs and update at the others.

    Yields
    ------
    forecasts : DataFrame
        Those of a cutoff.
    scores : list of dict
        Of each target.
    """
    model = None
    for number, cut in enumerate(cuts):
        if model is None:
            model = clone(forecaster).fit(*table.take(cut.train))
        else:
            rows = table.between(cuts[number - 1].time, cut.time, like=cut.train)
            call_method(model, "update", *table.take(rows))
        values = forecast_cut(model, table, cut, quantiles)
        settings = {"period": get_period(model), "quantiles": quantiles}
        scores = score_cut(table, cut, values, metrics, settings)
        yield tabulate(table, cut, values, quantiles), scores


def forecast_cut(model, table, cut, quantiles):
    """Return forecasts of the rows to test on: (rows, targets, 1 + quantiles)."""
    rows = table.between(cut.time, table.times[cut.test].max(), like=cut.test)
    asked = np.isin(rows, cut.test)
    X, _ = table.take(rows)
    n_targets = table.targets().shape[1]
    points = np.asarray(model.predict(X), dtype=float)
    values = [points.reshape(len(rows), n_targets, 1)]
    if quantiles:
        parts = np.asarray(call_method(model, "predict_quantiles", X, quantiles))
        values.append(parts.reshape(len(rows), n_targets, len(quantiles)))
    return np.concatenate(values, axis=2)[asked]


def tabulate(table, cut, values, quantiles):
    """Return the forecasts of a cutoff as rows of a frame."""
    n_rows, n_targets, _ = values.shape
    rows = np.repeat(cut.test, n_targets)
    target = np.tile(np.arange(n_targets), n_rows)
    times = table.times[rows]
    owners = np.zeros(len(rows)) if table.owners is None else table.owners[rows]
    columns = {"cutoff": table.stamps[np.full(len(rows), cut.time)]}
    if table.owners is not None:
        columns["series"] = table.series[table.owners[rows]]
    if n_targets > 1:
        columns["target"] = table.target_names()[target]
    columns |= {
        "step": times - cut.time,
        "time": table.stamps[times],
        "y": table.targets()[rows, target],
        "forecast": values[:, :, 0].ravel(),
    }
    for k, level in enumerate(quantiles, start=1):
        columns[name_quantile(level)] = values[:, :, k].ravel()
    order = np.lexsort((times, target, owners))
    return pd.DataFrame(columns).iloc[order]


def score_cut(table, cut, values, metrics, settings):
    """Return the scores of each target at a cutoff, in a list of dicts."""
    targets, scores = table.targets(), []
    index = table.index(cut.test)
    for k in range(targets.shape[1]):
        truth = pd.Series(targets[cut.test, k], index=index)
        training = pd.Series(targets[cut.train, k], index=table.index(cut.train))
        scores.append(
            {
                name: measure(metric, truth, values[:, k], training, settings)
                for name, metric in metrics.items()
            }
        )
    return scores


def tabulate_scores(scores, cuts, table, names):
    """Return scores as a frame, one row for each cutoff (and target)."""
    index = pd.Index(table.stamps[[cut.time for cut in cuts]], name="cutoff")
    n_targets = table.targets().shape[1]
    if n_targets > 1:
        index = pd.MultiIndex.from_product(
            [index, table.target_names()], names=["cutoff", "target"]
        )
    return pd.DataFrame(scores, index=index, columns=names, dtype=float)
