"""Display the confusion matrix of labels for each step."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skseq.inspection.plotting import AxesDisplay, check_matplotlib
from skseq.metrics.steps import align_labels
from skseq.metrics.wrappers import list_layers

OPTIONS = {
    "sample_weight": ["array-like", None],
    "labels": ["array-like", None],
    "normalize": [StrOptions({"true", "pred", "all"}), None],
    "max_labels": [Interval(Integral, 2, None, closed="left"), None],
    "include_values": ["boolean", None],
    "colorbar": ["boolean"],
}
# Axes over which each normalization sums.
SUMMED = {"true": 1, "pred": 0, "all": None}


@dataclass(kw_only=True, eq=False, repr=False)
class StepConfusionDisplay(AxesDisplay):
    """Draw the confusion matrix over the steps of all sequences.

    Create it with :meth:`from_estimator` or :meth:`from_predictions`. Unlabeled steps
    (None, NaN or an empty string) are left out. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    confusion_matrix : ndarray of shape (n_labels, n_labels)
        Numbers of steps, or shares. The rows are the true labels, the columns the predicted
        labels.
    display_labels : list
        Labels of the rows and columns.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Axes and figure of the plot.
    im_ : matplotlib AxesImage
        The matrix.
    text_ : ndarray of shape (n_labels, n_labels), dtype=matplotlib Text, or None
        Values in the cells. The texts of zeros are empty.

    See Also
    --------
    StepLabelDisplay : Show the labels of one recording.
    skseq.metrics.per_step : Metrics over the steps of all sequences.

    Examples
    --------
    >>> from skseq.inspection import StepConfusionDisplay
    >>> y_true = [["rest", "walk", "walk"], ["rest", None]]
    >>> y_pred = [["rest", "rest", "walk"], ["rest", "walk"]]
    >>> display = StepConfusionDisplay.from_predictions(y_true, y_pred)
    >>> display.confusion_matrix
    array([[2, 0],
           [1, 1]])
    >>> from sklearn.dummy import DummyClassifier
    >>> X, y = [[0.1], [0.9], [0.8]], ["rest", "walk", "walk"]
    >>> model = DummyClassifier().fit(X, y)
    >>> display = StepConfusionDisplay.from_estimator(model, X, y, normalize="true")
    >>> display.plot(colorbar=False).display_labels
    ['rest', 'walk']
    """

    confusion_matrix: np.ndarray
    display_labels: list

    @classmethod
    @validate_params(OPTIONS, prefer_skip_nested_validation=True)
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        sample_weight=None,
        labels=None,
        normalize=None,
        max_labels=20,
        include_values=None,
        cmap="Blues",
        colorbar=True,
        ax=None,
    ):
        """Draw the confusion matrix of the predictions for X.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator whose `predict` returns one label for each step, such as a
            step classifier, alone or in a Pipeline or a search.
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences or rows, as for the estimator's `predict`.
        y : array-like
            True labels of the steps, as for the estimator's `fit`.
        sample_weight : array-like, default=None
            One weight for each step, or for each sequence.
        labels : array-like of shape (n_labels,), default=None
            Labels to show, in order. By default all labels in y and the predictions, sorted.
        normalize : {"true", "pred", "all"}, default=None
            Show shares of the true labels (rows), of the predicted labels (columns) or of
            all steps, instead of numbers of steps.
        max_labels : int or None, default=20
            Largest number of labels. Of more labels the most frequent ones are shown, and
            the others are merged into the last row and column. None shows all.
        include_values, cmap, colorbar : bool or None, colormap, bool
            As for :meth:`plot`.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : StepConfusionDisplay
            The drawn display.

        Raises
        ------
        ValueError
            As in :meth:`from_predictions`, or if X does not suit the estimator.
        """
        check_matplotlib(cls.__name__)
        inner = list_layers(estimator, "rows_are_steps_")[-1]
        if getattr(inner, "multilabel_", False):
            raise_several("The estimator", len(inner.classes_))
        return cls.from_predictions(
            y,
            estimator.predict(X),
            sample_weight=sample_weight,
            labels=labels,
            normalize=normalize,
            max_labels=max_labels,
            include_values=include_values,
            cmap=cmap,
            colorbar=colorbar,
            ax=ax,
        )

    @classmethod
    @validate_params(OPTIONS, prefer_skip_nested_validation=True)
    def from_predictions(
        cls,
        y_true,
        y_pred,
        *,
        sample_weight=None,
        labels=None,
        normalize=None,
        max_labels=20,
        include_values=None,
        cmap="Blues",
        colorbar=True,
        ax=None,
    ):
        """Draw the confusion matrix of true and predicted labels.

        Parameters
        ----------
        y_true, y_pred : list or object array of arrays of shape (n_timesteps_i,)
            True and predicted labels of each sequence, or flat labels of shape (n_rows,).
        sample_weight : array-like, default=None
            One weight for each step, or for each sequence.
        labels : array-like of shape (n_labels,), default=None
            Labels to show, in order. By default all labels, sorted.
        normalize : {"true", "pred", "all"}, default=None
            Show shares of the true labels (rows), of the predicted labels (columns) or of
            all steps, instead of numbers of steps.
        max_labels : int or None, default=20
            Largest number of labels. Of more labels the most frequent ones are shown, and
            the others are merged into the last row and column. None shows all.
        include_values, cmap, colorbar : bool or None, colormap, bool
            As for :meth:`plot`.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : StepConfusionDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If the numbers of sequences or steps differ, no step is labeled, or a step has
            several labels.
        """
        check_matplotlib(cls.__name__)
        true, pred, weights = align_labels(y_true, y_pred, sample_weight)
        if true.ndim > 1:
            raise_several("y_true", true.shape[1])
        if labels is None:
            labels = np.unique(np.concatenate([true, pred]))
        matrix = confusion_matrix(true, pred, labels=labels, sample_weight=weights)
        names = np.asarray(labels).tolist()
        if max_labels is not None and len(names) > max_labels:
            matrix, names = merge_rare(matrix, names, max_labels)
        if normalize is not None:
            totals = matrix.sum(axis=SUMMED[normalize], keepdims=True)
            matrix = matrix / np.where(totals == 0, 1, totals)
        display = cls(confusion_matrix=matrix, display_labels=names)
        return display.plot(ax, cmap=cmap, colorbar=colorbar, include_values=include_values)

    def plot(self, ax=None, *, cmap="Blues", colorbar=True, include_values=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        cmap : str or matplotlib Colormap, default="Blues"
            Color map of the cells, from 0 to the largest value. The color depends on the
            square root of the value, so that rare errors are visible.
        colorbar : bool, default=True
            Whether to draw a color bar.
        include_values : bool, default=None
            Whether to write the values into the cells. By default for at most 30 labels.

        Returns
        -------
        display : StepConfusionDisplay
            The display itself.
        """
        check_matplotlib(type(self).__name__)
        from matplotlib.colors import PowerNorm

        n_labels = len(self.display_labels)
        if include_values is None:
            include_values = n_labels <= 30
        side = float(np.clip(1.6 + 0.42 * n_labels, 4, 14))
        ax = self._open_axes(ax, (side + 1.2 * colorbar, side))
        is_share = self.confusion_matrix.dtype.kind == "f"
        norm = PowerNorm(0.5, vmin=0, vmax=self.confusion_matrix.max() or 1)
        drawn = ConfusionMatrixDisplay(
            self.confusion_matrix, display_labels=self.display_labels
        ).plot(
            ax=ax,
            include_values=include_values,
            cmap=cmap,
            colorbar=False,
            values_format=".2f" if is_share else "d",
            xticks_rotation="vertical" if n_labels > 4 else "horizontal",
            im_kw={"norm": norm},
            text_kw={"fontsize": "medium" if n_labels <= 6 else "x-small"},
        )
        self.im_, self.text_ = drawn.im_, drawn.text_
        if include_values:
            self._format_values(norm)
        if colorbar:
            bar = self.figure_.colorbar(self.im_, ax=ax, pad=0.02, shrink=0.8)
            bar.set_label("share of steps" if is_share else "steps")
        return self

    def _format_values(self, norm):
        """Shorten the values in the cells; zeros would hide the pattern of the errors."""
        for text, value in zip(self.text_.flat, self.confusion_matrix.flat, strict=True):
            if value == 0:
                text.set_text("")
            elif value >= 1e4:
                text.set_text(
                    f"{value / 1e6:.3g}M" if value >= 1e6 else f"{value / 1e3:.3g}k"
                )
            text.set_color("white" if norm(value) > 0.5 else "black")


def raise_several(name, n_labels):
    """Raise ValueError: steps have several labels."""
    raise ValueError(
        f"{name} has {n_labels} labels for each step, but a confusion matrix needs one. "
        "Pass one of the outputs to from_predictions, or use "
        "per_step(sklearn.metrics.multilabel_confusion_matrix)."
    )


def merge_rare(matrix, names, max_labels):
    """Merge all but the most frequent labels into one row and one column at the end."""
    totals = matrix.sum(axis=0) + matrix.sum(axis=1)
    kept = np.sort(np.argsort(-totals, kind="stable")[: max_labels - 1])
    rare = np.setdiff1d(np.arange(len(names)), kept)
    groups = np.zeros((max_labels, len(names)), dtype=matrix.dtype)
    groups[np.arange(max_labels - 1), kept] = 1
    groups[-1, rare] = 1
    return groups @ matrix @ groups.T, [names[k] for k in kept] + [f"{len(rare)} others"]
