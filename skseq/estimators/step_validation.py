"""Reading of X, targets and weights that users pass to step estimators."""

import numpy as np
import pandas as pd

from skseq.magnitudes import MAX_VALUE
from skseq.sequences import (
    Sequences,
    add_named,
    check_all_numeric,
    check_columns,
    check_features,
    check_finite,
    convert_container,
    convert_numbers,
    fill_cells,
    first_present,
    get_cells,
    is_frame,
    is_missing,
    is_nested,
    is_number,
    is_series,
    read_array,
    read_row_targets,
    read_step_targets,
    to_array,
)
from skseq.series import read_rows
from skseq.tasks.steps import WeightedSteps
from skseq.training.weights import check_weights


class StepSequences:
    """Sequences of X, and how results for their steps are returned.

    Parameters
    ----------
    sequences : Sequences
        The sequences.
    rows : skseq.series.StepRows or None
        The rows of X, if rows are steps.
    is_dense : bool
        Whether X was an array of sequences of equal length, and results are one as well.
    """

    def __init__(self, sequences, rows=None, is_dense=False):
        self.sequences = sequences
        self.rows = rows
        self.is_dense = is_dense

    def restore(self, flat):
        """Return values of all steps (n_steps_total, ...) in the form of X."""
        if self.rows is not None:
            return self.rows.restore(flat)
        lengths = self.sequences.lengths
        if self.is_dense:
            return flat.reshape(len(lengths), int(lengths[0]), *flat.shape[1:])
        return fill_cells(np.split(flat, np.cumsum(lengths)[:-1]))

    def read_targets(self, y, *, numeric, name="y"):
        """Return the :class:`StepTargets` of y, in the order of the sequences."""
        lengths = self.sequences.lengths
        if self.rows is None:
            ids = self.sequences.ids
            return read_step_targets(y, lengths, numeric=numeric, ids=ids, name=name)
        n_rows = len(self.rows.order)
        targets = read_row_targets(y, n_rows, numeric=numeric, name=name)
        return targets.reorder(self.rows.order, lengths)

    def read_weights(self, sample_weight):
        """Return the weight of each step (n_steps_total,), or None.

        Weights have the form of y, or there is one for each sequence.
        """
        if sample_weight is None:
            return None
        lengths = self.sequences.lengths
        weights = convert_container(sample_weight, "sample_weight")
        if self.rows is None and is_ragged(weights):
            targets = read_step_targets(
                weights, lengths, numeric=True, ids=self.sequences.ids, name="sample_weight"
            )
            return check_weights(targets.values, int(lengths.sum()))
        weights = convert_numbers(weights, "sample_weight")
        weights = weights if weights.ndim else float(weights)
        if self.rows is not None:
            return check_weights(weights, len(self.rows.order))[self.rows.order]
        return np.repeat(check_weights(weights, len(lengths)), lengths)

    def read_groups(self, groups):
        """Return the group of each sequence, or None.

        The pieces of a sequence of rows are a group.
        """
        n_sequences = len(self.sequences)
        if groups is None:
            ids = self.sequences.ids
            if self.rows is None or ids is None:
                return None
            _, groups = np.unique([str(name) for name in ids], return_inverse=True)
            return groups if 1 < len(np.unique(groups)) < n_sequences else None
        groups = read_array(convert_container(groups, "groups"), "groups")
        expected = n_sequences if self.rows is None else len(self.rows.order)
        if groups.shape != (expected,):
            raise ValueError(
                f"groups has the shape {groups.shape}. Expected one group for each "
                f"{'sequence' if self.rows is None else 'row'}: ({expected},)."
            )
        if self.rows is None:
            return groups
        lengths = self.sequences.lengths
        return groups[self.rows.order][np.cumsum(lengths) - lengths]

    def read_steps(self, y, sample_weight, *, numeric, check=lambda targets: targets):
        """Return the :class:`WeightedSteps` of y; `check` validates the targets."""
        targets = check(self.read_targets(y, numeric=numeric))
        weights = self.read_weights(sample_weight)
        is_labelled = targets.is_labelled
        weights = is_labelled.astype(float) if weights is None else weights * is_labelled
        if not weights.any():
            raise ValueError(
                "All labeled steps have a weight of 0 in sample_weight. Give at least one "
                "of them a positive weight."
            )
        return WeightedSteps(targets, weights)


def is_ragged(values):
    """Return whether values are nested: one array for each sequence."""
    if is_frame(values):
        return values.shape[1] > 1
    if is_series(values):
        values = get_cells(values)
    if isinstance(values, np.ndarray) and values.dtype != object:
        return values.ndim > 1
    return any(is_nested(value) for value in values if not is_missing(value))


