"""From the states of all steps to one state a sequence."""

import math

import torch
from torch import nn

from skseq.networks.kernels.linear import Linear
from skseq.networks.masks import step_mask

# Numbers of a block in torch's sums over another axis than the last: four vectors.
SUMMED_TOGETHER = 32


class LastPooling(nn.Module):
    """The state after the whole sequence was read.

    Parameters
    ----------
    width : int
        Size of the states.
    backward_width : int, default=0
        How much of a state, at its end, was computed backward in time; that part has
        read the whole sequence at the first step.
    """

    def __init__(self, width, backward_width=0):
        super().__init__()
        self.width = width
        self.forward_width = width - backward_width

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        if lengths is None:
            last = states[:, -1, : self.forward_width]
        else:
            rows = torch.arange(len(states), device=states.device)
            last = states[rows, lengths - 1, : self.forward_width]
        if self.forward_width == self.width:
            return last  # not with nothing beside it, whose gradient is zeros for all steps
        return torch.cat([last, states[:, 0, self.forward_width :]], dim=1)


class MeanPooling(nn.Module):
    """The mean of the states of the real steps.

    Parameters
    ----------
    width : int
        Size of the states.
    """

    def __init__(self, width):
        super().__init__()
        self.width = width

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        if lengths is None:
            return add_steps(states) / states.shape[1]
        mask = step_mask(lengths, states.shape[1])[:, :, None]
        return add_steps(states * mask) / lengths[:, None]


class MaxPooling(nn.Module):
    """The largest value of each feature over the real steps.

    Parameters
    ----------
    width : int
        Size of the states.
    """

    def __init__(self, width):
        super().__init__()
        self.width = width

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        if lengths is not None:
            mask = step_mask(lengths, states.shape[1])[:, :, None]
            states = states.masked_fill(~mask, float("-inf"))
        return states.amax(dim=1)


class ConcatPooling(nn.Module):
    """The last state, the mean and the largest values, side by side.

    What happened last and what happened on the whole are then both at hand (Howard &
    Ruder, 2018, https://arxiv.org/abs/1801.06146).

    Parameters
    ----------
    width : int
        Size of the states.
    backward_width : int, default=0
        How much of a state, at its end, was computed backward in time.
    """

    def __init__(self, width, backward_width=0):
        super().__init__()
        self.width = 3 * width
        self.parts = nn.ModuleList(
            [LastPooling(width, backward_width), MeanPooling(width), MaxPooling(width)]
        )

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, 3 * width)."""
        return torch.cat([part(states, lengths) for part in self.parts], dim=1)


class AttentionPooling(nn.Module):
    """A weighted mean of the states, with weights that the states themselves ask for.

    Each of a few heads scores every step and averages its share of the features with
    the softmax of the scores (Lin et al., 2017, https://arxiv.org/abs/1703.03130). It
    starts as a plain mean.

    Parameters
    ----------
    width : int
        Size of the states.
    num_heads : int, default=4
        Heads; one that divides `width` is taken, at most this many.
    """

    def __init__(self, width, num_heads=4):
        super().__init__()
        self.width = width
        self.num_heads = next(h for h in range(num_heads, 0, -1) if width % h == 0)
        self.score = Linear(width, self.num_heads)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        batch, n_steps, _ = states.shape
        weights = self.weights(states, lengths)  # (batch, time, heads)
        heads = states.view(batch, n_steps, self.num_heads, -1)
        return add_steps(heads * weights[..., None]).flatten(1)

    def weights(self, states, lengths=None):
        """Return how much each step counts: (batch, time, heads), sum 1 over time."""
        scores = self.score(states)
        if lengths is not None:
            mask = step_mask(lengths, states.shape[1])[:, :, None]
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(dim=1)


def add_steps(x):
    """Sum (batch, time, ...) over time; without gradients, alike however many rows there are.

    torch's sum takes the steps in another order where the last block of numbers is not
    full. Rows that are no multiple of a block must lie one after another for that to be
    at the same place in each. (Threads begin where a block does.)
    """
    if not torch.is_grad_enabled() and math.prod(x.shape[2:]) % SUMMED_TOGETHER:
        x = x.contiguous()
    return x.sum(dim=1)
