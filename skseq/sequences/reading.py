"""Convert every accepted form of X to validated sequences."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_array

from skseq.magnitudes import raise_too_large
from skseq.sequences.axes import warn_if_channels_first
from skseq.sequences.categorical_reading import add_named, read_categories
from skseq.sequences.cells import first_present, get_cells, is_frame, is_nested, is_series
from skseq.sequences.column_names import warn_if_features
from skseq.sequences.container import Sequences
from skseq.sequences.conversion import convert_container, to_array
from skseq.sequences.stacking import get_feature_names, stack_arrays, to_steps
from skseq.sequences.validation import (
    LONG_TABLE_HINT,
    check_all_numeric,
    check_at_least_2d,
    check_finite,
    check_no_fields,
    check_no_multi_index,
    check_no_times,
    check_numeric_columns,
    check_objects,
    check_unique_names,
    read_numbers,
)


@dataclass(frozen=True)
class InputForm:
    """Form of X: a 2-D table of numbers with one feature, or sequences of features."""

    is_table: bool
    is_text: bool = False  # whether X contains texts, not lists of tokens


def read_sequences(
    X,
    *,
    allow_missing=False,
    largest=np.inf,
    estimator="skseq",
    categorical_features=None,
):
    """Return the validated Sequences of X, and its InputForm.

    X may have any of the input formats of the user guide. Missing values are allowed if
    `allow_missing`; infinite values, and absolute values above `largest`, are not. Error
    messages name the estimator.

    With `categorical_features=None`, all features must be numeric. Otherwise, text and
    columns of categories are categorical features, and "from_dtype" means only these. A
    list of names or positions, or a mask, names features of integer codes that are
    categorical as well.
    """
    sequences, is_table, is_text = _read(X, estimator, categorical_features)
    if len(sequences) == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (no sequences in X, shape="
            f"{getattr(X, 'shape', (len(X),))}) while a minimum of 1 is required."
        )
    check_finite(sequences, allow_missing=allow_missing, largest=largest)
    if not is_table:
        warn_if_channels_first(sequences)
    return sequences, InputForm(is_table, is_text)


def _read(X, estimator, categorical_features):
    """Return the sequences of X, and whether it is a table, and text."""
    if not isinstance(X, Sequences):
        X = convert_container(X, "X")
    if categorical_features is None:
        sequences, is_table = _convert(X, estimator)
        check_all_numeric(sequences, estimator)
        return sequences, is_table, False
    sequences, is_table, is_text = None, False, False
    if not isinstance(X, Sequences):
        sequences, is_text = read_categories(X)
    if sequences is None:
        sequences, is_table = _convert(X, estimator)
    return add_named(sequences, categorical_features), is_table, is_text


def _convert(X, estimator):
    """Return the sequences of X, and whether it is a 2-D table of numbers."""
    if isinstance(X, Sequences):
        return X, False
    if is_frame(X):
        return _convert_frame(X, estimator)
    if is_series(X):
        cells = get_cells(X)
        if not is_nested(first_present(cells)):
            check_no_multi_index(X)
        X = cells
    elif isinstance(X, (list, tuple)):
        return _convert_list(X, estimator)
    return _convert_array(X, estimator)


def _convert_array(X, estimator):
    if hasattr(X, "__array__") and not _is_sparse(X):
        try:
            X = to_array(X, "X")
        except ValueError:  # sequences of different lengths, as in an Awkward Array
            return _convert_list(list(X), estimator)
    if not isinstance(X, np.ndarray):
        return _from_table(X, estimator), True  # raises
    if X.dtype == object and X.size == 0:
        return Sequences(np.empty((0, 1)), []), False  # the caller raises
    if X.dtype == object and X.ndim <= 2 and is_nested(first_present(X.flat)):
        return _from_columns([X] if X.ndim == 1 else list(X.T)), False
    if X.ndim > 3:
        raise ValueError(
            f"Found array with dim {X.ndim} (shape {X.shape}), while dim <= 3 is required: "
            "X has shape (n_sequences, n_timesteps, n_features)."
        )
    if X.ndim == 3:
        return _from_cube(X, estimator), False
    return _from_table(X, estimator), True


def _convert_list(X, estimator):
    if not X:
        raise ValueError(
            "Found array with 0 sample(s) (X is an empty list) while a minimum of 1 is "
            "required."
        )
    is_array = [hasattr(item, "__array__") for item in X]
    if all(is_array) and all(np.ndim(item) == 0 for item in X):
        return _from_table(X, estimator), True  # numpy scalars: raises
    array = None
    if not any(is_array):
        with suppress(ValueError):  # nested lists of unequal length
            array = to_array(X, "X")
    if array is None:
        names = get_feature_names(X)
        return Sequences(*stack_arrays(X), feature_names=names), False
    if array.ndim == 3:
        return _from_cube(array, estimator), False
    return _from_table(X, estimator), True


def _convert_frame(frame, estimator):
    columns = list(frame.columns)
    if len(frame) == 0 or not columns:
        return _from_table(frame, estimator), True
    check_unique_names(columns)
    cells = [get_cells(frame[name]) for name in columns]
    first = [first_present(column) for column in cells]
    nested = [name for name, cell in zip(columns, first, strict=True) if is_nested(cell)]
    if not nested:
        return _from_table(frame, estimator), True
    for name, cell in zip(columns, first, strict=True):
        if cell is not None and name not in nested:
            raise ValueError(
                f"Column {name!r} of X contains scalars, but column {nested[0]!r} contains "
                "arrays. Use a ColumnTransformer to pass sequences and static columns to "
                "different estimators."
            )
    return _from_columns(cells, [str(name) for name in columns]), False


def _from_columns(columns, names=None):
    """Read columns whose cells are arrays. Several columns are concatenated as features."""
    rows = []
    for i, cells in enumerate(zip(*columns, strict=True)):
        cell_names = [f"sequence {i}"] * len(cells)
        if names and len(names) > 1:
            cell_names = [f"sequence {i}, column {name!r}," for name in names]
        steps = [to_steps(*pair) for pair in zip(cells, cell_names, strict=True)]
        if len({len(part) for part in steps}) > 1:
            raise ValueError(
                f"sequence {i} has {[len(part) for part in steps]} steps in its columns, "
                "but the columns of a sequence must have the same length."
            )
        rows.append(np.concatenate(steps, axis=1))
    values, lengths = stack_arrays(rows)
    if names is None or len(names) != values.shape[1]:  # cells with several features
        names = get_feature_names(columns[0]) if len(columns) == 1 else None
    return Sequences(values, lengths, feature_names=names)


def _from_table(X, estimator):
    """Read a 2-D table of numbers as sequences of one feature."""
    if is_frame(X):
        check_no_multi_index(X)
        check_numeric_columns(X, "X", LONG_TABLE_HINT)
        warn_if_features(X.columns)
        return _store(_check_numbers(X, estimator)[:, :, None])
    return _store(read_table(X, estimator)[:, :, None])


def read_table(X, estimator):
    """Return X as a 2-D array of numbers, whose rows are steps or sequences of one feature.

    Error messages name the estimator.
    """
    if not _is_sparse(X):
        check_at_least_2d(X)
    return _check_numbers(X, estimator)


def _from_cube(X, estimator):
    if X.dtype not in (np.float64, np.float32):
        X = _check_numbers(X, estimator, ensure_min_samples=0, allow_nd=True)
    n, n_steps, n_features = X.shape
    if n and not (n_steps and n_features):
        raise ValueError(
            f"X has shape {X.shape}: {n_steps} steps and {n_features} features, but each "
            "sequence needs at least 1 of both."
        )
    return _store(X)


def _store(cube):
    """Return the sequences of a float array (n_sequences, n_timesteps, n_features)."""
    n, n_steps, n_features = cube.shape
    values = np.ascontiguousarray(cube).reshape(n * n_steps, n_features)
    return Sequences(values, np.full(n, n_steps))


def _check_numbers(X, estimator, **options):
    """Validate numbers with scikit-learn, after checks with more helpful messages."""
    if is_frame(X):
        columns = [np.asarray(X[name].to_numpy()) for name in X.columns]
        if any(column.dtype == object for column in columns):
            X = np.column_stack([_convert_objects(column) for column in columns])
    elif not _is_sparse(X):
        X = _convert_objects(np.asarray(X))
    return check_array(
        X,
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
        input_name="X",
        estimator=estimator,
        **options,
    )


def _convert_objects(array):
    """Return numbers among objects or text as float64, and other arrays as they are."""
    check_no_fields(array, "X")
    check_no_times(array, "X")
    if array.dtype.kind not in "OSUT":
        return array
    check_objects(array, "X")
    try:
        return read_numbers(
            array, "X", f"Encode text and categories first. {LONG_TABLE_HINT}"
        )
    except OverflowError:
        raise_too_large("X", "a value")


def _is_sparse(X):
    return hasattr(X, "toarray")
