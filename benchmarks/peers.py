"""Forecasters of other packages: statsforecast, neuralforecast and darts.

Networks are given the size and the budget of a fitted forecaster of ours: hidden size,
layers, steps of the past, horizon, windows an update, number of updates; and its loss, the absolute
error. All else is at the peer's default. They write nothing, neither files nor text.
"""

import contextlib
import importlib.util
import io
import logging
import tempfile
import warnings
from functools import cache

import numpy as np
import pandas as pd
from running import Watch
from series_data import Split
from series_errors import LEVELS
from series_rows import CLASSICAL_PEERS, PEERS


def find_absent_peers(models):
    """Return why models cannot be measured: model -> reason."""
    return {
        model: f"the package {PEERS[model]} is not installed: pip install 'skseq[bench]'."
        for model in models
        if model in PEERS and importlib.util.find_spec(PEERS[model]) is None
    }


def fit_peer(model, split, row, seed, settings):
    """Fit a model of another package; return its answers, seconds and facts.

    Parameters
    ----------
    model : str
        A key of `PEERS`.
    split : Split
        What to fit on and to forecast.
    row : SeriesRow
        Period and horizon.
    seed : int
        Seed of a network.
    settings : dict or None
        The record of the fit whose size and budget a network is given.
    """
    with keep_quiet() as folder:
        if model in CLASSICAL_PEERS:
            return _fit_statsforecast(model, split, row.period or 1)
        if "n_updates" not in settings:
            raise ValueError("the fit whose settings it should be given has failed.")
        fit = NETWORK_FITS[model]
        _warm_up(fit)
        return fit(split, settings, seed, folder)


