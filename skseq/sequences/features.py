"""Stack sequences whose features may be numbers, text or categories."""

from itertools import chain

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.sequences.categories import MAX_CODE, MISSING, encode
from skseq.sequences.cells import first_present, is_frame, is_missing, is_nested, is_series
from skseq.sequences.conversion import convert_container, to_array
from skseq.sequences.stacking import get_feature_names, list_arrays, stack_arrays, to_steps
from skseq.sequences.text import raise_bytes

LISTS = (list, tuple)


def has_categories(array):
    """Return whether a sequence contains text or a column of categories.

    The first value of each feature decides; all values are checked when they are read.
    """
    if isinstance(array, LISTS):
        first = first_present(array)
        if isinstance(first, LISTS):  # a step of several features
            return any(isinstance(value, (str, bytes)) for value in first)
        return isinstance(first, (str, bytes))
    if is_frame(array):
        pairs = zip(array.columns, array.dtypes, strict=True)
        names = [name for name, dtype in pairs if getattr(dtype, "kind", "O") not in "fiub"]
        return any(is_categorical(array[name]) for name in names)
    if isinstance(array, np.ndarray) and array.ndim == 2:
        return any(is_categorical(column) for column in array.T)
    return is_categorical(array)


def is_categorical(column):
    """Return whether a feature of a sequence, or a column of a table, is categorical."""
    if isinstance(column, LISTS):
        return isinstance(first_present(column), (str, bytes))
    dtype = getattr(column, "dtype", None)
    if is_category(dtype) or getattr(dtype, "kind", "O") in "UTS":
        return True
    if getattr(dtype, "kind", "O") != "O" or getattr(column, "ndim", 1) != 1:
        return False
    if is_series(column) or isinstance(column, np.ndarray):
        return isinstance(first_present(column), (str, bytes))
    return False


def is_category(dtype):
    """Return whether a type of pandas or polars has categories."""
    return isinstance(dtype, pd.CategoricalDtype) or str(dtype).startswith(
        ("Categorical", "Enum")
    )


def stack_sequences(arrays):
    """Return the parts of `Sequences` of a list of arrays, DataFrames or lists of tokens."""
    arrays = list_arrays(arrays)
    text = next((array for array in arrays if isinstance(array, str)), None)
    if text is not None and all(isinstance(array, str) for array in arrays):
        raise ValueError(
            f"sequence 0 is the string {quote(text)}. Split texts into tokens with "
            "skseq.preprocessing.Tokenizer().fit_transform(texts)."
        )
    if not any(map(has_categories, arrays)):
        values, lengths = stack_arrays(arrays)
        return {"values": values, "lengths": lengths}
    return stack_lists(arrays)


def stack_lists(arrays):
    """Return the parts of `Sequences` of arrays, some of which have categories.

    The features of an array are its columns; those of a list are its items.
    """
    if all(isinstance(array, LISTS) and _is_flat(array) for array in arrays):
        return stack_features([arrays])
    rows = [split_features(array, f"sequence {i}") for i, array in enumerate(arrays)]
    return stack_rows(rows, get_feature_names(arrays))


def stack_rows(rows, names=None):
    """Return the parts of `Sequences` of the lists of features of each sequence."""
    n_features = len(rows[0])
    for i, row in enumerate(rows):
        if len(row) != n_features:
            raise ValueError(
                f"sequence {i} has {len(row)} features, but sequence 0 has {n_features}. "
                "Every sequence needs the same features."
            )
    return stack_features(list(zip(*rows, strict=True)), names)


def _is_flat(array):
    return not array or isinstance(array[0], str) or array[0] is None


def split_features(array, name):
    """Return the features of a sequence, each a list, an array or a column."""
    if is_missing(array):
        raise ValueError(f"{name} is missing ({array}). Drop it from X and y.")
    if isinstance(array, bytes):
        raise_bytes(f"{name} is", array)
    if isinstance(array, str):
        raise ValueError(
            f"{name} is the string {quote(array)}, but other sequences are lists. Pass a "
            "list of tokens for every sequence, or a string for every sequence."
        )
    array = convert_container(array, name)
    if is_frame(array):
        return [array[column] for column in array.columns]
    if is_series(array):
        return [array]
    if isinstance(array, LISTS) and not is_nested(first_present(array)):
        return [array]
    array = _to_rectangle(array, name)
    if not array.ndim:
        raise ValueError(
            f"{name} has the single value {quote(array.item())} in a column, not one for "
            "each step. Use a ColumnTransformer to pass sequences and static columns to "
            "different estimators."
        )
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{name} has shape {array.shape}. Expected (n_timesteps,) or (n_timesteps, "
            "n_features)."
        )
    return [array] if array.ndim == 1 else list(array.T)


def _to_rectangle(array, name):
    """Return steps of several features as an array that keeps numbers beside text."""
    if not isinstance(array, LISTS):
        return to_array(array, name)
    if len({len(step) if is_nested(step) else None for step in array}) > 1:
        raise ValueError(
            f"{name} is ragged: its steps have different numbers of features. Expected an "
            "array of shape (n_timesteps, n_features)."
        )
    return np.array([list(step) for step in array], dtype=object)


