"""Zero padding of matrix products, so that their rows do not depend on each other.

BLAS chooses its code path by the shape of a product. In the last bit a row of the result
then depends on where the row is and on how many there are:

- if the inner size is not a multiple of 4,
- if there are fewer than 16 rows, on processors with wide vectors,
- if the columns are not a multiple of 16 and at least three threads share the product.

Zeros that fill up a size to such a multiple change no sum.
"""

import torch
from torch.nn import functional as F

INNER_MULTIPLE = 4
COLUMN_MULTIPLE = 16
ROW_MULTIPLE = 16
# Where rows would be padded, longer sequences are computed one at a time instead: padding
# one long sequence to sixteen rows would take too much memory and time.
MAX_PADDED_ROW_STEPS = 2048


def pad_features(x, multiple=INNER_MULTIPLE):
    """Append zeros to the last axis until its size is a multiple."""
    missing = -x.shape[-1] % multiple
    return F.pad(x, (0, missing)) if missing else x


def pad_rows(x, lengths, multiple=ROW_MULTIPLE):
    """Append rows of zeros to a prediction batch until their number is a multiple.

    Nothing is appended while gradients are recorded, where row independence is not
    required, or while the network is exported, where sizes are symbols. Shapes: x (batch,
    time, features), lengths (batch,) or None. Appended rows have length 1.
    """
    if multiple == 1 or torch.is_grad_enabled() or not isinstance(x.shape[0], int):
        return x, lengths
    if missing := -x.shape[0] % multiple:
        x = F.pad(x, (0, 0, 0, 0, 0, missing))
        if lengths is not None:
            lengths = F.pad(lengths, (0, missing), value=1)
    return x, lengths


def is_long(x):
    """Return whether a prediction batch (batch, time, features) is too long to pad rows."""
    if torch.is_grad_enabled() or not isinstance(x.shape[0], int):
        return False
    return x.shape[1] > MAX_PADDED_ROW_STEPS


def round_batch_size(n):
    """Return the largest batch size up to `n`, but at least 16, that needs no padding."""
    return max(n - n % ROW_MULTIPLE, ROW_MULTIPLE)
