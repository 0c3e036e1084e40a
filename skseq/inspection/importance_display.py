"""Display the importance of time steps and features as a heat map."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from sklearn.utils._param_validation import Interval, validate_params

from skseq.inspection.blocks import split_evenly
from skseq.inspection.plotting import AxesDisplay, check_matplotlib, use_integer_ticks
from skseq.inspection.timestep_importance import timestep_importance
from skseq.inspection.validation import check_index
from skseq.quoting import quote

# Largest number of time cells for sequences of different lengths.
MAX_CELLS = 50
# Largest number of feature names on the vertical axis.
MAX_NAMES = 24


@dataclass(kw_only=True, eq=False, repr=False)
class ImportanceDisplay(AxesDisplay):
    """Draw the importance of time steps and features as a heat map.

    Create it with :meth:`from_estimator`, which calls :func:`timestep_importance`, or with
    :meth:`from_importances`, from the result of that function or of
    :func:`integrated_gradients`. White means 0, red positive, and blue negative values.
    Requires matplotlib: `pip install 'skseq[plot]'`.

    Parameters
    ----------
    importances : ndarray of shape (n_blocks, n_features)
        Values to draw.
    edges : ndarray of shape (n_blocks + 1,)
        Boundaries of the blocks.
    unit : str, default="time step"
        Unit of the edges, for the label of the horizontal axis.
    feature_names : list of str, default=None
        Names of the features.
    measure : str, default="importance"
        Meaning of the values, for the label of the color bar.
    title : str, default=None
        Title of the axes.

    Attributes
    ----------
    ax_, figure_ : matplotlib Axes and Figure
        Axes and figure of the plot.
    mesh_ : matplotlib QuadMesh
        The heat map.
    colorbar_ : matplotlib Colorbar or None
        Color bar of the heat map.

    See Also
    --------
    timestep_importance : Permutation importance of time steps and features.
    integrated_gradients : Contribution of each step to one prediction.

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

    importances: np.ndarray
    edges: np.ndarray
    unit: str = "time step"
    feature_names: list | None = None
    measure: str = "importance"
    title: str | None = None

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, **parameters):
        """Compute and draw the permutation importance of time steps and features.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier or regressor of sequences.
        X, y : array-like
            Sequences and their targets, as in :func:`timestep_importance`.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        **parameters : dict
            Other parameters of :func:`timestep_importance`, such as `n_blocks`. `scoring`
            must be a single scorer.

        Returns
        -------
        display : ImportanceDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As in :func:`timestep_importance`; ValueError also for several scorers.
        """
        check_matplotlib(cls.__name__)
        return cls.from_importances(
            timestep_importance(estimator, X, y, **parameters), ax=ax
        )

    @classmethod
    @validate_params(
        {"result": [dict], "sequence": [Interval(Integral, 0, None, closed="left"), None]},
        prefer_skip_nested_validation=True,
    )
    def from_importances(cls, result, *, sequence=None, ax=None):
        """Draw importances that are already computed.

        Parameters
        ----------
        result : Bunch
            Result of :func:`timestep_importance` or :func:`integrated_gradients`.
        sequence : int, default=None
            Index of the sequence whose integrated gradients to draw. By default the mean of
            the absolute values over all sequences; if lengths differ, by relative position.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : ImportanceDisplay
            The drawn display.

        Raises
        ------
        ValueError
            If `sequence` is out of range, or the result has several scorers.
        """
        check_matplotlib(cls.__name__)
        if "attributions" in result:
            return cls(**read_attributions(result, sequence)).plot(ax)
        if "importances_mean" not in result:
            raise ValueError(
                f"result has importances for several scorers, {list(result)}: pass one, "
                f"for example result[{quote(next(iter(result), None))}]."
            )
        if sequence is not None:
            raise ValueError(
                f"sequence={sequence}, but timestep_importance has one result for all "
                "sequences; use integrated_gradients for a single sequence."
            )
        axes = {name: result[name] for name in ("edges", "unit", "feature_names")}
        importances = result["importances_mean"]
        return cls(importances=importances, measure="decrease in score", **axes).plot(ax)

    def plot(self, ax=None, *, cmap="RdBu_r", colorbar=True):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.
        cmap : str or matplotlib Colormap, default="RdBu_r"
            Diverging color map, centered at 0.
        colorbar : bool, default=True
            Whether to draw a color bar.

        Returns
        -------
        display : ImportanceDisplay
            The display itself.
        """
        n_features = self.importances.shape[1]
        height = float(np.clip(1.8 + 0.3 * n_features, 2.8, 8))
        ax = self._open_axes(ax, (8, height))
        limit = np.abs(self.importances).max()
        rows, style = (
            np.arange(n_features + 1),
            {"vmin": -limit, "vmax": limit, "cmap": cmap},
        )
        self.mesh_ = None
        if limit > 0:
            self.mesh_ = ax.pcolormesh(self.edges, rows, self.importances.T, **style)
        else:  # the middle of the color map says less than words
            text = f"{self.measure} is 0\nfor every feature and {self.unit}"
            ax.text(0.5, 0.5, text, ha="center", va="center", transform=ax.transAxes)
            ax.set(xlim=(self.edges[0], self.edges[-1]), ylim=(0, n_features))
        ax.invert_yaxis()
        ax.set_xlabel(self.unit)
        use_integer_ticks(ax.xaxis, steps=[1, 2, 5, 10])
        # With many features, label every k-th row.
        shown = np.arange(0, n_features, -(-n_features // MAX_NAMES))
        names = self.feature_names
        ax.set_yticks(shown + 0.5, shown if names is None else [names[k] for k in shown])
        ax.tick_params(axis="y", length=0)
        if names is None:
            ax.set_ylabel("feature")
        if self.title is not None:
            ax.set_title(self.title, fontsize="medium")
        self.colorbar_ = None
        if colorbar and self.mesh_ is not None:
            self.colorbar_ = self.figure_.colorbar(self.mesh_, ax=ax, pad=0.02)
            self.colorbar_.set_label(self.measure)
            # Without negative values, show only the positive half of the scale.
            if self.importances.min() >= 0:
                self.colorbar_.ax.set_ylim(0, limit)
        return self


def read_attributions(result, sequence):
    """Return the arguments of a display of integrated gradients."""
    attributions, explained = result["attributions"], result["explained"]
    if sequence is None:
        lengths = np.array([len(part) for part in attributions])
        is_equal = (lengths == lengths[0]).all()
        n_cells = lengths[0] if is_equal else min(lengths.min(), MAX_CELLS)
        blocks = split_evenly(lengths, n_cells)
        sums = [
            np.add.reduceat(np.abs(part), bounds[:-1], axis=0)
            for part, bounds in zip(attributions, blocks.bounds, strict=True)
        ]
        return {
            "importances": np.mean(sums, axis=0),
            "edges": blocks.edges,
            "unit": blocks.unit,
            "measure": f"mean absolute contribution to the\n{explained}",
            "feature_names": result["feature_names"],
        }
    check_index("sequence", sequence, len(attributions))
    output, baseline = result["outputs"][sequence], result["baseline_outputs"][sequence]
    label = "" if result["targets"] is None else f" (class {result['targets'][sequence]})"
    return {
        "importances": attributions[sequence],
        "edges": np.arange(len(attributions[sequence]) + 1),
        "measure": f"contribution to the\n{explained}",
        "title": f"sequence {sequence}{label}: output {output:.3g}, baseline {baseline:.3g}",
        "feature_names": result["feature_names"],
    }
