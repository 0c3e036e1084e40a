"""The models of the table: estimators of skseq, averages of five, other programs, baselines."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skseq

from ..engine.rows import ARCHITECTURES
from .inception import InceptionClassifier

N_MEMBERS = 5
# Name -> architecture.
AVERAGES = {f"{name} x{N_MEMBERS}": name for name in ARCHITECTURES}
PEERS = ("MiniRocket", "1-NN DTW", "Inception")
SEEDED = (*ARCHITECTURES, *AVERAGES, "MiniRocket", "Inception")
# Each fit of these takes as long as those of several other models.
COSTLY = (*AVERAGES, "Inception")


def make_model(row, model, seed, max_epochs):
    """Return an unfitted model of a row."""
    if model in ARCHITECTURES:
        return make_network(row, model, seed, max_epochs)
    if model in AVERAGES:
        # No network is a member of two averages, so that these are independent.
        seeds = range(N_MEMBERS * seed, N_MEMBERS * (seed + 1))
        members = [
            (f"seed{s}", make_network(row, AVERAGES[model], s, max_epochs)) for s in seeds
        ]
        return VotingClassifier(members, voting="soft")
    if model in PEERS:
        return make_peer(row, model, seed, max_epochs)
    if model == "constant":
        return DummyClassifier() if row.task == "Classifier" else DummyRegressor()
    flat = FunctionTransformer(_flatten)
    if model == "1-NN":
        return make_pipeline(flat, KNeighborsClassifier(1))
    return make_pipeline(flat, StandardScaler(), Ridge())


def make_network(row, architecture, seed, max_epochs):
    """Return an estimator of skseq with default parameters."""
    budget = {} if max_epochs is None else {"max_epochs": max_epochs}
    cls = getattr(skseq, architecture + row.task)
    return cls(random_state=seed, **row.parameters, **budget)


def make_peer(row, model, seed, max_epochs):
    """Return a classifier of aeon with default parameters, or the Inception network."""
    if model == "Inception":
        n_epochs = max_epochs or row.epochs.get(model)
        budget = {} if n_epochs is None else {"n_epochs": n_epochs}
        return OnArrays(InceptionClassifier(random_state=seed, **budget))
    if model == "MiniRocket":
        from aeon.classification.convolution_based import MiniRocketClassifier

        return OnArrays(MiniRocketClassifier(random_state=seed))
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier

    return OnArrays(KNeighborsTimeSeriesClassifier(distance="dtw"), pad=False)


class OnArrays(ClassifierMixin, BaseEstimator):
    """A classifier of arrays of channels, (n_sequences, n_features, n_steps).

    With `pad`, zeros are appended up to the length of the longest training sequence, and
    longer sequences are cut. Otherwise, sequences of different lengths become a list.
    """

    def __init__(self, classifier, pad=True):
        self.classifier = classifier
        self.pad = pad

    def fit(self, X, y):
        """Fit the classifier."""
        self.n_steps_ = max(len(sequence) for sequence in X)
        self.classifier_ = clone(self.classifier).fit(self._convert(X), y)
        return self

    def predict(self, X):
        """Return the label of each sequence."""
        return self.classifier_.predict(self._convert(X))

    def _convert(self, X):
        if self.pad:
            X = _pad(X, self.n_steps_)
        elif len({len(sequence) for sequence in X}) > 1:
            return [np.ascontiguousarray(np.asarray(sequence, float).T) for sequence in X]
        return np.ascontiguousarray(np.asarray(X, float).transpose(0, 2, 1))


def _pad(X, n_steps):
    """Return sequences as an array (n_sequences, n_steps, n_features)."""
    padded = np.zeros((len(X), n_steps, np.shape(X[0])[1]))
    for row, sequence in zip(padded, X, strict=True):
        row[: len(sequence)] = sequence[:n_steps]
    return padded


def _flatten(X):
    """Return sequences of equal length as a table (n_sequences, n_steps * n_features)."""
    return np.stack([np.ravel(sequence) for sequence in X])
