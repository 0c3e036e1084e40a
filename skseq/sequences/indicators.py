"""Read steps that have several labels: indicator matrices of 0 and 1."""

from numbers import Real

import numpy as np
from sklearn.exceptions import DataConversionWarning

from skseq.exceptions import warn
from skseq.quoting import quote
from skseq.sequences.cells import fill_cells, is_missing
from skseq.sequences.labels import find_labelled

# Steps of nested lists are of these types.
ROW_TYPES = (list, tuple, np.ndarray)


def stack_labels(parts, lengths, name_sequence, name):
    """Return the labels of each sequence as an array (n_timesteps, n_labels).

    Returns None if each step has one label.

    Parameters
    ----------
    parts : list
        The labels of each sequence: a list, a tuple or an array; or None, if unlabeled.
    lengths : ndarray of int of shape (n_sequences,)
        Number of steps of each sequence.
    name_sequence : callable
        Returns a phrase for a sequence, given its number.
    name : str
        Name of the argument, for messages.

    Raises
    ------
    ValueError
        If the sequences have different numbers of labels for each step.
    """
    arrays = [None if part is None else _stack_rows(part) for part in parts]
    first = next((i for i, array in enumerate(arrays) if array is not None), None)
    if first is None:
        return None
    shape = arrays[first].shape
    if len(shape) > 2 or not shape[1]:
        raise ValueError(
            f"{name}[{first}] has the shape {shape}. Expected (n_timesteps,) or "
            "(n_timesteps, n_labels), with at least one label."
        )
    for i, array in enumerate(arrays):
        if array is None and _is_unlabelled(parts[i]):
            arrays[i] = np.full((lengths[i], *shape[1:]), np.nan)
        elif array is None or array.shape[1:] != shape[1:]:
            found = (len(parts[i]),) if array is None else array.shape
            raise ValueError(
                f"{name}[{i}], the labels of {name_sequence(i)}, has the shape {found}, "
                f"but {name}[{first}] has {shape}. All sequences need the same number of "
                "labels for each step."
            )
    return arrays


def ravel_columns(arrays):
    """Return the labels of single columns (n_timesteps, 1) as flat arrays, with a warning."""
    warn(
        "A column-vector y was passed when a 1d array was expected: each step has one "
        "label. Please change the shape of y to (n_timesteps,) for each sequence, or to "
        "(n_rows,) if rows are steps, for example using ravel().",
        DataConversionWarning,
    )
    return [array[:, 0] for array in arrays]


def convert_indicators(arrays, locate, name):
    """Return an indicator matrix of all steps as int64, and which steps are labeled.

    Parameters
    ----------
    arrays : list of ndarray of shape (n_timesteps_i, n_labels)
        0 and 1, of any type. Rows whose labels are all missing are unlabeled steps.
    locate : callable
        Returns a phrase for the position of a step.
    name : str
        Name of the argument, for messages.

    Returns
    -------
    indicators : ndarray of int64 of shape (n_steps_total, n_labels)
        The labels; 0 where a step is unlabeled.
    is_labelled : ndarray of bool of shape (n_steps_total,)
        Whether a step is labeled.

    Raises
    ------
    ValueError
        If the rows contain other values, or a step is partly labeled.
    """
    if not all(array.dtype.kind in "biuf" for array in arrays):
        arrays = [fill_cells(list(array.flat)).reshape(array.shape) for array in arrays]
    rows = np.concatenate(arrays)  # (n_steps_total, n_labels)
    is_present = find_labelled(rows) if rows.dtype == object else ~np.isnan(rows)
    indicators = np.zeros(rows.shape, dtype=np.int64)
    present = rows[is_present]
    is_indicator = _find_indicators(present)
    if not is_indicator.all():
        place = np.argwhere(is_present)[int(np.argmin(is_indicator))]
        _raise_no_indicator(rows, *(int(k) for k in place), locate, name)
    indicators[is_present] = present.astype(np.int64)
    is_labelled = is_present.all(axis=1)
    is_partly = is_present.any(axis=1) & ~is_labelled
    if is_partly.any():
        step = int(np.argmax(is_partly))
        label = int(np.argmin(is_present[step]))
        raise ValueError(
            f"{name} is partly missing at {locate(step)}: label {label} is "
            f"{quote(rows[step, label])}. A step needs a 0 or 1 for each of its "
            f"{rows.shape[1]} labels; to leave it out of the loss, set all of them to NaN."
        )
    return indicators, is_labelled


def _find_indicators(values):
    """Return whether each value is 0, 1, False or True."""
    if values.dtype != object:
        return (values == 0) | (values == 1)
    known = [isinstance(value, (Real, np.bool_)) and value in (0, 1) for value in values]
    return np.array(known, dtype=bool)


def _raise_no_indicator(rows, step, label, locate, name):
    value = rows[step, label]
    is_number = isinstance(value, Real) and not float(value).is_integer()
    remedy = (
        "To predict numbers, use a step regressor."
        if is_number
        else "If each column has one of several classes, fit one estimator for each column "
        f"of {name}."
    )
    raise ValueError(
        f"{name} has {rows.shape[1]} labels for each step and contains {quote(value)} "
        f"({locate(step)}, label {label}). Several labels for each step must be an "
        "indicator matrix, with 1 for each label that the step has and 0 otherwise: an "
        "array (n_timesteps, n_labels) for each sequence, or (n_rows, n_labels) if rows are "
        f"steps. {remedy}"
    )


def _stack_rows(part):
    """Return the labels of a sequence (n_timesteps, n_labels), None if steps have one."""
    if isinstance(part, np.ndarray) and (part.ndim > 1 or part.dtype != object):
        return part if part.ndim > 1 else None
    if not any(issubclass(cls, ROW_TYPES) for cls in set(map(type, part))):
        return None
    is_row = np.array([_is_row(item) for item in part])
    rows = [item for item, found in zip(part, is_row, strict=True) if found]
    others = [item for item, found in zip(part, is_row, strict=True) if not found]
    if len(set(map(len, rows))) != 1 or not all(map(_is_gap, others)):
        return None  # lists of labels are named by the check of single labels
    stacked = np.full((len(part), len(rows[0])), None, dtype=object)
    stacked[is_row] = rows
    return stacked


def _is_row(item):
    """Return whether an item has the labels of a step, not nested ones."""
    if isinstance(item, np.ndarray) and item.dtype != object:
        return item.ndim == 1
    return isinstance(item, ROW_TYPES) and not any(
        hasattr(cls, "__len__") and not issubclass(cls, str) for cls in set(map(type, item))
    )


def _is_unlabelled(part):
    """Return whether no step of a sequence with one label for each is labeled."""
    return part is None or all(map(_is_gap, part))


def _is_gap(label):
    return is_missing(label) or (isinstance(label, str) and label == "")
