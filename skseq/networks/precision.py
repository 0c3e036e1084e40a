"""Parts of a network that autocast is to leave alone."""

import contextlib

import torch


def without_autocast(device):
    """Return a context without autocast; to enter torch's own takes a while."""
    if not torch.is_autocast_enabled(device.type):
        return contextlib.nullcontext()
    return torch.autocast(device.type, enabled=False)
