"""Operators of ONNX graphs that several layers share.

`graph` is a :class:`skseq.export.Graph`, whose tensors are identified by their names.
"""

from typing import NamedTuple

import torch

# Used instead of minus infinity.
LOWEST = torch.finfo(torch.float32).min


class Steps(NamedTuple):
    """Names of padded sequences in an ONNX graph.

    Shapes: x (batch, time, features), lengths (batch,), mask (batch, time, 1).
    """

    x: str
    lengths: str
    mask: str


def export_sequences(graph, x, lengths):
    """Return the padded sequences that a model reads; padding becomes 0."""
    steps = export_steps(graph, x, lengths)
    # Padding may be NaN.
    return steps._replace(x=export_zero_padding(graph, steps))


def export_steps(graph, x, lengths):
    """Return sequences with their mask."""
    lengths_column = graph.add("Unsqueeze", lengths, graph.integers(1))
    mask = graph.add("Less", export_positions(graph, x), lengths_column)  # (batch, time)
    return Steps(x, lengths, graph.add("Unsqueeze", mask, graph.integers(2)))


def export_positions(graph, x):
    """Return the positions 0, 1, ... of the steps of x: (time,)."""
    n_steps = graph.add("Gather", graph.add("Shape", x), graph.integer(1))
    return graph.add("Range", graph.integer(0), n_steps, graph.integer(1))


def export_shrunk_steps(graph, x, steps, stride):
    """Return x as `Steps`, where every `stride` steps of `steps` became one."""
    if stride == 1:
        return steps._replace(x=x)
    last = graph.add("Add", steps.lengths, graph.integer(stride - 1))
    return export_steps(graph, x, graph.add("Div", last, graph.integer(stride)))


def export_zero_padding(graph, steps):
    """Return the steps (batch, time, features) with zeros as padding."""
    return graph.add("Where", steps.mask, steps.x, graph.constant(0.0))


def export_layer_norm(graph, norm, x):
    """Apply a :class:`torch.nn.LayerNorm` to the last axis."""
    weight, bias = graph.constant(norm.weight), graph.constant(norm.bias)
    return graph.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=norm.eps)
