"""The head of forecasters: outputs for all future steps of a window."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.embeddings import StepEmbedding
from skseq.networks.heads.base import PoolingHead
from skseq.networks.heads.collecting import collect_rows
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.precision import without_autocast


class HorizonHead(PoolingHead):
    """Decodes all future steps of a window from the pooled state of its past.

    The horizon is cut into segments. Each is decoded from the pooled state and an embedding
    of its position, not from earlier forecasts, so that errors do not accumulate (as in
    SegRNN: Lin et al., 2023, https://arxiv.org/abs/2308.11200). A linear map of past
    values is added; it is sufficient for many series (Zeng et al., 2023,
    https://arxiv.org/abs/2205.13504), and the network learns the rest (Lai et al., 2018,
    https://arxiv.org/abs/1703.07015).

    Parameters
    ----------
    pooling : Pooling
        Maps states and lengths to (batch, pooled_width).
    context_length, horizon : int
        Number of past and future steps of a window.
    n_known : int
        Number of features that are known for future steps too: the last ones, or the last
        ones before ids.
    n_outputs : int
        Number of outputs for each future step.
    segment : int
        Number of future steps that are decoded together.
    dropout : float, default=0.0
        Dropout on the pooled state, and on embeddings, during training.
    n_ids : int, default=0
        Number of features, the last ones, that are ids of categories.
    categories : sequence of tuple, default=()
        The parameters of the :class:`CategoryEmbedding` of each of the last ids, which are
        known for future steps too. The decoder has its own embeddings, in addition to those
        of the input layers.
    """

    def __init__(
        self,
        pooling,
        context_length,
        horizon,
        *,
        n_known,
        n_outputs,
        segment,
        dropout=0.0,
        n_ids=0,
        categories=(),
    ):
        super().__init__(pooling, dropout)
        self.context_length = context_length
        self.horizon = horizon
        self.n_known = n_known
        self.n_outputs = n_outputs
        self.n_ids = n_ids
        self.n_known_ids = len(categories)
        self.embedding, width = None, n_known
        if categories:
            n_columns = n_known + len(categories)
            self.embedding = StepEmbedding(n_columns, categories, dropout)
            width = self.embedding.width
        self.decoder = SegmentDecoder(pooling.width, horizon, segment, width, n_outputs)
        self.linear = Linear(context_length, horizon)
        # Initially, this map does not change the forecasts.
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, states, lengths, x):
        """Return outputs for the future steps of windows: (batch, horizon * n_outputs).

        The first feature of the windows x (batch, context_length + horizon, n_features) is
        the change or the level of the series. The outputs of a step are adjacent.
        """
        state = self.dropout(self.pool(states, lengths))
        with without_autocast(x.device):
            outputs = self.decoder(state.to(torch.float32), self._read_known(x))
            outputs = outputs + self.linear(x[:, : self.context_length, 0])[:, :, None]
        return outputs.flatten(1)

    def _read_known(self, x):
        """Return what is known about future steps: (batch, horizon, n_known or more)."""
        x = x[:, self.context_length :]
        end = x.shape[2] - self.n_ids
        known = x[:, :, end - self.n_known : end]
        if self.embedding is None:
            return known
        ids = x[:, :, x.shape[2] - self.n_known_ids :]
        return self.embedding(torch.cat([known, ids], dim=2))

    def collect(self, parts, n):
        """Return the outputs of all windows in their order: (n, horizon * n_outputs)."""
        return collect_rows(parts, n)

    def describe(self, n_tokens):
        """Return the layers: pooling, embeddings, decoder and linear map of past values."""
        decoder, linear = self.decoder, self.linear
        # One product with the state; the others once for each segment.
        parts = [decoder.known, decoder.from_input, decoder.head]
        each = count_matrix_elements(*(part for part in parts if part is not None))
        once = count_matrix_elements(decoder.from_state)
        flops = 2 * (once + len(decoder.places) * each)
        shape = (self.horizon, self.n_outputs)
        layers = [] if self.embedding is None else self.embedding.describe(self.horizon)
        layers = [layer._replace(name=f"future_{layer.name}") for layer in layers]
        layers.append(Layer("decoder", "SegmentDecoder", shape, [decoder], flops))
        flops = 2 * count_matrix_elements(linear)
        layers.append(Layer("linear", "Linear", (self.horizon,), [linear], flops))
        return [*super().describe(n_tokens), *layers]


class SegmentDecoder(nn.Module):
    """One GRU step from a state to each segment of the horizon.

    A segment has `segment` future steps with `n_outputs` outputs each. It is decoded from a
    state of size `width` and `n_known` known features per step.
    """

    def __init__(self, width, horizon, segment, n_known, n_outputs):
        super().__init__()
        self.horizon = horizon
        self.segment = segment
        self.n_outputs = n_outputs
        n_segments = -(-horizon // segment)
        self.places = nn.Parameter(torch.randn(n_segments, width) / width**0.5)
        self.known = Linear(segment * n_known, width) if n_known else None
        self.from_input = Linear(width, 3 * width)
        self.from_state = Linear(width, 3 * width)
        self.head = Linear(width, segment * n_outputs)

    def forward(self, state, known):
        """Map (batch, width), (batch, horizon, known) to (batch, horizon, outputs)."""
        batch = len(state)
        queries = self.places.expand(batch, -1, -1)  # (batch, segments, width)
        if self.known is not None:
            missing = len(self.places) * self.segment - self.horizon
            known = F.pad(known, (0, 0, 0, missing)).reshape(batch, len(self.places), -1)
            queries = queries + self.known(known)
            gates = self.from_input(queries)
        else:  # equal for all rows
            gates = self.from_input(self.places)
        widths = 2 * state.shape[1], state.shape[1]
        rz, n = gates.split(widths, dim=-1)
        state_rz, state_n = self.from_state(state)[:, None].split(widths, dim=-1)
        r, z = sigmoid(rz + state_rz).chunk(2, dim=-1)
        n = torch.tanh(n + r * state_n)
        decoded = torch.lerp(n, state[:, None], z)  # (batch, segments, width)
        outputs = self.head(decoded).reshape(batch, -1, self.n_outputs)
        return outputs[:, : self.horizon]


def sigmoid(x):
    """Return the sigmoid. In prediction, it does not depend on the position in the tensor.

    The last bit of torch's sigmoid depends on it, but it takes a quarter of the time.
    """
    if torch.is_grad_enabled():
        return torch.sigmoid(x)
    return torch.tanh(0.5 * x) * 0.5 + 0.5
