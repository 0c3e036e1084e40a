"""Which steps a network attends to, in one picture."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.plotting import (
    check_has,
    check_matplotlib,
    check_sequence,
    find_forecaster,
    open_axes,
)

COUNT = Interval(Integral, 0, None, closed="left")


class AttentionDisplay:
    """Draw which time steps a Transformer or attention pooling attends to.

    Make one by :meth:`from_estimator`. Attention between the tokens of a Transformer is a
    heat map: a row for each token that attends, a column for each that is attended to, and
    each row adds up to 1. The weights of attention pooling are lines over time, which add
    up to 1; the dashed line is a plain mean. Tokens stand for several steps where there are
    patches or a stem; the axes count steps.

    Parameters
    ----------
    weights : ndarray of shape (n_tokens, n_tokens) or dict of ndarray of shape (n_tokens,)
        Attention, or the weights of pooling by the name of their line.
    edges : ndarray of shape (n_tokens + 1,)
        Steps at which tokens begin and end.
    unit : str, default="time step"
        What the edges count.
    title : str, default=None
        The title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of the axes.
    mesh_ : matplotlib QuadMesh or None
        The heat map.
    colorbar_ : matplotlib Colorbar or None
        The scale of its colours.
    lines_ : dict of matplotlib StepPatch or None
        The weights of pooling, by name.

    See Also
    --------
    ImportanceDisplay : What steps and features count for, of any network.

    Notes
    -----
    Attention says what is read, not what it counts for.

    Examples
    --------
    >>> from skseq import TransformerClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.inspection import AttentionDisplay
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = TransformerClassifier(max_epochs=2, random_state=0).fit(X, y)
    >>> display = AttentionDisplay.from_estimator(clf, X, sequence=5)
    >>> display.ax_.get_xlabel()
    'attended to: time step'
    >>> display.plot(cmap="Greens") is display
    True
    """

    def __init__(self, *, weights, edges, unit="time step", title=None):
        self.weights = weights
        self.edges = edges
        self.unit = unit
        self.title = title

    @classmethod
    @validate_params(
        {
            "estimator": "no_validation",
            "X": "no_validation",
            "sequence": [COUNT],
            "layer": [COUNT, StrOptions({"pooling"}), None],
            "head": [COUNT, None],
            "ax": "no_validation",
        },
        prefer_skip_nested_validation=True,
    )
    def from_estimator(
        cls, estimator, X=None, *, sequence=0, layer=None, head=None, ax=None
    ):
        """Draw the attention in one sequence.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of skseq: a Transformer, or any with `pooling="attention"`.
        X : array-like, list of arrays, DataFrame or Sequences, default=None
            Sequences, as for the estimator's `fit`. None for a forecaster, whose last
            windows are looked at.
        sequence : int, default=0
            Which sequence of X; of a forecaster which series (and target), as in its
            `trace`.
        layer : int or "pooling", default=None
            Which layer of a Transformer, from 0 on, or the pooling. By default the last
            layer; the pooling of other networks.
        head : int, default=None
            Which head. By default the mean of all; of pooling each, beside the mean.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.

        Returns
        -------
        display : AttentionDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no estimator of skseq with a network.
        ValueError
            If it has no attention, or no such layer or head; or there is no such sequence.
        """
        check_matplotlib(cls.__name__)
        check_has(estimator, "trace", cls.__name__)
        check_is_fitted(estimator)
        trace, edges, unit = trace_one(estimator, X, sequence)
        attention, pooling = trace.attention, trace.pooling_weights
        if attention is None and layer != "pooling":
            if layer is not None:
                raise ValueError(
                    f"layer={layer}, but {type(estimator).__name__} has attention in its "
                    "pooling only; take layer='pooling'."
                )
            layer = "pooling"
        elif pooling is None and layer == "pooling":
            raise ValueError(
                f"layer='pooling', but {type(estimator).__name__} has "
                f"pooling={estimator.pooling!r}; give the number of a layer."
            )
        if layer == "pooling":
            weights, title = choose_lines(pooling[0], head), "attention pooling"
        else:
            weights, title = choose_head(attention[0], layer, head)
        named = "series" if X is None else "sequence"
        title = f"{named} {sequence}, {title}"
        return cls(weights=weights, edges=edges, unit=unit, title=title).plot(ax)

    def plot(self, ax=None, *, cmap="Blues", colorbar=True):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        cmap : str or matplotlib Colormap, default="Blues"
            Colours of the heat map, from 0 to the largest weight.
        colorbar : bool, default=True
            Whether to draw their scale.

        Returns
        -------
        display : AttentionDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        """
        is_pooling = isinstance(self.weights, dict)
        ax = open_axes(self, ax, (8, 3.6) if is_pooling else (6, 5.2))
        from matplotlib.ticker import MaxNLocator

        self.mesh_ = self.colorbar_ = self.lines_ = None
        if is_pooling:
            self._draw_lines()
        else:
            self._draw_map(cmap, colorbar)
            ax.yaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        if self.title is not None:
            ax.set_title(self.title, fontsize="medium")
        return self

    def _draw_map(self, cmap, colorbar):
        ax, largest = self.ax_, self.weights.max()
        self.mesh_ = ax.pcolormesh(
            self.edges, self.edges, self.weights, cmap=cmap, vmin=0, vmax=largest
        )
        ax.invert_yaxis()
        ax.set_aspect("equal")
        ax.set_xlabel(f"attended to: {self.unit}")
        ax.set_ylabel(f"attending: {self.unit}")
        if colorbar:
            self.colorbar_ = self.figure_.colorbar(self.mesh_, ax=ax, pad=0.02)
            self.colorbar_.set_label("weight (rows add up to 1)")

    def _draw_lines(self):
        from matplotlib import colormaps

        ax, self.lines_ = self.ax_, {}
        even = 1 / (len(self.edges) - 1)
        # Told apart by lightness too, for all eyes.
        colours = colormaps["viridis"](np.linspace(0.1, 0.85, len(self.weights)))
        for colour, (name, weights) in zip(colours, self.weights.items(), strict=True):
            # The mean stands out; it comes last, and on top.
            width, colour = (2.2, "black") if name == "mean" else (1.4, colour)
            self.lines_[name] = ax.stairs(
                weights,
                self.edges,
                baseline=None,
                label=name,
                color=colour,
                linewidth=width,
            )
        ax.axhline(even, color="0.5", linestyle="--", linewidth=1, label="even weights")
        ax.set_ylim(bottom=0)
        ax.margins(x=0.02)
        ax.set_xlabel(self.unit)
        ax.set_ylabel("weight of a token (sum 1)")
        ax.grid(alpha=0.25)
        ax.legend(framealpha=0.85, edgecolor="none", ncols=2)


