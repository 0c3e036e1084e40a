"""What an estimator shows of its network."""

from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skseq.training import SequenceDataset
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

        A token stands for `patch_size_` steps, the last one of a sequence for what is
        left of them. Nothing is learned, and nothing of the estimator changes.

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
              residual stream as it enters each block.

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
        module = self.net_.module_
        sequences = self._read(X, reset=False)
        attends = hasattr(module.encoder, "attention")
        weighs = hasattr(module.pooling, "weights")
        if attention and not (attends or weighs):
            raise ValueError(
                f"attention=True, but {type(self).__name__} with pooling={self.pooling!r} "
                "has no attention; take pooling='attention' or a Transformer."
            )
        data = SequenceDataset(sequences, self.scaler_)
        if y is not None:
            self._check_can_be_probed(module.encoder)
            y = self._check_targets(y)
            check_consistent_length(sequences, y)
            data.targets = self._encode_targets(y)
        return Trace(
            trace_states(self.net_, data),
            getattr(module.encoder, "backward_width", 0),
            attention=trace_attention(self.net_, data) if attention and attends else None,
            pooling_weights=trace_pooling(self.net_, data)
            if attention and weighs
            else None,
            gradients=trace_gradients(self.net_, data) if y is not None else None,
        )

    def _check_can_be_probed(self, encoder):
        if not hasattr(encoder, "probe"):
            raise TypeError(
                "gradients at hidden states are known for the RNN, LSTM, GRU and "
                f"Transformer of skseq only, but {type(self).__name__} was built with "
                f"{type(encoder).__name__}; trace(X) without y gives its states."
            )
