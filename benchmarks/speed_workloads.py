"""What is trained in the measurements of speed: data and estimators of given sizes."""

from dataclasses import dataclass

import numpy as np
import torch
from speed_loops import LEARNING_RATE, MAX_GRAD_NORM, WEIGHT_DECAY

import skseq


@dataclass(frozen=True)
class Workload:
    """A training of given size.

    Attributes
    ----------
    architecture : str
        RNN, LSTM, GRU or Transformer.
    n_steps : int
        Steps of a sequence; where lengths differ, the most.
    hidden_size, batch_size, n_features, n_classes, n_sequences, n_epochs : int
        Sizes.
    shortest : int or None
        Fewest steps: lengths are uniform from here. None makes all equal.
    dropout : float
        Of the Transformer.
    """

    architecture: str
    n_steps: int = 100
    hidden_size: int = 64
    batch_size: int = 32
    n_features: int = 8
    n_classes: int = 5
    n_sequences: int = 2000
    n_epochs: int = 3
    shortest: int | None = None
    dropout: float = 0.0

    def make_sequences(self):
        """Return X and y, as an estimator takes them."""
        random = np.random.default_rng(0)
        shape = self.n_sequences, self.n_steps, self.n_features
        X = random.normal(size=shape).astype(np.float32)
        y = random.integers(self.n_classes, size=self.n_sequences)
        if self.shortest is not None:
            lengths = random.integers(self.shortest, self.n_steps + 1, self.n_sequences)
            X = [steps[:n] for steps, n in zip(X, lengths, strict=True)]
        return X, y

    def make_estimator(self, seed=0, **changes):
        """Return an estimator with the network of the bare loop and its training."""
        if self.architecture == "Transformer":
            own = {"num_layers": 2, "positions": "sinusoidal", "pooling": "mean"}
        else:
            own = {"num_layers": 1, "bidirectional": False, "pooling": "last"}
        settings = {
            "hidden_size": self.hidden_size,
            "patch_size": 1,
            "stem": 0,
            "dropout": self.dropout,
            "max_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "lr": LEARNING_RATE,
            "lr_schedule": "constant",
            "weight_decay": WEIGHT_DECAY,
            "max_grad_norm": MAX_GRAD_NORM,
            "early_stopping": False,
            "device": "cpu",
            "random_state": seed,
            **own,
            **changes,
        }
        return getattr(skseq, f"{self.architecture}Classifier")(**settings)

    def make_tensors(self):
        """Return inputs, lengths (or None) and labels, as the bare loop takes them."""
        X, y = self.make_sequences()
        labels = torch.from_numpy(y)
        if self.shortest is None:
            return torch.from_numpy(X), None, labels
        lengths = torch.tensor([len(steps) for steps in X])
        tensors = [torch.from_numpy(steps) for steps in X]
        return torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True), lengths, labels
