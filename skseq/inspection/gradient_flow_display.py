"""Display the norm of the gradient at each token."""

from sklearn.utils._param_validation import validate_params

from skseq.inspection.gradient_flow import FLOW_CONSTRAINTS, gradient_flow
from skseq.inspection.plotting import check_matplotlib, name_estimators, open_axes

DISPLAY_CONSTRAINTS = {**FLOW_CONSTRAINTS, "ax": "no_validation"}


class GradientFlowDisplay:
    """Plot how much of the gradient of the loss reaches each token.

    Create it with :meth:`from_estimator` or :meth:`from_estimators`. Each estimator has one
    line: the mean of `relative` of :func:`gradient_flow` by distance from the end. It is 1
    at the end, falls to the left where gradients vanish, and rises where they explode. The
    vertical axis is logarithmic; means of 0 are left out. Requires matplotlib:
    `pip install 'skseq[plot]'`.

    Parameters
    ----------
    flows : dict of DataFrame
        Results of :func:`gradient_flow`, by name.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the plot.
    figure_ : matplotlib Figure
        Figure of the axes.
    lines_ : dict of matplotlib Line2D
        The lines, by name.

    See Also
    --------
    gradient_flow : Compute the gradient norms.

    Examples
    --------
    >>> from skseq import LSTMRegressor, RNNRegressor
    >>> from skseq.datasets import make_adding_problem
    >>> from skseq.inspection import GradientFlowDisplay
    >>> X, y = make_adding_problem(n_sequences=50, length=10, random_state=0)
    >>> plain = {"stem": 0, "patch_size": 1, "pooling": "last", "bidirectional": False}
    >>> models = [cls(**plain, max_epochs=1).fit(X, y) for cls in (LSTMRegressor, RNNRegressor)]
    >>> display = GradientFlowDisplay.from_estimators(models, X, y)
    >>> list(display.lines_)
    ['LSTMRegressor', 'RNNRegressor']
    >>> display = GradientFlowDisplay.from_estimator(models[0], X, y)
    >>> display.plot().ax_.get_yscale()  # draws again, on new axes
    'log'
    """

    def __init__(self, *, flows):
        self.flows = flows

    @classmethod
    @validate_params(
        {"estimator": "no_validation", **DISPLAY_CONSTRAINTS},
        prefer_skip_nested_validation=True,
    )
    def from_estimator(
        cls, estimator, X=None, y=None, *, layer=0, direction="forward", ax=None
    ):
        """Plot the gradient flow of one estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, regressor or forecaster of skseq.
        X : array-like, list of arrays, DataFrame or Sequences, default=None
            Sequences, as for the estimator's `fit`. None for a forecaster.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences. None for a forecaster.
        layer : int, default=0
            Index of the layer, as in :func:`gradient_flow`.
        direction : {"forward", "backward"}, default="forward"
            Direction of a bidirectional network.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As in :func:`gradient_flow`.
        """
        return cls.from_estimators(
            [estimator], X, y, layer=layer, direction=direction, ax=ax
        )

    @classmethod
    @validate_params(
        {"estimators": [dict, list, tuple], **DISPLAY_CONSTRAINTS},
        prefer_skip_nested_validation=True,
    )
    def from_estimators(
        cls, estimators, X=None, y=None, *, layer=0, direction="forward", ax=None
    ):
        """Plot the gradient flow of several estimators in the same axes.

        Parameters
        ----------
        estimators : dict, list or tuple of estimators
            Fitted classifiers or regressors of skseq, or forecasters. The keys of a dict
            are the labels of the lines.
        X : array-like, list of arrays, DataFrame or Sequences, default=None
            Sequences, as for the estimators' `fit`. None for forecasters.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets of the sequences. None for forecasters.
        layer : int, default=0
            Index of the layer, as in :func:`gradient_flow`.
        direction : {"forward", "backward"}, default="forward"
            Direction of bidirectional networks.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If `estimators` is empty.
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As in :func:`gradient_flow`.
        """
        check_matplotlib(cls.__name__)
        flows = {
            name: gradient_flow(model, X, y, layer=layer, direction=direction)
            for name, model in name_estimators(estimators).items()
        }
        return cls(flows=flows).plot(ax)

    def plot(self, ax=None):
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The display itself.
        """
        ax = open_axes(self, ax, (8, 4.5))
        from matplotlib.ticker import MaxNLocator

        self.lines_ = {}
        for name, flow in self.flows.items():
            mean = flow.groupby("distance")["relative"].mean()
            mean = mean[mean > 0]
            marker = "o" if len(mean) == 1 else None
            (self.lines_[name],) = ax.plot(
                mean.index, mean.to_numpy(), label=name, linewidth=1.6, marker=marker
            )
        ax.set_yscale("log")
        # Time runs from left to right, so the distance from the end decreases.
        if not ax.xaxis_inverted():
            ax.invert_xaxis()
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("distance from the end (tokens)")
        ax.set_ylabel("gradient norm\n(relative to the end)")
        ax.margins(x=0.02)
        ax.grid(alpha=0.25)
        ax.legend(framealpha=0.85, edgecolor="none")
        return self