@contextlib.contextmanager
def keep_quiet():
    """Swallow prints, logs and warnings; yield a folder that is removed afterwards."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield folder
        finally:
            logging.disable(logging.NOTSET)


def _fit_statsforecast(name, split, period):
    """Fit each series on its own, with gaps interpolated."""
    from statsforecast import models

    # The first call of a process compiles: it is not timed.
    _warm_up_statsforecast(name)
    points, bounds = [], []
    fitting = forecasting = np.zeros(2)
    for past in split.read_past():
        values = pd.Series(past[:, 0]).interpolate(limit_direction="both").to_numpy()
        model = getattr(models, name)(season_length=period)
        watch = Watch()
        model.fit(values)
        fitting = fitting + watch.lap()
        answer = model.predict(split.horizon, level=list(LEVELS))
        forecasting = forecasting + watch.lap()
        points.append(answer["mean"])
        bounds.append([(answer[f"lo-{level}"], answer[f"hi-{level}"]) for level in LEVELS])
    bounds = np.array(bounds)[..., None]  # (windows, levels, 2, horizon, 1)
    return {
        "point": np.array(points)[..., None],
        "bounds": {
            level: (bounds[:, k, 0], bounds[:, k, 1]) for k, level in enumerate(LEVELS)
        },
        "seconds": (*fitting, *forecasting),
        "facts": {},
    }


@cache
def _warm_up_statsforecast(name):
    from statsforecast import models

    values = np.sin(np.arange(40.0)) + np.arange(40.0)
    getattr(models, name)(season_length=4).fit(values).predict(2, level=list(LEVELS))


def _fit_neuralforecast(split, settings, seed, folder):
    from neuralforecast import NeuralForecast

    trainer, updates = make_trainer(folder)
    n_series = len(split.whole)
    model = make_neuralforecast("GRU", settings, split.horizon, n_series, seed, trainer)
    forecaster = NeuralForecast(models=[model], freq=1)
    watch = Watch()
    forecaster.fit(_make_table(split.read_fitted()))
    fitting = watch.lap()
    past_steps = settings["past_steps"]
    # As many series as windows, each of what the network looks at.
    answer = forecaster.predict(_make_table([p[-past_steps:] for p in split.read_past()]))
    forecasting = watch.lap()
    answer = answer.sort_values(["unique_id", "ds"])["GRU"].to_numpy()
    seconds = (*fitting, *forecasting)
    answer = answer.reshape(-1, split.horizon)
    return _package(answer, seconds, model, len(updates), settings)


def make_neuralforecast(name, settings, horizon, n_series, seed, trainer):
    """Return a recurrent model of neuralforecast with the size and budget of `settings`."""
    from neuralforecast import models

    return getattr(models, name)(
        h=horizon,
        input_size=settings["past_steps"],
        encoder_n_layers=settings["num_layers"],
        encoder_hidden_size=settings["hidden_size"],
        decoder_hidden_size=settings["hidden_size"],
        max_steps=settings["n_updates"],
        # Each update draws its windows from those of all series.
        batch_size=n_series,
        windows_batch_size=settings["batch_size"],
        # Series shorter than a window are learned from as well.
        start_padding_enabled=True,
        random_seed=seed,
        **trainer,
    )


def _make_table(series):
    """Return series in the form that neuralforecast reads; names are their numbers."""
    lengths = [len(values) for values in series]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(len(series)), lengths),
            "ds": np.concatenate([np.arange(n) for n in lengths]),
            "y": np.concatenate([values[:, 0] for values in series]),
        }
    )


def _fit_darts(split, settings, seed, folder, use_reversible_instance_norm=False):
    from darts import TimeSeries
    from darts.dataprocessing.transformers import Scaler

    trainer, updates = make_trainer(folder)
    past_steps = settings["past_steps"]
    model = make_darts(
        "GRU",
        settings,
        split.horizon,
        seed,
        folder,
        trainer,
        use_reversible_instance_norm=use_reversible_instance_norm,
    )
    watch = Watch()
    # What its documentation recommends for networks: each series scaled to [0, 1], float32.
    scaler = Scaler()
    series = [TimeSeries.from_values(values) for values in split.read_fitted()]
    scaled = [one.astype(np.float32) for one in scaler.fit_transform(series)]
    shortest = past_steps + split.horizon
    model.fit([one for one in scaled if len(one) >= shortest])
    fitting = watch.lap()
    owners = [int(i) for i in split.series]
    past = [
        TimeSeries.from_values(_fill_front(values[-past_steps:], past_steps))
        for values in split.read_past()
    ]
    past = [one.astype(np.float32) for one in scaler.transform(past, series_idx=owners)]
    answer = scaler.inverse_transform(
        model.predict(split.horizon, series=past, verbose=False), series_idx=owners
    )
    forecasting = watch.lap()
    answer = np.stack([one.values()[:, 0] for one in answer])
    seconds = (*fitting, *forecasting)
    return _package(answer, seconds, model.model, len(updates), settings)


def make_darts(name, settings, horizon, seed, folder, trainer, **more):
    """Return a recurrent model of darts with the size and budget of `settings`."""
    import torch
    from darts.models import BlockRNNModel

    return BlockRNNModel(
        input_chunk_length=settings["past_steps"],
        output_chunk_length=horizon,
        model=name,
        hidden_dim=settings["hidden_size"],
        n_rnn_layers=settings["num_layers"],
        batch_size=settings["batch_size"],
        n_epochs=settings["n_updates"],  # max_steps ends it before
        loss_fn=torch.nn.L1Loss(),
        random_state=seed,
        work_dir=folder,
        pl_trainer_kwargs={**trainer, "max_steps": settings["n_updates"]},
        **more,
    )


def _fill_front(values, n):
    """Let a series that is shorter than a window begin with its first value repeated."""
    return np.concatenate([np.repeat(values[:1], n - len(values), axis=0), values])


def _fit_darts_by_window(split, settings, seed, folder):
    """Let darts measure each window by its own level and spread, as the others do."""
    return _fit_darts(split, settings, seed, folder, use_reversible_instance_norm=True)


NETWORK_FITS = {
    "neuralforecast-GRU": _fit_neuralforecast,
    "darts-GRU": _fit_darts,
    "darts-GRU-RINorm": _fit_darts_by_window,
}


@cache
def _warm_up(fit):
    """Fit something small: imports and first calls are not timed."""
    values = [np.arange(30.0)[:, None], np.arange(30.0)[::-1, None]]
    lengths = np.array([26, 26])
    split = Split(None, values, lengths, np.array([0, 1]), lengths, 4)
    small = {"past_steps": 8, "hidden_size": 4, "num_layers": 1, "n_updates": 2}
    with tempfile.TemporaryDirectory() as folder:
        fit(split, {**small, "batch_size": 4}, 0, folder)


def make_trainer(folder):
    """Return what keeps Lightning on the CPU and quiet, and a list that its updates fill."""
    from pytorch_lightning import Callback

    updates = []

    class UpdateCounter(Callback):
        # Not in the callback itself, of which Lightning's users make copies.
        def on_train_batch_end(self, *arguments):
            updates.append(1)

    return {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
        "default_root_dir": folder,
        "callbacks": [UpdateCounter()],
    }, updates


def _package(answer, seconds, module, n_updates, settings):
    return {
        "point": answer[:, :, None],
        "bounds": {},
        "seconds": seconds,
        "facts": {
            "n_parameters": sum(p.numel() for p in module.parameters()),
            "n_updates": int(n_updates),
            "batch_size": settings["batch_size"],
            "past_steps": settings["past_steps"],
            "device": "cpu",
        },
    }
