"""Batch-size-invariant recurrences for a few sequences.

The code path of torch for a few rows depends on the processor and on the sizes. Instead of
a table of all of them, a trial run decides, once for each size.
"""

import functools

import torch
from torch import nn

from skseq.networks.kernels.padding import COLUMN_MULTIPLE, INNER_MULTIPLE, ROW_MULTIPLE
from skseq.networks.kernels.recurrence import recur

# Numbers of rows to try. One row takes a fifth of the time of sixteen.
CANDIDATES = (1, 2, 4, 8)
# A trial run has at most this many steps.
MAX_STEPS = 128
# A trial run compares at least this many numbers of a row: a few may be equal by chance.
MIN_NUMBERS = 256


def count_rows(layers, n_directions, x):
    """Return a number of rows at which states do not depend on the number of rows.

    It is the number of rows of x (batch, time, n_features), or the number to which they
    must be padded, for a stack of cells of one kind that runs in one or two directions.
    """
    rows, n_steps = x.shape[:2]
    many = rows + -rows % ROW_MULTIPLE
    if rows > CANDIDATES[-1] or x.device.type != "cpu" or x.dtype != torch.float32:
        return many
    n_threads = torch.get_num_threads()
    allowed = [
        _find_invariant_counts(
            type(layer),
            layer.nonlinearity if isinstance(layer, nn.RNN) else None,
            (*find_sizes(layer), min(n_steps, MAX_STEPS)),
            n_directions,
            n_threads,
        )
        for layer in layers
    ]
    return next((n for n in CANDIDATES if n >= rows and all(n in a for a in allowed)), many)


def find_sizes(layer):
    """Return input size and hidden size with which a layer computes.

    The hand-written recurrences pad them; zeros in a trial run would prove nothing.
    """
    n_features, hidden_size = layer.input_size, layer.hidden_size
    if isinstance(layer, nn.LSTM):
        return n_features, hidden_size
    return (
        n_features + -n_features % INNER_MULTIPLE,
        hidden_size + -hidden_size % COLUMN_MULTIPLE,
    )


@functools.lru_cache(maxsize=1024)
def _find_invariant_counts(kind, nonlinearity, sizes, n_directions, n_threads):
    """Return the numbers of rows whose states have the same bits in a larger batch."""
    n_features, hidden_size, n_steps = sizes
    generator = torch.Generator().manual_seed(n_threads)
    options = {} if nonlinearity is None else {"nonlinearity": nonlinearity}
    # A subclass without initialization, which would use torch's global random state.
    bare = type(kind.__name__, (kind,), {"reset_parameters": lambda cell: None})
    cells = [
        bare(n_features, hidden_size, batch_first=True, **options)
        for _ in range(n_directions)
    ]
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        for cell in cells:
            for weight in cell.parameters():
                weight.normal_(0, hidden_size**-0.5, generator=generator)
        n_batches = -(-MIN_NUMBERS // (n_steps * hidden_size))
        shape = n_batches, ROW_MULTIPLE, n_steps, n_features
        batches = torch.randn(shape, generator=generator)

        def run(x):
            return torch.cat(recur(cells, [x] * n_directions), dim=2)

        def is_invariant(x, together, n):
            firsts = 0, 5, ROW_MULTIPLE - n
            return all(run(x[i : i + n]).equal(together[i : i + n]) for i in firsts)

        allowed = CANDIDATES
        for x in batches:
            together = run(x)
            allowed = tuple(n for n in allowed if is_invariant(x, together, n))
        return allowed
