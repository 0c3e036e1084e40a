"""Recurrences: torch's, and hand-written ones of the vanilla RNN and the GRU for the CPU.

torch runs its GRU and RNN on the CPU step by step through autograd. Here their two directions
run at once, in place, and the backward pass works through the steps in chunks: what does
not depend on the running gradient is computed for a whole chunk together, in one product
of matrices and in memory that stays in the processor's cache. The numbers are those of
:class:`torch.nn.RNN` and :class:`torch.nn.GRU` up to rounding.
"""

import contextlib

import torch
from torch import nn

from skseq.networks.kernels.gru import GRURecurrence
from skseq.networks.kernels.rnn import RNNRecurrence
from skseq.networks.kernels.threads import one_thread
from skseq.networks.precision import without_autocast

# What one thread answers alone, of torch's cells: so many rows at most, weights, and
# multiplications of a step. More rows than few are to be answered as many are.
MOST_ROWS, MOST_WEIGHTS, MOST_PRODUCTS = 8, 2**17, 2**18

PARAMETERS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def recur(cells, inputs, only_last=False):
    """Run one-layer cells of one kind side by side, each over its own input.

    Parameters
    ----------
    cells : list of torch.nn.RNN, of torch.nn.LSTM or of torch.nn.GRU
        One cell for each direction; their weights are used.
    inputs : list of Tensor of shape (batch, time, n_features)
        What each of them reads.
    only_last : bool, default=False
        Whether the state after the last step is all that is wanted.

    Returns
    -------
    list of Tensor of shape (batch, time, hidden), or (batch, 1, hidden)
        The states of each.
    """
    if isinstance(cells[0], nn.LSTM) or inputs[0].device.type != "cpu":
        states = [_run_cell(cell, x) for cell, x in zip(cells, inputs, strict=True)]
        return [x[:, -1:] for x in states] if only_last else states
    # Separate tensors, stacked inside: autograd then has nothing to undo but the whole.
    tensors = [
        *inputs,
        *(getattr(cell, name) for name in PARAMETERS for cell in cells),
    ]
    if isinstance(cells[0], nn.GRU):
        return GRURecurrence.apply(torch.is_grad_enabled(), only_last, *tensors)
    return RNNRecurrence.apply(cells[0].nonlinearity == "relu", only_last, *tensors)


def _run_cell(cell, x):
    """Run a cell of torch, (batch, time, features) to (batch, time, hidden).

    On the CPU in float32, as the hand-written recurrences: which processors have an LSTM
    in bfloat16 is found out only by asking for it, and the others raise.
    """
    if x.device.type != "cpu" or x.dtype == torch.float64:
        return cell(x)[0]
    with without_autocast(x.device), _threads_for_rows(cell, x):
        return cell(x.float())[0]


def _threads_for_rows(cell, x):
    """Return a context in which one thread answers few rows, which is sooner.

    Not while training, nor where weights leave no room in the cache of one core.
    """
    # In an export rows are a symbol.
    if torch.is_grad_enabled() or not isinstance(x.shape[0], int) or x.shape[0] > MOST_ROWS:
        return contextlib.nullcontext()
    n_weights = cell.weight_ih_l0.numel() + cell.weight_hh_l0.numel()
    is_small = n_weights <= MOST_WEIGHTS and x.shape[0] * n_weights <= MOST_PRODUCTS
    return one_thread() if is_small else contextlib.nullcontext()
