"""Poolings: the states of all steps become one state for each sequence."""

import math
from abc import ABC, abstractmethod

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.exporting import LOWEST, export_zero_padding
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.masks import step_mask

# Numbers of a block in torch's sums over an axis that is not the last: four vectors.
SUM_BLOCK = 32


class Pooling(nn.Module, ABC):
    """Maps the states of all steps to one state for each sequence.

    Parameters
    ----------
    width : int
        Size of the states.
    backward_width : int, default=0
        Number of features, the last ones of a state, that were computed backward in time.

    Attributes
    ----------
    width : int
        Size of the pooled state.
    uses_last_state : bool, default=False
        Whether only the state after the last step is used.
    has_weights : bool, default=False
        Whether `weights` is implemented.
    """

    uses_last_state: bool = False
    has_weights: bool = False

    def __init__(self, width, backward_width=0):
        super().__init__()
        self.width = width
        self.forward_width = width - backward_width

    @abstractmethod
    def forward(self, states, lengths=None):
        """Pool right-padded states (batch, time, width) to (batch, self.width).

        `lengths` (batch,) is None if no step is padding.
        """

    @abstractmethod
    def initial_state(self, batch_size, device=None):
        """Return the state before the first step: tensors (batch, ...), or tuples of them."""

    @abstractmethod
    def step(self, h_t, state):
        """Return the pooled state of the steps so far, (batch, self.width).

        Shapes: h_t (batch, width), the state of the encoder after this step. Also returns
        the state for the next step. There are no features that were computed backward.
        """

    def weights(self, states, lengths=None):
        """Return the weight of each step: (batch, time, heads), sum 1 over time."""
        raise TypeError(f"{type(self).__name__} has no weights.")

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps."""
        flops = 2 * n_steps * count_matrix_elements(self)
        return [Layer("pooling", type(self).__name__, (self.width,), [self], flops)]

    @abstractmethod
    def export(self, graph, steps):
        """Add the pooling to an ONNX graph; return the name of the pooled states."""


class LastPooling(Pooling):
    """The state after the whole sequence.

    Features that are computed backward in time are taken from the first step, where they
    depend on the whole sequence.
    """

    uses_last_state = True

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        if lengths is None:
            last = states[:, -1, : self.forward_width]
        else:
            rows = torch.arange(len(states), device=states.device)
            last = states[rows, lengths - 1, : self.forward_width]
        if self.forward_width == self.width:
            return last  # concatenated to an empty slice it would have a second gradient
        return torch.cat([last, states[:, 0, self.forward_width :]], dim=1)

    def initial_state(self, batch_size, device=None):
        """Return an empty tuple."""
        return ()

    def step(self, h_t, state):
        """Return the last state."""
        return h_t, ()

    def export(self, graph, steps):
        """Add the pooling to an ONNX graph; return the name of the pooled states."""
        last = graph.add("Sub", steps.lengths, graph.integer(1))
        last = graph.add("Unsqueeze", last, graph.integers(1))
        last = graph.add("GatherND", steps.x, last, batch_dims=1)  # (batch, width)
        if self.forward_width == self.width:
            return last
        first = graph.add("Gather", steps.x, graph.integer(0), axis=1)
        start, split, end = (graph.integers(n) for n in (0, self.forward_width, self.width))
        last = graph.add("Slice", last, start, split, graph.integers(1))
        first = graph.add("Slice", first, split, end, graph.integers(1))
        return graph.add("Concat", last, first, axis=1)


class MeanPooling(Pooling):
    """The mean of the states of the real steps."""

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        if lengths is None:
            return add_steps(states) / states.shape[1]
        mask = step_mask(lengths, states.shape[1])[:, :, None]
        return add_steps(states * mask) / lengths[:, None]

    def initial_state(self, batch_size, device=None):
        """Return a sum of states (batch, width) and the number of steps (batch, 1)."""
        total = torch.zeros(batch_size, self.width, device=device)
        return total, torch.zeros_like(total[:, :1])

    def step(self, h_t, state):
        """Return the mean of the states so far."""
        total, n_steps = state
        total, n_steps = total + h_t, n_steps + 1
        return total / n_steps, (total, n_steps)

    def export(self, graph, steps):
        """Add the pooling to an ONNX graph; return the name of the pooled states."""
        x, axis = export_zero_padding(graph, steps), graph.integers(1)
        total = graph.add("ReduceSum", x, axis, keepdims=0)
        n_steps = graph.cast(graph.add("Unsqueeze", steps.lengths, axis), "float32")
        return graph.add("Div", total, n_steps)


class MaxPooling(Pooling):
    """The maximum of each feature over the real steps."""

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, width)."""
        if lengths is not None:
            mask = step_mask(lengths, states.shape[1])[:, :, None]
            states = states.masked_fill(~mask, float("-inf"))
        return states.amax(dim=1)

    def initial_state(self, batch_size, device=None):
        """Return the largest values before the first step: (batch, width)."""
        return torch.full((batch_size, self.width), float("-inf"), device=device)

    def step(self, h_t, state):
        """Return the maximum of the states so far."""
        largest = torch.maximum(h_t, state)
        return largest, largest

    def export(self, graph, steps):
        """Add the pooling to an ONNX graph; return the name of the pooled states."""
        x = graph.add("Where", steps.mask, steps.x, graph.constant(LOWEST))
        return graph.add("ReduceMax", x, graph.integers(1), keepdims=0)


