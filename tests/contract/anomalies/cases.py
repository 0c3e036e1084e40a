"""Small detectors and series that the contract tests of detectors share."""

import inspect

import numpy as np
import pandas as pd
import pytest

import skseq
from skseq.estimators import NetworkDetector

from ..cases import SERIES_DETECTORS, name_of

NETS = [cls for cls in SERIES_DETECTORS if issubclass(cls, NetworkDetector)]
BASELINES = [cls for cls in SERIES_DETECTORS if cls not in NETS]

every_detector = pytest.mark.parametrize("cls", SERIES_DETECTORS, ids=name_of)
every_net = pytest.mark.parametrize("cls", NETS, ids=name_of)
# One network, and all baselines.
one_of_each = pytest.mark.parametrize(
    "cls", [*BASELINES, skseq.GRUAnomalyDetector], ids=name_of
)

N_ROWS = 120
CONTEXT = 8
HORIZON = 3
SMALL = {
    "context_length": CONTEXT,
    "horizon": HORIZON,
    "hidden_size": 8,
    "max_epochs": 2,
    "batch_size": 32,
    "random_state": 0,
}


def make(cls, **params):
    """Return a detector with small settings, which fits fast."""
    known = inspect.signature(cls).parameters
    small = {name: value for name, value in SMALL.items() if name in known}
    return cls(**{**small, **params})


def make_X(n=N_ROWS, n_channels=2, seed=0):
    """Return the rows of a series with a season of 12 steps and noise."""
    random = np.random.default_rng(seed)
    angle = 2 * np.pi * np.arange(n)[:, None] / 12 + np.arange(n_channels)
    noise = random.normal(scale=0.2, size=(n, n_channels))
    return 5 + np.arange(1, n_channels + 1) * (np.sin(angle) + noise)


def make_frame(n=N_ROWS, start="2024-01-01", **kwargs):
    """Return rows with daily times and the columns "a", "b", ..."""
    X = make_X(n, **kwargs)
    index = pd.date_range(start, periods=n, freq="D", name="day")
    return pd.DataFrame(X, index=index, columns=list("abcdefgh"[: X.shape[1]]))


def make_panel(lengths=(60, 45, 80)):
    """Return rows of several series with a (series, time) MultiIndex."""
    parts = [make_frame(n, seed=k) * (1 + k) for k, n in enumerate(lengths)]
    names = [f"machine {k}" for k in range(len(lengths))]
    return pd.concat(parts, keys=names, names=["machine", "day"])


def fit_raises(cls, X, message, **params):
    """Check that `fit` raises a ValueError with a message and changes nothing."""
    detector = make(cls, **params)
    before = dict(vars(detector))
    with pytest.raises(ValueError, match=message):
        detector.fit(X)
    assert vars(detector) == before
