"""Display the sequences of each class, with their mean and spread."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from skseq.inspection.palette import BLUE, PALETTE
from skseq.inspection.plotting import FigureDisplay, check_matplotlib, use_integer_ticks
from skseq.inspection.sequence_groups import (
    UNITS,
    draw_band,
    find_feature,
    group_labels,
    group_quantiles,
    is_continuous,
    measure_groups,
    read_numeric,
    read_row_targets,
)
from skseq.quoting import quote

# Largest numbers of features and of classes that are drawn by default.
MAX_FEATURES = 4
MAX_GROUPS = 12
# Number of groups of numeric targets by default.
N_QUANTILES = 4
# Numbers of columns of panels, if there is only one feature: the first one that leaves the
# fewest places empty.
COLUMNS = (4, 3, 5)


@dataclass(kw_only=True, eq=False, repr=False)
class SequencesByClassDisplay(FigureDisplay):
    """Draw the sequences of each class in a panel, with their mean and spread.

    Create it with :meth:`from_sequences`. Each panel shows single sequences as thin gray
    lines, the mean of all sequences of the class as a blue line, and a band of one standard
    deviation around it. With several features, each feature has a row of panels. Requires
    matplotlib: `pip install 'skseq[plot]'`.

    Parameters
    ----------
    groups : list
        Classes, or names of the groups of numeric targets.
    sizes : list of int
        Number of sequences of each group.
    examples : list of list of ndarray of shape (n_timesteps_i, n_features)
        Sequences to draw as thin lines, for each group.
    positions : ndarray of shape (n_positions,)
        Horizontal positions of the means.
    means, stds : ndarray of shape (n_groups, n_positions, n_features)
        Mean and standard deviation at each position. NaN where fewer than half of the
        sequences of the group have a value.
    feature_names : list of str
        Names of the features.
    align : {"start", "end", "relative"}, default="start"
        How sequences of different lengths are aligned.
    note : str, default=None
        Note above the panels.

    Attributes
    ----------
    figure_ : matplotlib Figure or SubFigure
        Figure of the plot.
    axes_ : ndarray of matplotlib Axes
        Panels: of shape (n_groups,) with one feature, and (n_features, n_groups) with
        several.
    lines_ : list of matplotlib Line2D
        Lines of the means, in the order of `axes_.flat`.
    bands_ : list of matplotlib FillBetweenPolyCollection
        Bands of the spread, in the order of `axes_.flat`.

    See Also
    --------
    ConfusionExamplesDisplay : Show which sequences a classifier confuses.
    EmbeddingDisplay : Show sequences as points, by their hidden states.

    Examples
    --------
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.inspection import SequencesByClassDisplay
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> display = SequencesByClassDisplay.from_sequences(
    ...     X, y, features=["lpc1", "lpc2"], labels=["1", "2", "3"]
    ... )
    >>> display.axes_.shape
    (2, 3)
    >>> display.plot().sizes
    [30, 30, 30]
    """

    groups: list
    sizes: list
    examples: list
    positions: np.ndarray
    means: np.ndarray
    stds: np.ndarray
    feature_names: list
    align: str = "start"
    note: str | None = None

    @classmethod
    @validate_params(
        {
            "features": ["array-like", None],
            "labels": ["array-like", None],
            "n_quantiles": [Interval(Integral, 2, None, closed="left"), None],
            "align": [StrOptions(set(UNITS))],
            "n_examples": [Interval(Integral, 0, None, closed="left")],
        },
        prefer_skip_nested_validation=True,
    )
    def from_sequences(
        cls,
        X,
        y,
        *,
        features=None,
        labels=None,
        n_quantiles=None,
        align="start",
        n_examples=30,
        figure=None,
    ):
        """Draw sequences by class, or by quantiles of a numeric target.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences. Only numeric features are drawn.
        y : array-like of shape (n_sequences,)
            Classes. Numbers with fractions are divided into groups of about equal size.
        features : array-like of str or int, default=None
            Names or positions of the numeric features to draw. By default the first 4.
        labels : array-like, default=None
            Classes to draw, in order. By default the 12 most frequent ones, sorted.
        n_quantiles : int, default=None
            Number of groups of a numeric y, the first one with the smallest values. By
            default 4 if y has fractions, and otherwise each value is a class.
        align : {"start", "end", "relative"}, default="start"
            How sequences of different lengths are aligned: at their first or last step, or
            stretched to the same length by linear interpolation.
        n_examples : int, default=30
            Largest number of sequences of each class that are drawn as thin lines, evenly
            spaced in the order of X. Mean and spread use all sequences.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : SequencesByClassDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If X has no numeric features, y does not have one label or number for each
            sequence, or X has no such feature or y no such label.
        """
        check_matplotlib(cls.__name__)
        signals = read_numeric(X, cls.__name__)
        y = read_row_targets(y, "y", len(signals))
        notes = []
        names = signals.names
        for name, chosen in (("features", features), ("labels", labels)):
            if chosen is not None and not len(chosen):
                raise ValueError(f"{name} is empty: there is nothing to draw.")
        if features is None:
            features = range(min(len(names), MAX_FEATURES))
            if len(names) > MAX_FEATURES:
                notes.append(f"{MAX_FEATURES} of {len(names)} features")
        signals = signals.select([find_feature(feature, names) for feature in features])
        if align == "relative":
            signals = signals.stretch()
        if n_quantiles is not None or is_continuous(y):
            check_quantiles(y, labels, n_quantiles)
            groups, numbers = group_quantiles(y, n_quantiles or N_QUANTILES)
        else:
            n_labels = len(np.unique(y))
            if labels is not None:
                labels = np.asarray(labels).tolist()
            elif n_labels > MAX_GROUPS:
                notes.append(f"{MAX_GROUPS} of {n_labels} classes")
            groups, numbers = group_labels(y, labels, MAX_GROUPS)
        members = [np.flatnonzero(numbers == k) for k in range(len(groups))]
        statistics = measure_groups(signals, numbers, len(groups), align)
        return cls(
            groups=groups,
            sizes=[len(rows) for rows in members],
            examples=[
                [signals[i] for i in choose_evenly(rows, n_examples)] for rows in members
            ],
            positions=statistics.positions,
            means=statistics.means,
            stds=statistics.stds,
            feature_names=signals.names,
            align=align,
            note=", ".join(notes) or None,
        ).plot(figure)

    def plot(self, figure=None):
        """Draw the display.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : SequencesByClassDisplay
            The display itself.
        """
        n_groups, n_features = len(self.groups), len(self.feature_names)
        n_columns = n_groups
        if n_features == 1 and n_groups > max(COLUMNS):
            n_columns = min(COLUMNS, key=lambda n: -n_groups % n)
        n_rows = n_features if n_features > 1 else -(-n_groups // n_columns)
        width = max(4.0, min(2.4 * n_columns, 13) + 0.8)
        figure = self._open_figure(figure, (width, 1.7 * n_rows + 1.0))
        sharey = "row" if n_features > 1 else True
        axes = figure.subplots(n_rows, n_columns, sharex=True, sharey=sharey, squeeze=False)
        for ax in axes.flat[n_groups * n_features :]:
            ax.remove()
        self.axes_ = axes if n_features > 1 else axes.ravel()[:n_groups]
        self.lines_, self.bands_ = [], []
        for k, ax in enumerate(self.axes_.flat):
            self._draw_panel(ax, k % n_groups, k // n_groups)
        self._label(n_columns)
        return self

    def _draw_panel(self, ax, group, feature):
        for values in self.examples[group]:
            n = len(values)
            where = self.positions[-n:] if self.align == "end" else self.positions[:n]
            marker = "." if n == 1 else None
            style = {"color": "0.55", "linewidth": 0.6, "alpha": 0.4, "marker": marker}
            ax.plot(where, values[:, feature], **style)
        mean, std = self.means[group, :, feature], self.stds[group, :, feature]
        style = {"color": BLUE, "fill": PALETTE[0]}
        line, band = draw_band(ax, self.positions, mean, std, **style)
        self.lines_.append(line)
        self.bands_.append(band)
        ax.grid(alpha=0.25)
        ax.margins(x=0.02)
        if feature == 0:
            title = f"{self.groups[group]} (n={self.sizes[group]})"
            ax.set_title(title, fontsize="medium")

    def _label(self, n_columns):
        use_integer_ticks(self.axes_.flat[0].xaxis, nbins=5)
        for row, name in enumerate(self.feature_names):
            for k in range(0, len(self.groups), n_columns):
                ax = self.axes_.flat[row * len(self.groups) + k]
                ax.set_ylabel(name)
        # A removed panel has no axis: label the panel above it.
        for ax in self.axes_.flat[-n_columns:]:
            ax.tick_params(axis="x", labelbottom=True)
        self.figure_.supxlabel(UNITS[self.align], fontsize="medium")
        if self.note is not None:
            self.figure_.suptitle(self.note, fontsize="small", x=0.99, ha="right")


def check_quantiles(y, labels, n_quantiles):
    """Raise unless y has numbers that can be divided into groups."""
    if y.dtype.kind not in "iuf":
        raise ValueError(
            f"n_quantiles={n_quantiles}, but y has labels such as {quote(y[0])}. Leave it out: "
            "each label is a class."
        )
    if labels is not None:
        raise ValueError(
            "labels selects classes, but y has numbers that are divided into groups. Pass "
            "n_quantiles to set the number of groups, or classes as y."
        )


def choose_evenly(rows, n_rows):
    """Return at most `n_rows` of the rows, evenly spaced."""
    if len(rows) <= n_rows:
        return rows
    return rows[np.arange(n_rows) * len(rows) // n_rows]
