"""What the hand-written recurrences share: chunks of steps, and products over them."""

import torch

# Numbers of one chunk's gates: half a megabyte in float32, which stays in the cache.
CHUNK_SIZE = 2**17

# Autocast would hand the loops bfloat16 states to accumulate in.
in_float32 = torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
as_forward = torch.amp.custom_bwd(device_type="cpu")


def cut_steps(x, width):
    """Return the first and last step of each chunk.

    Parameters
    ----------
    x : Tensor of shape (directions, time, batch, features)
        What is read.
    width : int
        Numbers that a chunk holds for each row and step.
    """
    directions, n_steps, batch, _ = x.shape
    size = max(1, CHUNK_SIZE // (directions * batch * width))
    return [(first, min(first + size, n_steps)) for first in range(0, n_steps, size)]


def flatten_steps(x):
    """View (directions, time, batch, features) as (directions, time * batch, features)."""
    return x.reshape(x.shape[0], -1, x.shape[-1])


def project(x, weight, bias, out):
    """Write x weight + bias, for all steps of a chunk, into `out`.

    Shapes: x (directions, time, batch, features), weight (directions, features, width),
    bias (directions, 1, width), out (directions, time, batch, width).
    """
    rows = flatten_steps(x)
    torch.baddbmm(bias, rows, weight, out=out.view(*rows.shape[:2], -1))


def add_products(total, left, right):
    """Add left^T right, summed over steps and batch, to (directions, rows, columns)."""
    total.baddbmm_(flatten_steps(left).transpose(1, 2), flatten_steps(right))
