"""The whole network: stem, patches, encoder, pooling, head."""

import torch
from torch import nn

from skseq.networks.dropout import Dropout
from skseq.networks.products import Linear


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
        with torch.autocast(x.device.type, enabled=False):
            return self.head(pooled.to(self.head.weight.dtype))

    def pool(self, x, lengths=None):
        """Map (batch, time, features) to the pooled states (batch, width)."""
        if self.stem is not None:
            x, lengths = self.stem(x, lengths)
        if self.patches is not None:
            x, lengths = self.patches(x, lengths)
        return self.pooling(self.encoder(x, lengths), lengths)
