"""The validation split of early stopping."""

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
)


def split_validation(n, *, fraction, strata, groups, seed):
    """Return the training rows and the validation rows, sorted.

    Parameters
    ----------
    n : int
        Number of sequences.
    fraction : float
        Fraction of the validation rows.
    strata : ndarray of shape (n,) or None
        Classes for a stratified split.
    groups : ndarray of shape (n,) or None
        The sequences of a group are not split. Takes precedence over `strata`.
    seed : int
        Seed of the split.
    """
    if n < 2:
        raise ValueError(
            f"early stopping requires at least 2 sequences to hold one out, got {n}. Set "
            "early_stopping=False."
        )
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < 2:
            raise ValueError(
                f"early stopping requires at least 2 groups to hold one out, got {n_groups}. "
                "Set early_stopping=False."
            )
        splitter = GroupShuffleSplit(1, test_size=fraction, random_state=seed)
        parts = next(splitter.split(np.empty(n), groups=groups))
    elif strata is not None and _can_stratify(strata, fraction):
        splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
        parts = next(splitter.split(np.empty(n), strata))
    else:
        splitter = ShuffleSplit(1, test_size=fraction, random_state=seed)
        parts = next(splitter.split(np.empty(n)))
    return tuple(np.sort(part) for part in parts)


def _can_stratify(strata, fraction):
    _, counts = np.unique(strata, return_counts=True)
    n_validation = int(np.ceil(fraction * len(strata)))
    return counts.min() >= 2 and min(n_validation, len(strata) - n_validation) >= len(
        counts
    )
