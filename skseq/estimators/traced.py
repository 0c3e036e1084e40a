"""What an estimator shows of its network."""

from numbers import Integral

import pandas as pd
from sklearn.utils.validation import check_is_fitted

from skseq.quoting import quote
from skseq.training.tracing import (
    Trace,
    trace_attention,
    trace_gradients,
    trace_pooling,
    trace_states,
)


class TracedEstimator:
    """Lets others look at the states between the input and the answer."""

    def trace(self, X, y=None, *, attention=False):
        """Return what the network does on sequences, token by token.

        A token stands for `patch_size_` steps (a few more where a stem cannot halve its way
        to as many), the last one of a sequence for what is left of them. Nothing is learned, and nothing of the estimator changes.

        Parameters
        ----------
        X : array-like, list of arrays, DataFrame or Sequences
            Sequences, as for `fit`.
        y : array-like of shape (n_sequences,) or (n_sequences, n_outputs), default=None
            Targets, as for `fit`. With them, the gradient of the loss of each sequence at
            its hidden states is computed too: without weights, and for scaled targets
            where the estimator scales them.
        attention : bool, default=False
            Whether to return the weights of attention, of a Transformer and of
            `pooling="attention"`. Memory grows with the square of the tokens.

        Returns
        -------
        Trace
            An object with lists that have an array for each sequence, in the order of X:

            - `states`: hidden states of the last layer, `(n_tokens_i, width)`. In a
              bidirectional network the last `backward_width` features belong to the
              recurrence that reads backward in time.
            - `attention`: of a Transformer, `(n_layers, n_heads, n_tokens_i,
              n_tokens_i)`, how much each token attends to each; else None.
            - `pooling_weights`: of `pooling="attention"`, `(n_heads, n_tokens_i)`; else
              None.
            - `gradients`: with y, `(n_layers, n_tokens_i, width)`; else None. In a
              recurrent network they are gradients at the hidden states of each layer,
              through all later steps. At an LSTM's hidden state the cell beside it is
              held fixed: what the state changes in later cells counts, what its own
              cell carries on does not. In a Transformer they are gradients at the
              residual stream as it enters each block;

            and the number `token_steps`, how many steps a token stands for.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If y is given and the network is a user's own, which cannot be stepped by
            hand.
        ValueError
            If X or y do not fit, or if `attention=True` and there is none.
        """
        check_is_fitted(self)
        sequences = self._read(X, reset=False)
        data = self._make_dataset(sequences)
        if y is not None:
            y = self._read_targets(X, y, sequences)
            data.targets = self._encode_targets(y)
        return read_trace(self, data, gradients=y is not None, attention=attention)

    def summary(self, n_timesteps):
        """Return what each layer of the network holds, and costs for one sequence.

        Parameters
        ----------
        n_timesteps : int
            Steps of the sequence, before patches.

        Returns
        -------
        DataFrame
            A row for each layer, in the order of the computation, and one for the total.
            The index is the name; the columns are

            - `kind`: what the layer is;
            - `output_shape`: for one sequence, `(n_tokens, width)` or `(width,)`;
            - `parameters`: how many numbers training sets;
            - `bytes`: memory of these and of what else the layer keeps;
            - `flops`: floating-point operations of the matrix products for one sequence,
              forward, an addition and a multiplication being two. Missing for a user's
              own network, and then for the total.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `n_timesteps` is not a whole number above 0.
        """
        check_is_fitted(self)
        if not isinstance(n_timesteps, Integral) or n_timesteps < 1:
            raise ValueError(
                f"n_timesteps should be a whole number of steps, at least 1. Got "
                f"{quote(n_timesteps)} instead."
            )
        return tabulate_layers(self.net_.module_.list_layers(int(n_timesteps)))


def read_trace(estimator, data, *, gradients, attention):
    """Return what the network of an estimator does on a dataset."""
    net, module = estimator.net_, estimator.net_.module_
    attends = hasattr(module.encoder, "attention")
    weighs = hasattr(module.pooling, "weights")
    if attention and not (attends or weighs):
        raise ValueError(
            f"attention=True, but {type(estimator).__name__} with "
            f"pooling={estimator.pooling!r} has no attention; take pooling='attention' or a "
            "Transformer."
        )
    if gradients and not hasattr(module.encoder, "probe"):
        raise TypeError(
            "gradients at hidden states are known for the RNN, LSTM, GRU and Transformer of "
            f"skseq only, but {type(estimator).__name__} was built with "
            f"{type(module.encoder).__name__}; without gradients trace gives its states."
        )
    return Trace(
        trace_states(net, data),
        getattr(module.encoder, "backward_width", 0),
        attention=trace_attention(net, data) if attention and attends else None,
        pooling_weights=trace_pooling(net, data) if attention and weighs else None,
        gradients=trace_gradients(net, data) if gradients else None,
        token_steps=module.token_steps,
    )


def tabulate_layers(layers):
    """Return a table with a row for each layer, and one for the total."""
    rows = []
    for name, kind, shape, modules, flops in layers:
        parameters = [p for module in modules for p in module.parameters()]
        kept = [b for module in modules for b in module.buffers()]
        rows.append(
            {
                "layer": name,
                "kind": kind,
                "output_shape": shape,
                "parameters": sum(p.numel() for p in parameters),
                "bytes": sum(t.numel() * t.element_size() for t in parameters + kept),
                "flops": pd.NA if flops is None else flops,
            }
        )
    table = pd.DataFrame(rows).set_index("layer")
    table["flops"] = table["flops"].astype("Int64")
    total = {name: table[name].sum() for name in ("parameters", "bytes")}
    total["flops"] = table["flops"].sum(skipna=False)
    table.loc["total"] = {"kind": "", "output_shape": "", **total}
    return table.astype({"parameters": "int64", "bytes": "int64", "flops": "Int64"})
