"""Outputs of batches, put into the order of the data."""

import torch


def collect_rows(parts, n):
    """Return one row for each sequence.

    Parameters
    ----------
    parts : iterable of (rows, outputs, lengths)
        For each batch: the places of its sequences in the data, as an array of int, and a
        tensor (batch, ...). Lengths are not used.
    n : int
        Number of sequences.

    Returns
    -------
    Tensor of shape (n, ...)
        On the CPU; None if there are no batches.
    """
    collected = None
    for rows, outputs, _ in parts:
        if collected is None:
            collected = outputs.new_empty(n, *outputs.shape[1:], device="cpu")
        collected[rows] = outputs.cpu()
    return collected


def collect_steps(parts, n):
    """Return a tensor (length, ...) for each sequence, without padding.

    Parameters
    ----------
    parts : iterable of (rows, outputs, lengths)
        For each batch: the places of its sequences in the data, as an array of int; a
        tensor (batch, n_steps, ...); and the length of each sequence, or None if no step
        is padding.
    n : int
        Number of sequences.

    Returns
    -------
    list of Tensor of shape (length, ...)
        On the CPU. They share no memory.
    """
    collected = [None] * n
    for rows, outputs, lengths in parts:
        outputs = outputs.cpu()
        if lengths is None:
            lengths = torch.full((len(outputs),), outputs.shape[1])
        for row, steps, length in zip(rows, outputs, lengths.tolist(), strict=True):
            collected[row] = steps[:length].clone()
    return collected
