"""One fit of the table: train on a row's training part, score on its test part."""

import time

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, mean_squared_error, root_mean_squared_error
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skseq

from ..engine.rows import ARCHITECTURES

METRICS = {
    "accuracy": accuracy_score,
    "RMSE": root_mean_squared_error,
    "MSE": mean_squared_error,
}


def measure(row, model, seed, problem, max_epochs, settings):
    """Return score, seconds and size of a fitted model."""
    is_network = model in ARCHITECTURES
    # Early stopping must not hold out windows of engines that it trains on.
    groups = {} if problem.groups is None else {"groups": problem.groups}
    estimator = _make_model(row, model, seed, max_epochs)
    start = time.perf_counter()
    estimator.fit(problem.X_train, problem.y_train, **(groups if is_network else {}))
    fitted = time.perf_counter()
    predictions = estimator.predict(problem.X_test)
    predicted = time.perf_counter()
    record = {
        "score": float(METRICS[row.metric](problem.y_test, predictions)),
        "fit_seconds": fitted - start,
        "predict_seconds": predicted - fitted,
        "n_train": len(problem.X_train),
        "n_test": len(problem.X_test),
    }
    if is_network:
        parameters = estimator.net_.module_.parameters()
        record["n_parameters"] = sum(p.numel() for p in parameters)
        record |= {"n_iter": estimator.n_iter_, "patch_size": int(estimator.patch_size_)}
        stem = estimator._with_values().stem  # "auto" depends on the kind of input
        record |= {"stem": stem, "device": str(estimator.net_.device)}
    return record


def _make_model(row, model, seed, max_epochs):
    if model in ARCHITECTURES:
        budget = {} if max_epochs is None else {"max_epochs": max_epochs}
        cls = getattr(skseq, model + row.task)
        return cls(random_state=seed, **row.parameters, **budget)
    if model == "constant":
        return DummyClassifier() if row.task == "Classifier" else DummyRegressor()
    flat = FunctionTransformer(_flatten)
    if model == "1-NN":
        return make_pipeline(flat, KNeighborsClassifier(1))
    return make_pipeline(flat, StandardScaler(), Ridge())


def _flatten(X):
    """Return sequences of equal length as a table (n_sequences, n_steps * n_features)."""
    return np.stack([np.ravel(sequence) for sequence in X])
