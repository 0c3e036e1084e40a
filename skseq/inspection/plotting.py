"""What displays share: matplotlib, where it is there, and estimators with their names."""

from collections.abc import Mapping

from skseq.extras import import_extra
from skseq.metrics.forecasters import unwrap


def check_matplotlib(name):
    """Return matplotlib's pyplot, or say how to get it."""
    return import_extra("matplotlib.pyplot", "plot", name)


def open_axes(display, ax, figsize):
    """Let a display have the given axes, or those of a new figure; return them."""
    pyplot = check_matplotlib(type(display).__name__)
    if ax is None:
        _, ax = pyplot.subplots(figsize=figsize, layout="constrained")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def check_sequence(sequence, n_sequences, kind="sequences"):
    """Raise if there is no such sequence."""
    if sequence >= n_sequences:
        raise ValueError(
            f"sequence={sequence}, but there are {n_sequences} {kind}, numbered from 0."
        )


def name_estimators(estimators):
    """Return a dict of estimators by name, from a dict or an iterable of them.

    A class name that occurs twice gets a number.
    """
    if isinstance(estimators, Mapping):
        named = {str(name): model for name, model in estimators.items()}
    else:
        named = {}
        for model in estimators:
            if isinstance(model, (dict, list, tuple)):
                raise TypeError(
                    f"from_estimator draws one estimator, but got a {type(model).__name__}: "
                    "give several to from_estimators."
                )
            name, number = type(model).__name__, 2
            while name in named:
                name, number = f"{type(model).__name__} {number}", number + 1
            named[name] = model
    if not named:
        raise ValueError("estimators is empty: give at least one fitted estimator.")
    return named


def check_has(estimator, name, purpose):
    """Raise if an estimator lacks a method or attribute."""
    if hasattr(estimator, name):
        return
    if hasattr(estimator, "best_estimator_"):
        remedy = "Of a search give best_estimator_."
    elif hasattr(estimator, "steps"):
        remedy = "Of a Pipeline give the last step, pipeline[-1]"
        remedy += (
            "." if name == "history_" else ", and pipeline[:-1].transform(X) instead of X."
        )
    else:
        remedy = "Only RNN, LSTM, GRU and Transformer estimators have a network."
    raise TypeError(
        f"{type(estimator).__name__} has no {name}: {purpose} looks into the network of a "
        f"fitted estimator of skseq. {remedy}"
    )


def find_forecaster(estimator):
    """Return the fitted forecaster within an estimator, or None."""
    try:
        return unwrap(estimator)[0]
    except TypeError:  # there is none
        return None


def refuse_forecaster(estimator, name):
    """Raise if an estimator forecasts: rows of its X are time steps, not sequences."""
    forecaster = find_forecaster(estimator)
    if forecaster is not None:
        raise TypeError(
            f"{name} is for classifiers and regressors of sequences, but the rows of "
            f"{type(forecaster).__name__} are time steps; memory_horizon and trace are for "
            "forecasters too."
        )
