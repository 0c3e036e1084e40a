"""The same trainings with skorch, Keras, darts and neuralforecast."""

import os
import time

import numpy as np
import pandas as pd
import torch
from torch import nn

from skseq import LSTMForecaster
from skseq.forecasting.parameters import MAX_BATCHES

from ..engine.peers import fit_darts, fit_neuralforecast, keep_quiet
from .workloads import LEARNING_RATE, MAX_GRAD_NORM, NUM_HEADS, NUM_LAYERS, Workload

# Series and sizes of the comparison with other forecasters.
N_SERIES, N_STEPS, HORIZON = 20, 500, 12
SIZES = {"hidden_size": 64, "num_layers": 1, "batch_size": 64}
SETTINGS = {"past_steps": 48, "n_updates": 400, **SIZES}


def make_skorch(workload):
    """Return skorch's classifier around the bare module, with its default loop."""
    from skorch import NeuralNetClassifier

    return NeuralNetClassifier(
        Workload.make_module,
        module__self=workload,
        module__hidden_size=workload.hidden_size,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=LEARNING_RATE,
        max_epochs=workload.n_epochs,
        batch_size=workload.batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def prepare_skorch(workload):
    """Return a function that trains by skorch."""
    X, y = workload.make_sequences()
    return lambda: make_skorch(workload).fit(X, y)


def prepare_keras(workload):
    """Return a function that trains by Keras; its graph is traced beforehand."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras import layers

    hidden = workload.hidden_size
    x = inputs = keras.Input((workload.n_steps, workload.n_features))
    if workload.architecture == "Transformer":
        x = layers.Dense(hidden)(x)
        for _ in range(NUM_LAYERS):
            inner = layers.LayerNormalization()(x)
            x = x + layers.MultiHeadAttention(NUM_HEADS, hidden // NUM_HEADS)(inner, inner)
            inner = layers.Dense(2 * hidden, "gelu")(layers.LayerNormalization()(x))
            x = x + layers.Dense(hidden)(inner)
        x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    else:
        cell = "SimpleRNN" if workload.architecture == "RNN" else workload.architecture
        x = getattr(layers, cell)(hidden)(x)
    model = keras.Model(inputs, layers.Dense(workload.n_classes)(x))
    model.compile(
        keras.optimizers.AdamW(LEARNING_RATE, clipnorm=MAX_GRAD_NORM),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    X, y = workload.make_sequences()
    settings = {"batch_size": workload.batch_size, "verbose": 0}
    model.fit(X[: 2 * workload.batch_size], y[: 2 * workload.batch_size], **settings)
    # The last batch is smaller and has a graph of its own.
    model.fit(X, y, **settings)
    return lambda: model.fit(X, y, epochs=workload.n_epochs, **settings)


def make_panel():
    """Return the series as y of a forecaster, with rows (series, time)."""
    random, steps = np.random.default_rng(0), np.arange(N_STEPS)
    noise = [0.3 * random.normal(size=N_STEPS).cumsum() for _ in range(N_SERIES)]
    parts = {
        f"s{i:02d}": pd.Series(np.sin(2 * np.pi * (steps + i) / 24) + noise[i])
        for i in range(N_SERIES)
    }
    return pd.concat(parts, names=["series", "time"])


def train_peer(package, panel):
    """Return the seconds of training an LSTM of darts or neuralforecast on the panel."""
    series = [part.to_numpy(np.float32) for _, part in panel.groupby(level=0)]
    if package == "darts":
        from darts import TimeSeries

        series = [TimeSeries.from_values(part) for part in series]
    fit = fit_darts if package == "darts" else fit_neuralforecast
    with keep_quiet() as folder:
        start = time.perf_counter()
        fit("LSTM", SETTINGS, HORIZON, series, 0, folder)
        return time.perf_counter() - start


def make_forecaster(patch_size):
    """Return skseq's forecaster with the windows, updates and sizes of the others.

    It trains twice, first to calibrate and then on everything; both trainings together make
    as many updates as the single one of the others.
    """
    return LSTMForecaster(
        **SIZES,
        context_length=SETTINGS["past_steps"],
        horizon=HORIZON,
        patch_size=patch_size,
        max_epochs=SETTINGS["n_updates"] // (2 * MAX_BATCHES),
        early_stopping=False,
        device="cpu",
        random_state=0,
    )
