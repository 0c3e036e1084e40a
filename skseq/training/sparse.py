"""Sparse gradients of embedding tables.

A batch reads few rows of a table. `torch.nn.Embedding` and `torch.nn.EmbeddingBag` with
`sparse=True` therefore give a gradient that stores rows of numbers and their indices.
"""

import torch


def merge_rows(parameters):
    """Add up the entries of sparse gradients that have the same row.

    Afterwards each row is stored once, in ascending order. A callback of skorch finds it in
    `parameter.grad.values()`, and the whole gradient in `parameter.grad.to_dense()`.
    """
    for parameter in parameters:
        gradient = parameter.grad
        if gradient is not None and gradient.is_sparse:
            parameter.grad = gradient.coalesce()


def stored_numbers(gradient):
    """Return a view of the numbers that a gradient stores; all others are zero.

    Sparse gradients must be merged: the norm of entries of the same row is not the norm of
    their sum.
    """
    return gradient.values() if gradient.is_sparse else gradient


def touched_rows(gradient):
    """Return the indices of the rows that a sparse gradient stores, (n_rows,)."""
    return gradient.indices()[0]


def make_gradient(rows, numbers, shape):
    """Return a merged sparse gradient from rows (n,), which may repeat, and their numbers
    (n, ...).
    """
    return torch.sparse_coo_tensor(
        rows[None], numbers, shape, check_invariants=False
    ).coalesce()
