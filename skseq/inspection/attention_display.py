"""Display the attention weights of a network."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.plotting import (
    AxesDisplay,
    check_matplotlib,
    style_lines,
    use_integer_ticks,
)
from skseq.inspection.validation import (
    check_data_source,
    check_has,
    check_index,
    read_any_features,
)
from skseq.metrics.wrappers import view_rows_as_sequences

INDEX = Interval(Integral, 0, None, closed="left")


@dataclass(kw_only=True, eq=False, repr=False)
class AttentionDisplay(AxesDisplay):
    """Draw the attention weights of a Transformer or of attention pooling.

    Create it with :meth:`from_estimator`. Attention between the tokens of a Transformer is
    a heat map with a row for each query token and a column for each key token; each row
    sums to 1. The weights of attention pooling are drawn as lines over time, which sum to
    1; a dashed line marks uniform weights. With patches or a stem, a token covers several
    time steps; the axes show time steps. Attention weights show which steps a network
    reads, not how much they change its prediction. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    weights : ndarray of shape (n_tokens, n_tokens) or dict of ndarray of shape (n_tokens,)
        Attention weights, or the pooling weights by the label of their line.
    edges : ndarray of shape (n_tokens + 1,)
        Time steps at which tokens begin and end.
    unit : str, default="time step"
        Unit of the edges, for the axis labels.
    title : str, default=None
        Title of the axes.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Axes and figure of the plot.
    mesh_, colorbar_ : matplotlib QuadMesh and Colorbar, or None
        The heat map and its color bar.
    lines_ : dict of matplotlib StepPatch or None
        Lines of the pooling weights, by label.

    See Also
    --------
    ImportanceDisplay : Importance of steps and features, for any network.

    Examples
    --------
    >>> from skseq import TransformerClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.inspection import AttentionDisplay
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = TransformerClassifier(max_epochs=2, random_state=0).fit(X, y)
    >>> display = AttentionDisplay.from_estimator(clf, X, sequence=5)
    >>> display.ax_.get_xlabel()
    'time step (key)'
    >>> display.plot(cmap="Greens") is display
    True
    """

    weights: np.ndarray | dict
    edges: np.ndarray
    unit: str = "time step"
    title: str | None = None

    @classmethod
    @validate_params(
        {
            "sequence": [INDEX],
            "layer": [INDEX, StrOptions({"pooling"}), None],
            "head": [INDEX, None],
        },
        prefer_skip_nested_validation=True,
    )
    def from_estimator(
        cls, estimator, X=None, *, sequence=0, layer=None, head=None, ax=None
    ):
        """Draw the attention weights for one sequence.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of skseq: a Transformer, or any with `pooling="attention"`.
        X : array-like, list of arrays, DataFrame or Sequences, default=None
            Sequences, or rows that are steps, as for the estimator's `fit`. None for a
            forecaster, which uses the last window of each of its series.
        sequence : int, default=0
            Index of the sequence in X; of rows, in the order of first appearance. For a
            forecaster, index of the series (and target), in the order of its `trace`.
        layer : int or "pooling", default=None
            Index of the Transformer layer, or the attention pooling. By default the last
            layer of a Transformer, and the pooling of other networks.
        head : int, default=None
            Index of the head. By default the mean over heads; for pooling, each head and
            the mean.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : AttentionDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator is not an estimator of skseq with a network.
        ValueError
            If the network has no attention, X does not suit the estimator, or `sequence`,
            `layer` or `head` is out of range.
        """
        check_matplotlib(cls.__name__)
        check_has(estimator, "trace", cls.__name__)
        check_is_fitted(estimator)
        attention, pooling, edges, unit = trace_one(estimator, X, sequence)
        if layer is None and attention is None:
            layer = "pooling"
        if layer == "pooling":
            if pooling is None:
                raise ValueError(
                    f"layer='pooling', but the pooling of {type(estimator).__name__} has no "
                    "attention: pass the index of a layer."
                )
            weights, title = select_lines(pooling, head), "attention pooling"
        else:
            if attention is None:
                raise ValueError(
                    f"layer={layer}, but {type(estimator).__name__} has attention only in "
                    "its pooling: pass layer='pooling'."
                )
            weights, title = select_head(attention, layer, head)
        title = f"{'series' if X is None else 'sequence'} {sequence}, {title}"
        return cls(weights=weights, edges=edges, unit=unit, title=title).plot(ax)

    def plot(self, ax=None, *, cmap="Blues", colorbar=True):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        cmap : str or matplotlib Colormap, default="Blues"
            Color map of the heat map, from 0 to the largest weight.
        colorbar : bool, default=True
            Whether to draw a color bar beside a heat map.

        Returns
        -------
        display : AttentionDisplay
            The display itself.
        """
        is_pooling = isinstance(self.weights, dict)
        ax = self._open_axes(ax, (8, 3.6) if is_pooling else (6, 5.2))
        self.mesh_ = self.colorbar_ = self.lines_ = None
        if is_pooling:
            self._draw_lines()
        else:
            self._draw_heat_map(cmap, colorbar)
        for axis in (ax.xaxis,) if is_pooling else (ax.xaxis, ax.yaxis):
            use_integer_ticks(axis, steps=[1, 2, 5, 10])
        if self.title is not None:
            ax.set_title(self.title, fontsize="medium")
        return self

    def _draw_heat_map(self, cmap, colorbar):
        ax = self.ax_
        self.mesh_ = ax.pcolormesh(
            self.edges, self.edges, self.weights, cmap=cmap, vmin=0, vmax=self.weights.max()
        )
        ax.invert_yaxis()
        ax.set_aspect("equal")
        ax.set_xlabel(f"{self.unit} (key)")
        ax.set_ylabel(f"{self.unit} (query)")
        if colorbar:
            self.colorbar_ = self.figure_.colorbar(self.mesh_, ax=ax, pad=0.02)
            self.colorbar_.set_label("attention weight (rows sum to 1)")

    def _draw_lines(self):
        from matplotlib import colormaps

        ax, self.lines_ = self.ax_, {}
        # Colors differ in lightness too, for color-blind readers.
        colors = colormaps["viridis"](np.linspace(0.1, 0.85, len(self.weights)))
        for color, (label, weights) in zip(colors, self.weights.items(), strict=True):
            style = {"color": color, "linewidth": 1.4}
            if label == "mean":
                style = {"color": "black", "linewidth": 2.2}
            style |= {"label": label, "baseline": None}
            self.lines_[label] = ax.stairs(weights, self.edges, **style)
        uniform = 1 / (len(self.edges) - 1)
        ax.axhline(uniform, color="0.5", linestyle="--", linewidth=1, label="uniform")
        ax.set_ylim(bottom=0)
        ax.set_xlabel(self.unit)
        ax.set_ylabel("attention weight (sums to 1)")
        style_lines(ax, ncols=2)


