"""Validate sequences given one by one, and concatenate them."""

import numpy as np

from skseq.magnitudes import raise_too_large
from skseq.quoting import quote
from skseq.sequences.cells import is_frame, is_missing, is_nested
from skseq.sequences.conversion import convert_container, to_array
from skseq.sequences.validation import (
    ENCODE_HINT,
    PER_STEP_HINT,
    check_numeric_columns,
    check_unique_names,
    is_number,
    read_numbers,
)


def list_arrays(arrays):
    """Return arrays in any container as a list."""
    arrays = convert_container(arrays, "arrays")
    try:
        return list(arrays)
    except Exception:  # the object's own errors, too
        raise TypeError(f"Expected a list of arrays, got {type(arrays)}.") from None


def stack_arrays(arrays):
    """Return the concatenated steps of arrays, and their lengths.

    Raise ValueError if an array is missing, empty, not numeric or not 1-D or 2-D, or if the
    arrays have different numbers of features.
    """
    steps = [
        to_steps(array, f"sequence {i}") for i, array in enumerate(list_arrays(arrays))
    ]
    if not steps:
        return np.empty((0, 1)), np.empty(0, dtype=np.int64)
    shape = steps[0].shape
    if shape[1] == 0:
        raise ValueError(f"sequence 0 has shape {shape}: it needs at least 1 feature.")
    for i, array in enumerate(steps):
        if len(array) == 0:
            raise ValueError(
                f"sequence {i} is empty (shape {array.shape}), but every sequence needs at "
                "least 1 step. Drop it from X and y."
            )
        if array.shape[1] != shape[1]:
            hint = ""
            if len({len(array) for array in steps}) == 1:
                hint = (
                    f" All arrays have {shape[0]} rows: if X has channels first, as in "
                    "aeon and sktime, use [x.T for x in X]."
                )
            raise ValueError(
                f"sequence {i} has {array.shape[1]} features (shape {array.shape}), but "
                f"sequence 0 has {shape[1]} (shape {shape}). Expected arrays of shape "
                f"(n_timesteps, n_features) with the same n_features.{hint}"
            )
    lengths = np.asarray([len(array) for array in steps])
    dtype = np.result_type(*{array.dtype for array in steps})
    dtype = dtype if dtype in (np.float32, np.float64) else np.float64
    return np.concatenate(steps).astype(dtype, copy=False), lengths


def get_feature_names(arrays):
    """Return the column names of the sequences that are DataFrames; None if there are none.

    As in scikit-learn, only names that are strings count. Raise ValueError if two
    DataFrames have different names.
    """
    first, names = 0, None
    for i, array in enumerate(arrays):
        if type(array) is np.ndarray:
            continue
        if is_frame(array):
            found = list(array.columns)
        else:
            found = list(getattr(array, "column_names", ()))  # of a pyarrow.Table
        if not found or not all(isinstance(name, str) for name in found):
            continue
        if names is None:
            check_unique_names(found)
            first, names = i, found
        elif found != names:
            raise ValueError(
                f"sequence {i} has the columns {found}, but sequence {first} has {names}. "
                "Use the same columns in the same order, for example with frame[columns]."
            )
    return names


def to_steps(array, name):
    """Return a sequence as numbers of shape (n_timesteps, n_features)."""
    if type(array) is not np.ndarray or array.dtype.kind not in "fiub":
        array = _convert_sequence(array, name)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} has shape {array.shape}. Expected (n_timesteps,) or (n_timesteps, "
            "n_features)."
        )
    return array[:, None] if array.ndim == 1 else array


def _convert_sequence(array, name):
    """Return a sequence in any container, or of objects, as an array of numbers."""
    if is_missing(array):
        raise ValueError(f"{name} is missing ({array}). Drop it from X and y.")
    array = convert_container(array, name)
    frame = array if is_frame(array) else None
    array = _to_rectangle(array, name)
    # polars converts times to numbers. A pandas frame is numeric if all its columns are.
    if frame is not None and not (hasattr(frame, "iloc") and array.dtype.kind in "fiub"):
        check_numeric_columns(frame, name, PER_STEP_HINT)
    if array.dtype.kind not in "fiubSUT":
        try:
            array = read_numbers(array, name, ENCODE_HINT)
        except OverflowError:
            raise_too_large("X", f"a value of {name}")
    if array.dtype.kind not in "fiub":
        other = next((v for v in array.flat if not is_number(v)), _first(array))
        raise ValueError(
            f"{name} contains {quote(other)}, which is not a number. {ENCODE_HINT}"
        )
    return array


def _to_rectangle(sequence, name):
    """Return a sequence as an array; raise ValueError if it is ragged."""
    try:
        array = to_array(sequence, name)
        is_objects = array.dtype == object and array.ndim == 1
        if is_objects and len(array) and is_nested(array[0]):  # as read from Parquet files
            array = np.stack([np.asarray(step) for step in array])
    except ValueError:
        raise ValueError(
            f"{name} is ragged: its steps have different numbers of features. Expected an "
            "array of shape (n_timesteps, n_features)."
        ) from None
    return array


def _first(array):
    return array.flat[0] if array.size else None
