"""The validation split of early stopping."""

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
)


def split_validation(n, *, fraction, strata, groups, seed):
    """Return the sorted training rows and validation rows of n sequences.

    The split is stratified by `strata` if all classes are large enough. `groups` take
    precedence; the sequences of a group are kept together.
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
                "early stopping requires at least 2 groups to hold one out, got "
                f"{n_groups}. Set early_stopping=False."
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
