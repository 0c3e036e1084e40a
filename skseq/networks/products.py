"""Products of matrices whose rows do not see each other, to the last bit.

BLAS takes another path through a row where the inner size is no multiple of 4, and which
path depends on where the row stands. Zeros added to the inner size change no sum.
"""

from torch import nn
from torch.nn import functional as F

MULTIPLE = 4


def fill_up(x):
    """Append zeros to the last axis, up to a multiple of 4."""
    missing = -x.shape[-1] % MULTIPLE
    return F.pad(x, (0, missing)) if missing else x


class Linear(nn.Linear):
    """A :class:`torch.nn.Linear` that answers alike wherever a row stands."""

    def forward(self, x):
        """Map (..., in) to (..., out)."""
        return F.linear(fill_up(x), fill_up(self.weight), self.bias)
