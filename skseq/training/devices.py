"""Where to compute, and in which precision."""

import contextlib

import torch


def choose_device(device):
    """Return the torch device that `device` names.

    Parameters
    ----------
    device : str
        `"auto"` takes a GPU if there is one (CUDA, then Apple's), else the CPU.

    Raises
    ------
    ValueError
        If the device is unknown or absent.
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
            f"device={device!r} is not a device that torch knows; use 'auto', 'cpu', "
            "'cuda', 'cuda:0', 'mps', ..."
        ) from None
    if not _is_present(chosen):
        raise ValueError(
            f"device={device!r} is not present on this machine; it has "
            f"{', '.join(_present())}. Use device='auto' to take what there is."
        )
    return chosen


def autocast(device, precision):
    """Return a context in which matrix products run in the given precision."""
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


@contextlib.contextmanager
def without_denormals():
    """Let this thread round numbers below 1e-38 to zero within a block.

    Gradients that vanish through many steps end there, and processors compute with such
    numbers ten times slower. The setting is as before afterwards.
    """
    before = _rounds_denormals()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _rounds_denormals():
    # torch does not tell: ask the arithmetic.
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
