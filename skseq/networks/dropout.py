"""Dropout that draws from a generator of its own."""

import torch
from torch import nn


class Dropout(nn.Module):
    """Zero a share of the values while training, scale the rest up.

    Unlike :class:`torch.nn.Dropout` it can draw its masks from a given generator, so
    that training reads and changes no global random state, in threads neither.

    Parameters
    ----------
    p : float
        Probability of a value to be zeroed.

    Attributes
    ----------
    generator : torch.Generator or None
        Where masks are drawn from. None is torch's global one.
    """

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x):
        """Drop values of any shape."""
        if not self.training or self.p == 0:
            return x
        keep = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep.div_(1 - self.p)

    def extra_repr(self):
        """Show the probability."""
        return f"p={self.p}"