def has_rows(X, y):
    """Return whether the rows of X are steps, so that y has a target for each row.

    Otherwise X has sequences, and y an array of targets for each. X with rows is a table of
    numbers. It has rows if y has one target, or several, for each; if y has the shape of X,
    they are sequences of one feature. Lists of tokens are sequences, and so are texts with
    labels that were not split.
    """
    if isinstance(getattr(X, "index", None), pd.MultiIndex):
        return True
    table = find_table_shape(X)
    if table is None or y is None:
        return table is not None
    y = convert_container(y, "y")
    if is_series(y):
        y = get_cells(y)
    elif not isinstance(y, (list, tuple)) and not is_frame(y):
        y = to_array(y, "y")
    if not is_ragged(y):
        return not (_has_tokens(X) or _has_unsplit_labels(X, y))
    return find_table_shape(y) not in (None, table)


def _has_tokens(X):
    """Return whether X, which is a table without names, has tokens that are not numbers."""
    if is_frame(X) or not isinstance(X, (list, tuple, np.ndarray)) or not len(X):
        return False
    row = [value for value in X[0] if not is_missing(value)]
    is_text = all(isinstance(value, str) for value in row)
    return is_text and not all(map(is_number, row))


def _has_unsplit_labels(X, y):
    """Return whether X is a column of texts, and y has a string of labels for each."""
    if not is_frame(X) or X.shape[1] != 1 or is_frame(y) or len(y) != len(X):
        return False
    pairs = list(zip(get_cells(X[X.columns[0]]), y, strict=True))
    return all(
        isinstance(text, str)
        and isinstance(labels, str)
        and len(labels.split()) == len(text.split()) > 1
        for text, labels in pairs
    )


def check_index_kept(X, y):
    """Raise ValueError if y has a MultiIndex of sequences and times, but X has lost it."""
    is_kept = hasattr(X, "iloc") or not isinstance(getattr(y, "index", None), pd.MultiIndex)
    if not is_kept:
        raise ValueError(
            f"y has a MultiIndex with the levels {list(y.index.names)}, but X is of type "
            f"{type(X).__name__}, whose rows would be read as one sequence. Use a DataFrame "
            "with this index; in a Pipeline, set_output(transform='pandas') keeps it. If "
            "the rows are one sequence, use y.to_numpy()."
        )


def find_table_shape(X):
    """Return the shape of X if it is a table of scalars, otherwise None."""
    if isinstance(X, Sequences):
        return None
    X = convert_container(X, "X")
    if is_series(X):
        return None
    if is_frame(X):
        cells = X[X.columns[0]] if len(X.columns) else []
        nested = is_series(cells) and is_nested(first_present(get_cells(cells)))
        return None if nested else tuple(X.shape)
    if isinstance(X, (list, tuple)):
        widths = {len(row) if is_nested(row) else None for row in X}
        if len(widths) != 1 or None in widths:
            return None
        is_table = not any(is_nested(value) for value in X[0])
        return (len(X), *widths) if is_table else None
    shape = getattr(X, "shape", None)
    if shape is None:
        shape = to_array(X, "X").shape
    is_array = isinstance(X, np.ndarray) and X.dtype.kind == "O"
    nested = is_array and is_nested(first_present(X.flat))
    return tuple(shape) if len(shape) == 2 and not nested else None


def validate_rows(estimator, X, *, allow_missing, reset):
    """Read X whose rows are steps, and set or check its features: StepRows."""
    name = type(estimator).__name__
    if reset:
        named = estimator.categorical_features
        rows = read_rows(X, estimator.sequence, None, name)
    else:
        if isinstance(X, Sequences) or (find_table_shape(X) is None and is_ragged(X)):
            raise ValueError(
                f"The rows of X were steps in fit of {name}, but X has sequences. Pass one "
                "array of rows, for example a single sequence; or fit on sequences, with "
                "an array of targets for each."
            )
        named, form = estimator.scaler_.coded, estimator.row_form_
        rows = read_rows(X, form.sequence or None, form, name)
    if named is None:
        check_all_numeric(rows.sequences, estimator)
    rows.sequences = add_named(rows.sequences, named, allow_missing=allow_missing)
    sequences = rows.sequences
    check_finite(sequences, allow_missing=allow_missing, largest=MAX_VALUE)
    if not rows.form.sequence:
        check_columns(estimator, convert_container(X, "X"), reset=reset)
    elif reset:
        estimator.n_features_in_ = sequences.n_features
        estimator.feature_names_in_ = np.asarray(sequences.feature_names, dtype=object)
    else:
        names = getattr(estimator, "feature_names_in_", None)
        check_features(sequences, estimator.n_features_in_, names, name)
    if reset:
        estimator.table_input_ = False
        estimator.row_form_ = rows.form
    return rows


def is_dense(X, sequences):
    """Return whether X is an array of sequences of equal length, or a table of them."""
    if isinstance(X, Sequences):
        return False
    shape, lengths = tuple(getattr(X, "shape", ())), sequences.lengths
    is_equal = bool((lengths == lengths[0]).all())
    n_axes = 2 if sequences.n_features == 1 else 3
    return is_equal and len(shape) >= n_axes and shape[:2] == (len(lengths), lengths[0])