def trace_one(estimator, X, sequence):
    """Return the trace of one sequence, the edges of its tokens, and what they count."""
    if find_forecaster(estimator) is not None:
        if X is not None:
            raise ValueError(
                f"{type(estimator).__name__} looks at the series that it has observed: leave "
                "X out."
            )
        trace = estimator.trace(attention=True)
        check_sequence(sequence, len(trace.states), "series")
        for name in ("states", "attention", "pooling_weights"):
            found = getattr(trace, name)
            setattr(trace, name, found and found[sequence : sequence + 1])
        length = estimator.context_length_
        edges, unit = find_edges(trace, length) - length, "time step, counted from the end"
        return trace, edges, unit
    if X is None:
        raise ValueError(
            f"{type(estimator).__name__} needs sequences to look at: give X, as for its fit."
        )
    sequences = estimator._read(X, reset=False)
    check_sequence(sequence, len(sequences))
    trace = estimator.trace(sequences[[sequence]], attention=True)
    return trace, find_edges(trace, sequences.lengths[sequence]), "time step"


def find_edges(trace, n_timesteps):
    """Return the steps at which tokens begin and end; the last may be cut short."""
    return np.minimum(np.arange(len(trace.states[0]) + 1) * trace.token_steps, n_timesteps)


def choose_head(attention, layer, head):
    """Return the weights of a head, or their mean, and what to call them.

    Attention is (n_layers, n_heads, n_tokens, n_tokens).
    """
    n_layers, n_heads = attention.shape[:2]
    layer = n_layers - 1 if layer is None else layer
    if layer >= n_layers:
        raise ValueError(
            f"layer={layer}, but there are {n_layers} layers, numbered from 0."
        )
    if head is None:
        return attention[layer].mean(axis=0), f"layer {layer}, mean of {n_heads} heads"
    check_head(head, n_heads)
    return attention[layer, head], f"layer {layer}, head {head}"


def choose_lines(pooling, head):
    """Return the weights (n_heads, n_tokens) of a head, or of all and their mean."""
    if head is not None:
        check_head(head, len(pooling))
        return {f"head {head}": pooling[head]}
    lines = {f"head {k}": weights for k, weights in enumerate(pooling)}
    return {**lines, "mean": pooling.mean(axis=0)}


def check_head(head, n_heads):
    """Raise if there is no such head."""
    if head >= n_heads:
        raise ValueError(f"head={head}, but there are {n_heads} heads, numbered from 0.")
