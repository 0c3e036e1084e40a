"""An Inception network in torch, written for this benchmark; not the authors' program.

The network and the training are those of H. Ismail Fawaz et al., "InceptionTime: finding
AlexNet for time series classification", 2020, arXiv:1909.04939, and of aeon, whose version
needs TensorFlow. InceptionTime averages five such networks; this is one of them. What differs:
batch normalization has the momentum of torch, because that of Keras needs more updates than
the benchmark makes.
"""

import copy

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import nn
from torch.nn import functional as F

DEPTH, N_FILTERS, KERNEL_SIZES, POOL_SIZE = 6, 32, (40, 20, 10), 3
WIDTH = N_FILTERS * (len(KERNEL_SIZES) + 1)
BATCH_SIZE, LR, MIN_LR, PATIENCE = 64, 1e-3, 1e-4, 50
EPSILON = 1e-3  # of batch normalization, as in Keras


class InceptionClassifier(ClassifierMixin, BaseEstimator):
    """Classify series of equal length, an array (n_sequences, n_features, n_steps)."""

    def __init__(self, n_epochs=1500, random_state=0):
        self.n_epochs = n_epochs
        self.random_state = random_state

    def fit(self, X, y):
        """Train for `n_epochs`; keep the weights of the epoch with the lowest loss."""
        self.classes_, targets = np.unique(y, return_inverse=True)
        X, targets = _encode(X), torch.as_tensor(targets)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.random_state)
            network = InceptionNetwork(X.shape[1], len(self.classes_))
            self.network_ = network.to(memory_format=torch.channels_last)
            self._train(X, targets)
        return self

    def predict(self, X):
        """Return the label of each series."""
        X = _encode(X)
        with torch.inference_mode():
            logits = torch.cat([self.network_(part) for part in X.split(BATCH_SIZE)])
        return self.classes_[logits.argmax(dim=1).numpy()]

    def _train(self, X, targets):
        network = self.network_
        # The epsilon of Keras.
        optimizer = torch.optim.Adam(network.parameters(), lr=LR, eps=1e-7)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.5, patience=PATIENCE, min_lr=MIN_LR
        )
        best = np.inf
        for _ in range(self.n_epochs):
            total = 0.0
            for rows in torch.randperm(len(X)).split(BATCH_SIZE):
                optimizer.zero_grad()
                loss = F.cross_entropy(network(X[rows]), targets[rows])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)
            schedule.step(total)
            if total < best:
                best, weights = total, copy.deepcopy(network.state_dict())
        network.load_state_dict(weights)
        network.eval()


class InceptionNetwork(nn.Module):
    """Modules with a residual connection around every third, mean over time, logits."""

    def __init__(self, n_features, n_classes):
        super().__init__()
        widths = [n_features] + [WIDTH] * (DEPTH - 1)
        self.modules_ = nn.ModuleList([InceptionModule(width) for width in widths])
        self.shortcuts = nn.ModuleList(
            [
                nn.Sequential(_make_convolution(width, WIDTH, 1), _make_norm())
                for width in widths[::3]
            ]
        )
        self.output = nn.Linear(WIDTH, n_classes)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, x):
        """Return logits of inputs (batch, features, 1, time)."""
        before = x
        for number, module in enumerate(self.modules_):
            x = module(x)
            if number % 3 == 2:
                x = before = F.relu(x + self.shortcuts[number // 3](before))
        return self.output(x.mean(dim=(2, 3)))


class InceptionModule(nn.Module):
    """Convolutions of three sizes on a bottleneck, and one on a maximum, side by side."""

    def __init__(self, width):
        super().__init__()
        self.bottleneck = nn.Identity()
        if width > 1:
            self.bottleneck = _make_convolution(width, N_FILTERS, 1)
        narrow = 1 if width == 1 else N_FILTERS
        self.convolutions = nn.ModuleList(
            [_make_convolution(narrow, N_FILTERS, size) for size in KERNEL_SIZES]
        )
        self.pool = nn.Sequential(
            nn.MaxPool2d((1, POOL_SIZE), stride=1, padding=(0, POOL_SIZE // 2)),
            _make_convolution(width, N_FILTERS, 1),
        )
        self.norm = _make_norm()

    def forward(self, x):
        """Return hidden states (batch, WIDTH, 1, time)."""
        narrow = self.bottleneck(x)
        # (batch, N_FILTERS, 1, time) each
        parts = [convolution(narrow) for convolution in self.convolutions]
        return F.relu(self.norm(torch.cat([*parts, self.pool(x)], dim=1)))


def _make_norm():
    return nn.BatchNorm2d(WIDTH, eps=EPSILON)


def _make_convolution(n_in, n_out, size):
    """Return a convolution that keeps the number of steps, initialized as by Keras."""
    # Two dimensions, because torch computes those in half the time.
    convolution = nn.Conv2d(n_in, n_out, (1, size), bias=False)
    nn.init.xavier_uniform_(convolution.weight)
    # As by Keras, the longer padding of even sizes is at the end.
    padding = nn.ZeroPad2d(((size - 1) // 2, size // 2, 0, 0))
    return convolution if size == 1 else nn.Sequential(padding, convolution)


def _encode(X):
    """Return series as (n_sequences, n_features, 1, n_steps); univariate ones standardized.

    The authors standardize each series of the UCR archive.
    """
    X = np.asarray(X, dtype=np.float32)
    if X.shape[1] == 1:
        scale = X.std(axis=2, keepdims=True)
        X = (X - X.mean(axis=2, keepdims=True)) / np.where(scale == 0, 1, scale)
    X = torch.as_tensor(X).unsqueeze(2)
    return X.contiguous(memory_format=torch.channels_last)
