"""Weights of sequences in the loss."""

import numpy as np
import torch
from sklearn.utils.validation import _check_sample_weight


def check_weights(sample_weight, n):
    """Return the weights of n sequences as numbers of at least 0, not all 0."""
    weights = _check_sample_weight(
        sample_weight, np.empty((n, 1)), dtype=np.float64, ensure_non_negative=True
    )
    if not weights.any():
        raise ValueError(
            "Sample weights must contain at least one non-zero number, but all are zero."
        )
    return weights


def combine_weights(*weights):
    """Multiply weights, bring their mean to 1; None if all are equal."""
    weights = [w for w in weights if w is not None]
    if not weights:
        return None
    product = np.prod(weights, axis=0)
    product = (product / product.mean()).astype(np.float32)
    return None if (product == 1).all() else torch.from_numpy(product)
