"""How much of the loss's gradient reaches each time step."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.plotting import check_has, find_forecaster

FLOW_PARAMETERS = {
    "layer": [Interval(Integral, 0, None, closed="left")],
    "direction": [StrOptions({"forward", "backward"})],
}


@validate_params(
    {
        "estimator": "no_validation",
        "X": "no_validation",
        "y": ["array-like", None],
        **FLOW_PARAMETERS,
    },
    prefer_skip_nested_validation=True,
)
def gradient_flow(estimator, X=None, y=None, *, layer=0, direction="forward"):
    """Measure how much of the loss's gradient reaches the state of each token.

    The norm of the gradient of each sequence's loss at each hidden state, through all
    that comes after it. Where it shrinks from token to token on the way back from the
    sequence's end, the network cannot learn from what happened long ago; where it grows,
    training is unstable [1]_ [2]_.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, regressor or forecaster of skseq. One token is one step with
        `stem=0` and `patch_size=1`, else what these make of several steps.
    X : array-like, list of arrays, DataFrame or Sequences, default=None
        Sequences, as for the estimator's `fit`. None for a forecaster: of each series the
        latest window is taken whose forecast can be compared with what came.
    y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
        Their targets. None for a forecaster.
    layer : int, default=0
        Which layer's states. By default the first, so that every later layer lies
        between it and the loss. In a Transformer the states are its residual stream as
        it enters the layer's block.
    direction : {"forward", "backward"}, default="forward"
        Which recurrence of a bidirectional network. `"backward"` is the one that reads
        from the end: its last state is that of the first token.

    Returns
    -------
    DataFrame
        A row for each token of each sequence, with the columns

        - `sequence`, `token`: numbers, from 0;
        - `distance`: tokens between this one and the one that the direction reads last;
        - `norm`: the Euclidean norm of the gradient;
        - `relative`: the norm divided by the mean norm at distance 0 over all sequences,
          so that the size of the loss has no say. NaN if that mean is 0.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it has no network of skseq, or its network is a user's own.
    ValueError
        If X or y do not fit, or there is no such layer or direction.

    See Also
    --------
    GradientFlowDisplay : Draw it.
    memory_horizon : Measure how far back inputs change the output.

    Notes
    -----
    torch's fused recurrent layers give their output as one tensor. The gradient kept on it
    is that of what reads the output alone: with `pooling="last"` it is zero everywhere but
    at the last step. Here the recurrence is stepped by hand, so that the gradient at a
    state includes its way through all later states. At the hidden state of an LSTM the
    cell beside it is held fixed: what the state changes in later cells counts, what
    its own cell carries on does not.

    References
    ----------
    .. [1] Y. Bengio, P. Simard and P. Frasconi, "Learning long-term dependencies with
       gradient descent is difficult", IEEE Transactions on Neural Networks 5 (2),
       157-166, 1994. https://doi.org/10.1109/72.279181
    .. [2] R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent
       neural networks", ICML 2013. https://arxiv.org/abs/1211.5063

    Examples
    --------
    >>> from skseq import RNNRegressor
    >>> from skseq.datasets import make_adding_problem
    >>> from skseq.inspection import gradient_flow
    >>> X, y = make_adding_problem(n_sequences=50, length=10, random_state=0)
    >>> rnn = RNNRegressor(
    ...     stem=0, patch_size=1, pooling="last", bidirectional=False, max_epochs=1
    ... )
    >>> flow = gradient_flow(rnn.fit(X, y), X, y)
    >>> flow.shape
    (500, 5)
    >>> by_distance = flow.groupby("distance")["relative"].mean()
    >>> float(by_distance[0].round(6))
    1.0
    """
    check_has(estimator, "trace", "gradient_flow")
    check_is_fitted(estimator)
    trace = trace_gradients(estimator, X, y)
    n_layers, _, width = trace.gradients[0].shape
    if layer >= n_layers:
        raise ValueError(
            f"layer={layer}, but {type(estimator).__name__} has {n_layers} "
            f"{'layer' if n_layers == 1 else 'layers'}, numbered from 0."
        )
    is_backward = direction == "backward"
    if is_backward and not trace.backward_width:
        raise ValueError(
            f"direction='backward', but {type(estimator).__name__} reads forward only; "
            "take direction='forward'."
        )
    split = width - trace.backward_width
    part = slice(split, None) if is_backward else slice(split)
    # In double precision: squares of small gradients would vanish.
    norms = [
        np.linalg.norm(g[layer, :, part].astype(float), axis=1) for g in trace.gradients
    ]
    return tabulate(norms, is_backward)


def trace_gradients(estimator, X, y):
    """Return a trace with gradients, of sequences or of a forecaster's own series."""
    name = type(estimator).__name__
    if find_forecaster(estimator) is None:
        if X is None or y is None:
            raise ValueError(
                f"{name} needs X and y: sequences, and what to predict of them."
            )
        return estimator.trace(X, y)
    if X is not None or y is not None:
        raise ValueError(
            f"{name} looks at the series that it has observed: leave X, y out."
        )
    return estimator.trace(gradients=True)


def tabulate(norms, is_backward):
    """Return a row for each token, from a list of arrays (n_tokens_i,)."""
    lengths = [len(part) for part in norms]
    tokens = np.concatenate([np.arange(n) for n in lengths])
    left = np.repeat(lengths, lengths) - 1 - tokens
    flow = pd.DataFrame(
        {
            "sequence": np.repeat(np.arange(len(norms)), lengths),
            "token": tokens,
            "distance": tokens if is_backward else left,
            "norm": np.concatenate(norms),
        }
    )
    end = flow.loc[flow["distance"] == 0, "norm"].mean()
    flow["relative"] = flow["norm"] / end if end > 0 else np.nan
    return flow
