"""Vanilla RNN, LSTM and GRU encoders over padded batches, without packing."""

import torch
from torch import nn

from skseq.networks.dropout import Dropout
from skseq.networks.encoders.base import Encoder
from skseq.networks.kernels.few_rows import count_rows
from skseq.networks.kernels.padding import pad_rows
from skseq.networks.kernels.recurrence import (
    make_cell_step,
    recur,
    recur_from,
    step_cell,
    zero_state,
)
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.masks import reverse_steps

# Gates of torch's weights, in the order of ONNX.
ONNX_GATES = {nn.RNN: [0], nn.LSTM: [0, 3, 1, 2], nn.GRU: [1, 0, 2]}


class RecurrentEncoder(Encoder):
    """Recurrent layers, uni- or bidirectional, over right-padded batches.

    Padding follows the real steps, so the forward direction never depends on it. The
    backward direction reads each sequence reversed within its own length. Sequences are
    not packed, because packing prevents the use of torch's fused kernels.

    Parameters
    ----------
    cell : type
        `torch.nn.RNN`, `torch.nn.LSTM` or `torch.nn.GRU`.
    n_features : int
        Number of features of a step.
    hidden_size : int
        Size of the hidden state of each direction.
    num_layers : int, default=1
        Number of layers.
    bidirectional : bool, default=False
        Whether a second recurrence runs backward in time.
    dropout : float, default=0.0
        Dropout between the layers.
    **cell_options : dict
        Further options of the cell, for example `nonlinearity`.
    """

    row_multiple = 1  # `forward` pads rows itself, and only if the processor needs it
    has_probes = True

    def __init__(
        self,
        cell,
        n_features,
        hidden_size,
        num_layers=1,
        bidirectional=False,
        dropout=0.0,
        **cell_options,
    ):
        super().__init__()
        self.width = hidden_size * (2 if bidirectional else 1)
        self.backward_width = hidden_size if bidirectional else 0
        self.n_layers = num_layers

        def build(k):
            size = n_features if k == 0 else self.width
            return cell(size, hidden_size, batch_first=True, **cell_options)

        self.forward_layers = nn.ModuleList(build(k) for k in range(num_layers))
        self.backward_layers = nn.ModuleList(
            build(k) for k in range(num_layers if bidirectional else 0)
        )
        self.dropout = Dropout(dropout)
        for layer in [*self.forward_layers, *self.backward_layers]:
            initialize_recurrent(layer)

    @property
    def is_causal(self):
        """Whether there is no backward direction."""
        return not self.backward_width

    def forward(self, x, lengths=None):
        """Return the states of the last layer: (batch, time, width).

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_features)
            Right-padded sequences.
        lengths : Tensor of shape (batch,) or None
            Length of each sequence. None if no step is padding.
        """
        return self._run(x, lengths)

    def forward_last(self, x):
        """Return the state of each direction after its last step: (batch, 1, width)."""
        return self._run(x, None, only_last=True)

    def initial_state(self, batch_size):
        """Return zeros: for each layer (batch, hidden), for an LSTM a tuple of two."""
        self._check_causal()
        return [zero_state(cell, batch_size) for cell in self.forward_layers]

    def step(self, x_t, state):
        """Run one step; `state` is a list as returned by `initial_state`."""
        states, state = self.run(x_t[:, None], state)
        return states[:, 0], state

    def make_step(self):
        """Return a function like `step` that has looked up weights; without dropout."""
        self._check_causal()
        cells = [make_cell_step(cell) for cell in self.forward_layers]

        def step(x_t, state):
            states = []
            for run_cell, before in zip(cells, state, strict=True):
                after = run_cell(x_t, before)
                states.append(after)
                # Hidden state and cell state of an LSTM.
                x_t = after[0] if isinstance(after, tuple) else after
            return x_t, states

        return step

    def run(self, x, state):
        """Run several steps from a given state."""
        self._check_causal()
        finals = []
        for k, (cell, initial) in enumerate(zip(self.forward_layers, state, strict=True)):
            if k > 0:
                x = self.dropout(x)
            x, final = recur_from(cell, x, initial)
            finals.append(final)
        return x, finals

    def probe(self, x, lengths, probes):
        """Return the states of `forward` with probes added to each hidden state.

        The next step reads the sum, so gradients with respect to probes include all later
        steps. Gradients at the output of a layer of torch omit the recurrence.
        """
        hidden = self.width - self.backward_width
        for k, layer in enumerate(self.forward_layers):
            states = unroll(layer, x, probes[k, :, :, :hidden])
            if self.backward_layers:
                back = reverse_steps(probes[k, :, :, hidden:], lengths)
                back = unroll(self.backward_layers[k], reverse_steps(x, lengths), back)
                states = torch.cat([states, reverse_steps(back, lengths)], dim=2)
            x = states
        return x

    def describe(self, n_steps):
        """Return the layers; each direction is one."""
        layers = []
        stacks = {"forward": self.forward_layers, "backward": self.backward_layers}
        for k in range(self.n_layers):
            for direction, stack in stacks.items():
                if len(stack):
                    cell = stack[k]
                    name, kind = f"encoder.{k}.{direction}", type(cell).__name__
                    flops = 2 * n_steps * count_matrix_elements(cell)
                    shape = (n_steps, cell.hidden_size)
                    layers.append(Layer(name, kind, shape, [cell], flops))
        return layers

    def export(self, graph, steps):
        """Add the layers to an ONNX graph; return their states as `Steps`.

        The recurrences of ONNX take lengths, in the backward direction too.
        """
        lengths = graph.cast(steps.lengths, "int32")
        x = graph.add("Transpose", steps.x, perm=[1, 0, 2])  # (time, batch, features)
        for k, layer in enumerate(self.forward_layers):
            cells = [layer, *self.backward_layers[k : k + 1]]
            weights = [
                graph.constant(torch.stack([order_gates(cell, *names) for cell in cells]))
                for names in (
                    ["weight_ih_l0"],
                    ["weight_hh_l0"],
                    ["bias_ih_l0", "bias_hh_l0"],
                )
            ]
            options = {"hidden_size": layer.hidden_size}
            options["direction"] = "bidirectional" if len(cells) == 2 else "forward"
            if isinstance(layer, nn.GRU):
                options["linear_before_reset"] = 1
            if isinstance(layer, nn.RNN):
                options["activations"] = [layer.nonlinearity.capitalize()] * len(cells)
            x = graph.add(type(layer).__name__, x, *weights, lengths, **options)
            # (time, directions, batch, hidden) to (time, batch, directions, hidden)
            x = graph.add("Transpose", x, perm=[0, 2, 1, 3])
            x = graph.add("Reshape", x, graph.integers(0, 0, self.width))
        return steps._replace(x=graph.add("Transpose", x, perm=[1, 0, 2]))

    def _run(self, x, lengths, only_last=False):
        """Run all layers; return all states of the last one, or its last state."""
        n_rows = x.shape[0]
        # Row independence is guaranteed only without gradients. In an export the number of
        # rows is a symbol.
        if not torch.is_grad_enabled() and isinstance(n_rows, int):
            n_directions = 2 if self.backward_layers else 1
            multiple = count_rows(self.forward_layers, n_directions, x)
            x, lengths = pad_rows(x, lengths, multiple)
        for k, layer in enumerate(self.forward_layers):
            if k > 0:
                x = self.dropout(x)
            cells, inputs = [layer], [x]
            if self.backward_layers:
                cells.append(self.backward_layers[k])
                inputs.append(reverse_steps(x, lengths))
            is_cut = only_last and k + 1 == self.n_layers
            states = recur(cells, inputs, is_cut)
            x = states[0]  # (batch, time or 1, hidden)
            if self.backward_layers:
                back = states[1] if is_cut else reverse_steps(states[1], lengths)
                x = torch.cat([x, back], dim=2)
        # A slice of all rows would copy the gradient.
        return x if x.shape[0] == n_rows else x[:n_rows]


