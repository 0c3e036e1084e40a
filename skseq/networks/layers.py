"""Rows of the table that `summary` shows: one for each layer of a network."""

from typing import NamedTuple

from torch import nn


class Layer(NamedTuple):
    """A layer of a network, as it processes one sequence.

    Attributes
    ----------
    name : str
        Name of the layer within the network.
    kind : str
        Class of the layer.
    output_shape : tuple of int
        Shape of its output for one sequence.
    modules : list of torch.nn.Module
        Modules that hold its parameters and buffers.
    flops : int or None
        Floating-point operations of its matrix products; an addition and a
        multiplication count as two. None if they are unknown.
    """

    name: str
    kind: str
    output_shape: tuple
    modules: list
    flops: int | None


def count_matrix_elements(*modules: nn.Module):
    """Return the number of elements of all matrices of some modules."""
    return sum(p.numel() for m in modules for p in m.parameters() if p.ndim == 2)
