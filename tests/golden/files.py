"""Reading and writing of stored predictions."""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data"


def write_case(name, arrays, folder=FOLDER):
    """Write the arrays of one case; floats keep their precision."""
    folder.mkdir(exist_ok=True)
    np.savez_compressed(folder / f"{name}.npz", **arrays)


def read_case(name, folder=FOLDER):
    """Return the arrays of one case, without unpickling."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)