def trace_one(estimator, X, sequence):
    """Return attention, pooling weights, token edges and their unit for one sequence."""
    if check_data_source(estimator, [X is not None]) is None:
        viewed = view_rows_as_sequences(estimator, X)
        if viewed is not None:
            estimator, X = viewed[0], viewed[1].sequences
        sequences = read_any_features(X, estimator)
        check_index("sequence", sequence, len(sequences))
        length = end = sequences.lengths[sequence]
        unit, number = "time step", 0
        trace = estimator.trace(_safe_indexing(X, [sequence]), attention=True)
    else:
        trace = estimator.trace(attention=True)
        check_index("sequence", sequence, len(trace.states), "series")
        length, end = estimator.context_length_, 0
        unit, number = "time step relative to the end", sequence
    # The last token may be shorter than the others.
    edges = np.arange(len(trace.states[number]) + 1) * trace.token_steps
    edges = np.minimum(edges, length) - length + end
    attention, pooling = trace.attention, trace.pooling_weights
    return attention and attention[number], pooling and pooling[number], edges, unit


def select_head(attention, layer, head):
    """Return the weights of a head, by default the mean over heads, and their title."""
    n_layers, n_heads = attention.shape[:2]  # of (n_layers, n_heads, n_tokens, n_tokens)
    layer = n_layers - 1 if layer is None else layer
    check_index("layer", layer, n_layers)
    if head is None:
        return attention[layer].mean(axis=0), f"layer {layer}, mean of {n_heads} heads"
    check_index("head", head, n_heads)
    return attention[layer, head], f"layer {layer}, head {head}"


def select_lines(pooling, head):
    """Return the pooling weights of one head, or of all heads and their mean, by label."""
    if head is not None:
        check_index("head", head, len(pooling))
        return {f"head {head}": pooling[head]}
    lines = {f"head {k}": weights for k, weights in enumerate(pooling)}
    return {**lines, "mean": pooling.mean(axis=0)}
