"""The whole network: stem, patches, encoder, pooling, head."""

import torch
from torch import nn

from skseq.networks.costs import list_layers
from skseq.networks.dropout import Dropout
from skseq.networks.encoders.recurrent import RecurrentNetwork
from skseq.networks.heads.pooling import LastPooling
from skseq.networks.kernels.linear import Linear
from skseq.networks.precision import without_autocast
from skseq.networks.stem import count_token_steps


class SequenceNetwork(nn.Module):
    """A network that maps sequences to one output vector each.

    Parameters
    ----------
    encoder : torch.nn.Module
        Maps (batch, time, features) and lengths to states (batch, time, width).
    pooling : torch.nn.Module
        Maps states and lengths to (batch, width).
    n_outputs : int
        Size of the output.
    stem, patches : torch.nn.Module, default=None
        Applied to the input in this order; each returns steps and their lengths.
    dropout : float, default=0.0
        Dropout on the pooled state while training.
    """

    def __init__(self, encoder, pooling, n_outputs, stem=None, patches=None, dropout=0.0):
        super().__init__()
        self.stem = stem
        self.patches = patches
        self.encoder = encoder
        self.pooling = pooling
        self.dropout = Dropout(dropout)
        self.head = Linear(pooling.width, n_outputs)

    def forward(self, x, lengths=None):
        """Map (batch, time, features) to (batch, n_outputs)."""
        pooled = self.dropout(self.pool(x, lengths))
        # Autocast would round the answers themselves.
        with without_autocast(x.device):
            return self.head(pooled.to(self.head.weight.dtype))

    def pool(self, x, lengths=None):
        """Map (batch, time, features) to the pooled states (batch, width)."""
        return pool_encoded(self.encoder, self.pooling, *self.read(x, lengths))

    def read(self, x, lengths=None):
        """Return what the encoder reads, (batch, tokens, features), and its lengths."""
        if self.stem is not None:
            x, lengths = self.stem(x, lengths)
        if self.patches is not None:
            x, lengths = self.patches(x, lengths)
        return x, lengths

    @property
    def token_steps(self):
        """Steps that a token stands for."""
        return count_token_steps(self)

    def trace(self, x, lengths=None):
        """Return the states that are pooled, (batch, tokens, width), and their lengths."""
        tokens, lengths = self.read(x, lengths)
        return self.encoder(tokens, lengths), lengths

    def probe(self, x, lengths=None):
        """Return outputs, a tensor by which the states have gradients, and lengths.

        Returns
        -------
        outputs : Tensor of shape (batch, n_outputs)
            As of `forward`.
        probes : Tensor of shape (layers, batch, tokens, width)
            Zeros that were added to the states of each layer of the encoder.
        lengths : Tensor of shape (batch,) or None
            Real tokens of each sequence.
        """
        tokens, lengths = self.read(x, lengths)
        probes, states = probe_encoder(self.encoder, tokens, lengths)
        return self.head(self.pooling(states, lengths)), probes, lengths

    def list_layers(self, n_steps):
        """Describe the layers; see :func:`skseq.networks.costs.list_layers`."""
        return list_layers(self, n_steps)


def pool_encoded(encoder, pooling, tokens, lengths):
    """Return the pooled states of an encoder: (batch, width)."""
    is_last = isinstance(pooling, LastPooling) and isinstance(encoder, RecurrentNetwork)
    if is_last and lengths is None and torch.is_grad_enabled():
        # The gradient at all other states is zero: not to be written down, and read.
        return pooling(encoder(tokens, only_last=True))
    return pooling(encoder(tokens, lengths), lengths)


def probe_encoder(encoder, tokens, lengths):
    """Return zeros (layers, batch, tokens, width) added to an encoder's states, and these."""
    shape = (encoder.n_layers, *tokens.shape[:2], encoder.width)
    probes = tokens.new_zeros(shape, requires_grad=True)
    return probes, encoder.probe(tokens, lengths, probes)
