"""Products of matrices whose rows do not see each other, to the last bit.

BLAS takes another path through a row where the inner size is no multiple of 4, and which
path depends on where the row stands. Zeros added to the inner size change no sum. It also
takes another path where rows are few; rows of zeros beside them keep it on the one of many.
And where columns are no multiple of 16, as 24 or 36, it takes another path when three or
more threads share the work, which they do only if there is enough of it.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

MULTIPLE = 4

# Columns of a product that threads share alike, however many they are.
COLUMN_MULTIPLE = 16

# Predictions are computed for a multiple of this many rows. Below 16, processors with
# wide vectors take another path.
ROW_MULTIPLE = 16


def fill_up(x, multiple=MULTIPLE):
    """Append zeros to the last axis, up to a multiple."""
    missing = -x.shape[-1] % multiple
    return F.pad(x, (0, missing)) if missing else x


def find_row_multiple(network):
    """Return of how many rows a network's batches are to be a multiple in prediction.

    An encoder that fills them up itself, or by :class:`Linear`, says 1.
    """
    if getattr(network, "stem", None) is not None:
        return ROW_MULTIPLE
    return getattr(getattr(network, "encoder", None), "row_multiple", ROW_MULTIPLE)


class Linear(nn.Linear):
    """A :class:`torch.nn.Linear` that answers alike wherever a row stands.

    And however many there are, where no gradient is asked for.
    """

    def forward(self, x):
        """Map (..., in) to (..., out)."""
        x, weight, bias = fill_up(x), fill_up(self.weight), self.bias
        *shape, inner = x.shape
        rows, columns = math.prod(shape), len(weight)
        # In an export rows are a symbol.
        if torch.is_grad_enabled() or not isinstance(rows, int):
            return F.linear(x, weight, bias)
        filled = x
        if missing := -rows % ROW_MULTIPLE:
            filled = F.pad(x.reshape(rows, inner), (0, 0, 0, missing))
        if missing := -columns % COLUMN_MULTIPLE:
            weight = F.pad(weight, (0, 0, 0, missing))
            # The sum lies without gaps: how threads share what follows depends on that.
            found = F.linear(filled, weight)[..., :columns] + bias
        else:
            found = F.linear(filled, weight, bias)
        return found if filled is x else found[:rows].view(*shape, columns)
