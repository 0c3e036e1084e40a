"""Display the hidden states of sequences as points in two dimensions."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.utils._param_validation import HasMethods, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.palette import MARKERS, PALETTE
from skseq.inspection.plotting import AxesDisplay, check_matplotlib
from skseq.inspection.sequence_groups import is_continuous, read_row_targets
from skseq.quoting import quote

OPTIONS = {
    "reduction": [StrOptions({"pca", "tsne"}), HasMethods(["fit_transform"])],
    "random_state": ["random_state"],
}
# Largest number of classes in the legend. More classes of integers are drawn as numbers.
MAX_LABELS = len(PALETTE) * len(MARKERS)
# Default of t-SNE, for at least three times as many points.
PERPLEXITY = 30


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddingDisplay(AxesDisplay):
    """Draw sequences as points whose distances follow those of their hidden states.

    Create it with :meth:`from_estimator`, which calls the estimator's `transform`, or with
    :meth:`from_embeddings`. The color shows the class or the number in y. Requires
    matplotlib: `pip install 'skseq[plot]'`.

    Parameters
    ----------
    points : ndarray of shape (n_sequences, 2)
        Positions of the points.
    y : ndarray of shape (n_sequences,), default=None
        Classes or numbers.
    axis_names : list of str, default=("component 1", "component 2")
        Labels of the axes.
    is_numeric : bool, default=False
        Whether y has numbers, which are shown with a color bar, and not classes.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Axes and figure of the plot.
    points_ : dict of matplotlib PathCollection
        Points of each class; those of all sequences have the key None without classes.
    legend_ : matplotlib Legend or None
        Legend of the classes.
    colorbar_ : matplotlib Colorbar or None
        Color bar of the numbers.

    See Also
    --------
    SequencesByClassDisplay : Show the values of the sequences of each class.
    sklearn.manifold.TSNE : Reduction that preserves neighborhoods.

    Notes
    -----
    PCA is a projection, so distances and directions of the plot are those of the hidden
    states, as far as the two components explain them. t-SNE preserves which points are
    neighbors. Its distances between clusters and the sizes of clusters have no meaning.

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.inspection import EmbeddingDisplay
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = GRUClassifier(hidden_size=8, max_epochs=2, random_state=0).fit(X, y)
    >>> display = EmbeddingDisplay.from_estimator(clf, X, y)
    >>> display.points.shape
    (270, 2)
    >>> display = EmbeddingDisplay.from_embeddings(clf.transform(X), y)
    >>> list(display.plot().points_)
    ['1', '2', '3', '4', '5', '6', '7', '8', '9']
    """

    points: np.ndarray
    y: np.ndarray | None = None
    axis_names: tuple = ("component 1", "component 2")
    is_numeric: bool = False

    @classmethod
    @validate_params(OPTIONS, prefer_skip_nested_validation=True)
    def from_estimator(
        cls, estimator, X, y=None, *, reduction="pca", random_state=None, ax=None
    ):
        """Draw the hidden states that `transform` returns for X.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with the method `transform` that returns one row for each
            sequence, alone, as the last step of a Pipeline, or in a search.
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for the estimator's `predict`.
        y : array-like of shape (n_sequences,), default=None
            Classes, or numbers if the estimator is a regressor. By default all points have
            the same color.
        reduction : {"pca", "tsne"} or transformer, default="pca"
            How to reduce the hidden states to two dimensions: by principal component
            analysis, by t-SNE, or by a transformer with the method `fit_transform`, such
            as `TSNE(perplexity=10)`.
        random_state : int, RandomState instance or None, default=None
            Initial state of t-SNE, and of PCA for large data.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : EmbeddingDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If the estimator has no method `transform`.
        ValueError
            If `transform` does not return one row for each sequence, or as in
            :meth:`from_embeddings`.
        """
        check_matplotlib(cls.__name__)
        check_is_fitted(estimator)
        if not hasattr(estimator, "transform"):
            raise TypeError(
                f"{type(estimator).__name__} has no method transform. Use a classifier, a "
                "regressor or an outlier detector of sequences, or pass any values to "
                "from_embeddings."
            )
        embeddings = estimator.transform(X)
        is_numeric = None
        if is_classifier(estimator) or is_regressor(estimator):
            is_numeric = is_regressor(estimator)
        return cls._draw(embeddings, y, reduction, random_state, ax, is_numeric)

    @classmethod
    @validate_params(OPTIONS, prefer_skip_nested_validation=True)
    def from_embeddings(
        cls, embeddings, y=None, *, reduction="pca", random_state=None, ax=None
    ):
        """Draw given embeddings.

        Parameters
        ----------
        embeddings : array-like of shape (n_sequences, n_components)
            One row for each sequence.
        y : array-like of shape (n_sequences,), default=None
            Classes, or numbers with fractions. By default all points have the same color.
        reduction : {"pca", "tsne"} or transformer, default="pca"
            As for :meth:`from_estimator`.
        random_state : int, RandomState instance or None, default=None
            As for :meth:`from_estimator`.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : EmbeddingDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If the embeddings do not have at least two rows and two columns, y does not
            have one class or number for each row, or there are more than 32 classes.
        """
        check_matplotlib(cls.__name__)
        return cls._draw(embeddings, y, reduction, random_state, ax, None)

    @classmethod
    def _draw(cls, embeddings, y, reduction, random_state, ax, is_numeric):
        embeddings = check_embeddings(embeddings)
        if y is not None:
            y = read_row_targets(y, "y", len(embeddings), "rows")
            if is_numeric is None:
                is_numeric = is_continuous(y)
            n_labels = len(np.unique(y))
            if n_labels > MAX_LABELS and not is_numeric:
                raise ValueError(
                    f"y has {n_labels} classes, but at most {MAX_LABELS} can be told apart. "
                    "Pass the rows of some of them, or merge classes."
                )
        points, axis_names = reduce(embeddings, reduction, random_state)
        return cls(
            points=points, y=y, axis_names=axis_names, is_numeric=bool(is_numeric)
        ).plot(ax)

    def plot(self, ax=None, *, cmap="viridis"):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        cmap : str or matplotlib Colormap, default="viridis"
            Color map of numbers.

        Returns
        -------
        display : EmbeddingDisplay
            The display itself.
        """
        ax = self._open_axes(ax, (6.4, 4.8))
        self.legend_ = self.colorbar_ = None
        self.points_ = {}
        n = len(self.points)
        style = {"s": float(np.clip(9000 / n, 8, 36)), "edgecolor": "0.25"}
        style |= {"linewidth": 0.4, "alpha": 0.9}
        if self.y is None or self.is_numeric:
            colors = {"color": PALETTE[0]} if self.y is None else {"c": self.y}
            colors |= {} if self.y is None else {"cmap": cmap}
            self.points_[None] = ax.scatter(*self.points.T, **colors, **style)
        else:
            self._draw_classes(ax, style)
        if self.y is not None and self.is_numeric:
            self.colorbar_ = self.figure_.colorbar(self.points_[None], ax=ax, pad=0.02)
            self.colorbar_.set_label("y")
        ax.set(xlabel=self.axis_names[0], ylabel=self.axis_names[1])
        ax.grid(alpha=0.25)
        ax.set_axisbelow(True)
        return self

    def _draw_classes(self, ax, style):
        labels = np.unique(self.y)
        for k, label in enumerate(labels.tolist()):
            rows = self.points[self.y == labels[k]]
            # Similar colors have different markers, and each pair occurs once.
            turn = k // len(PALETTE)
            look = {"color": PALETTE[k % len(PALETTE)], **style}
            look["marker"] = MARKERS[(k + turn) % len(MARKERS)]
            self.points_[label] = ax.scatter(*rows.T, label=str(label), **look)
        place = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5), "frameon": False}
        self.legend_ = ax.legend(**place, markerscale=1.2, ncols=-(-len(labels) // 16))


def check_embeddings(embeddings):
    """Return embeddings as an array of numbers (n_sequences, n_components)."""
    try:
        values = np.asarray(embeddings, dtype=float)
        found = f"the shape {values.shape}"
    except (TypeError, ValueError):
        values, found = np.empty(0), "rows of different lengths, or no numbers"
    if values.ndim != 2:
        raise ValueError(
            "The embeddings should have the shape (n_sequences, n_components), with one row "
            f"for each sequence, but they have {found}. For step estimators, which have one "
            "row for each step, pass the mean of each sequence to from_embeddings."
        )
    if min(values.shape) < 2:
        raise ValueError(
            f"The embeddings have the shape {values.shape}, but a map needs at least two "
            "sequences and two components."
        )
    if not np.isfinite(values).all():
        row = np.flatnonzero(~np.isfinite(values).all(axis=1))[0]
        raise ValueError(f"Row {row} of the embeddings has NaN or infinite values.")
    return values


def reduce(embeddings, reduction, random_state):
    """Return points in two dimensions, and the names of their axes."""
    if reduction == "pca":
        pca = PCA(n_components=2, random_state=random_state)
        points = pca.fit_transform(embeddings)
        shares = pca.explained_variance_ratio_
        names = [f"component {k} ({s:.0%} of variance)" for k, s in enumerate(shares, 1)]
        return points, tuple(names)
    if reduction == "tsne":
        perplexity = min(PERPLEXITY, (len(embeddings) - 1) / 3)
        reduction = TSNE(perplexity=perplexity, random_state=random_state)
    points = np.asarray(reduction.fit_transform(embeddings), dtype=float)
    if points.shape != (len(embeddings), 2):
        raise ValueError(
            f"reduction={quote(reduction)} returned the shape {points.shape} instead of "
            f"{(len(embeddings), 2)}. Set its n_components=2."
        )
    name = "t-SNE" if isinstance(reduction, TSNE) else type(reduction).__name__
    return points, (f"{name} 1", f"{name} 2")
