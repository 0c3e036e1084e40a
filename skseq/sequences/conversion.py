"""Conversion of array-likes of other libraries to arrays."""

import numpy as np


def to_array(X, name):
    """Return X as an array; raise a TypeError with a new message if that fails."""
    try:
        return _to_numpy(X) if hasattr(X, "detach") else np.asarray(X)
    except ValueError:
        raise
    except Exception as error:
        raise TypeError(
            f"{name} is a {type(X).__name__} that cannot be converted to an array: {error}"
        ) from error


def _to_numpy(tensor):
    """Return a torch tensor as an array, without importing torch."""
    tensor = tensor.detach().cpu()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if str(tensor.dtype).startswith(("torch.bfloat", "torch.float8")):  # not in numpy
        tensor = tensor.float()
    return tensor.numpy()
