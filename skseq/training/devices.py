"""Device and precision of computations."""

import contextlib

import torch


def choose_device(device):
    """Return the torch device of a parameter `device`; raise ValueError if it is not
    present.

    `"auto"` uses a GPU if one is available (CUDA, then MPS), else the CPU.
    """
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise ValueError(
            f"device={device!r} is not a device of torch. Use 'auto', 'cpu', 'cuda', "
            "'cuda:0', 'mps', ..."
        ) from None
    if not _is_present(chosen):
        raise ValueError(
            f"device={device!r} is not present on this machine, which has "
            f"{', '.join(_present())}. Use device='auto' to choose automatically."
        )
    return chosen


def autocast(device, precision):
    """Return a context in which matrix products have the given precision."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@contextlib.contextmanager
def without_denormals():
    """Round denormal numbers (below 1e-38) to zero in this thread within a block.

    Vanishing gradients become denormal, and processors are ten times slower on such
    numbers. The setting is restored afterwards.
    """
    before = _rounds_denormals()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _rounds_denormals():
    # torch has no function that returns the setting, so it is tested.
    smallest = torch.finfo(torch.float32).tiny
    return float(torch.tensor(smallest) * 0.5) == 0.0


def _is_present(device):
    if device.type == "cuda":
        return (device.index or 0) < torch.cuda.device_count()
    if device.type == "mps":
        return torch.backends.mps.is_available()
    return device.type == "cpu"


def _present():
    names = ["'cpu'"]
    names += [f"'cuda:{i}'" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("'mps'")
    return names
