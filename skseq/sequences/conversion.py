"""Conversion of containers of other libraries to arrays, lists and DataFrames."""

import numpy as np
import pandas as pd

from skseq.magnitudes import raise_too_large
from skseq.sequences.cells import is_frame, is_series
from skseq.sequences.validation import read_numbers


def convert_container(X, name):
    """Return a container of another library as a DataFrame, a Series, an array or a list.

    Lists, arrays, tables of pandas and polars, and all other objects are returned as they
    are. Raise TypeError with the conversion for objects whose values are not in memory.
    """
    if isinstance(X, np.ma.MaskedArray):
        return to_array(X, name)
    # pandas objects are skipped, because their columns can be accessed as attributes.
    if X is None or isinstance(X, (list, tuple, np.ndarray, pd.DataFrame, pd.Series)):
        return X
    if hasattr(X, "detach"):  # a tensor of torch
        return list(X.unbind()) if X.is_nested else to_array(X, name)
    remedy = _find_computation(X)
    if remedy is not None:
        raise TypeError(
            f"Expected {name} to contain values, got {type(X)}, which computes them later. "
            f"Use {name}.{remedy}."
        )
    if is_frame(X) or is_series(X) or not _is_arrow(X):
        return X
    return X.to_pandas() if hasattr(X, "to_pandas") else _import_arrow(X, name)


def to_array(X, name):
    """Return X as an array; raise a TypeError with a new message if that fails.

    Masked values become NaN.
    """
    try:
        if hasattr(X, "detach"):
            return _read_tensor(X)
        array = np.asanyarray(X)
        if isinstance(array, np.ma.MaskedArray):
            is_masked = np.ma.getmaskarray(array).any()
            array = array.astype(np.float64).filled(np.nan) if is_masked else array.data
        return np.asarray(array)
    except ValueError:
        if hasattr(X, "to_list"):  # an Awkward Array, whose missing values are None
            return np.asarray(X.to_list())
        raise
    except OverflowError:  # integers beyond the range of float
        return np.asarray(X, dtype=object)
    except Exception as error:
        raise TypeError(
            f"{name} is a {type(X).__name__} that cannot be converted to an array: {error}"
        ) from error


def read_array(values, name):
    """Return targets, weights or other values of sequences as an array.

    Raise TypeError, as `to_array` does, and ValueError if the values are ragged.
    """
    try:
        return to_array(values, name)
    except ValueError:
        raise ValueError(
            f"{name} is ragged: its rows have different lengths. Make them equally long."
        ) from None


def convert_numbers(values, name, remedy=""):
    """Return targets, weights or counts in any container as an array of float64.

    Missing values become NaN. Raise ValueError or TypeError for anything but numbers.
    """
    array = read_array(convert_container(values, name), name)
    try:
        return read_numbers(array, name, remedy)
    except OverflowError:
        raise_too_large(name, "a value")


def _read_tensor(tensor):
    """Return a torch tensor as an array, without importing torch."""
    tensor = tensor.detach().cpu()
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if str(tensor.dtype).startswith(("torch.bfloat", "torch.float8")):  # not in numpy
        tensor = tensor.float()
    return tensor.numpy()


def _find_computation(X):
    """Return the method call that computes the values of a lazy table; else None."""
    if hasattr(X, "toPandas"):  # Spark
        return "toPandas()"
    if hasattr(X, "collect"):  # polars, narwhals
        return "collect()"
    if hasattr(X, "compute") and hasattr(X, "divisions"):  # DataFrame and Series of Dask
        return "compute()"
    return None


def _is_arrow(X):
    """Return whether X is a table or an array of Arrow; a DataArray of xarray is not."""
    if hasattr(X, "dtype"):
        return False
    return hasattr(X, "__arrow_c_stream__") or hasattr(X, "__arrow_c_array__")


def _import_arrow(X, name):
    """Return a table that exports Arrow as a DataFrame; pandas 3 can read it."""
    try:
        return pd.DataFrame.from_arrow(X)
    except Exception as error:
        raise TypeError(
            f"{name} is a {type(X).__name__} that cannot be converted to a DataFrame: "
            f"{error}. Use pyarrow.table({name}).to_pandas()."
        ) from error
