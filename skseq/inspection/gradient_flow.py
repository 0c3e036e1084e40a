"""Measure how much of the gradient of the loss reaches each token."""

from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils._param_validation import Interval, StrOptions, validate_params
from sklearn.utils.validation import check_is_fitted

from skseq.inspection.validation import check_data_source, check_has, check_index

FLOW_CONSTRAINTS = {
    "y": ["array-like", None],
    "layer": [Interval(Integral, 0, None, closed="left")],
    "direction": [StrOptions({"forward", "backward"})],
}


@validate_params(FLOW_CONSTRAINTS, prefer_skip_nested_validation=True)
def gradient_flow(estimator, X=None, y=None, *, layer=0, direction="forward"):
    """Measure how much of the gradient of the loss reaches the hidden state of each token.

    If the norm shrinks with the distance from the end of the sequence, gradients vanish,
    and the network cannot learn from early steps. If it grows, gradients explode, and
    training is unstable [1]_ [2]_.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, regressor or forecaster of skseq. A token is one step with
        `stem=0` and `patch_size=1`, else several steps.
    X : array-like, list of arrays, DataFrame or Sequences, default=None
        Sequences, as for the estimator's `fit`. None for a forecaster, which uses the
        latest window of each of its series whose forecast can be compared with
        observations.
    y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
        Targets of the sequences. None for a forecaster.
    layer : int, default=0
        Index of the layer. In a Transformer, the states are the residual stream at the
        input of the layer.
    direction : {"forward", "backward"}, default="forward"
        Direction of a bidirectional network. The `"backward"` recurrence reads from the
        end, so that its last state is that of the first token.

    Returns
    -------
    DataFrame
        A row for each token of each sequence, with the columns

        - `sequence`, `token`: indices, from 0;
        - `distance`: number of tokens between this one and the last one that is read in
          the given direction;
        - `norm`: Euclidean norm of the gradient of the sequence's loss;
        - `relative`: the norm divided by the mean norm at distance 0 over all sequences,
          which removes the scale of the loss. NaN if that mean is 0.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If the estimator has no network of skseq, or the network is user-defined.
    ValueError
        If X or y do not suit the estimator, or the network has no such layer or direction.

    See Also
    --------
    GradientFlowDisplay : Plot the result.
    memory_horizon : Measure how far back inputs change the output.

    Notes
    -----
    The gradient of the output tensor of torch's recurrent layers omits the paths through
    later states: with `pooling="last"`, it is zero at all steps but the last. Here, the
    recurrence is computed step by step to include these paths. For an LSTM, the gradient
    at a hidden state treats the cell state of the same step as constant: it includes the
    effect of the hidden state on later cell states only.

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
    if check_data_source(estimator, [X is not None, y is not None], "X and y") is None:
        trace = estimator.trace(X, y)
    else:
        trace = estimator.trace(gradients=True)
    n_layers, _, width = trace.gradients[0].shape
    check_index("layer", layer, n_layers)
    is_backward = direction == "backward"
    if is_backward and not trace.backward_width:
        raise ValueError(
            f"direction='backward', but {type(estimator).__name__} is not bidirectional: "
            "use direction='forward'."
        )
    split = width - trace.backward_width
    part = slice(split, None) if is_backward else slice(split)
    # Double precision, because the squares of small gradients would underflow.
    gradients = [g[layer, :, part].astype(float) for g in trace.gradients]
    norms = [np.linalg.norm(g, axis=1) for g in gradients]  # of shape (n_tokens_i,)
    lengths = [len(part) for part in norms]
    tokens = np.concatenate([np.arange(n) for n in lengths])
    remaining = np.repeat(lengths, lengths) - 1 - tokens
    flow = pd.DataFrame(
        {
            "sequence": np.repeat(np.arange(len(norms)), lengths),
            "token": tokens,
            "distance": tokens if is_backward else remaining,
            "norm": np.concatenate(norms),
        }
    )
    end = flow.loc[flow["distance"] == 0, "norm"].mean()
    flow["relative"] = flow["norm"] / end if end > 0 else np.nan
    return flow
