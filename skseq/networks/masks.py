"""Masks and lengths of padded batches.

Throughout the networks `lengths=None` means that no step is padding. Training on sequences
of equal length uses it, because it needs no masks.
"""

import torch


def step_mask(lengths, n_steps):
    """Return whether each step is real: (batch, time)."""
    return torch.arange(n_steps, device=lengths.device) < lengths[:, None]


def zero_padding(x, lengths):
    """Set the padded steps of (batch, time, features) to zero."""
    if lengths is None:
        return x
    return x * step_mask(lengths, x.shape[1])[:, :, None]


def reverse_steps(x, lengths):
    """Reverse each sequence within its own length; padding stays at the end.

    A recurrence over the result runs backward in time and reads the last real step first.
    Reversing twice returns the input.
    """
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)
    mirrored = lengths[:, None] - 1 - steps
    index = torch.where(mirrored >= 0, mirrored, steps)  # (batch, time)
    return x.gather(1, index[:, :, None].expand(-1, -1, x.shape[2]))


def shrink_lengths(lengths, stride):
    """Return the lengths after a layer with a stride: lengths / stride, rounded up."""
    return (lengths + stride - 1) // stride
