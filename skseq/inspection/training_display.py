"""Display the training history of estimators."""

import numpy as np
from sklearn.utils._param_validation import validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.plotting import check_matplotlib, name_estimators, use_integer_ticks
from skseq.inspection.validation import check_has

# Titles of the panels, and the columns of a history that each of them shows.
PANELS = {
    "loss": ("train_loss", "valid_loss"),
    "validation score": ("valid_score",),
    "learning rate": ("lr",),
    "gradient norm": ("grad_norm",),
}
# Losses and gradient norms whose ratio exceeds this are drawn on a logarithmic axis.
MIN_LOG_RATIO = 20


class TrainingDisplay:
    """Plot loss, validation score, learning rate and gradient norm by epoch.

    Create it with :meth:`from_estimator` or :meth:`from_estimators`. Each estimator has a
    color. The training loss is a solid line. With early stopping, the validation loss is a
    dashed line, with a dot at its minimum: the epoch whose weights are kept. The
    validation score is accuracy or R². A panel is left out if no estimator has recorded
    its values. Gradient norms that vary by orders of magnitude are drawn on a logarithmic
    axis. Requires matplotlib: `pip install 'skseq[plot]'`.

    Parameters
    ----------
    histories : dict of DataFrame
        Attribute `history_` of the fitted estimators, by name.

    Attributes
    ----------
    axes_ : dict of matplotlib Axes
        Axes of the panels, by title.
    figure_ : matplotlib Figure
        Figure of the panels.
    lines_ : dict of dict of matplotlib Line2D
        The lines, by name and column of the history.
    legend_ : matplotlib Legend or None
        Legend of the colors and line styles, if there is more than one of them.

    See Also
    --------
    skseq.LSTMClassifier : Estimator with the attribute `history_`.

    Examples
    --------
    >>> from skseq import GRURegressor
    >>> from skseq.datasets import make_adding_problem
    >>> from skseq.inspection import TrainingDisplay
    >>> X, y = make_adding_problem(n_sequences=50, length=10, random_state=0)
    >>> models = {
    ...     f"lr={lr}": GRURegressor(lr=lr, max_epochs=3, random_state=0).fit(X, y)
    ...     for lr in (1e-3, 1e-2)
    ... }
    >>> display = TrainingDisplay.from_estimators(models)
    >>> list(display.axes_)
    ['loss', 'learning rate', 'gradient norm']
    >>> TrainingDisplay.from_estimator(models["lr=0.01"]).plot().axes_["loss"].get_xlabel()
    'epoch'
    """

    def __init__(self, *, histories):
        self.histories = histories

    @classmethod
    def from_estimator(cls, estimator, *, axes=None):
        """Plot the training history of one estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, regressor or forecaster of skseq.
        axes : array-like of matplotlib Axes, default=None
            Axes to draw on, one for each panel. By default, axes of a new figure.

        Returns
        -------
        display : TrainingDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As in :meth:`from_estimators`.
        """
        return cls.from_estimators([estimator], axes=axes)

    @classmethod
    @validate_params(
        {"estimators": [dict, list, tuple]}, prefer_skip_nested_validation=True
    )
    def from_estimators(cls, estimators, *, axes=None):
        """Plot the training histories of several estimators in the same axes.

        Parameters
        ----------
        estimators : dict, list or tuple of estimators
            Fitted estimators of skseq. The keys of a dict are the labels of the lines.
            Different loss functions are not comparable.
        axes : array-like of matplotlib Axes, default=None
            Axes to draw on, one for each panel. By default, axes of a new figure.

        Returns
        -------
        display : TrainingDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If an estimator has no attribute `history_`.
        ValueError
            If `estimators` is empty, or as in :meth:`plot`.
        """
        check_matplotlib(cls.__name__)
        histories = {}
        named = name_estimators(estimators)
        for name, model in named.items():
            # check_is_fitted applies % formatting to its message.
            message = f"{name} is not fitted yet: call its fit first.".replace("%", "%%")
            check_is_fitted(model, msg=message if len(named) > 1 else None)
            check_has(model, "history_", cls.__name__)
            histories[name] = model.history_
        return cls(histories=histories).plot(axes)

    def plot(self, axes=None):
        """Draw the display.

        Parameters
        ----------
        axes : array-like of matplotlib Axes, default=None
            Axes to draw on, one for each panel. By default, axes of a new figure.

        Returns
        -------
        display : TrainingDisplay
            The display itself.

        Raises
        ------
        ValueError
            If the number of axes is not the number of panels, or no epoch was finished.
        """
        pyplot = check_matplotlib(type(self).__name__)
        titles = [title for title, columns in PANELS.items() if self._has(columns)]
        if not titles:
            names = ", ".join(self.histories) or "any estimator"
            raise ValueError(f"There is nothing to draw: no epoch was finished by {names}.")
        is_new = axes is None
        if is_new:
            rows, columns = (2, 2) if len(titles) == 4 else (1, len(titles))
            size = (4.2 * columns, 3.2 * rows + 0.4)
            _, axes = pyplot.subplots(rows, columns, figsize=size, layout="constrained")
        axes = np.ravel(axes)
        if len(axes) != len(titles):
            raise ValueError(
                f"axes has {len(axes)} axes, but there are {len(titles)} panels: "
                f"{', '.join(titles)}."
            )
        self.axes_ = dict(zip(titles, axes, strict=True))
        self.figure_ = axes[0].figure
        self.lines_ = {name: {} for name in self.histories}
        for title, ax in self.axes_.items():
            self._draw_panel(ax, title)
        self._label_lines(is_new)
        return self

    def _has(self, columns):
        return any(c in history for history in self.histories.values() for c in columns)

    def _draw_panel(self, ax, title):
        columns = PANELS[title]
        for number, (name, history) in enumerate(self.histories.items()):
            style = {"color": f"C{number}", "linewidth": 1.6}
            # A single epoch has no line: draw a dot.
            style |= {"marker": "o", "markersize": 4} if len(history) == 1 else {}
            for column in history.columns.intersection(columns):
                epochs, values = history["epoch"].to_numpy(), history[column].to_numpy()
                style["linestyle"] = "--" if column == "valid_loss" else "-"
                (self.lines_[name][column],) = ax.plot(epochs, values, **style)
                if column == "valid_loss" and np.isfinite(values).any():
                    best = int(np.nanargmin(values))
                    ax.plot(epochs[best], values[best], "o", color=style["color"])
        if title in ("loss", "gradient norm"):
            drawn = [
                line[c].get_ydata()
                for line in self.lines_.values()
                for c in columns
                if c in line
            ]
            values = np.concatenate(drawn)
            values = values[np.isfinite(values)]
            # Losses such as log likelihoods may be negative.
            is_wide = len(values) and values.max() > MIN_LOG_RATIO * values.min() > 0
            ax.set_yscale("log" if is_wide else "linear")
        ax.set_title(title, fontsize="medium")
        ax.set_xlabel("epoch")
        use_integer_ticks(ax.xaxis)
        ax.margins(x=0.02)
        ax.grid(alpha=0.25)

    def _label_lines(self, is_new):
        """Put the legend below the panels of a new figure, else into the loss panel."""
        from matplotlib.lines import Line2D

        styles = []
        if len(self.histories) > 1:
            styles += [
                {"color": f"C{number}", "linewidth": 1.6, "label": name}
                for number, name in enumerate(self.histories)
            ]
        if self._has(["valid_loss"]):
            styles.append({"color": "0.3", "label": "training"})
            styles.append({**styles[-1], "ls": "--", "marker": "o", "label": "validation"})
        handles = [Line2D([], [], **style) for style in styles]
        self.legend_ = None
        if handles and is_new:
            place = {"loc": "outside lower center", "ncols": min(len(handles), 6)}
            self.legend_ = self.figure_.legend(handles=handles, **place, frameon=False)
        elif handles:
            ax = self.axes_["loss"]
            self.legend_ = ax.legend(handles=handles, framealpha=0.85, edgecolor="none")
