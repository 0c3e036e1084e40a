"""The networks of skseq as ONNX operators.

Each function adds what one module does in prediction, and returns the name of its result.
Sequences are `Steps`: (batch, time, features), lengths, and which steps are real.
"""

import math
from dataclasses import dataclass

import numpy as np
from torch import nn

from skseq.networks import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
    RecurrentEncoder,
    TransformerEncoder,
)

LOWEST = np.finfo(np.float32).min
# Gates of torch in the order in which ONNX has them.
GATES = {nn.RNN: [0], nn.LSTM: [0, 3, 1, 2], nn.GRU: [1, 0, 2]}


@dataclass
class Steps:
    """Names of padded sequences and what is real of them."""

    x: str  # (batch, time, features)
    lengths: str  # (batch,)
    real: str  # (batch, time, 1)


def add_scaling(graph, scaler, values, lengths):
    """Scale raw values; missing ones get a mark.

    In single precision, as estimators do with values that are given so: one mean, rounded,
    is subtracted while training and here.
    """
    real = add_mask(graph, values, lengths)
    # What is padding may be anything, NaN too.
    x = graph.add("Where", real, values, graph.constant(0.0))
    missing = graph.add("IsNaN", x) if scaler.mask_missing else None
    x = graph.add("Sub", x, graph.constant(scaler.mean))
    x = graph.add("Div", x, graph.constant(scaler.scale))
    if missing is not None:
        x = graph.add("Where", missing, graph.constant(0.0), x)
        x = graph.add("Concat", x, graph.cast(missing, np.float32), axis=2)
    return Steps(x, lengths, real)


def add_network(graph, network, steps):
    """Add a network with a pooled head; return its outputs (batch, n_outputs)."""
    stem, patches, head = network.inputs.stem, network.inputs.patches, network.head
    if stem is not None:
        pairs = zip(stem.convolutions, stem.norms, strict=True)
        for convolution, norm in pairs:
            steps = add_convolution(graph, convolution, norm, steps)
    if patches is not None:
        steps = add_patches(graph, patches, steps)
    encoder = ENCODERS[type(network.encoder)]
    steps = Steps(encoder(graph, network.encoder, steps), steps.lengths, steps.real)
    pooled = POOLINGS[type(head.pooling)](graph, head.pooling, steps)
    return add_linear(graph, head.linear, pooled)


def add_mask(graph, x, lengths):
    """Return where steps are real: (batch, time, 1)."""
    n_steps = graph.add("Gather", graph.add("Shape", x), graph.constant(1, np.int64))
    zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
    places = graph.add("Range", zero, n_steps, one)
    is_real = graph.add(
        "Less", places, graph.add("Unsqueeze", lengths, graph.whole(1))
    )  # (batch, time)
    return graph.add("Unsqueeze", is_real, graph.whole(2))


def add_linear(graph, linear, x):
    """Map (..., in) to (..., out)."""
    x = graph.add("MatMul", x, graph.constant(_numbers(linear.weight).T))
    return graph.add("Add", x, graph.constant(_numbers(linear.bias)))


def add_norm(graph, norm, x):
    """Normalise the last axis."""
    weight, bias = (
        graph.constant(_numbers(norm.weight)),
        graph.constant(_numbers(norm.bias)),
    )
    return graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=norm.eps)


def add_convolution(graph, convolution, norm, steps):
    """Add a layer of the stem: convolution, batch normalisation, GELU."""
    x = graph.add("Transpose", add_zeros(graph, steps), perm=[0, 2, 1])
    padding, stride = convolution.padding[0], convolution.stride[0]
    weight = graph.constant(_numbers(convolution.weight))
    x = graph.add("Conv", x, weight, pads=[padding, padding], strides=[stride])
    x = graph.add("Transpose", x, perm=[0, 2, 1])
    variance = _numbers(norm.running_var).astype(np.float64)
    factor = _numbers(norm.weight) / np.sqrt(variance + norm.eps)
    shift = _numbers(norm.bias) - _numbers(norm.running_mean) * factor
    x = graph.add("Mul", x, graph.constant(factor))
    x = graph.add("Gelu", graph.add("Add", x, graph.constant(shift)))
    return add_shrunk(graph, x, steps, stride)


