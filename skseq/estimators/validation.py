"""Validation of the sequences and targets that users pass to sequence estimators."""

import numpy as np
import pandas as pd
from sklearn.base import is_regressor
from sklearn.utils import get_tags
from sklearn.utils.validation import check_consistent_length

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.magnitudes import MAX_VALUE
from skseq.quoting import quote, quote_sequence
from skseq.sequences import (
    LONG_TABLE_HINT,
    SINGLE_SEQUENCE_HINT,
    add_named,
    check_columns,
    check_features,
    check_no_fields,
    convert_container,
    convert_numbers,
    fill_cells,
    first_present,
    get_cells,
    is_frame,
    is_missing,
    is_nested,
    is_series,
    read_array,
    read_sequences,
    warn_if_characters,
    warn_if_padded,
)
from skseq.training.weights import check_weights

SETS = (set, frozenset)
TARGET_PER_HINT = (
    " If each sequence should have one target, Sequences.from_frame(..., "
    "target_per='sequence') names the sequences whose target varies."
)
ARCHITECTURES = (
    RNNArchitecture,
    LSTMArchitecture,
    GRUArchitecture,
    TransformerArchitecture,
)


def validate_sequences(estimator, X, *, allow_missing, reset):
    """Read X, and set or check the number and names of features of an estimator.

    With `reset` the estimator gets `n_features_in_`, `feature_names_in_` and
    `table_input_`; otherwise they are compared with X. Returns :class:`skseq.Sequences`.
    """
    named = estimator.categorical_features if reset else estimator.scaler_.coded
    sequences, form = read_sequences(
        X,
        allow_missing=allow_missing,
        largest=MAX_VALUE,
        estimator=estimator,
        categorical_features=None if named is None else "from_dtype",
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
        _check_kind(estimator, sequences)
        is_table = estimator.table_input_
        check_features(
            sequences,
            1 if is_table else estimator.n_features_in_,
            None if is_table else getattr(estimator, "feature_names_in_", None),
            name,
        )
    sequences = add_named(sequences, named, allow_missing=allow_missing)
    if reset:
        estimator.table_input_ = form.is_table
        if allow_missing:
            warn_if_padded(sequences)
        warn_if_characters(X, sequences, form)
    return sequences


def _check_columns(estimator, X, n_columns, *, reset):
    """Check number and names of the columns of 2-D numbers, as scikit-learn does."""
    has_names = hasattr(X, "columns") and hasattr(estimator, "feature_names_in_")
    if not (reset or has_names or n_columns == estimator.n_features_in_):
        array = "X.to_numpy()" if is_frame(X) else "X"
        hint = f"For sequences of another length, use {array}[..., None]."
        raise ValueError(
            f"X has {n_columns} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input: X was 2-D in fit, and its "
            f"columns are steps. {SINGLE_SEQUENCE_HINT if n_columns == 1 else hint}"
        )
    check_columns(estimator, X, reset=reset)


def _check_kind(estimator, sequences):
    """Raise ValueError for text where fit had numbers, and for numbers where it had text.

    If the number of features is that of fit, `check_kinds` names the first of another kind.
    """
    scaler, name = estimator.scaler_, type(estimator).__name__
    if sequences.n_features == scaler.n_stored:
        return
    if not scaler.categories and not sequences.n_numeric:
        found = first_present(sequences.categories[0])
        raise ValueError(
            f"X contains text or categories, such as {quote(found)}, but {name} was fitted "
            f"on {scaler.n_stored} numeric features. Pass numbers as in fit, or fit {name} "
            "on text."
        )
    if scaler.is_text and not sequences.n_categorical:
        found = first_present(scaler.vocabularies[0].categories)
        raise ValueError(
            f"X contains only numbers ({sequences.n_features} numeric features), but {name} "
            f"was fitted on text or categories, such as {quote(found)}. Pass text or "
            f"categories as in fit, or fit {name} on numbers."
        )


def validate_targets(estimator, X, y, sequences):
    """Validate targets, one for each sequence of X: ndarray of shape (n_sequences, ...).

    The task of the estimator validates the values; X is quoted in messages only.
    """
    check_target_given(estimator, y)
    y = convert_container(y, "y")
    check_no_missing_target(y, sequences.ids)
    check_equal_lengths(estimator, y)
    if is_regressor(estimator):
        y = convert_numbers(y, "y", "For labels, use a classifier.")
    y = estimator._check_targets(y)
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


def check_target_given(estimator, y):
    """Raise ValueError if y is None."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )


def check_no_missing_target(y, ids):
    """Raise if the target of a sequence is missing; `ids` are those of X or None."""
    # Not np.asarray(y, dtype=object), which crashes for lists that contain themselves.
    is_list = isinstance(y, (list, tuple))
    values = fill_cells(y) if is_list else read_array(y, "y")
    if values.ndim == 0:
        raise ValueError(f"y must have one target for each sequence, got {quote(y)}.")
    check_no_fields(values, "y")
    missing = [(where[0], values[tuple(where)]) for where in np.argwhere(pd.isna(values))]
    if is_list and not missing:
        rows = [(i, row) for i, row in enumerate(y) if isinstance(row, (list, tuple))]
        missing = [(i, item) for i, row in rows for item in row if is_missing(item)]
    if missing:
        i, target = missing[0]
        is_aligned = ids is not None and len(ids) == len(values)
        name = quote_sequence(i, ids if is_aligned else None)
        raise ValueError(
            f"Input y contains NaN: the target of {name} is missing ({target}). Remove such "
            "sequences from X and y."
        )


def check_equal_lengths(estimator, y):
    """Raise ValueError if y contains sets, lists of different lengths, or array objects.

    Lists and arrays of numbers of equal length are several targets for each sequence.
    """
    targets = get_cells(y) if is_series(y) else y
    is_array = isinstance(targets, np.ndarray)
    is_objects = is_array and targets.dtype == object and targets.ndim == 1
    if not (is_objects or isinstance(targets, (list, tuple))) or not len(targets):
        return
    lengths = [_count_labels(target) for target in targets]  # None for a single label
    differs = [length != lengths[0] for length in lengths]
    is_table = not isinstance(targets[0], SETS) and not (is_objects and lengths[0])
    if not any(differs) and is_table:
        return
    other = differs.index(True) if any(differs) else 0
    found = f"y[0] is {quote(targets[0])}"
    found += f" and y[{other}] is {quote(targets[other])}" if other else ""
    hint = TARGET_PER_HINT if isinstance(targets[other], np.ndarray) else ""
    if is_regressor(estimator):
        needs = "each sequence needs the same number of targets"
        if not any(differs):
            needs = "an array of several targets is needed, as np.stack(y)"
        raise ValueError(
            f"{found}, but {needs}: y has the shape (n_sequences,) or (n_sequences, "
            "n_outputs). If y has one number for each step, use a step regressor such as "
            f"{name_leaf(estimator, 'StepRegressor')}.{hint}"
        )
    message = (
        f"{found}, but {type(estimator).__name__} needs one label for each sequence: y has "
        "the shape (n_sequences,)."
    )
    tags = get_tags(estimator).classifier_tags  # None without ClassifierMixin
    if tags is not None and tags.multi_label:
        message += (
            " If a sequence may have several labels, pass the indicator matrix "
            "sklearn.preprocessing.MultiLabelBinarizer().fit_transform(y)."
        )
    raise ValueError(
        f"{message} If y has one label for each step, use a step classifier such as "
        f"{name_leaf(estimator, 'StepClassifier')}.{hint}"
    )


def name_leaf(estimator, task):
    """Return the name of the public estimator of another task with the same architecture.

    A custom network, which few tasks support, is replaced by a GRU.
    """
    found = (cls for cls in ARCHITECTURES if isinstance(estimator, cls))
    architecture = next(found, GRUArchitecture)
    return architecture.__name__.removesuffix("Architecture") + task


def _count_labels(target):
    """Return the number of labels in a list or a set, None for a single label."""
    try:
        return len(target) if is_nested(target) else None
    except Exception:  # the object's own errors, too
        return None


def validate_weights(sequences, y, sample_weight, groups):
    """Validate weights and groups, and remove the sequences with weight 0.

    Returns sequences, targets, weights and groups of the remaining sequences; weights and
    groups are None if they were not given.
    """
    if groups is not None:
        groups = read_array(convert_container(groups, "groups"), "groups")
        check_consistent_length(sequences, groups)
    if sample_weight is None:
        return sequences, y, None, groups
    weights = convert_numbers(sample_weight, "sample_weight")
    weights = weights if weights.ndim else float(weights)
    sample_weight = check_weights(weights, len(sequences))
    kept = sample_weight > 0
    groups = None if groups is None else groups[kept]
    return sequences[kept], y[kept], sample_weight[kept], groups


def check_outputs(outputs, sequences, scaler):
    """Raise ValueError if outputs of a network, one for each sequence, are not finite."""
    if isinstance(outputs, np.ndarray) and np.isfinite(outputs).all():
        return
    for i, output in enumerate(outputs):
        if not np.isfinite(output).all():
            name = quote_sequence(i, sequences.ids)
            if not sequences.n_numeric:
                raise ValueError(
                    f"the network has no finite output for {name}: training has "
                    "diverged. Fit again with a smaller lr."
                )
            start, length = sequences.starts[i], sequences.lengths[i]
            steps = sequences.values[start : start + length]
            scaled = scaler.numeric.transform(steps[None])[0, :, : steps.shape[1]]
            step, feature = find_largest(scaled)
            what = f"{steps[step, feature]:g} in step {step}, feature {feature}, which is"
            raise_not_finite(name, what, scaled[step, feature])


def check_window_outputs(outputs, windows):
    """Raise ValueError if outputs (n_windows, ...) for a `WindowDataset` are not finite."""
    is_finite = np.isfinite(outputs).all(axis=1)
    if is_finite.all():
        return
    row = np.flatnonzero(~is_finite)[:1]
    of_windows = windows.series, windows.columns, windows.origins
    batch, _ = windows.make_batch(*(values[row] for values in of_windows), "cpu")
    scaled = batch.x[0]
    step, feature = find_largest(scaled)
    name, place = (
        windows.panel.ids[int(windows.series[row[0]])],
        int(windows.origins[row[0]]),
    )
    step += place - windows.coder.context_length
    name = f"the window that ends before step {place}" + (
        "" if name is None else f" of series {quote(name)}"
    )
    kind = "y" if feature < windows.n_features - windows.scaler.n_features else "X"
    raise_not_finite(
        name, f"that of {kind} in step {step}, which is", scaled[step, feature]
    )


def find_largest(scaled):
    """Return step and feature of the largest absolute value of (time, features)."""
    return np.unravel_index(int(scaled.abs().nan_to_num(0.0).argmax()), scaled.shape)


def raise_not_finite(name, what, scaled):
    """Raise ValueError for a sequence or window without a finite output of the network."""
    raise ValueError(
        f"the network has no finite output for {name}. Its most extreme value is {what} "
        f"{scaled:.2g} after scaling. Remove or clip such values, or fit on data that have "
        "them. If no value is extreme, training has diverged: fit again with a smaller lr."
    )
