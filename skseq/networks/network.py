"""The whole network: input layers, encoder and head."""

import torch
from torch import nn

from skseq.networks.kernels.padding import is_long, pad_rows
from skseq.networks.layers import count_kernel_elements, count_matrix_elements


class Network(nn.Module):
    """Maps padded sequences to outputs.

    In prediction (without gradients) a batch is padded to a number of rows for which the
    outputs of a sequence do not depend on the size of its batch. Layers that need this
    padding compute long sequences one at a time instead.

    Parameters
    ----------
    inputs : InputLayers
        Maps steps to tokens.
    encoder : Encoder
        Maps tokens to states.
    head : Head
        Maps states to outputs.
    """

    def __init__(self, inputs, encoder, head):
        super().__init__()
        self.inputs = inputs
        self.encoder = encoder
        self.head = head

    @property
    def token_steps(self):
        """Number of steps that become one token."""
        return self.inputs.token_steps

    def forward(self, x, lengths=None):
        """Return the outputs of the head.

        Shapes: x, right-padded sequences, (batch, time, n_features); lengths (batch,), or
        None if no step is padding.
        """
        return self.head(*self._encode_for_head(x, lengths), x)

    def forward_tokens(self, tokens, lengths, x):
        """Return the outputs of the head in training, given the tokens of `inputs`.

        Shapes: tokens (batch, n_tokens, width), their lengths (batch,) or None, and x as of
        `forward`.
        """
        return self.head(*self._encode_tokens(tokens, lengths), x)

    def forward_embedded(self, embedded, x):
        """Return the outputs of the head, given the steps of x after the embedding.

        The batch (batch, time, width) has no padding.
        """
        ((tokens, lengths),) = self.inputs.forward_embedded([(embedded, None)])
        return self.forward_tokens(tokens, lengths, x)

    def initial_state(self, batch_size):
        """Return the state before the first step, for the function of `make_step`."""
        return self.encoder.initial_state(batch_size), self.head.initial_state(batch_size)

    def make_step(self):
        """Return a function that reads one step, given x_t and the state before it.

        It returns outputs (batch, n_outputs), the next state, and the hidden state of the
        encoder (batch, width); x_t is (batch, n_features). The outputs are those of
        `forward` for the steps so far; of heads with an output for each step, the last one.
        The function has looked up the weights, which would take a large part of the time of
        a step. Raises TypeError if the network is not causal.
        """
        make_token, read = self.inputs.make_step(), self.encoder.make_step()
        write = self.head.make_step()

        def step(x_t, state):
            states, pooled = state
            h_t, states = read(make_token(x_t), states)
            outputs, pooled = write(h_t, pooled)
            return outputs, (states, pooled), h_t

        return step

    def pool(self, x, lengths=None):
        """Return one state for each sequence: (batch, head.pooled_width)."""
        return self.head.pool(*self._encode_for_head(x, lengths))

    def encode(self, x, lengths=None):
        """Return states (batch, n_tokens, width) and the number of tokens, or None."""
        return self._encode(self.encoder, x, lengths)

    def decode(self, x, lengths=None):
        """Return the most likely label of each step, as a position: (batch, time)."""
        return self.head.decode(*self.encode(x, lengths))

    def marginals(self, x, lengths=None):
        """Return the log probability of each label: (batch, time, n_classes)."""
        return self.head.marginals(*self.encode(x, lengths))

    def attention(self, x, lengths=None):
        """Return attention (batch, layers, heads, n_tokens, n_tokens) and token numbers."""
        return self._encode(self.encoder.attention, x, lengths)

    def weights(self, x, lengths=None):
        """Return pooling weights (batch, n_tokens, heads) and the number of tokens."""
        states, lengths = self.encode(x, lengths)
        return self.head.weights(states, lengths), lengths

    def probe(self, x, lengths=None):
        """Return outputs, probes and the number of tokens.

        Probes are zeros (n_layers, batch, n_tokens, width) that were added to the states of
        each layer. Their gradient equals the gradient of the states.
        """
        tokens, lengths = self.inputs(x, lengths)
        shape = (self.encoder.n_layers, *tokens.shape[:2], self.encoder.width)
        probes = tokens.new_zeros(shape, requires_grad=True)
        states = self.encoder.probe(tokens, lengths, probes)
        return self.head(states, lengths, x), probes, lengths

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps."""
        n_tokens = self.inputs.count_tokens(n_steps)
        return [
            *self.inputs.describe(n_steps),
            *self.encoder.describe(n_tokens),
            *self.head.describe(n_tokens),
        ]

    def count_products(self, n_steps):
        """Return about the number of multiplications for one sequence of `n_steps` steps.

        It is the number of elements of the matrices and kernels of the stem and the encoder
        times the number of their steps. Unlike `describe`, it is fast.
        """
        n_tokens = self.inputs.count_tokens(n_steps)
        stem = self.inputs.stem
        n_kernels = 0 if stem is None else count_kernel_elements(stem)
        return n_kernels * n_steps + count_matrix_elements(self.encoder) * n_tokens

    def export(self, graph, steps):
        """Add the network to an ONNX graph; return the name of its outputs."""
        tokens = self.inputs.export(graph, steps)
        return self.head.export(graph, self.encoder.export(graph, tokens))

    def _encode_for_head(self, x, lengths):
        """Return states as `encode` does; in training, only those that the head uses."""
        if not (self.head.uses_last_state and torch.is_grad_enabled()):
            return self.encode(x, lengths)
        return self._encode_tokens(*self.inputs(x, lengths))

    def _encode_tokens(self, tokens, lengths):
        """Return the states that the head uses in training, and the number of tokens."""
        if self.head.uses_last_state and lengths is None:
            return self.encoder.forward_last(tokens), None
        return self.encoder(tokens, lengths), lengths

    def _encode(self, function, x, lengths):
        """Apply a function of tokens and lengths to padded rows; cut the padding."""
        n_rows = x.shape[0]
        multiple = max(self.inputs.row_multiple, self.encoder.row_multiple)
        if multiple > 1 and is_long(x):
            return self._encode_long(function, x, lengths)
        x, lengths = pad_rows(x, lengths, multiple)
        tokens, lengths = self.inputs(x, lengths)
        states = function(tokens, lengths)
        if states.shape[0] == n_rows:
            return states, lengths
        return states[:n_rows], None if lengths is None else lengths[:n_rows]

    def _encode_long(self, function, x, lengths):
        """Apply a function of tokens and lengths to long sequences without padding rows.

        Layers that would need padded rows compute one row at a time instead.
        """
        tokens, n_tokens = run_rows(self.inputs, self.inputs.row_multiple, x, lengths)
        multiple = self.encoder.row_multiple
        states, _ = run_rows(
            lambda *row: (function(*row), None), multiple, tokens, n_tokens
        )
        return states, n_tokens


def run_rows(function, multiple, x, lengths):
    """Apply a function that needs batches of a multiple of rows to each row separately.

    It maps x (batch, time, features) and lengths (batch,) or None to a tensor and lengths
    or None. With a multiple of 1 it is applied to all rows together.
    """
    if multiple == 1:
        return function(x, lengths)
    n = x.shape[0]
    rows = zip(x.split(1), [None] * n if lengths is None else lengths.split(1), strict=True)
    tensors, numbers = zip(*(function(*row) for row in rows), strict=True)
    return torch.cat(tensors), None if numbers[0] is None else torch.cat(numbers)
