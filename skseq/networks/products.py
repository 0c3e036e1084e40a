"""Products of matrices whose rows do not see each other, to the last bit.

BLAS takes another path through a row where the inner size is no multiple of 4, and which
path depends on where the row stands. Zeros added to the inner size change no sum. It also
takes another path where rows are few; rows of zeros beside them keep it on the one of many.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

MULTIPLE = 4

# Predictions are computed for a multiple of this many rows. Below 16, processors with
# wide vectors take another path.
ROW_MULTIPLE = 16


def fill_up(x):
    """Append zeros to the last axis, up to a multiple of 4."""
    missing = -x.shape[-1] % MULTIPLE
    return F.pad(x, (0, missing)) if missing else x


def find_row_multiple(network):
    """Return of how many rows a network's batches are to be a multiple in prediction.

    An encoder all of whose products are :class:`Linear` says 1: these fill up themselves.
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
        x, weight = fill_up(x), fill_up(self.weight)
        rows = math.prod(x.shape[:-1])
        # In an export it is a symbol.
        missing = -rows % ROW_MULTIPLE if isinstance(rows, int) else 0
        if missing == 0 or torch.is_grad_enabled():
            return F.linear(x, weight, self.bias)
        filled = F.pad(x.reshape(rows, -1), (0, 0, 0, missing))
        return F.linear(filled, weight, self.bias)[:rows].view(*x.shape[:-1], -1)
