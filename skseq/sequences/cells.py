"""What columns hold, and frames and series told from other things."""

import numpy as np
import pandas as pd


def cells_of(series):
    """Return the cells of a pandas or polars column as an object array of arrays."""
    if hasattr(series, "to_list") and not hasattr(series, "iloc"):
        cells = series.to_list()  # polars
    elif getattr(series.dtype, "kind", "O") != "O":
        return series.to_numpy()
    else:
        cells = series.tolist()
    out = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        out[i] = cell
    return out


def first_present(cells):
    """Return the first cell that is not missing; None if there is none."""
    return next((cell for cell in cells if not is_missing(cell)), None)


def is_missing(cell):
    """Return whether a cell, or an item of a list, holds nothing."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return isinstance(cell, (float, np.floating)) and bool(np.isnan(cell))


def holds_arrays(cell):
    """Return whether a cell is a sequence."""
    return isinstance(cell, (list, tuple)) or (
        hasattr(cell, "__len__") and not isinstance(cell, (str, bytes, dict))
    )


def is_frame(X):
    """Return whether X is a DataFrame, of pandas or polars."""
    return hasattr(X, "columns") and hasattr(X, "shape") and len(X.shape) == 2


def is_series(X):
    """Return whether X is a Series, of pandas or polars."""
    return (
        hasattr(X, "to_list")
        and hasattr(X, "to_numpy")
        and hasattr(X, "dtype")
        and not hasattr(X, "columns")
    )
