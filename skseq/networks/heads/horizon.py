"""A network that reads the past of a series and answers for its next steps."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.costs import list_forecast_layers
from skseq.networks.dropout import Dropout
from skseq.networks.kernels.linear import Linear
from skseq.networks.network import pool_encoded, probe_encoder
from skseq.networks.precision import without_autocast
from skseq.networks.stem import count_token_steps


class ForecastNetwork(nn.Module):
    """Encodes the past, decodes all future steps at once.

    Future steps are cut into segments; each is decoded from the pooled state of the past
    and its own place, none from another's answer, so that errors do not add up and
    nothing runs step by step (as in SegRNN: Lin et al., 2023,
    https://arxiv.org/abs/2308.11200). A linear map of past changes is added: it is what
    suffices on many series (Zeng et al., 2023, https://arxiv.org/abs/2205.13504), and the
    network learns what it leaves (Lai et al., 2018, https://arxiv.org/abs/1703.07015).

    Parameters
    ----------
    encoder : torch.nn.Module
        Maps (batch, time, features) and lengths to states (batch, time, width).
    pooling : torch.nn.Module
        Maps states and lengths to (batch, width).
    context_length, horizon : int
        Past and future steps of a window.
    n_known : int
        How many features, the last ones, are known for future steps too.
    n_outputs : int
        Numbers to answer for each future step.
    segment : int
        Future steps that are decoded together.
    stem, patches : torch.nn.Module, default=None
        Applied to the past in this order; each returns steps and their lengths.
    dropout : float, default=0.0
        Dropout on the pooled state while training.
    """

    def __init__(
        self,
        encoder,
        pooling,
        context_length,
        horizon,
        *,
        n_known,
        n_outputs,
        segment,
        stem=None,
        patches=None,
        dropout=0.0,
    ):
        super().__init__()
        self.context_length = context_length
        self.horizon = horizon
        self.n_known = n_known
        self.n_outputs = n_outputs
        self.stem = stem
        self.patches = patches
        self.encoder = encoder
        self.pooling = pooling
        self.dropout = Dropout(dropout)
        self.decoder = SegmentDecoder(pooling.width, horizon, segment, n_known, n_outputs)
        self.linear = Linear(context_length, horizon)
        # The first forecast is what windows are measured from.
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x, lengths=None):
        """Map windows (batch, context + horizon, features) to (batch, horizon * outputs).

        The first feature is the change of the series itself, or its level.
        """
        return self.answer(self.dropout(self.pool(x, lengths)), x)

    def answer(self, state, x):
        """Answer for the future of windows from the pooled state of their past."""
        known = x[:, self.context_length :, x.shape[2] - self.n_known :]
        with without_autocast(x.device):
            answers = self.decoder(state.to(torch.float32), known)
            answers = answers + self.linear(x[:, : self.context_length, 0])[:, :, None]
        return answers.flatten(1)

    def pool(self, x, lengths=None):
        """Map windows to the pooled state of their past (batch, width)."""
        return pool_encoded(self.encoder, self.pooling, *self.read(x, lengths))

    def read(self, x, lengths=None):
        """Return what the encoder reads of the past, (batch, tokens, features)."""
        past, lengths = x[:, : self.context_length], None
        if self.stem is not None:
            past, lengths = self.stem(past)
        if self.patches is not None:
            past, lengths = self.patches(past)
        return past, lengths

    @property
    def token_steps(self):
        """Steps that a token stands for."""
        return count_token_steps(self)

    def trace(self, x, lengths=None):
        """Return the states that are pooled, (batch, tokens, width); all are real."""
        tokens, lengths = self.read(x, lengths)
        return self.encoder(tokens, lengths), lengths

    def probe(self, x, lengths=None):
        """Return answers, a tensor by which the states have gradients, and lengths.

        As :meth:`skseq.networks.SequenceNetwork.probe`.
        """
        tokens, lengths = self.read(x, lengths)
        probes, states = probe_encoder(self.encoder, tokens, lengths)
        return self.answer(self.pooling(states, lengths), x), probes, lengths

    def list_layers(self):
        """Describe the layers; see :mod:`skseq.networks.costs`."""
        return list_forecast_layers(self)


class SegmentDecoder(nn.Module):
    """One step of gated recurrent units from a state to each segment of the future.

    Parameters
    ----------
    width : int
        Size of the state.
    horizon, segment : int
        Future steps, and how many are decoded together.
    n_known : int
        Features that are known for future steps.
    n_outputs : int
        Numbers to answer for each step.
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
            fill = len(self.places) * self.segment - self.horizon
            cut = F.pad(known, (0, 0, 0, fill)).reshape(batch, len(self.places), -1)
            queries = queries + self.known(cut)
            gates = self.from_input(queries)
        else:  # the same for every row
            gates = self.from_input(self.places)
        widths = 2 * state.shape[1], state.shape[1]
        rz, n = gates.split(widths, dim=-1)
        state_rz, state_n = self.from_state(state)[:, None].split(widths, dim=-1)
        r, z = sigmoid(rz + state_rz).chunk(2, dim=-1)
        n = torch.tanh(n + r * state_n)
        decoded = torch.lerp(n, state[:, None], z)  # (batch, segments, width)
        answers = self.head(decoded).reshape(batch, -1, self.n_outputs)
        return answers[:, : self.horizon]


def sigmoid(x):
    """Return the sigmoid, alike wherever a number stands.

    torch's own is not, but takes a quarter of the time: enough while training.
    """
    if torch.is_grad_enabled():
        return torch.sigmoid(x)
    return torch.tanh(0.5 * x) * 0.5 + 0.5
