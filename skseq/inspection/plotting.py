"""What displays share: matplotlib, where it is there, and estimators with their names."""

from collections.abc import Mapping

from skseq.extras import import_extra


def check_matplotlib(name):
    """Return matplotlib's pyplot, or say how to get it."""
    return import_extra("matplotlib.pyplot", "plot", name)


def name_estimators(estimators):
    """Return a dict of estimators by name, from a dict or an iterable of them.

    A class name that occurs twice gets a number.
    """
    if isinstance(estimators, Mapping):
        named = {str(name): model for name, model in estimators.items()}
    else:
        named = {}
        for model in estimators:
            name, number = type(model).__name__, 2
            while name in named:
                name, number = f"{type(model).__name__} {number}", number + 1
            named[name] = model
    if not named:
        raise ValueError("estimators is empty: give at least one fitted estimator.")
    return named


def check_has(estimator, name, purpose):
    """Raise if an estimator lacks a method or attribute."""
    if not hasattr(estimator, name):
        raise TypeError(
            f"{type(estimator).__name__} has no {name}: {purpose} looks into a fitted "
            "estimator of skseq. Of a Pipeline give the last step, and "
            "pipeline[:-1].transform(X); of a search best_estimator_."
        )
