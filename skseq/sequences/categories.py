"""Categorical features: codes of the steps, and the categories that they stand for."""

import numpy as np

from skseq.quoting import quote
from skseq.sequences.cells import fill_cells, is_missing
from skseq.sequences.conversion import convert_container, convert_numbers, read_array

# Code of a missing value.
MISSING = -1
MAX_CODE = np.iinfo(np.int32).max


class _Codes(dict):
    """Codes of categories in order of first appearance."""

    def __missing__(self, category):
        code = self[category] = len(self)
        return code


def encode(values, count=-1):
    """Return the codes of hashable values, and their categories by first appearance.

    Missing values get the code -1. `values` is an iterable, which is not stored, so that
    each distinct value exists once.

    Raises TypeError if a value is not hashable.
    """
    found = _Codes()
    codes = np.fromiter(map(found.__getitem__, values), dtype=np.int32, count=count)
    categories = list(found)
    missing = [is_missing(category) for category in categories]
    if any(missing):
        is_present = ~np.asarray(missing)
        renumbered = np.where(is_present, np.cumsum(is_present) - 1, MISSING)
        codes = renumbered.astype(np.int32)[codes]
        categories = [category for category in categories if not is_missing(category)]
    return codes, make_categories(categories)


def make_categories(values):
    """Return distinct values as a 1-D object array, with numpy scalars as Python scalars."""
    scalars = (v.item() if isinstance(v, np.generic) else v for v in values)
    return fill_cells(list(scalars))


def decode(codes, categories):
    """Return an object array of the categories of codes; None where a value is missing."""
    if not len(categories):
        return np.full(len(codes), None, dtype=object)
    values = categories[codes]
    values[codes == MISSING] = None
    return values


def check_codes(codes, categories, n_steps):
    """Return codes as a read-only array of int32, and categories as object arrays.

    Raise ValueError if they do not fit each other, or the number of steps.
    """
    if codes is None:
        if categories is not None and len(categories):
            raise ValueError("categories need codes: pass the codes of all steps.")
        return None, []
    if not isinstance(codes, np.memmap):
        codes = read_array(convert_container(codes, "codes"), "codes")
    codes = codes[:, None] if codes.ndim == 1 else codes
    if codes.ndim != 2 or codes.shape[1] == 0 or len(codes) != n_steps:
        raise ValueError(
            f"Expected codes of shape ({n_steps}, n_categorical), got shape {codes.shape}."
        )
    if codes.dtype != np.int32:
        codes = _convert_codes(codes)
    if categories is None or len(categories) != codes.shape[1]:
        n_lists = "None" if categories is None else len(categories)
        raise ValueError(
            f"Expected one list of categories for each of the {codes.shape[1]} columns of "
            f"codes, got {n_lists}."
        )
    categories = [_check_categories(given, j) for j, given in enumerate(categories)]
    for j, known in enumerate(categories):
        low, high = codes[:, j].min(initial=0), codes[:, j].max(initial=MISSING)
        if low < MISSING or high >= len(known):
            raise ValueError(
                f"Column {j} of codes contains {low if low < MISSING else high}, but it has "
                f"{len(known)} categories: codes are 0 to {len(known) - 1}, or -1 for a "
                "missing value."
            )
    codes = codes.view()
    codes.flags.writeable = False
    return codes, categories


def _convert_codes(codes):
    numbers = convert_numbers(codes, "codes")
    if not (numbers == np.round(numbers)).all():
        wrong = numbers[numbers != np.round(numbers)].flat[0]
        raise ValueError(f"codes contains {wrong:g}, which is not an integer.")
    if np.abs(numbers).max(initial=0) > MAX_CODE:
        raise ValueError(
            f"codes contains {np.abs(numbers).max():.0f}: codes are below 2**31, because "
            "they are stored in 4 bytes."
        )
    return numbers.astype(np.int32)


def _check_categories(given, column):
    if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__"):
        raise TypeError(
            f"categories[{column}] must be a list of distinct values, got {quote(given)}."
        )
    categories = make_categories(list(given))
    try:
        n_distinct = len(set(categories))
    except TypeError:
        raise TypeError(
            f"categories[{column}] contains values that are not hashable. Use text or "
            "numbers."
        ) from None
    if n_distinct < len(categories):
        raise ValueError(f"categories[{column}] contains a value twice.")
    if any(is_missing(category) for category in categories):
        raise ValueError(
            f"categories[{column}] contains a missing value. Its code is -1 instead."
        )
    return categories


def check_positions(is_categorical, n_numeric, n_categorical):
    """Return which features are categorical; by default they follow the numeric ones."""
    if is_categorical is None:
        return np.repeat([False, True], [n_numeric, n_categorical])
    positions = read_array(is_categorical, "is_categorical")
    n = n_numeric + n_categorical
    if positions.shape != (n,) or positions.dtype != bool:
        raise ValueError(
            f"is_categorical must be {n} booleans, one for each feature, got "
            f"{quote(is_categorical)}."
        )
    if positions.sum() != n_categorical:
        raise ValueError(
            f"is_categorical is True for {positions.sum()} features, but codes has "
            f"{n_categorical} columns."
        )
    return positions


def join_features(values, codes, categories, is_categorical):
    """Return steps as objects (n_steps, n_features): numbers and categories."""
    joined = np.empty((len(values), len(is_categorical)), dtype=object)
    joined[:, ~is_categorical] = values
    for k, feature in enumerate(np.flatnonzero(is_categorical)):
        joined[:, feature] = decode(codes[:, k], categories[k])
    return joined
