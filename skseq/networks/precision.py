"""Parts of a network that run without autocast."""

import contextlib

import torch


def without_autocast(device):
    """Return a context without autocast."""
    # The context of torch is slow to enter.
    if not torch.is_autocast_enabled(device.type):
        return contextlib.nullcontext()
    return torch.autocast(device.type, enabled=False)
