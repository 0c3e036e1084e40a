"""Align true and predicted targets that have one value for each step."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.sequences import (
    convert_container,
    fill_cells,
    get_cells,
    is_frame,
    is_missing,
    is_nested,
    is_series,
    to_array,
)


@dataclass(frozen=True)
class StepPairs:
    """True and predicted targets of the labeled steps, in one array each."""

    y_true: np.ndarray  # (n_labelled,) or (n_labelled, n_outputs)
    y_pred: np.ndarray  # (n_labelled,) or (n_labelled, n_outputs or n_classes)
    weights: np.ndarray | None  # (n_labelled,)
    sequences: np.ndarray  # (n_labelled,), the number of the sequence of each step
    steps: np.ndarray  # (n_labelled,), the number of each step in its sequence


def align_steps(y_true, y_pred, sample_weight=None):
    """Validate and concatenate targets, without the steps that have no true target.

    The type of `y_true` decides how all arguments are read: sequences of targets, or one
    target for each row. In the second case the rows are a single sequence, unless `y_true`
    is a Series or a DataFrame with a (sequence, time) MultiIndex.
    """
    true_parts = split_sequences(y_true, "y_true", allow_none=True)
    if true_parts is None:
        order, lengths = order_rows(y_true)
        true = read_rows(y_true, "y_true", len(order))[order]
        pred = read_rows(y_pred, "y_pred", len(order))[order]
        weights = sample_weight
        if weights is not None:
            weights = read_rows(sample_weight, "sample_weight", len(order))[order]
    else:
        pred_parts = split_sequences(y_pred, "y_pred")
        true_parts = fill_unlabelled(true_parts, pred_parts)
        lengths = np.array([len(part) for part in true_parts], dtype=int)
        check_lengths(pred_parts, lengths, "y_pred")
        true, pred = concatenate(true_parts), concatenate(pred_parts)
        weights = spread_weights(sample_weight, lengths)
    keep = ~find_unlabelled(true)
    if not keep.any():
        raise ValueError(
            f"y_true has no labeled steps to compare with: each of its {len(true)} steps "
            "is None, NaN or an empty string."
        )
    return StepPairs(
        true[keep],
        pred[keep],
        None if weights is None else np.asarray(weights, dtype=float)[keep],
        np.repeat(np.arange(len(lengths)), lengths)[keep],
        (np.arange(len(true)) - np.repeat(np.cumsum(lengths) - lengths, lengths))[keep],
    )


def align_labels(y_true, y_pred, sample_weight=None):
    """Return true and predicted targets of the labeled steps, and their weights."""
    pairs = align_steps(y_true, y_pred, sample_weight)
    y_true, y_pred = simplify(pairs.y_true, "y_true"), simplify(pairs.y_pred, "y_pred")
    return y_true, y_pred, pairs.weights


def split_sequences(y, name, *, allow_none=False):
    """Return the targets of each sequence as a list of arrays, or None for flat targets.

    With `allow_none`, the array of a sequence may be None: all of its steps are unlabelled.
    """
    if has_row_index(y):
        return None
    y = convert_container(y, name)
    if is_frame(y):
        y = y.to_numpy()
    elif is_series(y):
        y = get_cells(y)
    if isinstance(y, np.ndarray) and (y.ndim > 1 or y.dtype != object):
        return None if y.ndim < 2 else list(y)
    items = list(y)
    if not any(is_nested(item) for item in items):
        return None
    for i, item in enumerate(items):
        if not is_nested(item) and not (allow_none and item is None):
            raise ValueError(
                f"sequence {i} of {name} is {quote(item)}, but other items of {name} are arrays "
                "with one value for each step. Pass an array for each sequence."
            )
    return [None if item is None else read_part(item, name) for item in items]


def fill_unlabelled(true_parts, pred_parts):
    """Return true targets with arrays of NaN for sequences that are None.

    They have as many steps as the predictions, if there are any.
    """
    known = next(part for part in true_parts if part is not None)
    filled = list(true_parts)
    for i, part in enumerate(true_parts):
        if part is None:
            n_steps = len(pred_parts[i]) if pred_parts and i < len(pred_parts) else 0
            filled[i] = np.full((n_steps, *known.shape[1:]), np.nan, dtype=object)
    return filled


def has_row_index(y):
    """Return whether y has a (sequence, time) MultiIndex, so that its rows are steps."""
    return isinstance(y, (pd.Series, pd.DataFrame)) and y.index.nlevels > 1


def read_part(item, name):
    """Return the targets of one sequence as an array; a list keeps the types of its items."""
    if isinstance(item, (list, tuple)):
        if any(is_nested(cell) for cell in item):  # one row for each step
            return np.array([list(cell) for cell in item], dtype=object)
        return fill_cells(item)
    item = convert_container(item, name)
    return get_cells(item) if is_series(item) else to_array(item, name)


def order_rows(y):
    """Return the order of flat targets by sequence and time, and the sequences' lengths."""
    if has_row_index(y):
        sequences, _ = pd.factorize(y.index.droplevel(-1))
        times, _ = pd.factorize(y.index.get_level_values(-1), sort=True)
        return np.lexsort((times, sequences)), np.bincount(sequences)
    return np.arange(len(y)), np.array([len(y)])


