"""One fit of the table: train on a row's training part, score on its test part."""

import time
import warnings

import numpy as np
from sklearn.metrics import accuracy_score, mean_squared_error, root_mean_squared_error

from ..engine.rows import ARCHITECTURES
from .models import PEERS, make_model

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
    estimator = make_model(row, model, seed, max_epochs)
    if model in PEERS:
        _warm_up(row, model, problem)
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


def _warm_up(row, model, problem):
    """Fit to one sequence of each of two classes, so that aeon loads and compiles its code."""
    firsts = np.unique(problem.y_train, return_index=True)[1][:2]
    X = [problem.X_train[i] for i in firsts]
    with warnings.catch_warnings():
        # Numba warns of casts in the code of aeon when it compiles it.
        warnings.simplefilter("ignore")
        make_model(row, model, 0, max_epochs=1).fit(X, problem.y_train[firsts]).predict(X)
