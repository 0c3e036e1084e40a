"""Checks of the estimators and indices that users pass."""

import numpy as np
from sklearn.utils import check_random_state

from skseq.metrics.wrappers import unwrap
from skseq.sequences import read_sequences


def check_has(estimator, name, function):
    """Raise if an estimator lacks a method or attribute that a function needs."""
    if hasattr(estimator, name):
        return
    if hasattr(estimator, "best_estimator_"):
        remedy = "For a search, pass its best_estimator_."
    elif hasattr(estimator, "steps"):
        data = ", and pipeline[:-1].transform(X) instead of X"
        data = "" if name == "history_" else data
        remedy = f"For a Pipeline, pass its last step, pipeline[-1]{data}."
    else:
        remedy = "Estimators of scikit-learn and the baselines have no network."
    raise TypeError(
        f"{type(estimator).__name__} has no attribute {name}: {function} needs a fitted "
        f"estimator of skseq with a network. {remedy}"
    )


def check_index(name, index, count, plural=None):
    """Raise if the index of a sequence, layer or head is out of range."""
    if index >= count:
        raise ValueError(
            f"{name}={index}, but the number of {plural or f'{name}s'} is {count}, and "
            "they are numbered from 0."
        )


def predicts_steps(estimator):
    """Return whether a fitted estimator of sequences predicts every step."""
    return hasattr(estimator, "rows_are_steps_")


def read_any_features(X, estimator):
    """Return the Sequences of X, with numeric and categorical features."""
    sequences, _ = read_sequences(
        X, allow_missing=True, estimator=estimator, categorical_features="from_dtype"
    )
    return sequences


def name_numeric_features(sequences, remedy):
    """Return the names of numeric features, or None. Raise if there are none to draw."""
    if not sequences.n_numeric:
        raise ValueError(f"X has no numeric features to draw. {remedy}")
    names = sequences.feature_names
    if names is None or not sequences.n_categorical:
        return names
    pairs = zip(names, sequences.is_categorical, strict=True)
    return [name for name, is_categorical in pairs if not is_categorical]


def find_forecaster(estimator):
    """Return the fitted forecaster within an estimator, or None if there is none."""
    try:
        return unwrap(estimator)[0]
    except TypeError:
        return None


def raise_if_forecaster(estimator, function):
    """Raise if an estimator is a forecaster: the rows of its X are not sequences."""
    forecaster = find_forecaster(estimator)
    if forecaster is not None:
        raise TypeError(
            f"{function} needs a classifier or regressor of sequences, but the rows of X "
            f"are time steps for {type(forecaster).__name__}. For forecasters, use "
            "memory_horizon or the method trace."
        )


def check_data_source(estimator, given, names="X"):
    """Return the forecaster in an estimator, or None. Raise if data are missing or unused.

    A forecaster uses its own series; other estimators need all arguments. `given` has a
    bool for each argument, and `names` names them in messages.
    """
    forecaster = find_forecaster(estimator)
    if forecaster is None and not all(given):
        raise ValueError(f"{type(estimator).__name__} needs {names}, as for its fit.")
    if forecaster is not None and any(given):
        raise ValueError(
            f"{type(forecaster).__name__} uses the series that it has observed: do not "
            f"pass {names}."
        )
    return forecaster


def make_generator(random_state):
    """Return a RandomState. For None it is a new one, not the global one of numpy."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
