"""Networks of neuralforecast and darts with a given size and budget, kept quiet."""

import contextlib
import io
import logging
import tempfile
import warnings

import numpy as np
import pandas as pd
import torch


@contextlib.contextmanager
def keep_quiet():
    """Suppress prints, logs and warnings; yield a folder that is removed afterwards."""
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


def fit_neuralforecast(name, settings, horizon, series, seed, folder):
    """Fit a network to arrays; return forecaster, network, and an entry for each update."""
    from neuralforecast import NeuralForecast, models

    trainer, updates = _make_trainer(folder)
    model = getattr(models, name)(
        h=horizon,
        input_size=settings["past_steps"],
        encoder_n_layers=settings["num_layers"],
        encoder_hidden_size=settings["hidden_size"],
        decoder_hidden_size=settings["hidden_size"],
        max_steps=settings["n_updates"],
        batch_size=len(series),  # each update draws its windows from all series
        windows_batch_size=settings["batch_size"],
        start_padding_enabled=True,  # train on series shorter than a window as well
        random_seed=seed,
        **trainer,
    )
    forecaster = NeuralForecast(models=[model], freq=1)
    forecaster.fit(make_table(series))
    return forecaster, model, updates


def make_table(series):
    """Return series as the table that neuralforecast reads; names are numbers."""
    lengths = [len(values) for values in series]
    names = np.repeat(np.arange(len(series)), lengths)
    steps = np.concatenate([np.arange(n) for n in lengths])
    return pd.DataFrame({"unique_id": names, "ds": steps, "y": np.concatenate(series)})


def fit_darts(name, settings, horizon, series, seed, folder, **more):
    """Fit a network to TimeSeries; return the model and an entry for each update."""
    from darts.models import BlockRNNModel

    trainer, updates = _make_trainer(folder)
    model = BlockRNNModel(
        input_chunk_length=settings["past_steps"],
        output_chunk_length=horizon,
        model=name,
        hidden_dim=settings["hidden_size"],
        n_rnn_layers=settings["num_layers"],
        batch_size=settings["batch_size"],
        n_epochs=settings["n_updates"],  # max_steps ends the training earlier
        loss_fn=torch.nn.L1Loss(),
        random_state=seed,
        work_dir=folder,
        pl_trainer_kwargs={**trainer, "max_steps": settings["n_updates"]},
        **more,
    )
    model.fit(series)
    return model, updates


def _make_trainer(folder):
    """Return arguments of Lightning's Trainer, and a list that its updates fill."""
    from pytorch_lightning import Callback

    updates = []

    class UpdateCounter(Callback):
        # A list outside of the callback, because Lightning's users copy callbacks.
        def on_train_batch_end(self, *arguments):
            updates.append(1)

    flags = (
        "logger",
        "enable_progress_bar",
        "enable_model_summary",
        "enable_checkpointing",
    )
    callbacks = [UpdateCounter()]
    more = {"accelerator": "cpu", "default_root_dir": folder, "callbacks": callbacks}
    return {**dict.fromkeys(flags, False), **more}, updates
