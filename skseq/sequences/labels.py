"""Validate and encode the labels of steps, without a loop over steps in Python."""

from numbers import Integral, Real

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.sequences.cells import fill_cells

# Types of labels. Labels of one y have one type.
KINDS = {
    "i": "integers",
    "u": "integers",
    "b": "booleans",
    "f": "numbers",
    "U": "strings",
}


def join_labels(parts, lengths):
    """Return the labels of all sequences as one array, of objects if types may differ.

    A part is a list, a tuple or an array of labels; or None, for unlabeled steps.
    """
    is_array = all(isinstance(part, np.ndarray) for part in parts)
    kinds = {part.dtype.kind for part in parts} if is_array else {"O"}
    kinds = {"i" if kind == "u" else kind for kind in kinds}
    if parts and len(kinds) == 1 and kinds <= set(KINDS):
        return np.concatenate(parts)
    flat = []
    for part, length in zip(parts, lengths, strict=True):
        if part is None:
            flat.extend([None] * int(length))
        elif isinstance(part, np.ndarray) and part.dtype.kind not in "mM":
            flat.extend(part.tolist())
        else:  # `tolist` would convert times to integers
            flat.extend(part)
    if any(hasattr(cls, "__len__") for cls in set(map(type, flat)) - {str}):
        return fill_cells(flat)  # numpy would take nested labels apart
    array = np.empty(len(flat), dtype=object)
    array[:] = flat
    return array


def find_labelled(values):
    """Return which objects are targets, not None, NaN, NaT, NA or an empty string."""
    is_labelled = ~pd.isna(values)
    is_labelled[is_labelled] = values[is_labelled] != ""
    return is_labelled


def convert_labels(flat, locate, name):
    """Return the labels of a flat array in one type, and which steps are labeled.

    `locate` returns a phrase for the position of a step.
    """
    if flat.dtype.kind in "iub":
        return flat, np.ones(len(flat), dtype=bool)
    if flat.dtype.kind == "f":
        return _convert_floats(flat.astype(np.float64), ~np.isnan(flat), locate, name)
    flat = flat.astype(object)
    is_labelled = find_labelled(flat)
    labels = flat[is_labelled]
    kind = _check_types(labels, np.flatnonzero(is_labelled), locate, name)
    if kind == "strings":
        values = np.full(len(flat), None, dtype=object)
        values[is_labelled] = labels
        return values, is_labelled
    if kind == "booleans":
        values = np.zeros(len(flat), dtype=bool)
        values[is_labelled] = labels.astype(bool)
        return values, is_labelled
    if kind == "integers":
        try:
            values = np.zeros(len(flat), dtype=np.int64)
            values[is_labelled] = labels.astype(np.int64)
        except OverflowError:
            raise ValueError(
                f"{name} contains an integer beyond the range of int64. Use strings as "
                "labels."
            ) from None
        return values, is_labelled
    values = np.full(len(flat), np.nan)
    values[is_labelled] = labels.astype(np.float64)
    return _convert_floats(values, is_labelled, locate, name)


def _convert_floats(values, is_labelled, locate, name):
    """Return whole numbers, as integers if only missing labels made them floats."""
    labels = values[is_labelled]
    is_whole = np.isfinite(labels) & (labels == np.round(labels))
    if not is_whole.all():
        position = np.flatnonzero(is_labelled)[int(np.argmin(is_whole))]
        raise ValueError(
            f"Unknown label type: continuous. {name} contains {values[position]:g} "
            f"({locate(position)}), but labels are strings, integers or booleans. To "
            "predict numbers, use a step regressor."
        )
    if is_labelled.all() or not np.abs(labels).max(initial=0) < 2.0**53:
        return values, is_labelled
    return np.where(is_labelled, values, 0).astype(np.int64), is_labelled


def _check_types(labels, positions, locate, name):
    """Return the kind of labels; raise if they have different kinds, or are none."""
    found = {}
    for cls in set(map(type, labels)):
        kind = _find_kind(cls)
        first = positions[next(i for i, label in enumerate(labels) if type(label) is cls)]
        if kind is None:
            _raise_no_label(labels, cls, positions, locate, name)
        found[kind] = min(first, found.get(kind, first))
    if set(found) == {"integers", "numbers"}:  # as in [1, 2.0]
        return "numbers"
    if len(found) > 1:
        by_position = dict(zip(positions.tolist(), labels, strict=True))
        examples = [
            f"{quote(by_position[int(k)])} ({locate(k)})" for k in sorted(found.values())
        ]
        raise ValueError(
            f"The labels in {name} have different types: {' and '.join(examples[:2])}. Use "
            "labels of one type, for example strings: [str(label) for label in labels]."
        )
    return next(iter(found), "strings")


def _find_kind(cls):
    """Return the kind of labels of a type, None if its objects are not labels."""
    if issubclass(cls, str):
        return "strings"
    if issubclass(cls, (bool, np.bool_)):
        return "booleans"
    if issubclass(cls, Integral):
        return "integers"
    return "numbers" if issubclass(cls, Real) else None


def _raise_no_label(labels, cls, positions, locate, name):
    i = next(i for i, label in enumerate(labels) if type(label) is cls)
    hint = ""
    if issubclass(cls, bytes):
        hint = " Convert it with label.decode()."
    elif hasattr(cls, "__len__"):
        hint = (
            " Each step has one label. If a step may have several, use an indicator matrix "
            "of 0 and 1, of shape (n_timesteps, n_labels), for each sequence."
        )
    raise TypeError(
        f"{name} contains {quote(labels[i])} ({locate(positions[i])}), which is not a "
        f"label: labels are strings, integers or booleans.{hint}"
    )


def encode_labels(values, is_labelled, classes, locate):
    """Return the position of each label in the classes, -1 if unlabeled, and the classes.

    Raise ValueError if a label is not one of `classes`, which are by default all labels.
    """
    codes = np.full(len(values), -1, dtype=np.int64)
    numbers, names = pd.factorize(values[is_labelled])
    known = np.unique(np.array(names.tolist())) if classes is None else np.asarray(classes)
    found = pd.Index(known).get_indexer(pd.Index(names))
    if (found < 0).any():
        k = int(np.argmax(found < 0))
        position = np.flatnonzero(is_labelled)[int(np.argmax(numbers == k))]
        raise ValueError(
            f"y contains the label {quote(names[k])} ({locate(position)}), which is not "
            f"one of the classes {quote(known.tolist())}."
        )
    codes[is_labelled] = found[numbers]
    return codes, known
