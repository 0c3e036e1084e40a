"""Matplotlib axes and estimator names, shared by all displays."""

from collections.abc import Mapping

from skseq.extras import import_extra


def check_matplotlib(name):
    """Return `matplotlib.pyplot`, or raise an ImportError that says how to install it."""
    return import_extra("matplotlib.pyplot", "plot", name)


def open_axes(display, ax, figsize):
    """Set the axes and figure of a display, by default new ones, and return the axes."""
    pyplot = check_matplotlib(type(display).__name__)
    if ax is None:
        _, ax = pyplot.subplots(figsize=figsize, layout="constrained")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def name_estimators(estimators):
    """Return a dict of estimators by name, from a dict or an iterable of estimators.

    The default name is the class name, with a number if it occurs more than once.
    """
    if isinstance(estimators, Mapping):
        named = {str(name): model for name, model in estimators.items()}
    else:
        named = {}
        for model in estimators:
            if isinstance(model, (dict, list, tuple)):
                raise TypeError(
                    f"from_estimator expects one estimator, but got a "
                    f"{type(model).__name__}: pass several estimators to from_estimators."
                )
            name, number = type(model).__name__, 2
            while name in named:
                name, number = f"{type(model).__name__} {number}", number + 1
            named[name] = model
    if not named:
        raise ValueError("estimators is empty: pass at least one fitted estimator.")
    return named