def stack_features(features, names=None):
    """Return the parts of `Sequences` of features, each a list of one column a sequence.

    `names` of the features are for messages.
    """
    lengths = np.fromiter(map(len, features[0]), dtype=np.int64, count=len(features[0]))
    if not lengths.all():
        i = int(np.flatnonzero(lengths == 0)[0])
        raise ValueError(
            f"sequence {i} is empty (0 steps), but every sequence needs at least 1 step. "
            "Drop it from X and y."
        )
    values, codes, categories, kinds = [], [], [], []
    for k, columns in enumerate(features):
        kinds.append(any(map(is_categorical, columns)))
        if kinds[-1]:
            name = f"feature {k}"
            if names is not None and len(names) == len(features):
                name += f" ({names[k]!r})"
            coded, known = encode_feature(columns, name, int(lengths.sum()))
            codes.append(coded)
            categories.append(known)
        else:
            pairs = [to_steps(column, f"sequence {i}") for i, column in enumerate(columns)]
            values.append(np.concatenate(pairs))
    return {
        "values": _join_numbers(values, int(lengths.sum())),
        "lengths": lengths,
        "codes": np.column_stack(codes) if codes else None,
        "categories": categories,
        "is_categorical": kinds,
    }


def _join_numbers(columns, n_steps):
    """Return numeric features as one array of float32, if all are, or else of float64."""
    if not columns:
        return np.empty((n_steps, 0))
    is_single = all(column.dtype == np.float32 for column in columns)
    return np.concatenate(columns, axis=1).astype(np.float32 if is_single else np.float64)


def encode_feature(columns, name, n_steps):
    """Return codes and categories of a feature; raise ValueError for other types."""
    try:
        codes, categories = encode(chain.from_iterable(map(_iterate, columns)), n_steps)
    except TypeError:  # not hashable
        _raise_mixed(columns, name)
    n_texts = sum(isinstance(category, str) for category in categories)
    if n_texts not in (0, len(categories)) or any(
        isinstance(category, bytes) for category in categories
    ):
        _raise_mixed(columns, name)
    return codes, categories


def _iterate(column):
    if isinstance(column, LISTS):
        return column
    return column.tolist() if hasattr(column, "tolist") else column.to_list()


def _raise_mixed(columns, name):
    """Raise ValueError for the first value that is not text."""
    example = None
    for i, column in enumerate(columns):
        for step, value in enumerate(_iterate(column)):
            if isinstance(value, str) or is_missing(value):
                example = value if isinstance(value, str) else example
                continue
            where = f"sequence {i}, step {step}, {name} is"
            if isinstance(value, bytes):
                raise_bytes(where, value)
            raise ValueError(
                f"{where} {quote(value)}, but other steps of this feature are text"
                f"{f', such as {quote(example)}' if example else ''}. A feature contains "
                "only text or only numbers: convert one of them, for example with str."
            )
    raise AssertionError("no value is wrong")


def name_codes(stored, named):
    """Return the parts of `Sequences` whose named numeric features are categorical.

    `named` is a boolean mask of the features of sequences that are stored without gaps.
    Their values are integers; negative and missing ones are missing.
    """
    kinds = stored.is_categorical | named
    numeric = np.flatnonzero(~stored.is_categorical)
    codes, categories, old = [], [], 0
    for feature in np.flatnonzero(kinds):
        if named[feature]:
            column = stored.values[:, np.searchsorted(numeric, feature)]
            coded, known = _code_integers(column, feature, stored)
        else:
            coded, known = stored.codes[:, old], stored.categories[old]
            old += 1
        codes.append(coded)
        categories.append(known)
    return {
        "values": stored.values[:, ~named[numeric]],
        "codes": np.column_stack(codes),
        "categories": categories,
        "is_categorical": kinds,
    }


def _code_integers(column, feature, stored):
    """Return the codes and categories of integers; raise ValueError for other numbers."""
    is_missing = ~(column >= 0)
    numbers = np.where(is_missing, 0, column)
    wrong = (numbers != np.round(numbers)) | (numbers > MAX_CODE)
    if wrong.any():
        value = numbers[wrong][0]
        reason = "is not an integer"
        if value > MAX_CODE:
            reason = "is too large: codes are below 2**31. Use text, or pandas.factorize"
        name = stored.feature_names[feature] if stored.feature_names else feature
        raise ValueError(
            f"feature {quote(name)} is in categorical_features, but its value {value:.15g} "
            f"{reason}."
        )
    codes, found = pd.factorize(numbers[~is_missing].astype(np.int64), sort=True)
    coded = np.full(len(column), MISSING, dtype=np.int32)
    coded[~is_missing] = codes
    return coded, found.tolist()


def find_named(categorical_features, sequences):
    """Return the mask of the features that `categorical_features` names.

    It contains names or positions, or is a boolean mask.
    """
    n, names = sequences.n_features, sequences.feature_names
    given = np.asarray(convert_container(categorical_features, "categorical_features"))
    mask = np.zeros(n, dtype=bool)
    if given.ndim != 1:
        raise ValueError(
            "categorical_features must be 'from_dtype', a list of features or a boolean "
            f"mask, got {quote(categorical_features)}."
        )
    if given.dtype == bool:
        if len(given) != n:
            raise ValueError(
                f"categorical_features is a mask of {len(given)} features, but X has {n}."
            )
        return given
    for feature in given.tolist():
        mask[_find_feature(feature, n, names)] = True
    return mask


def _find_feature(feature, n, names):
    """Return the position of a feature that is given by its name or its position."""
    if isinstance(feature, str):
        if names is None:
            raise ValueError(
                f"categorical_features contains the name {feature!r}, but the features of "
                "X have no names. Use positions, such as [0]."
            )
        if feature not in names:
            raise ValueError(
                f"categorical_features contains {feature!r}, but X has the features "
                f"{list(names)}."
            )
        return names.index(feature)
    if not isinstance(feature, int) or not 0 <= feature < n:
        raise ValueError(
            f"categorical_features contains {quote(feature)}, but X has {n} features: "
            f"positions are 0 to {n - 1}."
        )
    return feature
