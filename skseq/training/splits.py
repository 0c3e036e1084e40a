"""What is held out for early stopping."""

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
)


def split_validation(n, *, fraction, strata, groups, seed):
    """Return the rows to train on and the rows to hold out.

    Parameters
    ----------
    n : int
        Number of sequences.
    fraction : float
        Share that is held out.
    strata : ndarray of shape (n,) or None
        Classes whose shares should be the same on both sides.
    groups : ndarray of shape (n,) or None
        Sequences of one group stay on one side. Goes before `strata`.
    seed : int
        Seed of the split.

    Returns
    -------
    training, validation : ndarray of int, sorted
    """
    if n < 2:
        raise ValueError(
            f"early stopping has {n} sequence to train on and nothing to hold out; set "
            "early_stopping=False."
        )
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < 2:
            raise ValueError(
                f"early stopping needs at least 2 groups to hold one out, got {n_groups}; "
                "set early_stopping=False."
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
