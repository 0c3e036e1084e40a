"""A pre-norm Transformer encoder over padded batches."""

import math

import torch
from torch import nn

from skseq.networks.encoders.base import Encoder
from skseq.networks.encoders.blocks import TransformerBlock
from skseq.networks.exporting import export_layer_norm, export_positions
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.masks import step_mask


class TransformerEncoder(Encoder):
    """Transformer encoder: every step attends to every real step.

    Pre-norm blocks (Xiong et al., 2020, https://arxiv.org/abs/2002.04745) with GELU,
    between a linear projection of the input and a final layer normalization.

    Parameters
    ----------
    n_features : int
        Number of features of a step.
    hidden_size : int
        Size of a state, a multiple of `num_heads`.
    num_layers : int, default=2
        Number of blocks.
    num_heads : int, default=4
        Number of attention heads.
    dim_feedforward : int, default=128
        Number of hidden units of the feed-forward network in each block.
    dropout : float, default=0.0
        Dropout on the output of attention and of the feed-forward network.
    positions : {"rotary", "sinusoidal"}, default="rotary"
        Position encoding. `"rotary"` rotates queries and keys (Su et al., 2021,
        https://arxiv.org/abs/2104.09864), so that attention depends on distances;
        `"sinusoidal"` adds sines and cosines to the input (Vaswani et al., 2017,
        https://arxiv.org/abs/1706.03762).
    causal : bool, default=False
        Whether a step attends only to itself and to earlier steps.
    """

    row_multiple = 1  # every product pads its rows itself
    has_attention = True
    has_probes = True

    def __init__(
        self,
        n_features,
        hidden_size,
        num_layers=2,
        num_heads=4,
        dim_feedforward=128,
        dropout=0.0,
        positions="rotary",
        causal=False,
    ):
        super().__init__()
        self.width = hidden_size
        self.n_layers = num_layers
        self.positions = positions
        self.causal = causal
        self.head_size = hidden_size // num_heads
        self.project = Linear(n_features, hidden_size)
        self.blocks = nn.ModuleList(
            TransformerBlock(hidden_size, num_heads, dim_feedforward, dropout, causal)
            for _ in range(num_layers)
        )
        self.norm = nn.LayerNorm(hidden_size)
        initialize_transformer(self)

    @property
    def is_causal(self):
        """Whether no state depends on later steps."""
        return self.causal

    def forward(self, x, lengths=None):
        """Return the states of the last block: (batch, time, width)."""
        x, mask, rotation = self.embed(x, lengths)
        for block in self.blocks:
            x = block(x, mask, rotation)
        return self.norm(x)

    def initial_state(self, batch_size):
        """Return the empty cache: keys and values (batch, heads, 0, head) of each block."""
        self._check_causal()
        shape = (batch_size, self.width // self.head_size, 0, self.head_size)
        empty = self.norm.weight.new_zeros(shape)
        return [(empty, empty) for _ in self.blocks]

    def step(self, x_t, state):
        """Run one step; `state` has keys and values (batch, heads, t, head) by block."""
        self._check_causal()
        position = state[0][0].shape[2]
        x, _, rotation = self.embed(x_t[:, None], None, position)
        caches = []
        for block, cache in zip(self.blocks, state, strict=True):
            x, cache = block.step(x, cache, rotation)
            caches.append(cache)
        return self.norm(x)[:, 0], caches

    def probe(self, x, lengths, probes):
        """Return the states of `forward` with probes added to the input of each block."""
        x, mask, rotation = self.embed(x, lengths)
        for block, probe in zip(self.blocks, probes.unbind(0), strict=True):
            x = block(x + probe, mask, rotation)
        return self.norm(x)

    def attention(self, x, lengths=None):
        """Return the attention weights: (batch, n_layers, n_heads, time, time).

        They sum to 1 over the last axis, and are 0 for padding there.
        """
        x, mask, rotation = self.embed(x, lengths)
        weights = []
        for block in self.blocks:
            weights.append(block.attention(x, mask, rotation))
            x = block(x, mask, rotation)
        return torch.stack(weights, dim=1)

    def embed(self, x, lengths, start=0):
        """Return the input of the first block, the mask of keys and the rotation.

        `start` is the position of the first step of x (batch, time, n_features).
        """
        n_steps, mask, rotation = x.shape[1], None, None
        if lengths is not None:
            mask = step_mask(lengths, n_steps)[:, None, None, :]  # (batch, 1, 1, time)
        x = self.project(x)
        if self.positions == "rotary":
            phases = compute_angles(n_steps, self.head_size, x.device, start)
            rotation = phases.cos().to(x.dtype), phases.sin().to(x.dtype)
        else:
            phases = compute_angles(n_steps, self.width, x.device, start)
            waves = torch.cat([phases.sin(), phases.cos()], dim=1)[:, : self.width]
            x = x + waves.to(x.dtype)
        return x, mask, rotation

    def describe(self, n_steps):
        """Return the layers: projection, blocks and final normalization."""
        shape = (n_steps, self.width)
        flops = 2 * n_steps * count_matrix_elements(self.project)
        layers = [Layer("encoder.project", "Linear", shape, [self.project], flops)]
        # Products of queries and keys, and of weights and values, for all pairs of steps.
        pairs = 2 * 2 * n_steps**2 * self.width
        for k, block in enumerate(self.blocks):
            flops = 2 * n_steps * count_matrix_elements(block) + pairs
            layers.append(Layer(f"encoder.{k}", "TransformerBlock", shape, [block], flops))
        return [*layers, Layer("encoder.norm", "LayerNorm", shape, [self.norm], 0)]

    def export(self, graph, steps):
        """Add the encoder to an ONNX graph; return its states as `Steps`."""
        x = self.project.export(graph, steps.x)
        positions = export_positions(graph, x)
        size = self.head_size if self.positions == "rotary" else self.width
        phases = graph.cast(graph.add("Unsqueeze", positions, graph.integers(1)), "float32")
        phases = graph.add("Mul", phases, graph.constant(compute_frequencies(size)))
        cos, sin = graph.add("Cos", phases), graph.add("Sin", phases)
        rotation = (cos, sin) if self.positions == "rotary" else None
        if rotation is None:
            waves = graph.add("Concat", sin, cos, axis=1)
            start, end, axis = (graph.integers(n) for n in (0, self.width, 1))
            x = graph.add("Add", x, graph.add("Slice", waves, start, end, axis))
        if self.causal:
            queries = graph.add("Unsqueeze", positions, graph.integers(1))
            mask = graph.add("LessOrEqual", positions, queries)  # (time, time)
        else:
            mask = graph.add("Transpose", steps.mask, perm=[0, 2, 1])  # (batch, 1, time)
            mask = graph.add("Unsqueeze", mask, graph.integers(1))
        for block in self.blocks:
            x = block.export(graph, x, mask, rotation)
        return steps._replace(x=export_layer_norm(graph, self.norm, x))


def compute_frequencies(size, device=None):
    """Return the frequencies of `size` features: (ceil(size / 2),)."""
    half = (size + 1) // 2
    return torch.exp(torch.arange(half, device=device) * (-math.log(10_000.0) / half))


def compute_angles(n_steps, size, device=None, start=0):
    """Return the angle of each position at each frequency: (time, ceil(size / 2))."""
    positions = torch.arange(start, start + n_steps, device=device)
    return positions[:, None] * compute_frequencies(size, device)


def initialize_transformer(network):
    """Initialize the weights of a Transformer.

    Matrices are Glorot-uniform and biases are zero. The outputs of blocks, which are added
    to the residual stream, are scaled down with depth, so that their sum starts at unit
    scale (Radford et al., 2019, section 2.3).
    """
    scale = 1 / math.sqrt(2 * len(network.blocks))
    for name, parameter in network.named_parameters():
        if parameter.ndim == 2:
            # Three matrices of equal shape: query, key and value.
            parts = 3 if "attention_in" in name else 1
            for part in parameter.detach().chunk(parts):
                nn.init.xavier_uniform_(part)
            if "attention_out" in name or "feedforward_out" in name:
                parameter.detach().mul_(scale)
        elif name.endswith("bias"):
            nn.init.zeros_(parameter)
