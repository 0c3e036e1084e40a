"""Rows without times, which are read by their position."""

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.series.reading import encode_series


def count_rows(numbers):
    """Return how many rows of the same series precede each row; both (n_rows,)."""
    return pd.Series(numbers).groupby(numbers).cumcount().to_numpy(dtype=np.int64)


def is_default_index(index):
    """Return whether an index is 0, 1, 2, ..., as pandas sets it by default."""
    is_integer = index.nlevels == 1 and index.dtype.kind in "iu"
    return is_integer and np.array_equal(index, np.arange(len(index)))


def holds_row_numbers(index, labels):
    """Return whether an index of rows whose series are `labels` contains no times.

    Integers are row numbers if no two series share one, because the times of several
    series usually overlap.
    """
    if index is None:
        return True
    if index.nlevels > 1 or index.dtype.kind not in "iu":
        return False
    return is_default_index(index) or (index.is_unique and len(pd.unique(labels)) > 1)


def drop_times(rows):
    """Remove the times of rows, which then follow each other within each series.

    Raise ValueError if their index has row numbers that are not sorted.
    """
    stamps, rows.stamps = rows.stamps, None
    if stamps is None or rows.labels is None or stamps.dtype.kind not in "iu":
        return
    owners, names = encode_series(rows.labels, len(rows))
    order = np.argsort(owners, kind="stable")
    numbers, owners = np.asarray(stamps)[order], owners[order]
    decreases = (numbers[1:] < numbers[:-1]) & (owners[1:] == owners[:-1])
    if decreases.any():
        i = int(decreases.argmax())
        raise ValueError(
            f"The row numbers of series {quote(names[owners[i]])} are not sorted: "
            f"{numbers[i + 1]} follows {numbers[i]}. Set the time as the index of X and y "
            "and sort the rows with sort_index(), or, if the rows of each series are in "
            "chronological order, use reset_index(drop=True) on X and y."
        )
