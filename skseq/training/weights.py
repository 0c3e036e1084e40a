"""Weights of sequences in the loss."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight


def check_weights(sample_weight, n):
    """Validate the weights of n sequences: non-negative, and not all 0."""
    weights = _check_sample_weight(
        sample_weight, np.empty((n, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError(
            "Sample weights must contain at least one non-zero number, but all are zero."
        )
    return weights


def combine_weights(*weights):
    """Return the product of weights, scaled to mean 1; None if all are equal."""
    weights = [w for w in weights if w is not None]
    if not weights:
        return None
    product = np.prod(weights, axis=0)
    product = (product / product.mean()).astype(np.float32)
    return None if (product == 1).all() else product
