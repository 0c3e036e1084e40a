"""One fit of the table: train a model on a row's training part, score it on its test part."""

import time
from functools import cache

import numpy as np
import torch
from data import flatten, load_problem
from rows import ARCHITECTURES, BY_NAME
from running import guard
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, mean_squared_error, root_mean_squared_error
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import skseq

METRICS = {
    "accuracy": accuracy_score,
    "RMSE": root_mean_squared_error,
    "MSE": mean_squared_error,
}


def run_fit(row_name, model, seed, max_epochs, folder):
    """Fit one model to one row with one seed, on one thread.

    Parameters
    ----------
    row_name : str
        Name of a row.
    model : str
        An architecture or a baseline.
    seed : int
        `random_state` of the model.
    max_epochs : int or None
        Epochs instead of the default, for smoke tests.
    folder : str
        Where the data files are.

    Returns
    -------
    dict
        What is written to the results, with an "error" if the fit failed.
    """
    row = BY_NAME[row_name]
    record = {"row": row_name, "model": model, "seed": seed, "metric": row.metric}
    torch.set_num_threads(1)
    warm_up()

    def measure():
        return _measure(row, model, seed, max_epochs, load_problem(row_name, folder))

    return guard(record, measure)


@cache
def warm_up():
    """Let torch load what it loads at the first fit of a process: it is not timed."""
    X = np.zeros((4, 3, 1))
    skseq.GRURegressor(max_epochs=1).fit(X, np.arange(4.0)).predict(X)


def _measure(row, model, seed, max_epochs, problem):
    """Return score, seconds and size of a fitted model."""
    estimator, fit_parameters = _make_model(row, model, seed, max_epochs, problem)
    start = time.perf_counter()
    estimator.fit(problem.X_train, problem.y_train, **fit_parameters)
    fitted = time.perf_counter()
    predictions = estimator.predict(problem.X_test)
    predicted = time.perf_counter()
    return {
        "score": float(METRICS[row.metric](problem.y_test, predictions)),
        "fit_seconds": fitted - start,
        "predict_seconds": predicted - fitted,
        "n_train": len(problem.X_train),
        "n_test": len(problem.X_test),
        **_describe(estimator),
    }


def _make_model(row, model, seed, max_epochs, problem):
    """Return an unfitted estimator and the arguments of its fit beside X and y."""
    if model in ARCHITECTURES:
        parameters = dict(row.parameters)
        if max_epochs is not None:
            parameters["max_epochs"] = max_epochs
        estimator = getattr(skseq, model + row.task)(random_state=seed, **parameters)
        # Early stopping must not hold out windows of engines that it trains on.
        return estimator, {} if problem.groups is None else {"groups": problem.groups}
    if model == "constant":
        is_classifier = row.task == "Classifier"
        return (DummyClassifier() if is_classifier else DummyRegressor()), {}
    if model == "1-NN":
        return make_pipeline(FunctionTransformer(flatten), KNeighborsClassifier(1)), {}
    return make_pipeline(FunctionTransformer(flatten), StandardScaler(), Ridge()), {}


def _describe(estimator):
    """Return the size of a fitted model and what it chose for itself."""
    if hasattr(estimator, "net_"):
        parameters = estimator.net_.module_.parameters()
        return {
            "n_parameters": sum(p.numel() for p in parameters),
            "n_iter": int(estimator.n_iter_),
            "patch_size": int(estimator.patch_size_),
            "stem": int(estimator.stem),
            "device": str(estimator.net_.device),
        }
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    if hasattr(last, "coef_"):
        return {"n_parameters": int(np.size(last.coef_) + np.size(last.intercept_))}
    return {}
