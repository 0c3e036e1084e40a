"""How few sequences are answered alone as they are answered among many.

Which path kernels take through few rows depends on the processor and on the sizes. Rather
than to know all of them, this one is asked, once for each size.
"""

import functools

import torch
from torch import nn

from skseq.networks.kernels.padding import ROW_MULTIPLE
from skseq.networks.kernels.recurrence import recur

# Fewest first: one row alone takes a fifth of the time of sixteen.
CANDIDATES = (1, 2, 4, 8)
# After so many steps nothing new comes.
MOST_STEPS = 128


def count_rows(layers, n_directions, x):
    """Return how many rows to compute for those of x to be answered as among many.

    Parameters
    ----------
    layers : iterable of torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        Of one kind, on top of each other; one direction.
    n_directions : int
        How many of each run side by side.
    x : Tensor of shape (batch, time, n_features)
        What they are to read.
    """
    rows, n_steps = x.shape[:2]
    many = rows + -rows % ROW_MULTIPLE
    if rows > CANDIDATES[-1] or x.device.type != "cpu" or x.dtype != torch.float32:
        return many
    n_threads = torch.get_num_threads()
    allowed = [
        _ask_processor(
            type(layer),
            layer.nonlinearity if isinstance(layer, nn.RNN) else None,
            (layer.input_size, layer.hidden_size, min(n_steps, MOST_STEPS)),
            n_directions,
            n_threads,
        )
        for layer in layers
    ]
    return next((n for n in CANDIDATES if n >= rows and all(n in a for a in allowed)), many)


@functools.lru_cache(maxsize=1024)
def _ask_processor(kind, nonlinearity, sizes, n_directions, n_threads):
    """Compute rows of noise alone and among others; return how many gave the same bits."""
    n_features, hidden_size, n_steps = sizes
    generator = torch.Generator().manual_seed(n_threads)
    options = {} if nonlinearity is None else {"nonlinearity": nonlinearity}
    # Without first weights, for which torch's own generator would be asked.
    bare = type(kind.__name__, (kind,), {"reset_parameters": lambda cell: None})
    cells = [
        bare(n_features, hidden_size, batch_first=True, **options)
        for _ in range(n_directions)
    ]
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        for cell in cells:
            for weight in cell.parameters():
                weight.normal_(0, hidden_size**-0.5, generator=generator)
        x = torch.randn(ROW_MULTIPLE, n_steps, n_features, generator=generator)

        def run(x):
            return torch.cat(recur(cells, [x] * n_directions), dim=2)

        together = run(x)
        return tuple(
            n
            for n in CANDIDATES
            if all(
                run(x[i : i + n]).equal(together[i : i + n])
                for i in (0, 5, ROW_MULTIPLE - n)
            )
        )
