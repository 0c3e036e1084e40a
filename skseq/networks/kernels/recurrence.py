"""Recurrences: those of torch, and hand-written ones of the vanilla RNN and the GRU.

On the CPU torch runs its GRU and RNN step by step through autograd. The hand-written ones
run both directions at once and in place, and their backward pass processes the steps in
chunks: everything that does not depend on the running gradient is computed for a whole
chunk, in one matrix product and in memory that fits into the cache. The results equal those
of :class:`torch.nn.RNN` and :class:`torch.nn.GRU` up to rounding.
"""

import contextlib

import torch
from torch import nn

from skseq.networks.kernels.gru import GRURecurrence
from skseq.networks.kernels.rnn import RNNRecurrence
from skseq.networks.kernels.threads import one_thread
from skseq.networks.precision import without_autocast

# One thread runs torch's cells in prediction up to this many rows, weights, and
# multiplications of a step.
MAX_ROWS, MAX_WEIGHTS, MAX_PRODUCTS = 8, 2**17, 2**18

PARAMETERS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def recur(cells, inputs, only_last=False):
    """Run one-layer cells of one kind, one for each direction, each over its own input.

    Shapes: inputs (batch, time, n_features). Returns the states (batch, time, hidden) of
    each cell; (batch, 1, hidden) with `only_last`, the state after the last step.
    """
    if _runs_in_torch(cells[0], inputs[0]):
        states = [_run_cell(cell, x)[0] for cell, x in zip(cells, inputs, strict=True)]
        return [x[:, -1:] for x in states] if only_last else states
    return _run_kernel(cells, inputs, only_last)


def recur_from(cell, x, state):
    """Run a one-layer cell from a given state; return its states, and the state at the end.

    Shapes: x (batch, time, n_features), states (batch, time, hidden). The state before the
    first step, and after the last, is (batch, hidden), or hidden state and cell state of an
    LSTM.
    """
    if _runs_in_torch(cell, x):
        return _run_cell(cell, x, state)
    (states,) = _run_kernel([cell], [x], False, state[None])
    return states, states[:, -1]


def zero_state(cell, batch_size):
    """Return the state of a cell before the first step, as for `recur_from`."""
    zeros = cell.weight_hh_l0.new_zeros(batch_size, cell.hidden_size)
    return (zeros, zeros) if isinstance(cell, nn.LSTM) else zeros


def step_cell(cell, x, state):
    """Run a cell for one step, through an operation of torch.

    Shapes: x (batch, n_features); state as for `recur_from`. Returns the state.
    """
    return make_cell_step(cell)(x, state)


def make_cell_step(cell):
    """Return `step_cell` of a cell as a function of x and state."""
    weights = [getattr(cell, name) for name in PARAMETERS]
    if isinstance(cell, nn.LSTM):
        run = torch.lstm_cell
    elif isinstance(cell, nn.GRU):
        run = torch.gru_cell
    else:
        is_relu = cell.nonlinearity == "relu"
        run = torch.rnn_relu_cell if is_relu else torch.rnn_tanh_cell
    return lambda x, state: run(x, state, *weights)


def _runs_in_torch(cell, x):
    return isinstance(cell, nn.LSTM) or x.device.type != "cpu"


def _run_kernel(cells, inputs, only_last, initial=None):
    """Run a hand-written recurrence; return the states of each cell.

    `initial` is a Tensor (directions, batch, hidden), or None for zeros.
    """
    # Tensors are stacked inside, so that autograd records a single operation.
    tensors = [
        *inputs,
        *(getattr(cell, name) for name in PARAMETERS for cell in cells),
    ]
    if isinstance(cells[0], nn.GRU):
        keeps_gates = torch.is_grad_enabled()
        return GRURecurrence.apply(keeps_gates, only_last, initial, *tensors)
    is_relu = cells[0].nonlinearity == "relu"
    return RNNRecurrence.apply(is_relu, only_last, initial, *tensors)


def _run_cell(cell, x, state=None):
    """Run a cell of torch; return all states (batch, time, hidden) and the last state.

    On the CPU it runs in float32, like the hand-written recurrences: only some processors
    have an LSTM in bfloat16, and torch raises on the others.
    """
    if state is not None:  # torch expects a dimension of layers
        is_pair = isinstance(state, tuple)
        state = tuple(part[None] for part in state) if is_pair else state[None]
    if x.device.type != "cpu" or x.dtype == torch.float64:
        states, last = cell(x, state)
    else:
        with without_autocast(x.device), _threads_for_rows(cell, x):
            states, last = cell(x.float(), state)
    if isinstance(last, tuple):
        return states, tuple(part[0] for part in last)
    return states, last[0]


def _threads_for_rows(cell, x):
    """Return a context in which one thread runs a few rows, which is faster.

    Not in training, nor if the weights do not fit into the cache of one core.
    """
    # In an export the number of rows is a symbol.
    if torch.is_grad_enabled() or not isinstance(x.shape[0], int) or x.shape[0] > MAX_ROWS:
        return contextlib.nullcontext()
    n_weights = cell.weight_ih_l0.numel() + cell.weight_hh_l0.numel()
    is_small = n_weights <= MAX_WEIGHTS and x.shape[0] * n_weights <= MAX_PRODUCTS
    return one_thread() if is_small else contextlib.nullcontext()
