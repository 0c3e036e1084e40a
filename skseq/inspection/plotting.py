"""Matplotlib axes and estimator names, shared by all displays."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from skseq.extras import import_extra

# Width of the label of a date with a margin, in inches.
LABEL_WIDTH = 0.6


def check_matplotlib(name):
    """Return `matplotlib.pyplot`, or raise an ImportError that says how to install it."""
    return import_extra("matplotlib.pyplot", "plot", name)


class AxesDisplay:
    """Base class of displays that draw on one Axes."""

    ax_: Any
    figure_: Any

    def _open_axes(self, ax, figsize):
        """Set the axes and figure, by default new ones, and return the axes."""
        pyplot = check_matplotlib(type(self).__name__)
        if ax is None:
            _, ax = pyplot.subplots(figsize=figsize, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        return ax


class FigureDisplay:
    """Base class of displays that draw several Axes on one figure."""

    figure_: Any

    def _open_figure(self, figure, figsize):
        """Set the figure, by default a new one, and return it."""
        pyplot = check_matplotlib(type(self).__name__)
        if figure is None:
            figure = pyplot.figure(figsize=figsize, layout="constrained")
        self.figure_ = figure
        return figure


def use_integer_ticks(axis, **options):
    """Place the ticks of an axis at integers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True, **options))


def use_concise_dates(axis):
    """Label the ticks of a horizontal axis of dates without repeating what they share.

    The number of ticks is limited by the width of their labels.
    """
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    width = axis.axes.bbox.width / axis.axes.figure.dpi
    n_ticks = max(int(width / LABEL_WIDTH), 3)
    # With more ticks as the minimum, matplotlib may find no interval between them.
    locator = AutoDateLocator(minticks=(n_ticks - 1) // 2, maxticks=n_ticks)
    axis.set_major_locator(locator)
    axis.set_major_formatter(ConciseDateFormatter(locator))


def use_powers_of_ten(axis, lines):
    """Extend a logarithmic axis around the values of lines to powers of ten, its ticks."""
    from matplotlib.ticker import LogFormatterSciNotation, LogLocator, NullFormatter

    exponents = np.log10(np.concatenate([np.ones(1), *lines]))
    low, high = np.floor(exponents.min()), np.ceil(exponents.max())
    axis.axes.set_ylim(10.0**low, 10.0 ** max(high, low + 1))
    axis.set_major_locator(LogLocator(10, numticks=8))
    axis.set_major_formatter(LogFormatterSciNotation())
    axis.set_minor_formatter(NullFormatter())


def style_lines(ax, **legend):
    """Add a margin, a grid and a legend to the axes of a line plot."""
    ax.margins(x=0.02)
    ax.grid(alpha=0.25)
    ax.legend(framealpha=0.85, edgecolor="none", **legend)


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
