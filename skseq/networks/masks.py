"""Which steps of a padded batch are real.

Throughout the networks `lengths=None` says that every step of every sequence is
real; it spares the masks and is what training on equal lengths uses.
"""

import torch


def step_mask(lengths, n_steps):
    """Return True where a step is real: (batch, time)."""
    return torch.arange(n_steps, device=lengths.device) < lengths[:, None]


def zero_padding(x, lengths):
    """Set the padded steps of (batch, time, features) to zero."""
    if lengths is None:
        return x
    return x * step_mask(lengths, x.shape[1])[:, :, None]


def reverse_steps(x, lengths):
    """Reverse each sequence within its own length; padding stays at the end.

    A backward network can so be run forward over a padded batch and sees the last
    real step first. Reversing twice gives the input back.
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
