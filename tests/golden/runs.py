"""Fit an estimator on small data and collect its predictions."""

import inspect

import numpy as np
import pandas as pd

from .inputs import (
    N_TEST,
    make_covariates,
    make_panel,
    make_sequences,
    make_series,
    make_step_targets,
    make_targets,
    make_weights,
)

SEQUENCE_PARAMS = {
    "hidden_size": 8,
    "max_epochs": 2,
    "batch_size": 8,
    "lr": 0.003,
    "random_state": 0,
}
HORIZON = 4
BASELINE_PARAMS = {"horizon": HORIZON}
FORECASTER_PARAMS = {
    **BASELINE_PARAMS,
    "context_length": 12,
    "hidden_size": 8,
    "max_epochs": 2,
    "batch_size": 16,
    "lr": 0.003,
    "random_state": 0,
}
QUANTILES = [0.1, 0.5, 0.8]


def sequence(cls, X="ragged", y=None, train="fit", fit=None, test=None, **params):
    """Return a function that fits a classifier or regressor and predicts new sequences.

    Parameters
    ----------
    cls : type
        The estimator.
    X, test : str
        Format of the training and of the test sequences, as for `make_sequences`; the
        same by default.
    y : str, default=None
        Kind of the targets, as for `make_targets`; by default that of the task.
    train : {"fit", "partial_fit", "warm_start"}, default="fit"
        Whether to train by one `fit`, by three `partial_fit` or by two `fit`.
    fit : set of str, default=None
        Further arguments of `fit`: "weights", "groups".
    **params : object
        Parameters of the estimator.
    """
    is_classifier = hasattr(cls, "predict_proba")
    y = y or ("classes" if is_classifier else "number")

    def run():
        model = cls(**{**SEQUENCE_PARAMS, **params})
        X_train, y_train = make_sequences(X), make_targets(y)
        extra = {}
        if "weights" in (fit or ()):
            extra["sample_weight"] = make_weights()
        if "groups" in (fit or ()):
            extra["groups"] = np.arange(len(y_train)) // 2
        if train == "partial_fit":
            first = {"classes": np.unique(y_train)} if is_classifier else {}
            model.partial_fit(X_train, y_train, **first, **extra)
            model.partial_fit(X_train, y_train).partial_fit(X_train[:9], y_train[:9])
        else:
            model.fit(X_train, y_train, **extra)
        if train == "warm_start":
            model.fit(X_train, y_train, **extra)
        return _predict_sequences(model, make_sequences(test or X, N_TEST, seed=9))

    return run


def steps(cls, X="ragged", rows=False, **params):
    """Return a function that fits a step estimator and predicts the steps of others.

    Parameters
    ----------
    cls : type
        The estimator.
    X : str, default="ragged"
        Format of the sequences, as for `make_sequences`.
    rows : bool, default=False
        Whether the steps are rows of one table, with one sequence.
    **params : object
        Parameters of the estimator.
    """
    is_classifier = hasattr(cls, "predict_proba")

    def run():
        model = cls(**{**SEQUENCE_PARAMS, **params})
        X_train, X_test = make_sequences(X), make_sequences(X, N_TEST, seed=9)
        y_train = make_step_targets("labels" if is_classifier else "numbers", X_train)
        if rows:
            X_train, X_test, y_train = map(np.concatenate, (X_train, X_test, y_train))
        model.fit(X_train, y_train)
        methods = ["predict", "transform"]
        if is_classifier:
            methods += ["predict_proba", "decision_function"]
        result = {method: getattr(model, method)(X_test) for method in methods}
        if not rows:
            result = {name: np.concatenate(list(found)) for name, found in result.items()}
        result["n_iter, loss"] = np.array([model.n_iter_, model.loss_])
        return result

    return run


def outliers(cls, X="ragged", **params):
    """Return a function that fits an outlier detector and scores other sequences.

    The parameters are those of `steps`.
    """

    def run():
        model = cls(**{**SEQUENCE_PARAMS, "stem": 0, "patch_size": 1, **params})
        model.fit(make_sequences(X))
        X_test = make_sequences(X, N_TEST, seed=9)
        return {
            "score_samples": model.score_samples(X_test),
            "step_scores": np.concatenate(list(model.step_scores(X_test))),
            "transform": model.transform(X_test),
            "offset": np.array([model.offset_]),
        }

    return run


