"""Script that the tests run with `accelerate launch`: it fits some models.

Each process writes its results to the folder given as argument.
"""

import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from skseq import GRUClassifier, GRUForecaster, LSTMRegressor, TransformerClassifier
from skseq.architectures import ArchitectureParameters
from skseq.estimators import SequenceEstimator
from skseq.inputs import StepInputs
from skseq.preprocessing import Mixup, TimeWarp
from skseq.tasks import Regression
from skseq.training import SequenceTraining

SMALL = {"hidden_size": 8, "random_state": 0, "dropout": 0.0, "device": "cpu"}


class Bins(nn.Module):
    """Embeddings of the bins of one feature, whose gradient is sparse."""

    def __init__(self, width, n_bins=40):
        super().__init__()
        self.bins = nn.Embedding(n_bins, width, sparse=True)

    def forward(self, x, lengths=None):
        n_bins = self.bins.num_embeddings
        return self.bins((8 * x[:, :, 0] + n_bins / 2).long().clamp(0, n_bins - 1))


@dataclass(kw_only=True, eq=False, repr=False)
class BinArchitecture(ArchitectureParameters):
    """Embeddings of bins."""

    def build(self, n_features):
        return Bins(self.hidden_size)


@dataclass(kw_only=True, eq=False, repr=False)
class BinRegressor(
    Regression, BinArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """A regression on embeddings of bins."""


def make_problems():
    """Return models with X, y and weights by name."""
    random = np.random.default_rng(0)
    y = np.arange(45) % 3
    X = [
        random.normal(size=(n, 2)) + c
        for n, c in zip(random.integers(3, 12, 45), y, strict=True)
    ]
    weights = random.uniform(0.5, 2, size=45)
    index = pd.date_range("2020-01-01", periods=80, freq="D")
    series = pd.Series(np.sin(np.arange(80)) + random.normal(size=80), index=index)
    # 45 sequences in batches of 11 or 12, so the shares are unequal.
    few = {**SMALL, "max_epochs": 4, "batch_size": 12}
    return {
        "stem, weights, early stopping": (
            GRUClassifier(**few, early_stopping=True, validation_fraction=0.2),
            X, y, {"sample_weight": weights},
        ),
        "class weights": (TransformerClassifier(**few, class_weight="balanced"), X, y != 0, {}),
        "regression": (LSTMRegressor(**few), X, y + 0.1, {}),
        "sparse gradients": (
            BinRegressor(
                **few, lr=0.1, early_stopping=True, validation_fraction=0.2, stem=0,
                patch_size=1,
            ),
            X, y + 0.1, {},
        ),
        "forecast": (
            GRUForecaster(**few, horizon=4, context_length=8),
            pd.DataFrame(index=index), series, {},
        ),
        "a long sequence": (
            GRUClassifier(**few, patch_size=1),
            [*X[:-1], random.normal(size=(3000, 2))], y, {"sample_weight": weights},
        ),
        "dropout": (GRUClassifier(**{**few, "dropout": 0.5}), X, y, {}),
        "augmentation": (
            GRUClassifier(**few, augmentation=[TimeWarp(), Mixup()]), X, y, {},
        ),
    }  # fmt: skip


def collect_results(model):
    """Return weights and history of a fitted model."""
    state = model.net_.module_.state_dict()
    return {name: w.numpy() for name, w in state.items()}, model.history_


def find_message(model, X, y):
    """Return the message of the error that `fit` raises, or None."""
    try:
        model.fit(X, y)
    except ValueError as error:
        return str(error)
    return None


def main(folder):
    torch.set_num_threads(1)
    rank = int(os.environ["RANK"])
    found = {}
    for name, (model, X, y, more) in make_problems().items():
        model.set_params(data_parallel=True, verbose=1)
        found[name] = collect_results(model.fit(X, y, **more))
    _, X, y, _ = make_problems()["regression"]
    model = GRUClassifier(**SMALL, max_epochs=1, data_parallel=True)
    y = y > 1
    forecaster, rows, series, _ = make_problems()["forecast"]
    forecaster.set_params(scale=False, data_parallel=True)
    found["errors"] = {
        "data as they are": find_message(
            GRUClassifier(**SMALL, max_epochs=1, data_parallel=True, scale=False),
            [x + rank * 1e-6 for x in X], y,
        ),
        "labels": find_message(model, X, np.roll(y, rank)),
        "covariates": find_message(forecaster, rows.assign(price=rank), series),
        "data": find_message(model, [x + rank for x in X], y),
        "seed": find_message(model.set_params(random_state=rank), X, y),
        "batch": find_message(model.set_params(random_state=0, batch_size=1), X, y),
    }  # fmt: skip
    Path(folder, f"{rank}.pickle").write_bytes(pickle.dumps(found))
    # Otherwise the threads of the group may end the interpreter with an error.
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
