"""A pre-norm Transformer encoder over padded batches."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.dropout import Dropout
from skseq.networks.encoders.base import Encoder
from skseq.networks.kernels.linear import Linear
from skseq.networks.kernels.padding import INNER_MULTIPLE, pad_features
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.masks import step_mask


class TransformerEncoder(Encoder):
    """Transformer encoder: every step attends to every real step.

    Pre-norm blocks (Xiong et al., 2020, https://arxiv.org/abs/2002.04745) with GELU,
    over `scaled_dot_product_attention` with a key mask.

    Parameters
    ----------
    n_features : int
        Features of the input.
    hidden_size : int
        Width of the states, a multiple of `num_heads`.
    num_layers : int
        Blocks on top of each other.
    num_heads : int
        Heads of attention.
    dim_feedforward : int
        Hidden units of the feed-forward part of a block.
    dropout : float
        Dropout on what a block adds to its input.
    positions : {"rotary", "sinusoidal"}
        How a state knows its place. Rotary positions turn queries and keys (Su et al.,
        2021, https://arxiv.org/abs/2104.09864), so that attention depends on
        distances; sinusoidal ones are added to the input (Vaswani et al., 2017,
        https://arxiv.org/abs/1706.03762).

    Attributes
    ----------
    width : int
        Size of the returned states.
    """

    row_multiple = 1  # every product pads its rows itself
    has_attention = True
    has_probes = True
    is_causal = False

    def __init__(
        self,
        n_features,
        hidden_size,
        num_layers=2,
        num_heads=4,
        dim_feedforward=128,
        dropout=0.0,
        positions="rotary",
    ):
        super().__init__()
        self.width = hidden_size
        self.n_layers = num_layers
        self.positions = positions
        self.head_size = hidden_size // num_heads
        self.project = Linear(n_features, hidden_size)
        self.blocks = nn.ModuleList(
            TransformerBlock(hidden_size, num_heads, dim_feedforward, dropout)
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_size)
        initialise_transformer(self)

    def forward(self, x, lengths=None):
        """Return the states of the last block: (batch, time, width).

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_features)
            Right-padded sequences.
        lengths : Tensor of shape (batch,) or None
            Real steps of each; None if there is no padding.
        """
        x, mask, rotation = self.enter(x, lengths)
        for block in self.blocks:
            x = block(x, mask, rotation)
        return self.norm(x)

    def probe(self, x, lengths, probes):
        """Return what `forward` does, with something added in front of each block.

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_features)
            As for `forward`.
        lengths : Tensor of shape (batch,) or None
            As for `forward`.
        probes : Tensor of shape (layers, batch, time, width)
            Added to the residual stream before each block. The gradient of a loss at
            zeros is its gradient at the stream.
        """
        x, mask, rotation = self.enter(x, lengths)
        for block, probe in zip(self.blocks, probes.unbind(0), strict=True):
            x = block(x + probe, mask, rotation)
        return self.norm(x)

    def attention(self, x, lengths=None):
        """Return how much tokens attend to each other: (batch, layers, heads, time, time).

        The last axis sums to 1 over the real tokens that are attended to.
        """
        x, mask, rotation = self.enter(x, lengths)
        weights = []
        for block in self.blocks:
            weights.append(block.attention(x, mask, rotation))
            x = block(x, mask, rotation)
        return torch.stack(weights, dim=1)

    def describe(self, n_steps):
        """Return the layers: projection, blocks and the final norm."""
        shape = (n_steps, self.width)
        flops = 2 * n_steps * count_matrix_elements(self.project)
        layers = [Layer("encoder.project", "Linear", shape, [self.project], flops)]
        # Products of queries and keys, and of weights and values, for all pairs of steps.
        pairs = 2 * 2 * n_steps**2 * self.width
        for k, block in enumerate(self.blocks):
            flops = 2 * n_steps * count_matrix_elements(block) + pairs
            layers.append(Layer(f"encoder.{k}", "TransformerBlock", shape, [block], flops))
        return [*layers, Layer("encoder.norm", "LayerNorm", shape, [self.norm], 0)]

    def enter(self, x, lengths):
        """Return the input of the first block, the mask of keys and the rotation."""
        n_steps = x.shape[1]
        mask = None
        if lengths is not None:
            mask = step_mask(lengths, n_steps)[:, None, None, :]  # (batch, 1, 1, time)
        x = self.project(x)
        rotation = None
        if self.positions == "rotary":
            turn = angles(n_steps, self.head_size, x.device)
            rotation = turn.cos().to(x.dtype), turn.sin().to(x.dtype)
        else:
            turn = angles(n_steps, self.width, x.device)
            waves = torch.cat([turn.sin(), turn.cos()], dim=1)[:, : self.width]
            x = x + waves.to(x.dtype)
        return x, mask, rotation


class TransformerBlock(nn.Module):
    """Attention and a feed-forward part, each added to its normalised input."""

    def __init__(self, hidden_size, num_heads, dim_feedforward, dropout):
        super().__init__()
        self.num_heads = num_heads
        self.attention_norm = nn.LayerNorm(hidden_size)
        self.attention_in = Linear(hidden_size, 3 * hidden_size)
        self.attention_out = Linear(hidden_size, hidden_size)
        self.feedforward_norm = nn.LayerNorm(hidden_size)
        self.feedforward_in = Linear(hidden_size, dim_feedforward)
        self.feedforward_out = Linear(dim_feedforward, hidden_size)
        self.dropout = Dropout(dropout)

    def forward(self, x, mask=None, rotation=None):
        """Return the block's states: (batch, time, hidden)."""
        x = x + self.dropout(self.attend(self.attention_norm(x), mask, rotation))
        inner = F.gelu(self.feedforward_in(self.feedforward_norm(x)))
        return x + self.dropout(self.feedforward_out(inner))

    def attend(self, x, mask, rotation):
        """Return what attention gathers: (batch, time, hidden)."""
        batch, n_steps, hidden = x.shape
        query, key, value = self.split_heads(x, rotation)
        size = query.shape[-1]
        query, key, value = fill_heads(query), fill_heads(key), fill_heads(value)
        heads = F.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, scale=size**-0.5
        )[..., :size]
        return self.attention_out(heads.transpose(1, 2).reshape(batch, n_steps, hidden))

    def attention(self, x, mask, rotation):
        """Return the weights with which `forward` attends: (batch, heads, time, time).

        The fused attention of torch gives none, so they are computed beside it.
        """
        query, key, _ = self.split_heads(self.attention_norm(x), rotation)
        scores = (query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).float()
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(dim=-1)

    def split_heads(self, x, rotation):
        """Return query, key and value, each (batch, heads, time, head)."""
        packed = self.attention_in(x).view(*x.shape[:2], 3, self.num_heads, -1)
        # Taken apart where they lie, so that their gradients are put together there.
        query, key, value = (part.transpose(1, 2) for part in packed.unbind(2))
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        return query, key, value