def add_patches(graph, patches, steps):
    """Put every few steps side by side, and project them."""
    size = patches.patch_size
    x = add_zeros(graph, steps)
    n_steps = graph.add("Gather", graph.add("Shape", x), graph.whole(1))
    rest = graph.add("Mod", graph.add("Neg", n_steps), graph.whole(size))
    none = graph.whole(0)
    pads = graph.add("Concat", none, none, none, none, rest, none, axis=0)
    x = graph.add("Pad", x, pads)
    x = graph.add("Reshape", x, graph.whole(0, -1, patches.project.in_features))
    return add_shrunk(graph, add_linear(graph, patches.project, x), steps, size)


def add_zeros(graph, steps):
    """Return the steps with zeros for padding."""
    return graph.add("Where", steps.real, steps.x, graph.constant(0.0))


def add_shrunk(graph, x, steps, stride):
    """Return steps of which a few have become one."""
    if stride == 1:
        return Steps(x, steps.lengths, steps.real)
    more = graph.add("Add", steps.lengths, graph.constant(stride - 1, np.int64))
    lengths = graph.add("Div", more, graph.constant(stride, np.int64))
    return Steps(x, lengths, add_mask(graph, x, lengths))


def add_recurrent(graph, encoder, steps):
    """Add recurrent layers; ONNX's know lengths, the backward direction too."""
    lengths = graph.cast(steps.lengths, np.int32)
    x = graph.add("Transpose", steps.x, perm=[1, 0, 2])  # (time, batch, features)
    for k, layer in enumerate(encoder.forward_layers):
        cells = [layer]
        if encoder.backward_layers:
            cells.append(encoder.backward_layers[k])
        weights = [
            graph.constant(np.stack([_order_gates(cell, names) for cell in cells]))
            for names in (["weight_ih_l0"], ["weight_hh_l0"], ["bias_ih_l0", "bias_hh_l0"])
        ]
        options = {"hidden_size": layer.hidden_size}
        options["direction"] = "bidirectional" if len(cells) == 2 else "forward"
        if isinstance(layer, nn.GRU):
            options["linear_before_reset"] = 1
        if isinstance(layer, nn.RNN):
            options["activations"] = [layer.nonlinearity.capitalize()] * len(cells)
        x = graph.add(type(layer).__name__, x, *weights, lengths, **options)
        x = graph.add(
            "Transpose", x, perm=[0, 2, 1, 3]
        )  # (time, batch, directions, hidden)
        x = graph.add("Reshape", x, graph.whole(0, 0, encoder.width))
    return graph.add("Transpose", x, perm=[1, 0, 2])


def add_transformer(graph, encoder, steps):
    """Add the blocks of a Transformer."""
    x = add_linear(graph, encoder.project, steps.x)
    size = encoder.head_size if encoder.positions == "rotary" else encoder.width
    sin, cos = add_waves(graph, x, size)
    rotation = (sin, cos) if encoder.positions == "rotary" else None
    if rotation is None:
        waves = graph.add("Concat", sin, cos, axis=1)
        start, end, axis = graph.whole(0), graph.whole(encoder.width), graph.whole(1)
        x = graph.add("Add", x, graph.add("Slice", waves, start, end, axis))
    real = graph.add("Transpose", steps.real, perm=[0, 2, 1])  # (batch, 1, time)
    real = graph.add("Unsqueeze", real, graph.whole(1))  # (batch, 1, 1, time)
    for block in encoder.blocks:
        attended = add_attention(
            graph, block, add_norm(graph, block.attention_norm, x), real, rotation
        )
        x = graph.add("Add", x, attended)
        inner = add_norm(graph, block.feedforward_norm, x)
        inner = graph.add("Gelu", add_linear(graph, block.feedforward_in, inner))
        x = graph.add("Add", x, add_linear(graph, block.feedforward_out, inner))
    return add_norm(graph, encoder.norm, x)


def add_waves(graph, x, size):
    """Return sine and cosine of each position's angles: (time, ceil(size / 2))."""
    half = (size + 1) // 2
    rates = np.exp(np.arange(half) * (-math.log(10_000.0) / half))
    n_steps = graph.add("Gather", graph.add("Shape", x), graph.constant(1, np.int64))
    zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
    places = graph.cast(graph.add("Range", zero, n_steps, one), np.float32)
    places = graph.add("Unsqueeze", places, graph.whole(1))
    turn = graph.add("Mul", places, graph.constant(rates))
    return graph.add("Sin", turn), graph.add("Cos", turn)


