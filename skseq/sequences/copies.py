"""Whether the values of a feature are those of a target."""

import numpy as np
import pandas as pd

# Largest difference of equal numbers, relative to their standard deviation.
TOLERANCE = 1e-4
# A feature and a target are compared where both are present; at least in this share.
MIN_PRESENT = 0.5


def have_same_numbers(values, targets):
    """Return whether numbers (n,) and targets (n,) are equal, perhaps on other scales.

    Constant numbers are not equal to anything.
    """
    present = np.isfinite(values) & np.isfinite(targets)
    if present.sum() < MIN_PRESENT * len(targets):
        return False
    columns = [part[present].astype(np.float64) for part in (values, targets)]
    columns = [part - part.mean() for part in columns]
    deviations = [part.std() for part in columns]
    if not all(deviations):
        return False
    first, second = (part / std for part, std in zip(columns, deviations, strict=True))
    return bool(np.abs(first - second).max() <= TOLERANCE)


def have_same_labels(values, targets):
    """Return whether each label (n,) occurs with one value (n,) only, and conversely.

    Missing values are left out. Labels must occur twice on average.
    """
    codes, uniques = pd.factorize(values)
    labels, classes = pd.factorize(targets)
    present = (codes >= 0) & (labels >= 0)
    if present.sum() < MIN_PRESENT * len(targets):
        return False
    pairs = np.unique(codes[present] * len(classes) + labels[present])
    return len(pairs) == len(uniques) == len(classes) <= len(labels) / 2


def count_changes(targets):
    """Return how often consecutive targets (n,) differ."""
    codes, _ = pd.factorize(targets)
    return int(np.count_nonzero(np.diff(codes)))
