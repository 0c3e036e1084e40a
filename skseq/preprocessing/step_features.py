"""Names, number and kinds of the features that PerStep has seen in fit."""

import numpy as np

from skseq.preprocessing.frames import FrameSequences
from skseq.quoting import quote
from skseq.sequences import SINGLE_SEQUENCE_HINT, check_columns, check_features


def set_features(estimator, X, sequences, form):
    """Set the fitted attributes that describe the features of X."""
    estimator.table_input_ = form.is_table
    estimator.frame_input_ = isinstance(sequences, FrameSequences)
    estimator.is_categorical_ = sequences.is_categorical
    if form.is_table:
        check_columns(estimator, X, reset=True)
        return
    estimator.n_features_in_ = sequences.n_features
    vars(estimator).pop("feature_names_in_", None)
    if sequences.feature_names:
        names = np.asarray(sequences.feature_names, dtype=object)
        estimator.feature_names_in_ = names


def check_step_features(estimator, X, sequences, form):
    """Raise ValueError if X has other features than in fit."""
    if form.is_table and estimator.table_input_:
        check_columns(estimator, X, reset=False)
        return
    n_expected = 1 if estimator.table_input_ else estimator.n_features_in_
    hint = f" {SINGLE_SEQUENCE_HINT}" if form.is_table else ""
    names = get_step_names(estimator)
    check_features(sequences, n_expected, names, type(estimator).__name__, hint)
    differs = sequences.is_categorical != estimator.is_categorical_
    if differs.any():
        k = int(differs.argmax())
        kinds = ["numeric", "categorical"]
        found = kinds[int(sequences.is_categorical[k])]
        fitted = kinds[int(estimator.is_categorical_[k])]
        name = f"feature {k}" + ("" if names is None else f" ({quote(names[k])})")
        raise ValueError(f"{name} of X is {found}, but it was {fitted} in fit.")


def get_step_names(estimator, is_chosen=slice(None)):
    """Return the names of the chosen features of a step in fit, or None without names."""
    has_names = not estimator.table_input_ and hasattr(estimator, "feature_names_in_")
    return list(estimator.feature_names_in_[is_chosen]) if has_names else None


def get_names_out(estimator, result):
    """Return the names of all transformed features, or None if fit saw no names.

    `result` is what the transformer returned for the numeric features.
    """
    kept = get_step_names(estimator, estimator.is_categorical_)
    if kept is None:
        return None
    if hasattr(result, "columns"):
        return [*result.columns, *kept]
    try:
        return [*estimator.transformer_.get_feature_names_out(), *kept]
    except AttributeError:  # the transformer, or a part of it, has no names
        return None
