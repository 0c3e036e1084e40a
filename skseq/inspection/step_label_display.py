"""Display one recording with its true and predicted targets for each step."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from skseq.inspection.label_bands import (
    draw_bands,
    draw_legend,
    draw_probabilities,
    make_patches,
)
from skseq.inspection.palette import style_labels
from skseq.inspection.plotting import (
    FigureDisplay,
    check_matplotlib,
    use_concise_dates,
    use_integer_ticks,
)
from skseq.inspection.recordings import check_recording, find_labels, read_recording

# Largest number of features that are drawn.
MAX_FEATURES = 12


@dataclass(kw_only=True, eq=False, repr=False)
class StepLabelDisplay(FigureDisplay):
    """Show a recording with true and predicted labels as colored bands under its signals.

    Create it with :meth:`from_estimator` or :meth:`from_predictions`. Numbers that were
    predicted for each step are shown as curves. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    x : ndarray of shape (n_timesteps, n_features) or None
        Signals. Several features are scaled to the same height, and at most 12 are drawn.
    y_true : ndarray of shape (n_timesteps,) or None
        True targets. Steps whose target is None, NaN or "" are shown as unlabeled.
    y_pred : ndarray of shape (n_timesteps,)
        Predicted targets.
    proba : ndarray of shape (n_timesteps, n_classes), default=None
        Probabilities of the classes.
    classes : array-like of shape (n_classes,), default=None
        All labels, in the order of `proba`. They determine the colors. By default the
        labels of this recording. Without `classes`, float predictions are curves.
    times : array-like of shape (n_timesteps,), default=None
        Times of the steps: dates or numbers. By default their numbers.
    feature_names : list of str, default=None
        Names of the features.
    title : str, default=None
        Title of the figure.

    Attributes
    ----------
    figure_ : matplotlib Figure or SubFigure
        Figure of the plot.
    axes_ : dict of matplotlib Axes
        Axes of the panels that are drawn: "signals", "labels" or "targets", and
        "probabilities".
    bands_ : dict of dict of matplotlib PolyCollection
        Steps of each label, for each of "true", "predicted" and "errors".
    lines_ : dict of matplotlib Line2D
        Curves of the "true" and "predicted" numbers.
    legend_ : matplotlib Legend
        Legend of the labels or curves.

    See Also
    --------
    StepConfusionDisplay : Confusion matrix over the steps of all sequences.
    render_spans : Show labels of the tokens of a text.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.inspection import StepLabelDisplay
    >>> x = np.sin(np.arange(6.0))
    >>> y_true = ["rest", "rest", "walk", "walk", "walk", None]
    >>> y_pred = ["rest", "rest", "rest", "walk", "walk", "walk"]
    >>> display = StepLabelDisplay.from_predictions(x, y_true, y_pred)
    >>> list(display.axes_)
    ['signals', 'labels']
    >>> list(display.plot().bands_)
    ['true', 'predicted', 'errors']

    A fitted classifier:

    >>> from skseq import GRUStepClassifier
    >>> X, y = [x[:, None]] * 4, [y_true] * 4
    >>> clf = GRUStepClassifier(max_epochs=2, random_state=0).fit(X, y)
    >>> display = StepLabelDisplay.from_estimator(clf, X, y, probabilities=True)
    >>> list(display.axes_)
    ['signals', 'labels', 'probabilities']
    """

    x: np.ndarray | None
    y_true: np.ndarray | None
    y_pred: np.ndarray
    proba: np.ndarray | None = None
    classes: np.ndarray | None = None
    times: np.ndarray | None = None
    feature_names: list | None = None
    title: str | None = None

    @classmethod
    @validate_params(
        {
            "sequence": [Interval(Integral, 0, None, closed="left"), str, tuple],
            "output": [Interval(Integral, 0, None, closed="left"), None],
            "probabilities": ["boolean"],
        },
        prefer_skip_nested_validation=True,
    )
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        sequence=0,
        output=None,
        probabilities=False,
        figure=None,
    ):
        """Show the predictions of a step classifier or regressor for one sequence.

        Parameters
        ----------
        estimator : estimator
            A fitted step classifier or step regressor, alone, as the last step of a
            Pipeline, or in a search.
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, or rows that are steps, as for the estimator's `predict`. Only
            numeric features are drawn.
        y : array-like, default=None
            True targets of the steps, as for the estimator's `fit`.
        sequence : int, str or tuple, default=0
            Index of the sequence in X, or its name if the sequences have names. If rows are
            steps, sequences are numbered in the order of first appearance, and names are
            those in the column or index; a tuple if several levels of the index identify a
            sequence. A name that is not a string is given as its text, such as "17".
        output : int, default=None
            Index of the output to draw. Required if there are several. For multilabel
            targets, the index of the label: the bands show where it is 0 and 1.
        probabilities : bool, default=False
            Whether to draw the probabilities of the classes.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : StepLabelDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator does not contain a step classifier or regressor.
        ValueError
            If X does not suit the estimator, `sequence` or `output` is out of range, there
            is no sequence with this name, or y does not have one target for each step.
        """
        check_matplotlib(cls.__name__)
        data = read_recording(estimator, X, y, sequence, output, probabilities)
        return cls(**data).plot(figure)

    @classmethod
    def from_predictions(
        cls,
        x,
        y_true,
        y_pred,
        *,
        proba=None,
        classes=None,
        times=None,
        feature_names=None,
        title=None,
        figure=None,
    ):
        """Show given predictions for one sequence.

        Parameters
        ----------
        x : array-like of shape (n_timesteps, n_features) or (n_timesteps,), or None
            Signals.
        y_true : array-like of shape (n_timesteps,) or None
            True targets of the steps.
        y_pred : array-like of shape (n_timesteps,)
            Predicted targets. Without `classes`, floats are drawn as curves.
        proba : array-like of shape (n_timesteps, n_classes), default=None
            Probabilities of the classes. Requires `classes`.
        classes : array-like of shape (n_classes,), default=None
            All labels, in the order of `proba`. They determine the colors.
        times : array-like of shape (n_timesteps,), default=None
            Increasing times of the steps: dates or numbers. By default their numbers.
        feature_names : list of str, default=None
            Names of the features.
        title : str, default=None
            Title of the figure.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : StepLabelDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If the arguments do not have one value for each step, or the shape of `proba`
            does not fit `classes`.
        """
        check_matplotlib(cls.__name__)
        data = check_recording(x, y_true, y_pred, proba, classes, times)
        return cls(**data, feature_names=feature_names, title=title).plot(figure)

    def plot(self, figure=None):
        """Draw the display.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : StepLabelDisplay
            The display itself.
        """
        is_curve = self.classes is None and self.y_pred.dtype.kind == "f"
        heights = self._measure_panels(is_curve)
        figure = self._open_figure(figure, (9, sum(heights.values()) + 1.2))
        axes = figure.subplots(
            len(heights), sharex=True, squeeze=False, height_ratios=list(heights.values())
        )
        self.axes_ = dict(zip(heights, axes[:, 0].tolist(), strict=True))
        self.bands_, self.lines_ = {}, {}
        times = self._convert_times()
        if self.x is not None:
            self._draw_signals(times)
        if is_curve:
            self._draw_curves(times)
        else:
            self._draw_labels(times)
        self._label()
        return self

    def _measure_panels(self, is_curve):
        """Return the height of each panel in inches."""
        heights = {}
        if self.x is not None:
            n_drawn = min(self.x.shape[1], MAX_FEATURES)
            heights["signals"] = 1.5 if n_drawn == 1 else 0.8 + 0.35 * n_drawn
        if is_curve:
            return {**heights, "targets": 2.2}
        heights["labels"] = 0.5 if self.y_true is None else 1.2
        return heights if self.proba is None else {**heights, "probabilities": 1.3}

    def _convert_times(self):
        """Return the times of the steps as numbers of matplotlib."""
        if self.times is None:
            return np.arange(len(self.y_pred))
        if np.asarray(self.times).dtype.kind != "M":
            return np.asarray(self.times, dtype=float)
        from matplotlib.dates import date2num

        use_concise_dates(list(self.axes_.values())[-1].xaxis)
        return date2num(self.times)

    def _draw_signals(self, times):
        ax, n_features = self.axes_["signals"], self.x.shape[1]
        names = self.feature_names or list(range(n_features))
        style = {"color": "0.25", "linewidth": 1.0}
        if n_features == 1:
            ax.plot(times, self.x[:, 0], **style)
            ax.set_ylabel("signal" if self.feature_names is None else str(names[0]))
            return
        n_drawn = min(n_features, MAX_FEATURES)
        for k in range(n_drawn):
            values = self.x[:, k]
            known = values[np.isfinite(values)]
            low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
            scaled = 0.85 * (values - low) / ((high - low) or 1.0)
            ax.plot(times, scaled - k, **style)
        ax.set_yticks(0.4 - np.arange(n_drawn), [str(name) for name in names[:n_drawn]])
        ax.tick_params(axis="y", length=0)
        if self.feature_names is None:
            ax.set_ylabel("feature")
        if n_drawn < n_features:
            ax.set_title(
                f"{n_drawn} of {n_features} features", fontsize="small", loc="right"
            )

    def _draw_curves(self, times):
        ax = self.axes_["targets"]
        pairs = {
            "true": (self.y_true, "black", "-"),
            "predicted": (self.y_pred, "C1", "--"),
        }
        for name, (values, color, dashes) in pairs.items():
            if values is not None:
                style = {"color": color, "linestyle": dashes, "linewidth": 1.4}
                (self.lines_[name],) = ax.plot(times, values, label=name, **style)
        ax.grid(alpha=0.25)
        ax.set_ylabel("target")
        self.legend_ = draw_legend(self.figure_, ax, list(self.lines_.values()))

    def _draw_labels(self, times):
        true, pred = find_labels(self.y_true), find_labels(self.y_pred)
        present = sorted({name for name in [*true, *pred] if name is not None})
        classes = present if self.classes is None else np.asarray(self.classes).tolist()
        styles = style_labels(
            [*classes, *(name for name in present if name not in classes)]
        )
        self.bands_ = draw_bands(self.axes_["labels"], times, true, pred, styles)
        shown = set(present)
        if self.proba is not None:
            ax = self.axes_["probabilities"]
            shown |= set(draw_probabilities(ax, times, self.proba, classes, styles))
        styles = {name: style for name, style in styles.items() if name in shown}
        has_gaps = self.y_true is not None and None in true
        ax = self.axes_["labels"]
        patches = make_patches(styles, has_gaps=has_gaps)
        self.legend_ = draw_legend(self.figure_, ax, patches)

    def _label(self):
        axes = list(self.axes_.values())
        axes[-1].set_xlabel("time step" if self.times is None else "time")
        if self.times is None:
            use_integer_ticks(axes[-1].xaxis)
        for ax in axes:
            ax.margins(x=0.01)
        if self.title is not None:
            axes[0].set_title(self.title, fontsize="medium")
