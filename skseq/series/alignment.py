"""Index labels of rows that should be in the same order."""

import numpy as np


def find_other_order(index, other):
    """Return the first row that differs between two indexes with the same labels.

    None if the indexes are equal, or if their labels are not the same.
    """
    if index.nlevels != other.nlevels or len(index) != len(other) or index.equals(other):
        return None
    if not (index.isin(other).all() and other.isin(index).all()):
        return None
    return int(np.argmin(index == other))
