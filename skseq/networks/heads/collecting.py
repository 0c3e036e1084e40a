"""Outputs of batches, put into the order of the data."""

import torch


def collect_rows(parts, n):
    """Return one row for each sequence, on the CPU: (n, ...); None without batches.

    For each batch, `parts` has the positions of its sequences, a tensor (batch, ...), and
    lengths, which are not used.
    """
    collected = None
    for rows, outputs, _ in parts:
        if collected is None:
            collected = outputs.new_empty(n, *outputs.shape[1:], device="cpu")
        collected[rows] = outputs.cpu()
    return collected


def collect_steps(parts, n):
    """Return a tensor (length, ...) for each sequence, on the CPU, without padding.

    For each batch, `parts` has the positions of its sequences, a tensor (batch, n_steps,
    ...), and the length of each sequence, or None if no step is padding.
    """
    collected = [None] * n
    for rows, outputs, lengths in parts:
        outputs = outputs.cpu()
        if lengths is None:
            lengths = torch.full((len(outputs),), outputs.shape[1])
        for row, steps, length in zip(rows, outputs, lengths.tolist(), strict=True):
            collected[row] = steps[:length].clone()
    return collected
