"""Sequences of one feature."""

import numpy as np

FLAT = [np.arange(3.0), np.arange(3.0, 5.0)]  # of different lengths


def as_cells(arrays):
    """Return a one-dimensional object array of the given arrays."""
    cells = np.empty(len(arrays), dtype=object)
    for i, array in enumerate(arrays):
        cells[i] = array
    return cells
