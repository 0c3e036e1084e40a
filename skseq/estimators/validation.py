"""Validation of the sequences and targets that users pass to sequence estimators."""

import numpy as np
import pandas as pd
from sklearn.base import is_regressor
from sklearn.utils.validation import check_consistent_length, validate_data

from skseq.magnitudes import MAX_VALUE, raise_too_large
from skseq.quoting import quote
from skseq.sequences import (
    LONG_TABLE_HINT,
    SINGLE_SEQUENCE_HINT,
    check_features,
    check_no_text,
    check_no_times,
    read_sequences,
)
from skseq.training.weights import check_weights


def validate_sequences(estimator, X, *, allow_missing, reset):
    """Read X; set, or compare, the number and names of features of an estimator.

    With `reset` the estimator gets `n_features_in_`, `feature_names_in_` and
    `table_input_`; else they are compared with X. Returns :class:`skseq.Sequences`.
    """
    sequences, form = read_sequences(
        X, allow_missing=allow_missing, largest=MAX_VALUE, estimator=estimator
    )
    name = type(estimator).__name__
    if form.is_table:
        if reset or estimator.table_input_:
            _check_columns(estimator, X, sequences.lengths[0], reset=reset)
        elif estimator.n_features_in_ != 1:
            raise ValueError(
                f"X is 2-D (shape {np.shape(X)}), which is read as sequences of 1 feature, "
                f"but {name} was fitted on {estimator.n_features_in_} features. Pass X of "
                f"shape (n_sequences, n_timesteps, n_features). {SINGLE_SEQUENCE_HINT}"
            )
    elif reset:
        estimator.n_features_in_ = sequences.n_features
        vars(estimator).pop("feature_names_in_", None)
        if sequences.feature_names:
            names = np.asarray(sequences.feature_names, dtype=object)
            estimator.feature_names_in_ = names
    else:
        is_table = estimator.table_input_
        check_features(
            sequences,
            1 if is_table else estimator.n_features_in_,
            None if is_table else getattr(estimator, "feature_names_in_", None),
            name,
        )
    if reset:
        estimator.table_input_ = form.is_table
    return sequences


def _check_columns(estimator, X, n_columns, *, reset):
    """Check number and names of the columns of 2-D numbers, as scikit-learn does."""
    if not reset and n_columns == 1 < estimator.n_features_in_:
        raise ValueError(
            f"X has 1 features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input: columns are time steps. "
            f"{SINGLE_SEQUENCE_HINT}"
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)


def validate_targets(estimator, X, y, sequences):
    """Validate targets, one for each sequence of X: ndarray of shape (n_sequences, ...).

    The task of the estimator validates the values; X is quoted in messages only.
    """
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    check_no_missing_target(y)
    if is_regressor(estimator):
        check_no_times(y, "y")
        check_no_text(y, "y", "For labels, use a classifier.")
    try:
        y = estimator._check_targets(y)
    except OverflowError:
        raise_too_large("y", "a value")
    if len(y) != len(sequences):
        hint = ""
        if estimator.table_input_:
            hint = LONG_TABLE_HINT if hasattr(X, "columns") else SINGLE_SEQUENCE_HINT
        raise ValueError(
            "Found input variables with inconsistent numbers of samples: "
            f"[{len(sequences)}, {len(y)}]. X is read as {sequences!r}, but y has {len(y)} "
            f"target{'s' * (len(y) != 1)}. Expected one target for each sequence. "
            f"{hint}".strip()
        )
    return y


def check_no_missing_target(y):
    """Raise if the target of a sequence is missing."""
    try:
        values = np.asarray(y, dtype=object)
    except (TypeError, ValueError):  # scikit-learn raises a better error later
        return
    if values.ndim == 0:
        raise ValueError(f"y must have one target for each sequence, got {quote(y)}.")
    missing = np.argwhere(pd.isna(values)) if values.ndim in (1, 2) else ()
    if len(missing):
        raise ValueError(
            f"Input y contains NaN: the target of sequence {missing[0, 0]} is missing "
            f"({values[tuple(missing[0])]}). Remove such sequences from X and y."
        )


def validate_weights(sequences, y, sample_weight, groups):
    """Validate weights and groups, and remove the sequences with weight 0.

    Returns sequences, targets, weights and groups of the remaining sequences; weights and
    groups are None if they were not given.
    """
    if groups is not None:
        groups = np.asarray(groups)
        check_consistent_length(sequences, groups)
    if sample_weight is None:
        return sequences, y, None, groups
    sample_weight = check_weights(sample_weight, len(sequences))
    kept = sample_weight > 0
    groups = None if groups is None else groups[kept]
    return sequences[kept], y[kept], sample_weight[kept], groups
