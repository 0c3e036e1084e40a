"""Trainings of given size: data, estimators, and bare torch loops to compare them with.

A bare loop trains a network of torch's own modules with the same updates as the estimator:
same batches in the same order, loss, clipped gradients and AdamW. From the same initial
weights both end with the same weights.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

import skseq

LEARNING_RATE, WEIGHT_DECAY, MAX_GRAD_NORM = 1e-3, 0.0, 1.0
MAX_STEPS = 1024  # for which positions are computed
NUM_LAYERS, NUM_HEADS = 2, 4  # of a Transformer
TRAINING = {
    "lr": LEARNING_RATE,
    "weight_decay": WEIGHT_DECAY,
    "max_grad_norm": MAX_GRAD_NORM,
}
TRAINING |= {"lr_schedule": "constant", "early_stopping": False, "random_state": 0}
SETTINGS = {**TRAINING, "patch_size": 1, "stem": 0, "device": "cpu"}
TRANSFORMER = {"num_layers": NUM_LAYERS, "positions": "sinusoidal", "pooling": "mean"}
RECURRENT = {"num_layers": 1, "bidirectional": False, "pooling": "last"}


@dataclass(frozen=True)
class Workload:
    """A training of given size.

    `min_steps` is the length of the shortest sequence, where lengths are uniform between it
    and `n_steps`; None makes all lengths equal. `dropout` is that of a Transformer.
    """

    architecture: str
    n_steps: int = 100
    hidden_size: int = 64
    batch_size: int = 32
    n_features: int = 8
    n_classes: int = 5
    n_sequences: int = 2000
    n_epochs: int = 3
    min_steps: int | None = None
    dropout: float = 0.0

    def make_sequences(self):
        """Return X and y for an estimator."""
        random = np.random.default_rng(0)
        shape = self.n_sequences, self.n_steps, self.n_features
        X = random.normal(size=shape).astype(np.float32)
        y = random.integers(self.n_classes, size=self.n_sequences)
        if self.min_steps is not None:
            lengths = random.integers(self.min_steps, self.n_steps + 1, self.n_sequences)
            X = [steps[:n] for steps, n in zip(X, lengths, strict=True)]
        return X, y

    def make_tensors(self):
        """Return inputs, lengths (or None) and labels for the bare loop."""
        X, y = self.make_sequences()
        labels = torch.from_numpy(y)
        if self.min_steps is None:
            return torch.from_numpy(X), None, labels
        lengths = torch.tensor([len(steps) for steps in X])
        tensors = [torch.from_numpy(steps) for steps in X]
        return pad_sequence(tensors, batch_first=True), lengths, labels

    def make_estimator(self, **changes):
        """Return an estimator with the network and the training of the bare loop."""
        own = TRANSFORMER if self.architecture == "Transformer" else RECURRENT
        sizes = {k: getattr(self, k) for k in ("hidden_size", "batch_size", "dropout")}
        settings = {**SETTINGS, **own, **sizes, "max_epochs": self.n_epochs, **changes}
        return getattr(skseq, f"{self.architecture}Classifier")(**settings)

    def make_module(self, hidden_size=None):
        """Return the network of the bare loop."""
        cls = BareTransformer if self.architecture == "Transformer" else BareRecurrent
        return cls(self, hidden_size or self.hidden_size)


class BareRecurrent(nn.Module):
    """One recurrent layer of torch, read at the last real step."""

    def __init__(self, workload, hidden_size):
        super().__init__()
        cell = getattr(nn, workload.architecture)
        self.layer = cell(workload.n_features, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, workload.n_classes)

    def forward(self, x, lengths=None):
        """Map (batch, time, features) to (batch, classes); pack if lengths differ."""
        if lengths is None:
            return self.head(self.layer(x)[0][:, -1])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        state = self.layer(packed)[1]
        state = state[0] if isinstance(state, tuple) else state
        return self.head(state[-1])


class BareTransformer(nn.Module):
    """`nn.TransformerEncoder` with sinusoidal positions, averaged over real steps."""

    def __init__(self, workload, hidden_size):
        super().__init__()
        half = hidden_size // 2
        rates = 10_000.0 ** (-torch.arange(half) / half)
        turn = torch.arange(MAX_STEPS)[:, None] * rates
        self.register_buffer("waves", torch.cat([turn.sin(), turn.cos()], dim=1))
        self.project = nn.Linear(workload.n_features, hidden_size)
        sizes = hidden_size, NUM_HEADS, 2 * hidden_size, workload.dropout
        block = nn.TransformerEncoderLayer(
            *sizes, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            block, NUM_LAYERS, nn.LayerNorm(hidden_size), enable_nested_tensor=False
        )
        self.head = nn.Linear(hidden_size, workload.n_classes)

    def forward(self, x, lengths=None):
        """Map (batch, time, features) to (batch, classes); mask if lengths differ."""
        x = self.project(x) + self.waves[: x.shape[1]]
        if lengths is None:
            return self.head(self.encoder(x).mean(dim=1))
        padded = torch.arange(x.shape[1]) >= lengths[:, None]
        states = self.encoder(x, src_key_padding_mask=padded)
        states = states.masked_fill(padded[:, :, None], 0.0)
        return self.head(states.sum(dim=1) / lengths[:, None])


def train_bare(module, workload, data, seed):
    """Train a module in place on padded tensors: inputs, lengths or None, labels.

    `seed` determines the order of batches, which is that of an estimator.
    """
    x, lengths, labels = data
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
    )
    order = np.random.default_rng(seed)
    n_batches = -(-len(x) // workload.batch_size)
    for _ in range(workload.n_epochs):
        for rows in np.array_split(order.permutation(len(x)), n_batches):
            rows = torch.from_numpy(rows)
            optimizer.zero_grad()
            if lengths is None:
                outputs = module(x[rows])
            else:
                some = lengths[rows]
                outputs = module(x[rows, : some.max()], some)
            F.cross_entropy(outputs, labels[rows]).backward()
            nn.utils.clip_grad_norm_(module.parameters(), MAX_GRAD_NORM)
            optimizer.step()


@torch.inference_mode()
def predict_bare(module, x, batch_size=256):
    """Return the labels of sequences of equal length."""
    module.eval()
    parts = [module(part).argmax(dim=1) for part in x.split(batch_size)]
    return torch.cat(parts).numpy()
