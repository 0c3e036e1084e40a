"""Values that belong to rows or sequences by position, but have an index in another order."""

import numpy as np
import pandas as pd

from skseq.exceptions import IndexOrderWarning, warn
from skseq.quoting import quote


def find_other_order(index, other):
    """Return the first row that differs between two indexes with the same labels.

    None if the indexes are equal, or if their labels are not the same.
    """
    index, other = index.to_flat_index(), other.to_flat_index()
    if len(index) != len(other) or index.equals(other):
        return None
    if not (index.isin(other).all() and other.isin(index).all()):
        return None
    return int(np.argmin(index == other))


def warn_of_index_order(X, **given):
    """Warn if values that are given with X have its labels in another order.

    The labels are the index of a table, or the ids of Sequences. It is only a warning,
    because permutation tests change the order of y on purpose.
    """
    if hasattr(X, "iloc"):
        index, source, noun = X.index, "X.index", "row"
    elif getattr(X, "ids", None) is not None:
        index, source, noun = pd.Index(X.ids), "X.ids", "sequence"
    else:
        return
    for name, values in given.items():
        row = find_other_order(index, values.index) if hasattr(values, "iloc") else None
        if row is not None:
            warn(
                f"{name} has the labels of {source} in another order, but its values belong "
                f"to {noun}s by position: {noun} {row} is {quote(index[row])} in X and "
                f"{quote(values.index[row])} in {name}. Pass {name}.loc[{source}].",
                IndexOrderWarning,
            )
