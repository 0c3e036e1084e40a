"""Sequences of one feature, and an object that cannot be read."""

import numpy as np

FLAT = [np.arange(3.0), np.arange(3.0, 5.0)]  # of different lengths


def as_cells(arrays):
    """Return a one-dimensional object array of the given arrays."""
    cells = np.empty(len(arrays), dtype=object)
    for i, array in enumerate(arrays):
        cells[i] = array
    return cells


class Broken:
    """An object whose methods raise."""

    def __len__(self):
        raise RuntimeError("no length")

    def __getitem__(self, i):
        raise RuntimeError("no items")

    def __iter__(self):
        raise RuntimeError("no iterator")

    def __repr__(self):
        raise RuntimeError("no repr")

    def __float__(self):
        raise RuntimeError("no number")
