"""Display the norm of the gradient at each token."""

from sklearn.utils._param_validation import validate_params

from skseq.inspection.gradient_flow import FLOW_CONSTRAINTS, gradient_flow
from skseq.inspection.plotting import (
    AxesDisplay,
    check_matplotlib,
    name_estimators,
    style_lines,
    use_integer_ticks,
    use_powers_of_ten,
)


class GradientFlowDisplay(AxesDisplay):
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
    ax_, figure_ : matplotlib Axes and Figure
        Axes and figure of the plot.
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
    >>> classes = LSTMRegressor, RNNRegressor
    >>> models = [cls(**plain, max_epochs=1).fit(X, y) for cls in classes]
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
    def from_estimator(cls, estimator, X=None, y=None, **parameters):
        """Plot the gradient flow of one estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted classifier, regressor or forecaster of skseq.
        X, y : array-like, default=None
            Sequences and their targets, as in :func:`gradient_flow`.
        **parameters : dict
            `layer`, `direction` and `ax`, as in :meth:`from_estimators`.

        Returns
        -------
        display : GradientFlowDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As in :func:`gradient_flow`.
        """
        return cls.from_estimators([estimator], X, y, **parameters)

    @classmethod
    @validate_params(
        {"estimators": [dict, list, tuple], **FLOW_CONSTRAINTS},
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
        X, y : array-like, default=None
            Sequences and their targets, as in :func:`gradient_flow`.
        layer : int, default=0
            Index of the layer, as in :func:`gradient_flow`.
        direction : {"forward", "backward"}, default="forward"
            Direction of bidirectional networks.
        ax : matplotlib Axes, default=None
            Axes to draw on. By default, axes of a new figure.

        Returns
        -------
        display : GradientFlowDisplay
            The drawn display.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As in :func:`gradient_flow`; ValueError also if `estimators` is empty.
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
        ax = self._open_axes(ax, (8, 4.5))
        self.lines_ = {}
        for name, flow in self.flows.items():
            mean = flow.groupby("distance")["relative"].mean()
            mean = mean[mean > 0]
            marker = "o" if len(mean) == 1 else None
            (self.lines_[name],) = ax.plot(
                mean.index, mean.to_numpy(), label=name, linewidth=1.6, marker=marker
            )
        ax.set_yscale("log")
        use_powers_of_ten(ax.yaxis, [line.get_ydata() for line in ax.lines])
        # Time runs from left to right, so the distance from the end decreases.
        if not ax.xaxis_inverted():
            ax.invert_xaxis()
        use_integer_ticks(ax.xaxis)
        ax.set_xlabel("distance from the end (tokens)")
        ax.set_ylabel("gradient norm\n(relative to the end)")
        style_lines(ax)
        return self
