"""The gradient at each time step, in one picture."""

from sklearn.utils._param_validation import validate_params

from skseq.inspection.gradient_flow import FLOW_PARAMETERS, gradient_flow
from skseq.inspection.plotting import check_matplotlib, name_estimators, open_axes

DRAWING = {
    "X": "no_validation",
    "y": ["array-like", None],
    **FLOW_PARAMETERS,
    "ax": "no_validation",
}


class GradientFlowDisplay:
    """Draw how much of the loss's gradient reaches each time step.

    Make one by :meth:`from_estimator` or :meth:`from_estimators`. A line for each
    estimator is the mean of `relative` of :func:`gradient_flow` by distance from the end: 1
    at the end, falling to the left where gradients vanish, rising where they explode. The
    vertical axis is logarithmic; a mean of 0 is left out.

    Parameters
    ----------
    flows : dict of DataFrame
        What :func:`gradient_flow` has returned, by name.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of the axes.
    lines_ : dict of matplotlib Line2D
        The lines, by name.

    See Also
    --------
    gradient_flow : The numbers.

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
    >>> display.plot().ax_.get_yscale()  # once more, on new axes
    'log'
    """

    def __init__(self, *, flows):
        self.flows = flows

    @classmethod
    @validate_params(
        {"estimator": "no_validation", **DRAWING}, prefer_skip_nested_validation=True
    )
    def from_estimator(
        cls, estimator, X=None, y=None, *, layer=0, direction="forward", ax=None
    ):
        """Draw the gradient flow of one estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, regressor or forecaster of skseq.
        X : array-like, list of arrays, DataFrame or Sequences, default=None
            Sequences, as for the estimator's `fit`. None for a forecaster.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Their targets. None for a forecaster.
        layer : int, default=0
            Which layer's states, as in :func:`gradient_flow`.
        direction : {"forward", "backward"}, default="forward"
            Which recurrence of a bidirectional network.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no network of skseq, or its network is a user's own.
        ValueError
            If X or y do not fit, or there is no such layer or direction.
        """
        return cls.from_estimators(
            [estimator], X, y, layer=layer, direction=direction, ax=ax
        )

    @classmethod
    @validate_params(
        {"estimators": [dict, list, tuple], **DRAWING}, prefer_skip_nested_validation=True
    )
    def from_estimators(
        cls, estimators, X=None, y=None, *, layer=0, direction="forward", ax=None
    ):
        """Draw the gradient flow of several estimators over each other.

        Parameters
        ----------
        estimators : dict, list or tuple of estimators
            Fitted classifiers or regressors of skseq, or forecasters; a dict says how to
            call them.
        X : array-like, list of arrays, DataFrame or Sequences, default=None
            Sequences, as for the estimators' `fit`. None for forecasters.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Their targets. None for forecasters.
        layer : int, default=0
            Which layer's states, as in :func:`gradient_flow`.
        direction : {"forward", "backward"}, default="forward"
            Which recurrence of bidirectional networks.
        ax : matplotlib Axes, default=None
            Where to draw. By default a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If one has no network of skseq, or its network is a user's own.
        ValueError
            If there is none, X or y do not fit, or there is no such layer or direction.
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
            Where to draw. By default a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not there; `pip install 'skseq[plot]'` brings it.
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
        # Time runs to the right, as everywhere.
        if not ax.xaxis_inverted():
            ax.invert_xaxis()
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_xlabel("tokens before the end")
        ax.set_ylabel("norm of the loss's gradient\n(mean at the end: 1)")
        ax.margins(x=0.02)
        ax.grid(alpha=0.25)
        ax.legend(framealpha=0.85, edgecolor="none")
        return self
