"""The same trainings with skorch, Keras, darts and neuralforecast."""

import os
import time

import numpy as np
import pandas as pd
import torch
from peers import keep_quiet, make_darts, make_neuralforecast, make_trainer
from speed_loops import BareRecurrent, BareTransformer
from torch import nn

from skseq.tasks.forecasting import BATCHES_A_PASS


def make_skorch(workload, **changes):
    """Return skorch's classifier around the bare module, with its default loop."""
    from skorch import NeuralNetClassifier

    shape = workload.n_features, workload.hidden_size, workload.n_classes
    if workload.architecture == "Transformer":
        module, names = BareTransformer, ()
    else:
        module, names = BareRecurrent, (workload.architecture,)
    keys = ("architecture", "n_features", "hidden_size", "n_classes")[-3 - len(names) :]
    sizes = dict(zip(keys, (*names, *shape), strict=True))
    settings = {
        "criterion": nn.CrossEntropyLoss,
        "optimizer": torch.optim.AdamW,
        "lr": 1e-3,
        "max_epochs": workload.n_epochs,
        "batch_size": workload.batch_size,
        "iterator_train__shuffle": True,
        "train_split": None,
        "verbose": 0,
        **{f"module__{name}": value for name, value in sizes.items()},
        **changes,
    }
    return NeuralNetClassifier(module, **settings)


def make_keras(workload):
    """Return a compiled model of Keras on TensorFlow, of the same size."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras import layers

    x = inputs = keras.Input((workload.n_steps, workload.n_features))
    if workload.architecture == "Transformer":
        x = layers.Dense(workload.hidden_size)(x)
        for _ in range(2):
            x = _add_keras_block(x, workload.hidden_size)
        x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    else:
        cell = {"RNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}
        x = cell[workload.architecture](workload.hidden_size)(x)
    model = keras.Model(inputs, layers.Dense(workload.n_classes)(x))
    model.compile(
        keras.optimizers.AdamW(1e-3, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def _add_keras_block(x, hidden_size, num_heads=4):
    from keras import layers

    inner = layers.LayerNormalization()(x)
    attention = layers.MultiHeadAttention(num_heads, hidden_size // num_heads)
    x = x + attention(inner, inner)
    inner = layers.Dense(2 * hidden_size, "gelu")(layers.LayerNormalization()(x))
    return x + layers.Dense(hidden_size)(inner)


def train_keras(workload, X, y):
    """Return a function that trains for the epochs; its graph is traced beforehand."""
    model = make_keras(workload)
    settings = {"batch_size": workload.batch_size, "verbose": 0}
    model.fit(X[: 2 * workload.batch_size], y[: 2 * workload.batch_size], **settings)
    # The last batch is smaller and has a graph of its own.
    model.fit(X, y, **settings)
    return lambda: model.fit(X, y, epochs=workload.n_epochs, **settings)


# Series of the comparison with other forecasters.
N_SERIES, N_STEPS, HORIZON = 20, 500, 12
SETTINGS = {
    "past_steps": 48,
    "hidden_size": 64,
    "num_layers": 1,
    "batch_size": 64,
    "n_updates": 400,
}


def make_panel():
    """Return the series as y of a forecaster, (series, time) rows."""
    random = np.random.default_rng(0)
    time_ = np.arange(N_STEPS)
    parts = {
        f"s{i:02d}": pd.Series(
            np.sin(2 * np.pi * (time_ + i) / 24)
            + 0.3 * random.normal(size=N_STEPS).cumsum()
        )
        for i in range(N_SERIES)
    }
    return pd.concat(parts, names=["series", "time"])


def train_darts(panel):
    """Return the seconds of training darts' BlockRNNModel on the panel."""
    from darts import TimeSeries

    with keep_quiet() as folder:
        trainer, _ = make_trainer(folder)
        model = make_darts("LSTM", SETTINGS, HORIZON, 0, folder, trainer)
        series = [
            TimeSeries.from_values(part.to_numpy(np.float32))
            for _, part in panel.groupby(level=0)
        ]
        start = time.perf_counter()
        model.fit(series)
        return time.perf_counter() - start


def train_neuralforecast(panel):
    """Return the seconds of training neuralforecast's LSTM on the panel."""
    from neuralforecast import NeuralForecast

    with keep_quiet() as folder:
        trainer, _ = make_trainer(folder)
        model = make_neuralforecast("LSTM", SETTINGS, HORIZON, N_SERIES, 0, trainer)
        table = panel.rename("y").rename_axis(["unique_id", "ds"]).reset_index()
        forecaster = NeuralForecast(models=[model], freq=1)
        start = time.perf_counter()
        forecaster.fit(table)
        return time.perf_counter() - start


def make_forecaster(patch_size=1):
    """Return our forecaster with the windows, updates and sizes of the others.

    It trains twice, to learn how far it is off and then on everything; both trainings
    together make as many updates as the others' one.
    """
    from skseq import LSTMForecaster

    return LSTMForecaster(
        context_length=SETTINGS["past_steps"],
        horizon=HORIZON,
        hidden_size=SETTINGS["hidden_size"],
        num_layers=SETTINGS["num_layers"],
        patch_size=patch_size,
        batch_size=SETTINGS["batch_size"],
        max_epochs=SETTINGS["n_updates"] // (2 * BATCHES_A_PASS),
        early_stopping=False,
        device="cpu",
        random_state=0,
    )