def read_rows(values, name, n_rows):
    """Return targets, probabilities or weights of rows as an array with `n_rows` rows."""
    values = convert_container(values, name)
    if isinstance(values, list):
        is_table = any(is_nested(cell) for cell in values)
        values = read_part(values, name) if is_table else fill_cells(values)
    values = get_cells(values) if is_series(values) else to_array(values, name)
    if values.dtype == object and values.ndim == 1 and any(map(is_nested, values)):
        raise ValueError(
            f"y_true has one target for each row, but {name} has an array for each "
            "sequence. Pass the same form for both."
        )
    if len(values) != n_rows:
        raise ValueError(
            f"y_true has {n_rows} rows, but {name} has {len(values)}. Each row needs one "
            "value in both."
        )
    return values


def check_lengths(parts, lengths, name):
    """Raise if sequences of targets have other lengths than those of y_true."""
    if parts is None:
        raise ValueError(
            f"y_true has an array for each sequence, but {name} has one value for each "
            "row. Pass the same form for both."
        )
    if len(parts) != len(lengths):
        raise ValueError(
            f"y_true has {len(lengths)} sequences, but {name} has {len(parts)}."
        )
    for i, (part, length) in enumerate(zip(parts, lengths, strict=True)):
        if len(part) != length:
            raise ValueError(
                f"sequence {i} has {length} steps in y_true, but {len(part)} in {name}. "
                "Each step needs one value in both."
            )


def spread_weights(sample_weight, lengths):
    """Return one weight for each step, from weights of sequences or of steps."""
    if sample_weight is None:
        return None
    parts = split_sequences(sample_weight, "sample_weight")
    if parts is not None:
        check_lengths(parts, lengths, "sample_weight")
        return concatenate(parts)
    weights = read_rows(sample_weight, "sample_weight", len(sample_weight))
    if len(weights) != len(lengths):
        raise ValueError(
            f"y_true has {len(lengths)} sequences, but sample_weight has {len(weights)} "
            "weights. Pass one weight, or an array of weights, for each sequence."
        )
    return np.repeat(weights, lengths)


def concatenate(parts):
    """Concatenate the arrays of sequences. Mixed types are kept as objects."""
    parts = [part for part in parts if len(part)] or parts
    kinds = {"U" if part.dtype.kind in "UST" else part.dtype.kind for part in parts}
    if len(kinds) > 1 and not kinds <= set("biuf"):
        parts = [part.astype(object) for part in parts]
    return np.concatenate(parts)


def find_unlabelled(values):
    """Return whether each step lacks a target (None, NaN or ""), in any of its outputs."""
    if values.dtype.kind == "f":
        missing = np.isnan(values)
    elif values.dtype.kind in "UT":
        missing = values == ""
    elif values.dtype == object:
        flat = [is_missing(value) or value == "" for value in values.flat]
        missing = np.array(flat, dtype=bool).reshape(values.shape)
    else:
        return np.zeros(len(values), dtype=bool)
    return missing.any(axis=tuple(range(1, missing.ndim)))


def simplify(values, name):
    """Return objects as an array of str or numbers."""
    if values.dtype != object or not values.size:
        return values
    is_text = [isinstance(value, str) for value in values.flat]
    if all(is_text):
        return values.astype(str)
    if any(is_text):
        text = values.flat[is_text.index(True)]
        other = values.flat[is_text.index(False)]
        raise ValueError(
            f"{name} has labels of mixed types, such as {quote(text)} and {quote(other)}. "
            "Convert all labels to the same type."
        )
    return np.array(values.tolist())