def add_attention(graph, block, x, real, rotation):
    """Return what each token gathers from the real ones: (batch, time, hidden)."""
    hidden = block.attention_out.in_features
    size = hidden // block.num_heads
    packed = add_linear(graph, block.attention_in, x)
    packed = graph.add("Reshape", packed, graph.whole(0, 0, 3 * block.num_heads, size))
    packed = graph.add("Transpose", packed, perm=[0, 2, 1, 3])  # (batch, heads, time, head)
    query, key, value = graph.add("Split", packed, n_outputs=3, num_outputs=3, axis=1)
    if rotation is not None:
        query, key = (add_rotation(graph, part, *rotation) for part in (query, key))
    key = graph.add("Transpose", key, perm=[0, 1, 3, 2])
    scores = graph.add("Mul", graph.add("MatMul", query, key), graph.constant(size**-0.5))
    scores = graph.add("Where", real, scores, graph.constant(LOWEST))
    heads = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
    heads = graph.add("Transpose", heads, perm=[0, 2, 1, 3])
    heads = graph.add("Reshape", heads, graph.whole(0, 0, hidden))
    return add_linear(graph, block.attention_out, heads)


def add_rotation(graph, x, sin, cos):
    """Turn pairs of features of (batch, heads, time, head)."""
    first, second = graph.add("Split", x, n_outputs=2, num_outputs=2, axis=-1)

    def mix(operator, a, b):
        return graph.add(operator, graph.add("Mul", first, a), graph.add("Mul", second, b))

    return graph.add("Concat", mix("Sub", cos, sin), mix("Add", sin, cos), axis=-1)


def add_last(graph, pooling, steps):
    """Return the state after the whole sequence was read, in each direction."""
    last = graph.add("Sub", steps.lengths, graph.constant(1, np.int64))
    last = graph.add("Unsqueeze", last, graph.whole(1))
    last = graph.add("GatherND", steps.x, last, batch_dims=1)  # (batch, width)
    if pooling.forward_width == pooling.width:
        return last
    first = graph.add("Gather", steps.x, graph.constant(0, np.int64), axis=1)
    cut, end, axis = (graph.whole(n) for n in (pooling.forward_width, pooling.width, 1))
    last = graph.add("Slice", last, graph.whole(0), cut, axis)
    return graph.add("Concat", last, graph.add("Slice", first, cut, end, axis), axis=1)


def add_mean(graph, pooling, steps):
    """Return the mean of the real states."""
    total = graph.add("ReduceSum", add_zeros(graph, steps), graph.whole(1), keepdims=0)
    count = graph.cast(graph.add("Unsqueeze", steps.lengths, graph.whole(1)), np.float32)
    return graph.add("Div", total, count)


def add_max(graph, pooling, steps):
    """Return the largest real value of each feature."""
    x = graph.add("Where", steps.real, steps.x, graph.constant(LOWEST))
    return graph.add("ReduceMax", x, graph.whole(1), keepdims=0)


def add_concat(graph, pooling, steps):
    """Return several poolings side by side."""
    parts = [POOLINGS[type(part)](graph, part, steps) for part in pooling.parts]
    return graph.add("Concat", *parts, axis=1)


def add_attention_pooling(graph, pooling, steps):
    """Return a mean of the states with learned weights, for each head."""
    scores = add_linear(graph, pooling.score, steps.x)  # (batch, time, heads)
    scores = graph.add("Where", steps.real, scores, graph.constant(LOWEST))
    weights = graph.add("Softmax", scores, axis=1)
    weights = graph.add("Unsqueeze", weights, graph.whole(3))
    size = pooling.width // pooling.num_heads
    heads = graph.add("Reshape", steps.x, graph.whole(0, 0, pooling.num_heads, size))
    total = graph.add(
        "ReduceSum", graph.add("Mul", heads, weights), graph.whole(1), keepdims=0
    )
    return graph.add("Reshape", total, graph.whole(0, pooling.width))


ENCODERS = {RecurrentEncoder: add_recurrent, TransformerEncoder: add_transformer}
POOLINGS = {
    AttentionPooling: add_attention_pooling,
    ConcatPooling: add_concat,
    LastPooling: add_last,
    MaxPooling: add_max,
    MeanPooling: add_mean,
}


def _order_gates(cell, names):
    """Return weights of a torch cell, one below the other, in the order of ONNX."""
    order, parts = GATES[type(cell)], []
    for name in names:
        gates = np.split(_numbers(getattr(cell, name)), len(order))
        parts += [gates[k] for k in order]
    return np.concatenate(parts)


def _numbers(tensor):
    return tensor.detach().cpu().numpy()