def fill_heads(x):
    """Append zeros to (batch, heads, time, head), so that a head answers alike anywhere.

    With heads of 8 and an odd number of steps torch's attention answers by which thread
    gets a head, in the last bit; zeros change no product.
    """
    x = pad_features(x)
    return F.pad(x, (0, INNER_MULTIPLE)) if x.shape[-1] == 8 and x.shape[2] % 2 else x


def angles(n_steps, size, device):
    """Return the angle of each position at each frequency: (time, ceil(size / 2))."""
    half = (size + 1) // 2
    rates = torch.exp(torch.arange(half, device=device) * (-math.log(10_000.0) / half))
    return torch.arange(n_steps, device=device)[:, None] * rates


def rotate(x, rotation):
    """Turn pairs of features of (batch, heads, time, head) by cosines and sines."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = rotation
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def initialise_transformer(network):
    """Set the weights of a Transformer so that it trains.

    Glorot-uniform matrices and zero biases; what a block adds to its residual stream
    is scaled down with depth, so that the sum over blocks starts at unit scale
    (Radford et al., 2019, section 2.3).
    """
    scale = 1 / math.sqrt(2 * len(network.blocks))
    for name, parameter in network.named_parameters():
        if parameter.ndim == 2:
            # The packed query, key and value matrices are three of equal shape.
            parts = 3 if "attention_in" in name else 1
            for part in parameter.detach().chunk(parts):
                nn.init.xavier_uniform_(part)
            if "attention_out" in name or "feedforward_out" in name:
                parameter.detach().mul_(scale)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
