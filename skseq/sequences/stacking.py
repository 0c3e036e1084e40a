"""Sequences given one by one: each checked, all stacked."""

from numbers import Number

import numpy as np

from skseq.quoting import quote
from skseq.sequences.cells import is_frame, is_missing
from skseq.sequences.validation import check_no_times, check_numeric_columns


def stack_arrays(arrays):
    """Concatenate arrays of steps; return values and lengths.

    Raises
    ------
    ValueError
        If an array is missing, empty, not numeric, has more than two dimensions, or
        another number of features than the first.
    """
    steps = [as_steps(array, f"sequence {i}") for i, array in enumerate(arrays)]
    if not steps:
        return np.empty((0, 1)), np.empty(0, dtype=np.int64)
    n_features = steps[0].shape[1]
    if n_features == 0:
        raise ValueError(
            f"sequence 0 has shape {steps[0].shape}: 0 features; each step needs at "
            "least 1."
        )
    for i, array in enumerate(steps):
        if len(array) == 0:
            raise ValueError(
                f"sequence {i} is empty (shape {array.shape}): every sequence needs at "
                "least 1 step; drop it from X and y."
            )
        if array.shape[1] != n_features:
            raise ValueError(
                f"sequence {i} has {array.shape[1]} features (shape {array.shape}), but "
                f"sequence 0 has {n_features} (shape {steps[0].shape}); each sequence "
                "must be (n_timesteps, n_features) with the same n_features."
            )
    lengths = np.asarray([len(array) for array in steps])
    dtype = np.result_type(*{array.dtype for array in steps})
    dtype = dtype if dtype in (np.float32, np.float64) else np.float64
    return np.concatenate(steps).astype(dtype, copy=False), lengths


def name_features(arrays):
    """Return the column names of sequences that are frames; None if they have none.

    As in scikit-learn, names are text. A sequence without names is taken by position.

    Raises
    ------
    ValueError
        If two frames have other columns, or in another order.
    """
    first, names = 0, None
    for i, array in enumerate(arrays):
        found = list(array.columns) if is_frame(array) else []
        if not found or not all(isinstance(name, str) for name in found):
            continue
        if names is None:
            first, names = i, found
        elif found != names:
            raise ValueError(
                f"sequence {i} has the columns {found}, but sequence {first} has {names}: "
                "each must have the same ones in the same order, as frame[columns] puts "
                "them."
            )
    return names


def check_features(sequences, expected, fitted, whose, hint=""):
    """Raise if sequences have other features than in fit; without names by position.

    Parameters
    ----------
    sequences : Sequences
        What X is read as.
    expected : int
        Number of features in fit.
    fitted : sequence of str or None
        Their names.
    whose : str
        Who was fitted.
    hint : str, default=""
        What X may be meant for, if their number is another.
    """
    names = sequences.feature_names
    if names is not None and fitted is not None and list(names) != list(fitted):
        raise ValueError(
            f"X has the features {list(names)}, but {whose} was fitted on {list(fitted)}, in "
            "that order."
        )
    if sequences.n_features != expected:
        raise ValueError(
            f"X has {sequences.n_features} features, but {whose} is expecting {expected} "
            f"features as input: sequence 0 is read as {sequences[0].shape}, give each as "
            f"(n_timesteps, {expected}).{hint}"
        )


def as_steps(array, name):
    """Return a sequence as numbers of shape (n_timesteps, n_features)."""
    if is_missing(array):
        raise ValueError(f"{name} is missing ({array}): drop it from X and y.")
    if hasattr(array, "detach"):
        array = array.detach().cpu().numpy()
    frame = array if is_frame(array) else None
    try:
        array = np.asarray(array)
    except ValueError:
        raise ValueError(
            f"{name} is ragged itself; it must be a rectangular array "
            "(n_timesteps, n_features)."
        ) from None
    _refuse_others(array, frame, name)
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            text = next((v for v in array.flat if not isinstance(v, Number)), None)
            raise ValueError(
                f"{name} holds {quote(text)}, which is not a number; encode "
                "text and categories before."
            ) from None
    if array.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} is complex; give the real and "
            "imaginary parts as two features."
        )
    if array.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} has dtype {array.dtype} (first value {quote(_first(array))}); "
            "sequences must be numbers: encode text and categories before."
        )
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} has shape {array.shape}; expected (n_timesteps,) or "
            "(n_timesteps, n_features)."
        )
    return array[:, None] if array.ndim == 1 else array


def _refuse_others(array, frame, name):
    """Raise if there are times, or anything but numbers in a column of a frame."""
    # polars makes numbers of times; of pandas, numbers come from columns of numbers only.
    if frame is not None and not (hasattr(frame, "iloc") and array.dtype.kind in "fiub"):
        check_numeric_columns(frame, name)
    check_no_times(array, name)


def _first(array):
    return array.reshape(-1)[0] if array.size else None
