"""The models of the table: detectors of skseq, and baselines."""

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

import skseq

from ..engine.rows import ARCHITECTURES

BASELINES = {
    "random": "random scores",
    "level": "LevelAnomalyDetector",
    "ridge": "RidgeAnomalyDetector",
    "isolation forest": "isolation forest",
    "3-NN": "3-NN on mean and deviation",
}
# Number of earlier steps that an isolation forest reads with each row.
ORDER = 48
N_NEIGHBORS = 3


def make_model(row, model, seed, max_epochs):
    """Return an unfitted model of a row."""
    if model in ARCHITECTURES:
        budget = {} if max_epochs is None else {"max_epochs": max_epochs}
        cls = getattr(skseq, model + row.task)
        return cls(random_state=seed, **{**row.parameters, **budget})
    if model == "random":
        return RandomScores(seed)
    if model == "isolation forest":
        describe = _list_past if row.task == "AnomalyDetector" else _summarize
        return OnTable(describe, IsolationForest(random_state=seed))
    if model == "3-NN":
        return OnTable(_summarize, Neighbors())
    return {"level": skseq.LevelAnomalyDetector, "ridge": skseq.RidgeAnomalyDetector}[
        model
    ]()


class Baseline(OutlierMixin, BaseEstimator):
    """A detector of the benchmark, of which only the scores are used."""

    def fit(self, X, y=None):
        """Fit to rows (n_steps, n_features) or to sequences."""
        return self


class RandomScores(Baseline):
    """Random scores."""

    def __init__(self, seed):
        self.seed = seed

    def score_samples(self, X):
        """Return a score for each row or sequence."""
        return -np.random.default_rng(self.seed).random(len(X))


class OnTable(Baseline):
    """A detector of scikit-learn on features that `describe` computes."""

    def __init__(self, describe, detector):
        self.describe = describe
        self.detector = detector

    def fit(self, X, y=None):
        """Fit the detector to standardized features."""
        self.scaler_ = StandardScaler().fit(self.describe(X))
        self.detector.fit(self.scaler_.transform(self.describe(X)))
        return self

    def score_samples(self, X):
        """Return a score for each row or sequence."""
        return self.detector.score_samples(self.scaler_.transform(self.describe(X)))


class Neighbors(Baseline):
    """Mean distance to the nearest neighbors in the training data."""

    def fit(self, X, y=None):
        """Store the rows."""
        self.neighbors_ = NearestNeighbors(n_neighbors=N_NEIGHBORS).fit(X)
        return self

    def score_samples(self, X):
        """Return a score for each row."""
        return -self.neighbors_.kneighbors(X)[0].mean(axis=1)


def _list_past(X):
    """Return each row with the rows before it: (n_steps, (ORDER + 1) * n_features).

    The first row stands for those before the first.
    """
    padded = np.concatenate([np.repeat(X[:1], ORDER, axis=0), X])
    # (n_steps, n_features, ORDER + 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, ORDER + 1, axis=0)
    return windows.transpose(0, 2, 1).reshape(len(X), -1)


def _summarize(X):
    """Return mean and deviation of each feature of sequences: (n, 2 * n_features)."""
    return np.array([np.concatenate([x.mean(axis=0), x.std(axis=0)]) for x in X])
