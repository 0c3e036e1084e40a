"""Weights of sequences in the loss."""

import numpy as np
from sklearn.utils.validation import _check_sample_weight


def check_weights(sample_weight, n):
    """Validate the weights of n sequences: finite, non-negative, and not all 0."""
    weights = _check_sample_weight(
        sample_weight,
        np.empty((n, 1)),
        dtype=np.float64,
        ensure_non_negative=True,
        allow_all_zero_weights=True,
    )
    if not np.isfinite(weights).all():  # scikit-learn does not check a single number
        raise ValueError(f"Input sample_weight contains {weights[0]}.")
    if not weights.any():
        raise ValueError(
            "Sample weights must contain at least one non-zero number, but all are zero."
        )
    return weights


def combine_weights(*weights):
    """Return the product of weights, scaled to mean 1, and its mean before.

    Each of `weights` (n_sequences,) may be None. The product is None if all its values are
    equal.

    Raises
    ------
    ValueError
        If all products are 0.
    """
    given = [w for w in weights if w is not None]
    if not given:
        return None, 1.0
    # Powers of 2 are exact, and keep products and sums in the range of float64.
    exponents = [int(np.frexp(w.max())[1]) for w in given]
    scaled = [np.ldexp(w, -k) for w, k in zip(given, exponents, strict=True)]
    product = np.prod(scaled, axis=0)
    mean = product.mean()
    if mean == 0:
        raise ValueError(
            "All sequences have a weight of 0: class_weight, or its product with "
            "sample_weight, is 0 for each of them. Give at least one class of y a positive "
            "weight."
        )
    product = (product / mean).astype(np.float32)
    with np.errstate(over="ignore"):
        mean = float(np.ldexp(mean, sum(exponents)))
    return None if (product == 1).all() else product, mean
