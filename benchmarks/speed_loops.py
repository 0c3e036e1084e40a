"""Bare torch loops: what an estimator is measured against.

Each trains a network of torch's own modules on tensors with the same updates as the
estimator: same batches in the same order, loss, clipped gradients and AdamW, and nothing
around it. From the same first weights both end at the same ones.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
LEARNING_RATE, WEIGHT_DECAY, MAX_GRAD_NORM = 1e-3, 0.0, 1.0

LONGEST = 1024  # steps for which positions are kept


class BareRecurrent(nn.Module):
    """One recurrent layer of torch, read at the last real step."""

    def __init__(self, architecture, n_features, hidden_size, n_classes):
        super().__init__()
        self.layer = CELLS[architecture](n_features, hidden_size, batch_first=True)
        self.head = nn.Linear(hidden_size, n_classes)

    def forward(self, x, lengths=None):
        """Map (batch, time, features) to (batch, classes), by packing if lengths differ."""
        if lengths is None:
            return self.head(self.layer(x)[0][:, -1])
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        state = self.layer(packed)[1]
        state = state[0] if isinstance(state, tuple) else state
        return self.head(state[-1])


class BareTransformer(nn.Module):
    """`nn.TransformerEncoder` with sinusoidal positions, averaged over real steps."""

    def __init__(
        self, n_features, hidden_size, n_classes, dropout=0.0, num_layers=2, num_heads=4
    ):
        super().__init__()
        half = hidden_size // 2
        rates = 10_000.0 ** (-torch.arange(half) / half)
        turn = torch.arange(LONGEST)[:, None] * rates
        self.register_buffer("waves", torch.cat([turn.sin(), turn.cos()], dim=1))
        self.project = nn.Linear(n_features, hidden_size)
        block = nn.TransformerEncoderLayer(
            hidden_size,
            num_heads,
            2 * hidden_size,
            dropout=dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(
            block, num_layers, nn.LayerNorm(hidden_size), enable_nested_tensor=False
        )
        self.head = nn.Linear(hidden_size, n_classes)

    def forward(self, x, lengths=None):
        """Map (batch, time, features) to (batch, classes), with a mask if lengths differ."""
        x = self.project(x) + self.waves[: x.shape[1]]
        if lengths is None:
            return self.head(self.encoder(x).mean(dim=1))
        padded = torch.arange(x.shape[1]) >= lengths[:, None]
        states = self.encoder(x, src_key_padding_mask=padded)
        states = states.masked_fill(padded[:, :, None], 0.0)
        return self.head(states.sum(dim=1) / lengths[:, None])


def make_module(workload):
    """Return the bare module of a workload."""
    shape = workload.n_features, workload.hidden_size, workload.n_classes
    if workload.architecture == "Transformer":
        return BareTransformer(*shape, workload.dropout)
    return BareRecurrent(workload.architecture, *shape)


def train_bare(module, workload, data, seed):
    """Train on padded tensors.

    Parameters
    ----------
    module : torch.nn.Module
        The network, changed in place.
    workload : Workload
        Batch size and epochs.
    data : tuple of Tensor
        Inputs (n_sequences, time, features), lengths or None, labels.
    seed : int
        Of the order of batches, which is that of an estimator.
    """
    x, lengths, labels = data
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
    )
    order = np.random.default_rng(seed)
    n_batches = -(-len(x) // workload.batch_size)
    for _ in range(workload.n_epochs):
        for rows in np.array_split(order.permutation(len(x)), n_batches):
            rows = torch.from_numpy(rows)
            optimizer.zero_grad()
            if lengths is None:
                outputs = module(x[rows])
            else:
                some = lengths[rows]
                outputs = module(x[rows, : some.max()], some)
            loss = F.cross_entropy(outputs, labels[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(module.parameters(), MAX_GRAD_NORM)
            optimizer.step()
    return module


@torch.inference_mode()
def predict_bare(module, data, batch_size):
    """Return the labels of padded tensors, in batches."""
    x, lengths, _ = data
    module.eval()
    found = []
    for first in range(0, len(x), batch_size):
        some = None if lengths is None else lengths[first : first + batch_size]
        found.append(module(x[first : first + batch_size], some).argmax(dim=1))
    return torch.cat(found).numpy()
