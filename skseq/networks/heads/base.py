"""The base classes of heads."""

from abc import ABC, abstractmethod

from torch import nn

from skseq.networks.dropout import Dropout


class Head(nn.Module, ABC):
    """Maps the states of an encoder to the outputs of a network.

    Attributes
    ----------
    pooled_width : int
        Size of what `pool` returns, or of the states if there is no pooling.
    uses_last_state : bool, default=False
        Whether only the state after the last step is used, so that training needs no
        gradient of the others.
    has_weights : bool, default=False
        Whether `weights` is implemented.
    has_transitions : bool, default=False
        Whether the labels of a sequence are predicted together, and `decode` and `marginals`
        are implemented.
    """

    pooled_width: int
    uses_last_state: bool = False
    has_weights: bool = False
    has_transitions: bool = False

    @abstractmethod
    def forward(self, states, lengths, x):
        """Return the outputs of the network.

        Shapes: states of the encoder (batch, n_tokens, width); lengths (batch,), or None if
        no token is padding; x, the input of the network, (batch, time, n_features).
        """

    def pool(self, states, lengths=None):
        """Return one state for each sequence: (batch, pooled_width)."""
        raise TypeError(f"{type(self).__name__} has outputs for each step and no pooling.")

    @abstractmethod
    def collect(self, parts, n):
        """Return the outputs of all batches in the order of the data, on the CPU.

        For each batch, `parts` has the positions of its sequences, the outputs of the head,
        and the number of tokens of each sequence or None. See `collect_rows` and
        `collect_steps`.
        """

    def weights(self, states, lengths=None):
        """Return the weight of each token in pooling: (batch, n_tokens, n_heads)."""
        raise TypeError(f"{type(self).__name__} has no pooling weights.")

    def decode(self, states, lengths=None):
        """Return the most likely sequence of labels, as positions: (batch, n_tokens)."""
        raise TypeError(f"{type(self).__name__} has no transitions between labels.")

    def marginals(self, states, lengths=None):
        """Return the log probability of each label: (batch, n_tokens, n_classes)."""
        raise TypeError(f"{type(self).__name__} has no transitions between labels.")

    def initial_state(self, batch_size):
        """Return the state before the first step: tensors (batch, ...), or tuples of them."""
        raise TypeError(f"{type(self).__name__} cannot run step by step.")

    def make_step(self):
        """Return a function that reads one step, given h_t and the state before it.

        It returns the outputs for the steps so far, (batch, n_outputs), and the next state;
        h_t (batch, width) is the state of the encoder after this step. Heads with an output
        for each step return the last one.
        """
        raise TypeError(f"{type(self).__name__} cannot run step by step.")

    @abstractmethod
    def describe(self, n_tokens):
        """Return a list of :class:`Layer` for one sequence of `n_tokens` tokens.

        The last one is named `head`.
        """

    def export(self, graph, steps):
        """Add the head to an ONNX graph; return the name of its outputs.

        `steps` are the states of the encoder, a :class:`skseq.networks.exporting.Steps`.
        """
        raise TypeError(f"{type(self).__name__} cannot be exported to ONNX.")


class PoolingHead(Head):
    """Base class of heads that use one pooled state for each sequence.

    Parameters
    ----------
    pooling : Pooling
        Maps states and lengths to (batch, pooled_width).
    dropout : float, default=0.0
        Dropout on the pooled state during training.
    """

    def __init__(self, pooling, dropout=0.0):
        super().__init__()
        self.pooling = pooling
        self.dropout = Dropout(dropout)
        self.pooled_width = pooling.width
        self.uses_last_state = pooling.uses_last_state
        self.has_weights = pooling.has_weights

    def pool(self, states, lengths=None):
        """Return the pooled states: (batch, pooled_width)."""
        return self.pooling(states, lengths)

    def weights(self, states, lengths=None):
        """Return the weight of each token in pooling: (batch, n_tokens, n_heads)."""
        return self.pooling.weights(states, lengths)

    def describe(self, n_tokens):
        """Return the layer of the pooling."""
        return self.pooling.describe(n_tokens)
