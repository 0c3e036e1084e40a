"""How few sequences torch's LSTM answers alone as it answers them among many.

Which path its kernels take through few rows depends on the processor and on the sizes.
Rather than to know all of them, this one is asked, once for each size.
"""

import functools

import torch

from skseq.networks.products import ROW_MULTIPLE

# Fewest first: one row alone takes a fifth of the time of sixteen.
CANDIDATES = (1, 4)


def find_lstm_rows(cell, x):
    """Return how many rows at least are to be computed together.

    Parameters
    ----------
    cell : torch.nn.LSTM
        One layer, one direction.
    x : Tensor of shape (batch, time, n_features)
        What it is to read.
    """
    if x.device.type != "cpu" or cell.weight_hh_l0.dtype != torch.float32:
        return ROW_MULTIPLE
    sizes = cell.input_size, cell.hidden_size, x.shape[1]
    return _ask_processor(*sizes, torch.get_num_threads())


@functools.lru_cache(maxsize=1024)
def _ask_processor(n_features, hidden_size, n_steps, n_threads):
    """Compute rows of noise alone and among others: other paths differ in some bits."""
    generator = torch.Generator().manual_seed(n_threads)

    def draw(*shape):
        return torch.randn(shape, generator=generator)

    gates = 4 * hidden_size
    weights = [draw(gates, n_features), draw(gates, hidden_size), draw(gates), draw(gates)]
    weights = [weight * hidden_size**-0.5 for weight in weights]
    x = draw(ROW_MULTIPLE, n_steps, n_features)

    def run(x):
        zeros = x.new_zeros(1, len(x), hidden_size)
        return torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, False, False, True)[0]

    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        together = run(x)
        for n in CANDIDATES:
            firsts = (0, 5, ROW_MULTIPLE - n)
            if all(run(x[i : i + n]).equal(together[i : i + n]) for i in firsts):
                return n
    return ROW_MULTIPLE