def unroll(cell, x, added):
    """Run a cell step by step, and add a tensor to each hidden state.

    Shapes: x (batch, time, n_features), added and the result (batch, time, hidden). Nothing
    is added to the cell state of an LSTM.
    """
    state, states = zero_state(cell, len(x)), []
    for x_t, extra in zip(x.unbind(1), added.unbind(1), strict=True):
        state = step_cell(cell, x_t, state)
        if isinstance(state, tuple):  # hidden state and cell state of an LSTM
            state = state[0] + extra, state[1]
            states.append(state[0])
        else:
            state = state + extra
            states.append(state)
    return torch.stack(states, dim=1)


def order_gates(cell, *names):
    """Return concatenated weights of a torch cell, with the gates in the order of ONNX."""
    order, parts = ONNX_GATES[type(cell)], []
    for name in names:
        gates = getattr(cell, name).chunk(len(order))
        parts += [gates[k] for k in order]
    return torch.cat(parts)


def initialize_recurrent(layer):
    """Initialize the weights of one recurrent layer.

    Recurrent matrices are orthogonal, gate by gate, so that repeated multiplication
    neither shrinks nor amplifies the state (Saxe et al., 2014,
    https://arxiv.org/abs/1312.6120). Input matrices are Glorot-uniform, gate by gate.
    Biases are zero, except those of an LSTM's forget gate, which are 1, so that memory and
    gradient persist initially (Gers et al., 2000; Jozefowicz et al., 2015,
    https://proceedings.mlr.press/v37/jozefowicz15.html).
    """
    hidden = layer.hidden_size
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("weight"):
                fill = nn.init.orthogonal_ if "_hh_" in name else nn.init.xavier_uniform_
                for gate in parameter.split(hidden):
                    fill(gate)
            else:
                parameter.zero_()
                # torch adds two biases; the gates are input, forget, cell, output.
                if isinstance(layer, nn.LSTM) and "_ih_" in name:
                    parameter[hidden : 2 * hidden] = 1.0
