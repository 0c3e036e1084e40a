"""Vanilla RNN, LSTM and GRU networks over padded batches, without packing."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.dropout import Dropout
from skseq.networks.encoders.base import Encoder
from skseq.networks.kernels.recurrence import recur
from skseq.networks.kernels.row_counts import count_rows
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.masks import reverse_steps


class RecurrentEncoder(Encoder):
    """Recurrent layers, one- or bidirectional, over right-padded batches.

    Padding stands at the end, so a forward recurrence reaches it only after all real
    steps; the backward one reads each sequence reversed within its own length.
    Nothing is packed: packing leaves torch's fused kernels.

    Parameters
    ----------
    cell : type
        `torch.nn.RNN`, `torch.nn.LSTM` or `torch.nn.GRU`.
    n_features : int
        Features of the input.
    hidden_size : int
        Size of the hidden state, for each direction.
    num_layers : int
        Layers on top of each other.
    bidirectional : bool
        Whether a second recurrence runs backward in time.
    dropout : float
        Dropout between the layers.
    **cell_options : dict
        Further options of the cell, as `nonlinearity`.

    Attributes
    ----------
    width : int
        Size of the returned states.
    backward_width : int
        How much of it, at the end, belongs to the backward direction.
    """

    row_multiple = 1  # `forward` pads rows itself, to fewer where fewer suffice
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

        def build(k):
            size = n_features if k == 0 else self.width
            return cell(size, hidden_size, batch_first=True, **cell_options)

        self.forward_layers = nn.ModuleList(build(k) for k in range(num_layers))
        self.backward_layers = nn.ModuleList(
            build(k) for k in range(num_layers if bidirectional else 0)
        )
        self.dropout = Dropout(dropout)
        self.n_layers = num_layers
        for layer in [*self.forward_layers, *self.backward_layers]:
            initialise_recurrent(layer)

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
            Real steps of each; None if there is no padding.
        """
        return self._run(x, lengths)

    def forward_last(self, x):
        """Return the state of each direction after its last step: (batch, 1, width)."""
        return self._run(x, None, only_last=True)

    def _run(self, x, lengths, only_last=False):
        """Run all layers; keep all states of the last one, or the last state."""
        rows = x.shape[0]
        if missing := self._count_missing(x):
            x = F.pad(x, (0, 0, 0, 0, 0, missing))
            if self.backward_layers and lengths is not None:
                lengths = F.pad(lengths, (0, missing), value=1)
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
        # To cut nothing away would still copy the gradient.
        return x if x.shape[0] == rows else x[:rows]

    def _count_missing(self, x):
        """Return how many rows to add for the others to be answered as among many."""
        # With gradients there is no such promise; in an export rows are a symbol.
        if torch.is_grad_enabled() or not isinstance(x.shape[0], int):
            return 0
        n_directions = 2 if self.backward_layers else 1
        return count_rows(self.forward_layers, n_directions, x) - x.shape[0]

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

    def probe(self, x, lengths, probes):
        """Return what `forward` does, step by step, with something added to each state.

        What is added to the state of a step is carried on: the next step reads the sum.

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_features)
            As for `forward`.
        lengths : Tensor of shape (batch,) or None
            As for `forward`.
        probes : Tensor of shape (layers, batch, time, width)
            What is added. The gradient of a loss at zeros is its gradient at the states,
            through all later steps; at the output of a layer of torch it would lack
            the way through the recurrence.
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


def unroll(layer, x, added):
    """Run a layer over single steps, with something added to each hidden state.

    Parameters
    ----------
    layer : torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        One layer, one direction; its weights are used.
    x : Tensor of shape (batch, time, n_features)
        What it reads.
    added : Tensor of shape (batch, time, hidden)
        Added to the hidden state of each step. An LSTM's cell is left alone.

    Returns
    -------
    Tensor of shape (batch, time, hidden)
        The hidden states.
    """
    weights = layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0
    state = x.new_zeros(len(x), layer.hidden_size)
    memory, states = state, []
    for step, extra in zip(x.unbind(1), added.unbind(1), strict=True):
        if isinstance(layer, nn.LSTM):
            state, memory = torch.lstm_cell(step, (state, memory), *weights)
        elif isinstance(layer, nn.GRU):
            state = torch.gru_cell(step, state, *weights)
        elif layer.nonlinearity == "relu":
            state = torch.rnn_relu_cell(step, state, *weights)
        else:
            state = torch.rnn_tanh_cell(step, state, *weights)
        state = state + extra
        states.append(state)
    return torch.stack(states, dim=1)


def initialise_recurrent(layer):
    """Set the weights of one recurrent layer so that it trains.

    Recurrent matrices are orthogonal, gate by gate: repeated multiplication then
    neither shrinks nor blows up the state (Saxe et al., 2014,
    https://arxiv.org/abs/1312.6120). Input matrices are Glorot-uniform, gate by
    gate. Biases are zero, but for the forget gate of an LSTM, which starts open at 1,
    so that memory and gradient last from the beginning (Gers et al., 2000;
    Jozefowicz et al., 2015, https://proceedings.mlr.press/v37/jozefowicz15.html).
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
                # torch adds two biases; the order of gates is input, forget, ...
                if isinstance(layer, nn.LSTM) and "_ih_" in name:
                    parameter[hidden : 2 * hidden] = 1.0