class ConcatPooling(Pooling):
    """Concatenation of the last state, the mean and the maximum.

    See Howard & Ruder (2018, https://arxiv.org/abs/1801.06146).
    """

    def __init__(self, width, backward_width=0):
        super().__init__(width, backward_width)
        self.width = 3 * width
        self.parts = nn.ModuleList(
            [LastPooling(width, backward_width), MeanPooling(width), MaxPooling(width)]
        )

    def forward(self, states, lengths=None):
        """Pool (batch, time, width) to (batch, 3 * width)."""
        return torch.cat([part(states, lengths) for part in self.parts], dim=1)

    def initial_state(self, batch_size, device=None):
        """Return the states of the parts."""
        return tuple(part.initial_state(batch_size, device) for part in self.parts)

    def step(self, h_t, state):
        """Return the concatenation for the steps so far."""
        pairs = zip(self.parts, state, strict=True)
        pooled, state = zip(
            *(part.step(h_t, before) for part, before in pairs), strict=True
        )
        return torch.cat(pooled, dim=1), state

    def export(self, graph, steps):
        """Add the pooling to an ONNX graph; return the name of the pooled states."""
        pooled = [part.export(graph, steps) for part in self.parts]
        return graph.add("Concat", *pooled, axis=1)


class AttentionPooling(Pooling):
    """A weighted mean of the states, with learned weights.

    Each head has a linear score of every step, and averages its part of the features with
    the softmax of the scores over time (Lin et al., 2017,
    https://arxiv.org/abs/1703.03130). Initially all scores are 0: a plain mean.

    Parameters
    ----------
    width : int
        Size of the states.
    backward_width : int, default=0
        Not used.
    num_heads : int, default=4
        Maximum number of heads. The largest one that divides `width` is taken.
    """

    has_weights = True

    def __init__(self, width, backward_width=0, num_heads=4):
        super().__init__(width, backward_width)
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

    def initial_state(self, batch_size, device=None):
        """Return the largest score and the sum of weights, and the weighted sum.

        Shapes: (batch, heads, 1) twice, (batch, heads, width / heads).
        """
        shape = batch_size, self.num_heads
        lowest = torch.full((*shape, 1), float("-inf"), device=device)
        total = torch.zeros(*shape, self.width // self.num_heads, device=device)
        return lowest, torch.zeros_like(lowest), total

    def step(self, h_t, state):
        """Return the weighted mean of the states so far.

        Sums are relative to the largest score so far, as in Milakov & Gimelshein (2018,
        https://arxiv.org/abs/1805.02867).
        """
        largest, weights, total = state
        score = F.linear(h_t, self.score.weight, self.score.bias)[:, :, None]
        highest = torch.maximum(largest, score)
        factor, weight = (largest - highest).exp(), (score - highest).exp()
        weights = weights * factor + weight
        total = total * factor + h_t.view(*total.shape) * weight
        return (total / weights).flatten(1), (highest, weights, total)

    def weights(self, states, lengths=None):
        """Return the weight of each step: (batch, time, heads), sum 1 over time."""
        scores = self.score(states)
        if lengths is not None:
            mask = step_mask(lengths, states.shape[1])[:, :, None]
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(dim=1)

    def export(self, graph, steps):
        """Add the pooling to an ONNX graph; return the name of the pooled states."""
        scores = self.score.export(graph, steps.x)  # (batch, time, heads)
        scores = graph.add("Where", steps.mask, scores, graph.constant(LOWEST))
        weights = graph.add("Softmax", scores, axis=1)
        weights = graph.add("Unsqueeze", weights, graph.integers(3))
        heads = graph.integers(0, 0, self.num_heads, self.width // self.num_heads)
        heads = graph.add("Reshape", steps.x, heads)  # (batch, time, heads, features)
        heads = graph.add("Mul", heads, weights)
        total = graph.add("ReduceSum", heads, graph.integers(1), keepdims=0)
        return graph.add("Reshape", total, graph.integers(0, self.width))


def add_steps(x):
    """Sum (batch, time, ...) over time.

    Without gradients, the sum of a row does not depend on the number of rows. torch adds
    the steps in another order where the last block of numbers is not full. If rows are
    not a multiple of a block, they must be contiguous, so that this happens at the same
    place in each row. (Threads start at the beginning of a block.)
    """
    if not torch.is_grad_enabled() and math.prod(x.shape[2:]) % SUM_BLOCK:
        x = x.contiguous()
    return x.sum(dim=1)
