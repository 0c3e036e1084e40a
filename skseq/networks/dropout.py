"""Dropout with its own random state."""

import torch
from torch import nn


class Dropout(nn.Module):
    """Zero random values during training, and scale the others up.

    Unlike :class:`torch.nn.Dropout` it can draw masks from a given generator, so that
    training neither reads nor changes the global random state, even in threads.

    Parameters
    ----------
    p : float
        Probability of a value to be zeroed.

    Attributes
    ----------
    generator : torch.Generator or None
        Source of the masks. None is the global random state of torch.
    """

    def __init__(self, p):
        super().__init__()
        self.p = p
        self.generator = None

    def forward(self, x):
        """Drop values of a tensor of any shape."""
        if not self.training or self.p == 0:
            return x
        keep = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * keep.div_(1 - self.p)

    def extra_repr(self):
        """Show the probability."""
        return f"p={self.p}"


def set_dropout_generator(module, generator):
    """Set the source of the masks of all dropout in a module."""
    for part in module.modules():
        if isinstance(part, Dropout):
            part.generator = generator
