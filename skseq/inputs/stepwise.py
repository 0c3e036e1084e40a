"""One step of each of several sequences, as predictions step by step receive it."""

import numpy as np

from skseq.magnitudes import MAX_VALUE, raise_too_large
from skseq.quoting import quote
from skseq.sequences.categories import encode


def read_step(x_t, n_sequences, n_features, dtype):
    """Return one step of each sequence: an array (n_sequences, n_features).

    The axis of a single sequence or feature may be missing. Raises ValueError for other
    shapes, and for values that are not numbers if `dtype` is a number.
    """
    shape = n_sequences, n_features
    try:
        x = np.asarray(x_t, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"x_t must have numbers, in an array of shape {shape}: {error}."
        ) from error
    if x.shape == shape:
        return x
    shorter = [shape[1:]] if n_sequences == 1 else []
    if n_features == 1:
        shorter += [part[:-1] for part in (shape, *shorter)]
    if x.shape not in shorter:
        raise ValueError(
            f"x_t has shape {x.shape}, but it must have shape {shape}: one step of "
            f"{n_sequences} sequence{'s' * (n_sequences != 1)} with {n_features} "
            f"feature{'s' * (n_features != 1)}. stream(n_sequences) sets the number of "
            "sequences."
        )
    return x.reshape(shape)


def check_numbers(x, allows_missing, places):
    """Raise ValueError if numbers (n_sequences, n_features) are missing or too large.

    `places` are the positions of the features in a step.
    """
    # Faster than a check of each number. False for NaN as well.
    if np.vdot(x, x) <= MAX_VALUE**2:
        return
    for i, j in np.argwhere(~(np.abs(x) <= MAX_VALUE)):
        where = f"feature {places[j]} of sequence {i}"
        if np.isnan(x[i, j]):
            if not allows_missing:
                raise_missing("NaN", where)
        elif np.isinf(x[i, j]):
            raise ValueError(f"Input x_t contains infinity: {where} is {x[i, j]}.")
        else:
            raise_too_large("x_t", where, x[i, j])


def find_ids(vocabulary, values, place, allows_missing):
    """Return the ids (n_sequences, n_columns) of the categories of a feature, as float32.

    `place` is the position of the feature in a step.
    """
    codes, categories = encode(values)
    missing = np.flatnonzero(codes < 0)
    if missing.size and not allows_missing:
        raise_missing("a missing value", f"feature {place} of sequence {missing[0]}")
    for category in categories:
        kind = "text" if isinstance(category, str) else "numbers"
        if vocabulary.kind not in (kind, "mixed"):
            raise ValueError(
                f"x_t has {quote(category)} in feature {place}, whose categories were "
                f"{vocabulary.kind} in fit. Pass values of the same type."
            )
    ids = vocabulary.find_ids(categories, np.ones(len(categories), dtype=bool))
    return ids[codes].astype(np.float32)


def raise_missing(what, where):
    """Raise ValueError for a missing value."""
    raise ValueError(
        f"Input x_t contains {what}: {where}. Replace missing values, or fit with "
        "missing='mask'."
    )
