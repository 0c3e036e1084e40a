"""Warnings of features of X that are the target, which users forgot to remove."""

import numpy as np
import pandas as pd

from skseq.exceptions import TargetInFeaturesWarning, warn
from skseq.inputs import name_feature

# Fewer targets besides the most frequent one may equal a feature by chance.
MIN_OTHER_TARGETS = 10
# All targets are compared only with features that are equal to this many of them.
N_COMPARED_FIRST = 1000


def warn_of_target_in_features(sequences, y):
    """Warn if a feature is constant in each sequence, and has the values of y.

    y (n_sequences,) or (n_sequences, n_outputs) has the targets of the sequences.
    """
    for k in _find_copies(sequences, sequences.starts, y):
        if _is_constant(sequences, k):
            _warn(sequences, k)


def warn_of_step_target_in_features(sequences, y):
    """Warn if a feature has the values of y at the labeled steps.

    y is :class:`skseq.tasks.steps.WeightedSteps`.
    """
    starts, lengths = sequences.starts, sequences.lengths
    rows = np.repeat(starts - y.starts, lengths) + np.arange(lengths.sum())
    for k in _find_copies(sequences, rows[y.is_counted], y.counted):
        _warn(sequences, k)


def _warn(sequences, k):
    warn(
        f"{name_feature(sequences, k)} has the same values as y, or one value for each "
        "class of y. If it is the target, predictions from it are useless: remove it from "
        "X. Sequences.from_frame(..., target=...) removes the column of the target.",
        TargetInFeaturesWarning,
    )


def _find_copies(sequences, rows, y):
    """Return the features whose values in some rows of the storage are those of y."""
    found = []
    for targets in y.T if y.ndim > 1 else [y]:
        _, counts = np.unique(pd.factorize(targets)[0], return_counts=True)
        if counts.sum() - counts.max() < MIN_OTHER_TARGETS:
            continue
        some = np.linspace(0, len(rows) - 1, min(len(rows), N_COMPARED_FIRST)).astype(int)
        features = range(sequences.n_features)
        for part in (some, slice(None)):
            features = [
                k
                for k in features
                if _is_copy(_take_feature(sequences, k)[rows[part]], targets[part])
            ]
        found += features
    return found


def _take_feature(sequences, k):
    """Return the numbers or the codes of feature k of all stored steps (n_steps,)."""
    is_categorical = sequences.is_categorical
    source = sequences.codes if is_categorical[k] else sequences.values
    return source[:, np.count_nonzero(is_categorical[:k] == is_categorical[k])]


def _is_copy(values, targets):
    """Return whether numbers are equal, or each label occurs with one value only."""
    if targets.dtype.kind == "f":
        return values.dtype.kind == "f" and np.array_equal(
            values, targets.astype(values.dtype)
        )
    codes, uniques = pd.factorize(values)
    labels, classes = pd.factorize(targets)
    n_pairs = len(np.unique(codes * len(classes) + labels))
    has_missing = codes.min() < 0 or labels.min() < 0
    return n_pairs == len(uniques) == len(classes) <= len(labels) / 2 and not has_missing


def _is_constant(sequences, k):
    feature, ends = _take_feature(sequences, k), sequences.starts + sequences.lengths
    return all(
        (feature[start:end] == feature[start]).all()
        for start, end in zip(sequences.starts, ends, strict=True)
    )
