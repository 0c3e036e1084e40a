"""Rows of the table that `summary` shows: one for each layer of a network."""

from typing import NamedTuple

from torch import nn


class Layer(NamedTuple):
    """A layer of a network, as it processes one sequence.

    `flops` counts the additions and multiplications of its matrix products; None if
    unknown. `modules` contain its parameters and buffers.
    """

    name: str
    kind: str
    output_shape: tuple
    modules: list
    flops: int | None


def count_matrix_elements(*modules: nn.Module):
    """Return the number of elements of all matrices of some modules."""
    return sum(p.numel() for m in modules for p in m.parameters() if p.ndim == 2)


def count_kernel_elements(module: nn.Module):
    """Return the number of elements of all convolution kernels of a module."""
    return sum(p.numel() for p in module.parameters() if p.ndim == 3)
