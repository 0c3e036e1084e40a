"""Display a confusion matrix beside the sequences that a classifier confuses."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.metrics import confusion_matrix
from sklearn.utils._param_validation import Interval, validate_params

from skseq.inspection.confusion_data import (
    check_labels,
    make_examples,
    predict_labels,
)
from skseq.inspection.label_bands import draw_legend
from skseq.inspection.palette import BLUE, PALETTE, RED
from skseq.inspection.plotting import FigureDisplay, check_matplotlib, use_integer_ticks
from skseq.inspection.sequence_groups import (
    draw_band,
    find_feature,
    read_numeric,
)
from skseq.inspection.step_confusion_display import StepConfusionDisplay, merge_rare

OPTIONS = {
    "feature": [Interval(Integral, 0, None, closed="left"), str, None],
    "n_examples": [Interval(Integral, 1, None, closed="left")],
    "max_labels": [Interval(Integral, 2, None, closed="left"), None],
}
# Columns of panels with examples.
N_COLUMNS = 2
# Longest name of a class or feature beside a panel, in characters.
MAX_NAME_LENGTH = 17


@dataclass(kw_only=True, eq=False, repr=False)
class ConfusionExamplesDisplay(FigureDisplay):
    """Draw a confusion matrix, and the errors that a classifier is most confident of.

    Create it with :meth:`from_estimator` or :meth:`from_predictions`. Each panel beside the
    matrix shows one misclassified sequence in black, with the means and standard deviations
    of its true class (blue) and of the predicted class (red). Errors that look like the
    predicted class may be wrong labels. Requires matplotlib: `pip install 'skseq[plot]'`.

    Parameters
    ----------
    confusion_matrix : ndarray of shape (n_labels, n_labels)
        Numbers of sequences. The rows are the true labels, the columns the predicted
        labels.
    display_labels : list
        Labels of the rows and columns.
    examples : list of ConfusedSequence
        Misclassified sequences. Named tuples with the fields `sequence` (index in
        X), `true`, `predicted`, `confidence`, `feature_name`, `values`, and `means` and `stds` of the
        two classes.

    Attributes
    ----------
    figure_ : matplotlib Figure or SubFigure
        Figure of the plot.
    axes_ : dict
        Axes of the "matrix", and the list of Axes of the "examples".
    matrix_ : StepConfusionDisplay
        Display of the matrix, with the attributes `im_` and `text_`.
    lines_ : list of matplotlib Line2D
        Lines of the sequences.
    legend_ : matplotlib Legend or None
        Legend of the lines.

    See Also
    --------
    StepConfusionDisplay : Confusion matrix of labels for each step.
    SequencesByClassDisplay : Show the sequences of each class.

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.inspection import ConfusionExamplesDisplay
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = GRUClassifier(hidden_size=8, max_epochs=2, random_state=0).fit(X, y)
    >>> display = ConfusionExamplesDisplay.from_estimator(clf, X, y, n_examples=4)
    >>> len(display.examples)
    4
    >>> y_pred = clf.predict(X)
    >>> display = ConfusionExamplesDisplay.from_predictions(X, y, y_pred, feature="lpc2")
    >>> list(display.plot().axes_)
    ['matrix', 'examples']
    """

    confusion_matrix: np.ndarray
    display_labels: list
    examples: list

    @classmethod
    @validate_params(OPTIONS, prefer_skip_nested_validation=True)
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        feature=None,
        n_examples=6,
        max_labels=20,
        figure=None,
    ):
        """Draw the confusion matrix of the predictions for X, and examples of errors.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier of sequences, alone, as the last step of a Pipeline, or in a
            search.
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for the estimator's `predict`. Pass sequences that were not used
            in training.
        y : array-like of shape (n_sequences,)
            True classes.
        feature : int or str, default=None
            Position or name of the numeric feature to draw. By default, for each example,
            the one whose means differ most between the two classes, relative to the spread.
        n_examples : int, default=6
            Largest number of errors to draw. Those with the highest probability of the
            predicted class come first. Without `predict_proba`, they are in the order of X.
        max_labels : int or None, default=20
            Largest number of labels in the matrix. Of more labels the most frequent ones
            are shown, and the others are merged. None shows all.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : ConfusionExamplesDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator is not a classifier of sequences.
        ValueError
            If the estimator predicts several labels, or as in :meth:`from_predictions`.
        """
        check_matplotlib(cls.__name__)
        y_pred, confidence = predict_labels(estimator, X, cls.__name__)
        return cls.from_predictions(
            X,
            y,
            y_pred,
            confidence=confidence,
            feature=feature,
            n_examples=n_examples,
            max_labels=max_labels,
            figure=figure,
        )

    @classmethod
    @validate_params(OPTIONS, prefer_skip_nested_validation=True)
    def from_predictions(
        cls,
        X,
        y_true,
        y_pred,
        *,
        confidence=None,
        feature=None,
        n_examples=6,
        max_labels=20,
        figure=None,
    ):
        """Draw the confusion matrix of given labels, and examples of errors.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences. Only numeric features are drawn.
        y_true, y_pred : array-like of shape (n_sequences,)
            True and predicted classes.
        confidence : array-like of shape (n_sequences,), default=None
            Probability of the predicted class of each sequence. Errors with the highest
            confidence come first. By default they are in the order of X.
        feature : int or str, default=None
            As for :meth:`from_estimator`.
        n_examples : int, default=6
            Largest number of errors to draw.
        max_labels : int or None, default=20
            As for :meth:`from_estimator`.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : ConfusionExamplesDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If X has no numeric features or no such feature, the labels or confidences do
            not have one value for each sequence, or there is only one class.
        """
        check_matplotlib(cls.__name__)
        signals = read_numeric(X, cls.__name__)
        args = check_labels(y_true, y_pred, confidence, len(signals))
        y_true, y_pred, confidence, labels = args
        if feature is not None:
            signals = signals.select([find_feature(feature, signals.names)])
        examples = make_examples(signals, labels, y_true, y_pred, confidence, n_examples)
        matrix, names = confusion_matrix(y_true, y_pred, labels=labels), labels.tolist()
        if max_labels is not None and len(names) > max_labels:
            matrix, names = merge_rare(matrix, names, max_labels)
        return cls(confusion_matrix=matrix, display_labels=names, examples=examples).plot(
            figure
        )

    def plot(self, figure=None):
        """Draw the display.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : ConfusionExamplesDisplay
            The display itself.
        """
        n_rows = max(-(-len(self.examples) // N_COLUMNS), 1)
        side = float(np.clip(1.6 + 0.42 * len(self.display_labels), 3.4, 10))
        n_columns = min(max(len(self.examples), 1), N_COLUMNS)
        longest = max(len(str(label)) for label in self.display_labels)
        width = side + 0.08 * min(longest, 30) + 3.0 * n_columns
        figure = self._open_figure(figure, (width, max(side, 1.7 * n_rows + 0.6)))
        grid = figure.add_gridspec(
            n_rows, 1 + n_columns, width_ratios=[side / 2.7] + [1] * n_columns
        )
        matrix_ax = figure.add_subplot(grid[:, 0])
        self.matrix_ = StepConfusionDisplay(
            confusion_matrix=self.confusion_matrix, display_labels=self.display_labels
        ).plot(matrix_ax, colorbar=False)
        matrix_ax.tick_params(axis="x", rotation=90)
        axes = [
            figure.add_subplot(grid[k // n_columns, 1 + k % n_columns])
            for k in range(max(len(self.examples), 1))
        ]
        self.axes_ = {"matrix": matrix_ax, "examples": axes if self.examples else []}
        self.lines_, self.legend_ = [], None
        if not self.examples:
            place = {"ha": "center", "va": "center", "transform": axes[0].transAxes}
            axes[0].text(0.5, 0.5, "no errors", **place)
            axes[0].set_axis_off()
            return self
        for ax, example in zip(axes, self.examples, strict=True):
            self._draw_example(ax, example)
        for ax in axes[-n_columns:]:
            ax.set_xlabel("time step")
        self._draw_legend(axes[0])
        return self

    def _draw_example(self, ax, example):
        positions = np.arange(example.means.shape[1])
        for k, (color, fill) in enumerate(((BLUE, PALETTE[0]), (RED, PALETTE[1]))):
            style = {"color": color, "fill": fill}
            draw_band(ax, positions, example.means[k], example.stds[k], **style)
        marker = "o" if len(example.values) == 1 else None
        style = {"color": "black", "linewidth": 1.4, "marker": marker, "zorder": 2.5}
        self.lines_ += ax.plot(example.values, **style)
        names = [shorten(name) for name in (example.true, example.predicted)]
        ax.set_title(" \N{RIGHTWARDS ARROW} ".join(names), fontsize="medium")
        if example.confidence is not None:
            text, place = f"p={example.confidence:.2f}", {"xycoords": "axes fraction"}
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0}
            place |= {"ha": "right", "va": "top", "fontsize": "small", "bbox": box}
            ax.annotate(text, (0.98, 0.95), **place)
        ax.set_ylabel(shorten(example.feature_name), fontsize="small")
        use_integer_ticks(ax.xaxis, nbins=6)
        ax.grid(alpha=0.25)
        ax.margins(x=0.02)

    def _draw_legend(self, ax):
        from matplotlib.lines import Line2D

        styles = {"sequence": "black", "mean of true class": BLUE}
        styles["mean of predicted class"] = RED
        handles = [
            Line2D([], [], color=color, linewidth=1.8, label=label)
            for label, color in styles.items()
        ]
        self.legend_ = draw_legend(self.figure_, ax, handles)


def shorten(name):
    """Return a name, without its end if it is too long for a panel."""
    text = str(name)
    if len(text) <= MAX_NAME_LENGTH:
        return text
    return text[: MAX_NAME_LENGTH - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
