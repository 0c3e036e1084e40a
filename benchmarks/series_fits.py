"""One cell of the table with one seed: fit, forecast, compare."""

from functools import cache

import numpy as np
import torch
from peers import fit_peer
from running import Watch, guard
from series_data import load_splits
from series_errors import LEVELS, count_covered, measure_errors, quantiles_of
from series_rows import BASELINES, BY_NAME, NETWORKS, PEERS, VARIANTS
from skorch.callbacks import Callback
from skseq.base.rolling import Form, answer_windows

import skseq

# Windows that are forecast at once: long horizons would fill the memory otherwise.
WINDOWS_AT_ONCE = 500
# By the clock, and of the processor.
SECONDS = ("fit_seconds", "fit_cpu_seconds", "predict_seconds", "predict_cpu_seconds")


def run_fit(row_name, model, seed, max_epochs, folder, settings=None):
    """Fit one model to one row with one seed, on one thread.

    Parameters
    ----------
    row_name : str
        Name of a row.
    model : str
        A network, a baseline or a peer.
    seed : int
        `random_state` of the model.
    max_epochs : int or None
        Epochs instead of the default, for smoke tests.
    folder : str
        Where the data files are.
    settings : dict, default=None
        The record of the fit whose size and budget a network of another package is given.

    Returns
    -------
    dict
        What is written to the results, with an "error" if the fit failed.
    """
    row = BY_NAME[row_name]
    record = {"row": row_name, "model": model, "seed": seed, "metric": row.metric}
    torch.set_num_threads(1)

    def measure():
        splits = load_splits(row_name, folder)
        if model in PEERS:
            answers = [fit_peer(model, split, row, seed, settings) for split in splits]
        else:
            warm_up()
            answers = [_fit_own(model, split, row, seed, max_epochs) for split in splits]
        return _combine(row, splits, answers)

    return guard(record, measure)


def _combine(row, splits, answers):
    """Return means over the cuts of a row, and what the last fit was like."""
    figures, counts = [], []
    for split, answer in zip(splits, answers, strict=True):
        figures.append(measure_errors(split, answer["point"], row.period or 1))
        counts.append(count_covered(split, answer["bounds"]))
    seconds = np.mean([answer["seconds"] for answer in answers], axis=0)
    means = {name: float(np.mean([f[name] for f in figures])) for name in figures[0]}
    return {
        "score": means[row.metric],
        "figures": means,
        **{name: sum(c[name] for c in counts) for name in counts[0]},
        "n_fits": len(splits),
        "n_windows": sum(len(split.series) for split in splits),
        **{name: float(s) for name, s in zip(SECONDS, seconds, strict=True)},
        **answers[-1]["facts"],
    }


class UpdateCounter(Callback):
    """Counts updates over all the trainings of one fit."""

    def __init__(self):
        self.n_updates = 0

    def on_batch_end(self, net, training=None, **kwargs):
        """Count a batch that was learned from."""
        self.n_updates += bool(training)


@cache
def warm_up():
    """Let torch load what it loads at the first fit of a process: it is not timed."""
    skseq.GRUForecaster(horizon=2, max_epochs=1).fit(None, np.arange(20.0)).forecast(2)


def _fit_own(model, split, row, seed, max_epochs):
    """Fit a model of the package; return its answers, seconds and facts."""
    counter = UpdateCounter()
    forecaster = _make_model(model, row, seed, max_epochs, counter)
    watch = Watch()
    forecaster.fit(None, split.y)
    fitting = watch.lap()
    point, quantiles = _forecast_windows(forecaster, split)
    forecasting = watch.lap()
    pairs = quantiles.reshape(*point.shape, len(LEVELS), 2)
    return {
        "point": point,
        "bounds": {
            level: (pairs[..., k, 0], pairs[..., k, 1]) for k, level in enumerate(LEVELS)
        },
        "seconds": (*fitting, *forecasting),
        "facts": _describe(forecaster, counter) if model in NETWORKS else {},
    }


def _make_model(model, row, seed, max_epochs, counter):
    if model == "Drift":
        return skseq.Drift(horizon=row.horizon)
    if model in BASELINES:
        return skseq.SeasonalNaive(
            horizon=row.horizon, period=BASELINES[model] or row.period
        )
    parameters = row.parameters | VARIANTS.get(model, {})
    if max_epochs is not None:
        parameters["max_epochs"] = max_epochs
    forecaster = getattr(skseq, model.partition("-")[0] + "Forecaster")
    return forecaster(
        horizon=row.horizon,
        period=row.period,
        device="cpu",
        callbacks=[counter],
        random_state=seed,
        **parameters,
    )


def _forecast_windows(forecaster, split):
    """Forecast every window from what was observed before it.

    This is what `update` and `predict` would give at each origin, without a call for each
    of thousands, and with the intervals as they were after `fit`.

    Returns
    -------
    point : ndarray of shape (n_windows, horizon, n_targets)
    quantiles : ndarray of shape (n_windows, horizon, n_targets, n_levels)
    """
    for i, (values, n) in enumerate(zip(split.whole, split.n_fitted, strict=True)):
        new = values[n:]
        for panel in (forecaster.observed_, forecaster.coded_):
            panel.add_steps(i, new, np.empty((len(new), 0)))
    form = Form([q for level in LEVELS for q in quantiles_of(level)], None, None)
    parts = []
    for first in range(0, len(split.series), WINDOWS_AT_ONCE):
        series = split.series[first : first + WINDOWS_AT_ONCE]
        origins = split.origins[first : first + WINDOWS_AT_ONCE]
        parts.append(
            answer_windows(forecaster, forecaster.coded_, series, origins, series, form)
        )
    point, quantiles = zip(*parts, strict=True)
    return np.concatenate(point), np.concatenate(quantiles)


def _describe(forecaster, counter):
    """Return the size of a fitted network, what it chose, and what it was given."""
    net = forecaster.net_
    return {
        "n_parameters": sum(p.numel() for p in net.module_.parameters()),
        "n_updates": counter.n_updates,
        "batch_size": int(net.batch_size),
        "context_length": int(forecaster.context_length_),
        # The steps that a forecast depends on: changes need one more.
        "past_steps": int(forecaster.past_steps),
        "hidden_size": int(forecaster.hidden_size),
        "num_layers": int(forecaster.num_layers),
        "patch_size": int(forecaster.patch_size_),
        "device": str(net.device),
    }
