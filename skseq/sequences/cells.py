"""Types of X and of the cells of its columns."""

import numpy as np
import pandas as pd


def get_cells(series):
    """Return a pandas or polars column: numbers as they are, else an object array."""
    if hasattr(series, "to_list") and not hasattr(series, "iloc"):
        return fill_cells(series.to_list())  # polars
    if getattr(series.dtype, "kind", "O") != "O":
        return series.to_numpy()
    return fill_cells(series.tolist())


def fill_cells(items):
    """Return a 1-D object array of items, which may be arrays."""
    cells = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        cells[i] = item
    return cells


def first_present(cells):
    """Return the first cell that is not missing, or None."""
    return next((cell for cell in cells if not is_missing(cell)), None)


def is_missing(cell):
    """Return whether a cell is None, NA, NaT or NaN."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return isinstance(cell, (float, np.floating)) and bool(np.isnan(cell))


def is_nested(cell):
    """Return whether a cell is an array, a list or another sequence."""
    return isinstance(cell, (list, tuple)) or (
        hasattr(cell, "__len__") and not isinstance(cell, (str, bytes, dict))
    )


def is_frame(X):
    """Return whether X is a pandas or polars DataFrame."""
    # polars warns if the columns of a LazyFrame are accessed; it has no shape. Tables of
    # pyarrow have no dtypes, and relations of DuckDB have no to_numpy.
    names = ("shape", "to_numpy", "columns", "dtypes")
    return all(hasattr(X, name) for name in names) and len(X.shape) == 2


def is_series(X):
    """Return whether X is a pandas or polars Series."""
    names = ("to_list", "to_numpy", "dtype")
    return all(hasattr(X, name) for name in names) and not hasattr(X, "columns")