def _predict_sequences(model, X):
    """Return all predictions for sequences."""
    methods = ["predict"]
    if hasattr(model, "predict_proba"):
        methods += ["predict_proba", "decision_function"]
    result = {method: np.asarray(getattr(model, method)(X)) for method in methods}
    # The last row is the first sequence on its own.
    result["transform"] = np.concatenate([model.transform(X), model.transform(X[:1])])
    valid_loss = np.nan if model.valid_loss_ is None else model.valid_loss_
    result["n_iter, loss, valid_loss"] = np.array([model.n_iter_, model.loss_, valid_loss])
    return result


def series(cls, y="plain", columns="", n_targets=None, **params):
    """Return a function that fits a forecaster on one series and forecasts it.

    Parameters
    ----------
    cls : type
        The estimator.
    y : {"plain", "gaps", "counts"}, default="plain"
        Kind of the series.
    columns : str, default=""
        One letter for each covariate.
    n_targets : int, default=None
        Number of targets; None is a one-dimensional y.
    **params : object
        Parameters of the estimator.
    """

    def run():
        model = cls(**{**_small(cls), **params})
        target = make_series(n_targets=n_targets, kind=y)
        X = make_covariates(target.index, columns, gaps=y == "gaps")
        train, later = slice(None, 58), slice(58, 70)
        model.fit(X[train], target[train])
        result = _forecast(model, X[later])
        result["past"] = model.predict(X[:58][-10:])
        history = model.predict_interval(X[66:], history=(X[58:66], target[58:66]))
        result["interval_with_history"] = history
        model.update(X[58:62], target[58:62])
        result["interval_after_update"] = model.predict_interval(X[62:])
        if not columns:
            result["forecast"] = model.forecast(6)
        model.update(X[62:66], target[62:66], n_epochs=1)
        result["after_training_update"] = model.predict(X[66:])
        return _as_arrays(result)

    return run


def panel(cls, y="plain", columns="", n_targets=None, **params):
    """Return a function that fits a forecaster on three series and forecasts them.

    The parameters are those of `series`.
    """

    def run():
        model = cls(**{**_small(cls), **params})
        X, target = make_panel(columns, n_targets, y)
        day = X.index.get_level_values("day")
        train, later = day < "2020-03-03", day >= "2020-03-03"
        model.fit(X[train], target[train])
        result = _forecast(model, X[later])
        if not columns:
            result["forecast"] = model.forecast(6)
        half = later & (day < "2020-03-07")
        model.update(X[half], target[half])
        result["interval_after_update"] = model.predict_interval(X[later & ~half])
        return _as_arrays(result)

    return run


def rows(cls, **params):
    """Return a function that fits a detector on rows of series, and scores other rows."""

    def run():
        known = inspect.signature(cls).parameters
        small = {k: v for k, v in FORECASTER_PARAMS.items() if k in known}
        model = cls(**{**small, **params})
        random = np.random.default_rng(3)
        X = random.normal(size=(90, 2)) + np.sin(np.arange(90) / 2)[:, None]
        index = pd.MultiIndex.from_product([["a", "b"], range(45)])
        X = pd.DataFrame(X, index=index, columns=["x", "y"])
        X.iloc[[5, 60], 0] = np.nan
        is_train = index.get_level_values(1) < 30
        model.fit(X[is_train])
        result = {
            "contributions": model.contributions(X),
            "offsets": np.array([model.offset_, model.stream_offset_]),
        }
        stream = model.stream(["a", "b"])
        pairs = X.to_numpy().reshape(2, 45, 2).swapaxes(0, 1)
        result["stream"] = np.array([stream.score_samples(pair) for pair in pairs])
        result["after_update"] = model.update(X[~is_train]).decision_function(X)
        return result

    return run


def bare(cls, columns=0, **params):
    """Return a function that forecasts an array without a time index."""

    def run():
        model = cls(**{**_small(cls), **params})
        y = make_series().to_numpy()
        X = np.random.default_rng(1).normal(size=(len(y), columns)) if columns else None
        model.fit(None if X is None else X[:60], y[:60])
        future = np.zeros((10, 0)) if X is None else X[60:]
        return _as_arrays(_forecast(model, future))

    return run


def _small(cls):
    return FORECASTER_PARAMS if hasattr(cls, "hidden_size") else BASELINE_PARAMS


def _forecast(model, X):
    """Return point forecasts, quantiles, intervals and sample paths of the rows of X."""
    return {
        "predict": model.predict(X),
        "quantiles": model.predict_quantiles(X, QUANTILES),
        "interval": model.predict_interval(X, coverage=0.6),
        "sample": model.sample(X, n_samples=2, random_state=0),
    }


def _as_arrays(result):
    return {name: np.asarray(value) for name, value in result.items()}
