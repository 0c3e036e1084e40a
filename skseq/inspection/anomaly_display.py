"""Display a series with the scores of an anomaly detector."""

from dataclasses import dataclass

import numpy as np
from sklearn.utils._param_validation import validate_params

from skseq.inspection.anomaly_data import read_detector
from skseq.inspection.label_bands import ERROR_COLOR, draw_legend, find_edges
from skseq.inspection.palette import PALETTE
from skseq.inspection.plotting import (
    FigureDisplay,
    check_matplotlib,
    use_concise_dates,
    use_integer_ticks,
)
from skseq.metrics.outlier_labels import read_outliers

# Largest number of features that are drawn.
MAX_FEATURES = 8
# Color, opacity, and lower edge and height in parts of a panel.
SPANS = {
    "flagged": (PALETTE[1], 0.45, (0.0, 1.0)),
    "true anomaly": (PALETTE[0], 1.0, (0.92, 0.08)),
}


@dataclass(kw_only=True, eq=False, repr=False)
class AnomalyDisplay(FigureDisplay):
    """Show a series with the scores of an anomaly detector below it.

    Stretches that the detector flags are shaded. True anomalies are shown as a band at the
    top of each panel. Create it with :meth:`from_estimator`. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    x : ndarray of shape (n_timesteps, n_features)
        The series; each feature has its own panel, and at most 8 are drawn. NaN are gaps.
    scores : ndarray of shape (n_timesteps,)
        Scores of the steps; low is abnormal. NaN are gaps.
    threshold : float
        Threshold of the scores, below which steps are flagged.
    y_pred : ndarray of shape (n_timesteps,)
        Predictions: -1 for flagged steps, and 1 for the others.
    y_true : ndarray of shape (n_timesteps,), default=None
        True labels: -1 for anomalies and 1 for the others; or 1 for anomalies and 0 for the
        others; or True for anomalies and False for the others.
    times : array-like of shape (n_timesteps,), default=None
        Increasing times of the steps: dates or numbers. By default 0, 1, 2, ...
    feature_names : list of str, default=None
        Names of the features.
    title : str, default=None
        Title of the figure.

    Attributes
    ----------
    figure_ : matplotlib Figure or SubFigure
        Figure of the plot.
    axes_ : list of matplotlib Axes
        Axes of the features that are drawn, and last those of the score.
    lines_ : list of matplotlib Line2D
        Lines of the features and of the score, in the order of `axes_`.
    threshold_line_ : matplotlib Line2D
        Line of the threshold.
    spans_ : dict of lists of matplotlib collections
        Shading of the stretches that are "flagged", and bands of the "true anomaly"
        stretches, in the order of `axes_`.
    legend_ : matplotlib Legend
        Legend of the shading and the threshold.

    See Also
    --------
    skseq.metrics.outlier_average_precision_scorer : Score a detector by true labels.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.ensemble import IsolationForest
    >>> from skseq.inspection import AnomalyDisplay
    >>> times = pd.date_range("2024-01-01", periods=100, freq="h")
    >>> X = pd.DataFrame({"load": np.sin(np.arange(100.0))}, index=times)
    >>> X.iloc[60:64] = 4.0
    >>> y = X["load"] == 4.0
    >>> detector = IsolationForest(contamination=0.04, random_state=0).fit(X)
    >>> display = AnomalyDisplay.from_estimator(detector, X, y)
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['load', 'score']
    >>> list(display.plot().spans_)
    ['flagged', 'true anomaly']
    """

    x: np.ndarray
    scores: np.ndarray
    threshold: float
    y_pred: np.ndarray
    y_true: np.ndarray | None = None
    times: np.ndarray | None = None
    feature_names: list | None = None
    title: str | None = None

    @classmethod
    @validate_params({"y": ["array-like", None]}, prefer_skip_nested_validation=True)
    def from_estimator(cls, detector, X, y=None, *, series=None, figure=None):
        """Show the scores of a fitted detector for the rows of a series.

        Parameters
        ----------
        detector : estimator
            A fitted detector with the method `score_samples` and the attribute `offset_`,
            the threshold of its scores, of skseq or of scikit-learn, alone, as the last
            step of a Pipeline, or in a search.
        X : array-like of shape (n_timesteps, n_features) or DataFrame
            Rows that are time steps, as for the detector's `predict`. Only numeric features
            are drawn. Rows with a time index are drawn by time.
        y : array-like of shape (n_timesteps,), default=None
            True labels of the rows, by position: -1 for anomalies and 1 for the others; or 1 for
            anomalies and 0 for the others; or True for anomalies and False for the others.
        series : object, default=None
            Name of the series to draw. Required if X has several.
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : AnomalyDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the detector is not fitted.
        TypeError
            If the detector lacks the method or the attribute, or X has sequences instead of rows.
        ValueError
            If X has several series and none is selected, or y does not have one label for
            each row, or its values are not those above.
        """
        check_matplotlib(cls.__name__)
        return cls(**read_detector(detector, X, y, series)).plot(figure)

    def plot(self, figure=None):
        """Draw the display.

        Parameters
        ----------
        figure : matplotlib Figure or SubFigure, default=None
            Figure to draw on. By default a new figure.

        Returns
        -------
        display : AnomalyDisplay
            The display itself.
        """
        n_features = self.x.shape[1]
        n_drawn = min(n_features, MAX_FEATURES)
        heights = [2.2 if n_drawn == 1 else 1.1] * n_drawn + [1.6]
        figure = self._open_figure(figure, (9, sum(heights) + 0.8))
        axes = figure.subplots(
            len(heights), sharex=True, squeeze=False, height_ratios=heights
        )
        self.axes_ = axes[:, 0].tolist()
        times = self._convert_times()
        self._draw_lines(times, n_drawn)
        self._draw_spans(times)
        if n_drawn < n_features:
            self.axes_[0].set_title(
                f"{n_drawn} of {n_features} features", fontsize="small", loc="right"
            )
        if self.title is not None:
            self.axes_[0].set_title(self.title, fontsize="medium")
        return self

    def _convert_times(self):
        """Return the times of the steps as numbers of matplotlib; set the time axis."""
        axis = self.axes_[-1].xaxis
        axis.set_label_text("time step" if self.times is None else "time")
        if self.times is None:
            use_integer_ticks(axis)
            return np.arange(len(self.scores))
        if np.asarray(self.times).dtype.kind != "M":
            return np.asarray(self.times, dtype=float)
        from matplotlib.dates import date2num

        use_concise_dates(axis)
        return date2num(self.times)

    def _draw_lines(self, times, n_drawn):
        names = self.feature_names
        if names is None:
            only = self.x.shape[1] == 1
            names = ["value"] if only else [f"feature {k}" for k in range(n_drawn)]
        panels = [*zip(names[:n_drawn], self.x.T, strict=False), ("score", self.scores)]
        self.lines_ = []
        for ax, (name, values) in zip(self.axes_, panels, strict=True):
            self.lines_ += ax.plot(times, values, color="0.25", linewidth=1.0)
            ax.set_ylabel(str(name), fontsize="medium" if n_drawn == 1 else "small")
            ax.margins(x=0.01, y=0.12)
            ax.grid(alpha=0.25)
        self.figure_.align_ylabels(self.axes_)
        self.threshold_line_ = self.axes_[-1].axhline(
            self.threshold, color=ERROR_COLOR, linewidth=1.2, linestyle="--"
        )

    def _draw_spans(self, times):
        from matplotlib.patches import Patch

        flags = {"flagged": np.asarray(self.y_pred) == -1}
        if self.y_true is not None:
            flags["true anomaly"] = read_outliers(self.y_true, "y_true")
        edges = find_edges(times)
        self.spans_, handles = {}, []
        for name, flag in flags.items():
            color, alpha, place = SPANS[name]
            # The line around a stretch keeps single steps of long series visible.
            style = {"facecolor": color, "edgecolor": color, "alpha": alpha, "lw": 0.8}
            spans = find_spans(flag, edges)
            self.spans_[name] = [
                ax.broken_barh(
                    spans, place, transform=ax.get_xaxis_transform(), zorder=0.5, **style
                )
                for ax in self.axes_
            ]
            handles.append(Patch(label=name, **style))
        self.threshold_line_.set_label("threshold")
        handles.append(self.threshold_line_)
        self.legend_ = draw_legend(self.figure_, self.axes_[-1], handles)


def find_spans(flags, edges):
    """Return the start and the width of each run of True: a list of pairs.

    `edges` are the boundaries of the steps, of shape (n_timesteps + 1,).
    """
    changes = np.diff(np.concatenate([[False], flags, [False]]).astype(int))
    starts, stops = edges[np.flatnonzero(changes > 0)], edges[np.flatnonzero(changes < 0)]
    return list(zip(starts, stops - starts, strict=True))
