"""What time steps and features count for, in one picture."""

from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from skseq.inspection.blocks import cut_shares
from skseq.inspection.plotting import check_matplotlib, check_sequence, open_axes
from skseq.inspection.timestep_importance import IMPORTANCE_PARAMETERS, timestep_importance
from skseq.quoting import quote

# Cells along the time of many sequences of different length, at most.
MOST_CELLS = 50
# Names of features on the vertical axis, at most.
MOST_NAMES = 24


class ImportanceDisplay:
    """Draw the importance of every time step and feature as a heat map.

    Make one by :meth:`from_estimator`, which exchanges blocks of steps
    (:func:`timestep_importance`), or by :meth:`from_importances`, from the result of that
    function or of :func:`integrated_gradients`. White is nothing, red raises what is
    measured, blue lowers it.

    Parameters
    ----------
    importances : ndarray of shape (n_blocks, n_features)
        What is drawn.
    edges : ndarray of shape (n_blocks + 1,)
        Where the blocks begin and end.
    unit : str, default="time step"
        What the edges count: the label of the horizontal axis.
    feature_names : list of str, default=None
        Names of the features.
    measure : str, default="importance"
        What the colours mean: the label of their scale.
    title : str, default=None
        The title.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of the axes.
    mesh_ : matplotlib QuadMesh
        The cells.
    colorbar_ : matplotlib Colorbar or None
        The scale of the colours.

    See Also
    --------
    timestep_importance : What a score rests on.
    integrated_gradients : What each step contributed to one prediction.

    Examples
    --------
    >>> from skseq import GRURegressor
    >>> from skseq.datasets import make_adding_problem
    >>> from skseq.inspection import ImportanceDisplay, timestep_importance
    >>> X, y = make_adding_problem(n_sequences=50, length=10, random_state=0)
    >>> reg = GRURegressor(max_epochs=2, random_state=0).fit(X, y)
    >>> display = ImportanceDisplay.from_estimator(reg, X, y, n_blocks=5, random_state=0)
    >>> display.importances.shape
    (5, 2)
    >>> result = timestep_importance(reg, X, y, n_blocks=2, random_state=0)
    >>> ImportanceDisplay.from_importances(result).plot().importances.shape
    (2, 2)
    """

    def __init__(
        self,
        *,
        importances,
        edges,
        unit="time step",
        feature_names=None,
        measure="importance",
        title=None,
    ):
        self.importances = importances
        self.edges = edges
        self.unit = unit
        self.feature_names = feature_names
        self.measure = measure
        self.title = title

    @classmethod
    @validate_params(
        {**IMPORTANCE_PARAMETERS, "ax": "no_validation"}, prefer_skip_nested_validation=True
    )
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        scoring=None,
        n_blocks="auto",
        block_length=None,
        by_feature=True,
        n_repeats=5,
        n_jobs=None,
        random_state=None,
        sample_weight=None,
        ax=None,
    ):
        """Draw by how much the score falls when blocks of steps are exchanged.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or regressor of sequences, alone, in a Pipeline or in a
            search.
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for the estimator's `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs)
            Their targets.
        scoring : str or callable, default=None
            One scorer. By default the estimator's own `score`.
        n_blocks : int or "auto", default="auto"
            Blocks of each sequence, as in :func:`timestep_importance`.
        block_length : int, default=None
            Steps of a block instead, counted from the end.
        by_feature : bool, default=True
            Whether features are exchanged one by one.
        n_repeats : int, default=5
            How often to exchange; the mean is drawn.
        n_jobs : int, default=None
            Processes, over blocks and features.
        random_state : int, RandomState instance or None, default=None
            Determines who exchanges with whom.
        sample_weight : array-like of shape (n_sequences,), default=None
            Weights for the scorer.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.

        Returns
        -------
        display : ImportanceDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            As in :func:`timestep_importance`.
        ValueError
            As there, or if there are several scorers.
        """
        check_matplotlib(cls.__name__)
        result = timestep_importance(
            estimator,
            X,
            y,
            scoring=scoring,
            n_blocks=n_blocks,
            block_length=block_length,
            by_feature=by_feature,
            n_repeats=n_repeats,
            n_jobs=n_jobs,
            random_state=random_state,
            sample_weight=sample_weight,
        )
        return cls.from_importances(result, ax=ax)

    @classmethod
    @validate_params(
        {
            "result": [dict],
            "sequence": [Interval(Integral, 0, None, closed="left"), None],
            "ax": "no_validation",
        },
        prefer_skip_nested_validation=True,
    )
    def from_importances(cls, result, *, sequence=None, ax=None):
        """Draw importances that were measured before.

        Parameters
        ----------
        result : Bunch
            What :func:`timestep_importance` or :func:`integrated_gradients` has returned.
        sequence : int, default=None
            Which sequence's integrated gradients to draw, with their signs. By default the
            mean of their sizes over all sequences; if lengths differ, over shares of the
            length.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.

        Returns
        -------
        display : ImportanceDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        ValueError
            If there is no such sequence, or the result holds several scorers.
        """
        check_matplotlib(cls.__name__)
        if "attributions" in result:
            return cls(**read_attributions(result, sequence)).plot(ax)
        if "importances_mean" not in result:
            raise ValueError(
                f"result holds {list(result)}, each with importances of its own: draw one, "
                f"for example result[{quote(next(iter(result), None))}]."
            )
        if sequence is not None:
            raise ValueError(
                f"sequence={sequence}, but timestep_importance measures all sequences "
                "together; integrated_gradients has attributions of each."
            )
        return cls(
            importances=result["importances_mean"],
            edges=result["edges"],
            unit=result["unit"],
            feature_names=result["feature_names"],
            measure="fall of the score",
        ).plot(ax)

    def plot(self, ax=None, *, cmap="RdBu_r", colorbar=True):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            Colours, whose middle is 0.
        colorbar : bool, default=True
            Whether to draw the scale of the colours.

        Returns
        -------
        display : ImportanceDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        """
        n_features = self.importances.shape[1]
        height = float(np.clip(1.8 + 0.3 * n_features, 2.8, 8))
        ax = open_axes(self, ax, (8, height))
        from matplotlib.ticker import MaxNLocator

        limit = np.abs(self.importances).max() or 1.0
        self.mesh_ = ax.pcolormesh(
            self.edges,
            np.arange(n_features + 1),
            self.importances.T,
            cmap=cmap,
            vmin=-limit,
            vmax=limit,
        )
        ax.invert_yaxis()
        ax.set_xlabel(self.unit)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        self._label_features()
        if self.title is not None:
            ax.set_title(self.title, fontsize="medium")
        self.colorbar_ = None
        if colorbar:
            self.colorbar_ = self.figure_.colorbar(self.mesh_, ax=ax, pad=0.02)
            self.colorbar_.set_label(self.measure)
            # What never falls below nothing needs no colours for it.
            if self.importances.min() >= 0:
                self.colorbar_.ax.set_ylim(0, limit)
        return self

    def _label_features(self):
        """Name the rows, or some of them where they are many."""
        n_features = self.importances.shape[1]
        shown = np.arange(0, n_features, -(-n_features // MOST_NAMES))
        names = self.feature_names
        labels = shown if names is None else [names[k] for k in shown]
        self.ax_.set_yticks(shown + 0.5, labels)
        self.ax_.tick_params(axis="y", length=0)
        if names is None:
            self.ax_.set_ylabel("feature")


def read_attributions(result, sequence):
    """Return what a display draws of integrated gradients."""
    attributions, measured = result["attributions"], result["explained"]
    shared = {"feature_names": result["feature_names"]}
    if sequence is None:
        lengths = np.array([len(part) for part in attributions])
        is_equal = (lengths == lengths[0]).all()
        n_cells = lengths[0] if is_equal else min(lengths.min(), MOST_CELLS)
        blocks = cut_shares(lengths, n_cells)
        sums = [
            np.add.reduceat(np.abs(part), bounds[:-1], axis=0)
            for part, bounds in zip(attributions, blocks.bounds, strict=True)
        ]
        measure = f"mean size of the contribution to the\n{measured}"
        shared |= {"edges": blocks.edges, "unit": blocks.unit, "measure": measure}
        return {"importances": np.mean(sums, axis=0), **shared}
    check_sequence(sequence, len(attributions))
    values = attributions[sequence]
    after, before = result["outputs"][sequence], result["baseline_outputs"][sequence]
    label = "" if result["targets"] is None else f" (class {result['targets'][sequence]})"
    return {
        "importances": values,
        "edges": np.arange(len(values) + 1),
        "measure": f"contribution to the\n{measured}",
        "title": f"sequence {sequence}{label}: {after:.3g}, baseline {before:.3g}",
        **shared,
    }
