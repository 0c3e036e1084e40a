"""Warnings of features of X that are the target, which users forgot to remove."""

import numpy as np
import pandas as pd

from skseq.exceptions import TargetInFeaturesWarning, warn
from skseq.inputs import name_feature
from skseq.sequences import count_changes, have_same_labels, have_same_numbers

# With less evidence, a feature may have the same values by chance: sequences besides those
# with the most frequent target, or steps whose target differs from the one before.
MIN_EVIDENCE = 10
# Features are compared with so many targets first, and with all of them if these match.
N_COMPARED_FIRST = 1000


def warn_of_target_in_features(sequences, y, *, numeric):
    """Warn if a feature is constant in each sequence, and has the values of y.

    The last steps of windows are compared, too: by default, they have the windows' targets.
    y (n_sequences,) or (n_sequences, n_outputs) has the targets: labels, unless `numeric`.
    """
    if sequences.lengths.max(initial=0) <= 1:
        return  # the target of a single word may depend on this word only
    n = len(sequences)
    owners = np.arange(n)
    if sequences.ids is not None:  # windows of a recording have the same id
        owners, _ = pd.factorize(np.asarray(sequences.ids, dtype=object))

    def has_evidence(targets):
        codes, _ = pd.factorize(targets)
        is_other = codes != np.bincount(codes + 1).argmax() - 1
        return len(np.unique(owners[is_other])) >= MIN_EVIDENCE

    starts, last_steps = sequences.starts, sequences.starts + sequences.lengths - 1
    for k in _find_copies(sequences, starts, y, numeric, has_evidence):
        if _is_constant(sequences, k):
            _warn(sequences, k, numeric)
    if len(np.unique(owners)) == n:
        return
    for k in _find_copies(sequences, last_steps, y, numeric, has_evidence):
        if not _is_constant(sequences, k):
            _warn(sequences, k, numeric, " at the last step of every window")


def warn_of_step_target_in_features(sequences, y, *, numeric):
    """Warn if a feature has the values of y at the labeled steps.

    y is :class:`skseq.tasks.steps.WeightedSteps`: labels, unless `numeric`.
    """
    steps = np.flatnonzero(y.is_counted)
    owners = np.repeat(np.arange(len(y)), y.targets.lengths)[steps]
    rows = steps + (sequences.starts - y.starts)[owners]

    def has_evidence(targets):
        return count_changes(targets) >= MIN_EVIDENCE

    for k in _find_copies(sequences, rows, y.counted, numeric, has_evidence):
        _warn(sequences, k, numeric)


def _warn(sequences, k, numeric, where=""):
    found = "the same values as y" if numeric else "one value for each class of y"
    warn(
        f"{name_feature(sequences, k)} has {found}{where}. If it is the target, predictions "
        "from it are useless: remove it from X. Sequences.from_frame does so if you pass its "
        "name as the parameter target.",
        TargetInFeaturesWarning,
    )


def _find_copies(sequences, rows, y, numeric, has_evidence):
    """Return the features whose values in some rows of the storage are those of y."""
    have_same_values = have_same_numbers if numeric else have_same_labels
    some = np.linspace(0, len(rows) - 1, min(len(rows), N_COMPARED_FIRST)).astype(int)
    found = []
    for k, is_categorical in enumerate(sequences.is_categorical):
        if numeric and is_categorical:
            continue
        feature = _take_feature(sequences, k)
        for targets in y.T if y.ndim > 1 else [y]:
            if (
                have_same_values(feature[rows[some]], targets[some])
                and have_same_values(feature[rows], targets)
                and has_evidence(targets)
            ):
                found.append(k)
                break
    return found


def _take_feature(sequences, k):
    """Return the numbers of feature k of all stored steps (n_steps,), or its codes."""
    is_categorical = sequences.is_categorical
    source = sequences.codes if is_categorical[k] else sequences.values
    return source[:, np.count_nonzero(is_categorical[:k] == is_categorical[k])]


def _is_constant(sequences, k):
    """Return whether feature k is constant in each sequence, where it is present."""
    feature, ends = _take_feature(sequences, k), sequences.starts + sequences.lengths
    for start, end in zip(sequences.starts, ends, strict=True):
        values = feature[start:end]
        is_missing = values < 0 if sequences.is_categorical[k] else np.isnan(values)
        present = values[~is_missing]
        if (present[1:] != present[:-1]).any():
            return False
    return True
