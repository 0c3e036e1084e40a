"""The blocks of a Transformer, and rotary positions."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.dropout import Dropout
from skseq.networks.exporting import LOWEST, export_layer_norm
from skseq.networks.kernels.linear import Linear
from skseq.networks.kernels.padding import INNER_MULTIPLE, pad_features


class TransformerBlock(nn.Module):
    r"""Self-attention and a feed-forward network, each with a residual connection.

    .. math::
        y &= x + \operatorname{dropout}(\operatorname{attention}(\operatorname{norm}(x))) \\
        z &= y + \operatorname{dropout}(W_2 \operatorname{GELU}(W_1 \operatorname{norm}(y)))

    Parameters
    ----------
    hidden_size : int
        Size of a state.
    num_heads : int
        Number of attention heads.
    dim_feedforward : int
        Number of hidden units of the feed-forward network.
    dropout : float
        Dropout probability.
    causal : bool, default=False
        Whether a step attends only to itself and to earlier steps.
    """

    def __init__(self, hidden_size, num_heads, dim_feedforward, dropout, causal=False):
        super().__init__()
        self.num_heads = num_heads
        self.causal = causal
        self.attention_norm = nn.LayerNorm(hidden_size)
        self.attention_in = Linear(hidden_size, 3 * hidden_size)
        self.attention_out = Linear(hidden_size, hidden_size)
        self.feedforward_norm = nn.LayerNorm(hidden_size)
        self.feedforward_in = Linear(hidden_size, dim_feedforward)
        self.feedforward_out = Linear(dim_feedforward, hidden_size)
        self.dropout = Dropout(dropout)

    def forward(self, x, mask=None, rotation=None):
        """Return the states of the block: (batch, time, hidden).

        Shapes: x (batch, time, hidden); mask, True where a step is real, (batch, 1, 1,
        time) or None (a causal block needs none, because padding follows the real steps);
        rotation, cosine and sine of rotary positions, (time, head / 2) each, or None.
        """
        x = x + self.dropout(self.attend(self.attention_norm(x), mask, rotation))
        return self._feed_forward(x)

    def step(self, x, cache, rotation=None):
        """Run a causal block for one step; return its state and the longer cache.

        Shapes: x (batch, 1, hidden); cache, keys and values of the steps before, (batch,
        heads, t, head) each; rotation as for `forward`.
        """
        query, *new = self.split_heads(self.attention_norm(x), rotation)
        key, value = (torch.cat(pair, dim=2) for pair in zip(cache, new, strict=True))
        x = x + self.dropout(self._combine_heads(query, key, value))
        return self._feed_forward(x), (key, value)

    def attend(self, x, mask, rotation):
        """Return the output of attention: (batch, time, hidden)."""
        query, key, value = self.split_heads(x, rotation)
        if self.causal:
            return self._combine_heads(query, key, value, is_causal=True)
        return self._combine_heads(query, key, value, attn_mask=mask)

    def attention(self, x, mask, rotation):
        """Return the attention weights of `forward`: (batch, heads, time, time).

        The fused attention of torch does not return them.
        """
        query, key, _ = self.split_heads(self.attention_norm(x), rotation)
        scores = (query @ key.transpose(2, 3) * query.shape[-1] ** -0.5).float()
        if self.causal:
            future = scores.new_ones(scores.shape[2:], dtype=torch.bool).triu(1)
            scores = scores.masked_fill(future, float("-inf"))
        elif mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(dim=-1)

    def split_heads(self, x, rotation):
        """Return query, key and value, each (batch, heads, time, head)."""
        packed = self.attention_in(x).view(*x.shape[:2], 3, self.num_heads, -1)
        # Views of one tensor, so that their gradients are written into one tensor.
        query, key, value = (part.transpose(1, 2) for part in packed.unbind(2))
        if rotation is not None:
            query, key = rotate(query, rotation), rotate(key, rotation)
        return query, key, value

    def export(self, graph, x, mask, rotation):
        """Add the block to an ONNX graph; return the name of its states.

        Arguments are names of the tensors of `forward`. The mask of a causal block is
        (batch, 1, time, time).
        """
        attended = export_layer_norm(graph, self.attention_norm, x)
        attended = self._export_attention(graph, attended, mask, rotation)
        x = graph.add("Add", x, attended)
        inner = export_layer_norm(graph, self.feedforward_norm, x)
        inner = graph.add("Gelu", self.feedforward_in.export(graph, inner))
        return graph.add("Add", x, self.feedforward_out.export(graph, inner))

    def _feed_forward(self, x):
        """Add the output of the feed-forward network."""
        inner = F.gelu(self.feedforward_in(self.feedforward_norm(x)))
        return x + self.dropout(self.feedforward_out(inner))

    def _combine_heads(self, query, key, value, **options):
        """Return the projected result of all heads: (batch, queries, hidden)."""
        size = query.shape[-1]
        query, key, value = (pad_heads(x, key.shape[2]) for x in (query, key, value))
        heads = F.scaled_dot_product_attention(
            query, key, value, scale=size**-0.5, **options
        )[..., :size]
        heads = heads.transpose(1, 2)  # (batch, queries, heads, head)
        return self.attention_out(heads.reshape(*heads.shape[:2], -1))

    def _export_attention(self, graph, x, mask, rotation):
        """Add attention to an ONNX graph; return the name of its output."""
        hidden = self.attention_out.in_features
        size = hidden // self.num_heads
        packed = self.attention_in.export(graph, x)
        shape = graph.integers(0, 0, 3 * self.num_heads, size)
        packed = graph.add("Reshape", packed, shape)
        # (batch, time, heads, head) to (batch, heads, time, head)
        packed = graph.add("Transpose", packed, perm=[0, 2, 1, 3])
        query, key, value = graph.add("Split", packed, n_outputs=3, num_outputs=3, axis=1)
        if rotation is not None:
            query, key = (export_rotation(graph, part, *rotation) for part in (query, key))
        key = graph.add("Transpose", key, perm=[0, 1, 3, 2])
        scores = graph.add("MatMul", query, key)
        scores = graph.add("Mul", scores, graph.constant(size**-0.5))
        scores = graph.add("Where", mask, scores, graph.constant(LOWEST))
        heads = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
        heads = graph.add("Transpose", heads, perm=[0, 2, 1, 3])
        heads = graph.add("Reshape", heads, graph.integers(0, 0, hidden))
        return self.attention_out.export(graph, heads)


def pad_heads(x, n_keys):
    """Append zeros to (batch, heads, time, head), for row-independent attention.

    With heads of 8 and an odd number of keys, the last bit of torch's attention depends
    on the thread that computes a head. Zeros change no product.
    """
    x = pad_features(x)
    return F.pad(x, (0, INNER_MULTIPLE)) if x.shape[-1] == 8 and n_keys % 2 else x


def rotate(x, rotation):
    """Rotate pairs of features of (batch, heads, time, head) by cosine and sine."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = rotation
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


def export_rotation(graph, x, cos, sin):
    """Add `rotate` to an ONNX graph; return the name of the result."""
    first, second = graph.add("Split", x, n_outputs=2, num_outputs=2, axis=-1)

    def combine(operator, a, b):
        return graph.add(operator, graph.add("Mul", first, a), graph.add("Mul", second, b))

    return graph.add("Concat", combine("Sub", cos, sin), combine("Add", sin, cos), axis=-1)
