"""Convert sequences to rows of steps, and rows of steps back to sequences."""

import contextlib

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from skseq.preprocessing.frames import FrameSequences, find_frames
from skseq.quoting import quote
from skseq.sequences import (
    InputForm,
    Sequences,
    convert_container,
    first_present,
    get_cells,
    is_nested,
    is_number,
    is_series,
    read_array,
    read_sequences,
    read_step_targets,
)


def read_steps(X, estimator):
    """Return the sequences of X, and its InputForm.

    DataFrames are not converted to numbers: they are returned as FrameSequences.
    """
    frames = find_frames(X)
    if frames is not None:
        return FrameSequences.from_list(frames), InputForm(is_table=False)
    if isinstance(X, Sequences) and X.n_categorical and not X.n_numeric:
        raise ValueError(
            f"All features of X are categorical ({X!r}), but PerStep transforms numeric "
            "features of Sequences. Pass a list of DataFrames, whose columns the "
            "transformer can encode, or leave out PerStep."
        )
    kinds = "from_dtype" if isinstance(X, Sequences) else None
    return read_sequences(
        X, allow_missing=True, estimator=estimator, categorical_features=kinds
    )


def list_numeric_names(sequences):
    """Return the names of the features that the transformer receives, or None."""
    names = sequences.feature_names
    if names is None or not sequences.n_categorical:
        return names
    pairs = zip(names, sequences.is_categorical, strict=True)
    return [name for name, is_categorical in pairs if not is_categorical]


def keep_categorical(sequences, is_categorical=None):
    """Return the arguments of Sequences that add the categorical features of sequences.

    `is_categorical` (n_features,) has the places of the features in the result. By default
    the categorical features follow the numeric ones.
    """
    if not sequences.n_categorical:
        return {}
    if is_categorical is not None and is_categorical.sum() != sequences.n_categorical:
        raise ValueError(
            f"X has {sequences.n_categorical} categorical features, but there were "
            f"{is_categorical.sum()} in fit."
        )
    compact = sequences.compact()
    codes, categories = compact.codes, compact.categories
    return {"codes": codes, "categories": categories, "is_categorical": is_categorical}


def stack_steps(sequences, names=None, *, keep_frame=True):
    """Return all steps as rows, in a DataFrame if the features have names.

    An array is read-only. It is copied only if the sequences are a view. With `keep_frame`,
    sequences that are DataFrames stay a DataFrame even if `names` is None.
    """
    if isinstance(sequences, FrameSequences):
        if names is not None and sequences.feature_names is None:
            return sequences.frame.set_axis(names, axis=1)
        return sequences.frame if keep_frame or names else sequences.frame.to_numpy()
    compact = sequences.compact()
    values = compact.values  # (n_steps_total, n_features)
    if names is None:
        return values
    if compact is sequences:
        # A copy, because scikit-learn makes the values of a frame writeable again.
        values = values.copy()
    # pandas' own copy would change the memory layout, and thereby the rounding of sums.
    return pd.DataFrame(values, columns=names, copy=False)


@contextlib.contextmanager
def text_errors(sequences, transformer):
    """Name the columns of text in errors of a transformer that requires numbers."""
    try:
        yield
    except (TypeError, ValueError) as error:
        columns = sequences.list_text() if isinstance(sequences, FrameSequences) else ()
        if not columns:
            raise
        raise ValueError(
            f"{type(transformer).__name__} raised an error: {error}. The columns {columns} "
            "of the sequences are not numeric: encode them inside PerStep, for example "
            f"with make_column_transformer((OneHotEncoder(), {columns}), "
            "remainder='passthrough')."
        ) from error


def repeat_per_step(values, sequences, name="y"):
    """Repeat the value of each sequence for each of its steps."""
    if values is None:
        return None
    values = convert_container(values, name)
    if not hasattr(values, "shape"):
        values = read_array(values, name)
    if not values.shape:
        raise ValueError(
            f"{name} must have one value for each sequence, got {quote(values)}."
        )
    return _safe_indexing(values, np.repeat(np.arange(len(sequences)), sequences.lengths))


def spread(values, sequences, name="y", *, numeric=False):
    """Return a value for each step: values of sequences are repeated, those of steps joined.

    Values are those of steps if they are ragged, or an object array or a column of arrays.
    """
    if values is None:
        return None
    check_consistent_length(sequences, values)
    values = convert_container(values, name)
    if not is_ragged(values):
        return repeat_per_step(values, sequences, name)
    return read_step_targets(values, sequences.lengths, numeric=numeric, name=name).values


def is_ragged(values):
    """Return whether values are nested, and do not form an array (n_sequences, n)."""
    is_column = is_series(values) or getattr(values, "dtype", "") == np.dtype(object)
    if not is_column and not isinstance(values, (list, tuple)):
        return False
    cells = get_cells(values) if is_series(values) else values
    if getattr(cells, "ndim", 1) != 1 or not is_nested(first_present(cells)):
        return False
    return is_column or len({len(cell) for cell in cells if is_nested(cell)}) > 1


def spread_weight(name, value, sequences):
    """Return a fit parameter with a value for each step if it is a sample weight."""
    # A nested Pipeline gets its weights as "step__sample_weight".
    is_weight = name.split("__")[-1] == "sample_weight"
    if not is_weight or not is_nested(value) or getattr(value, "ndim", 1) == 0:
        return value
    return spread(value, sequences, name, numeric=True)


def check_rows(result, sequences, transformer):
    """Return the result of a transformer as a numeric array with one row per step."""
    name = type(transformer).__name__
    rows = np.asarray(result.toarray() if hasattr(result, "toarray") else result)
    n_steps = int(sequences.lengths.sum())
    if rows.ndim != 2 or len(rows) != n_steps or rows.shape[1] == 0:
        raise ValueError(
            f"{name} returned an array of shape {rows.shape} for {n_steps} steps. PerStep "
            f"needs one row per step: ({n_steps}, n_features_out)."
        )
    if rows.dtype == object:
        rows = np.where(pd.isna(rows), np.nan, rows)
        other = next((value for value in rows.flat if not is_number(value)), None)
        if other is not None:
            raise ValueError(
                f"{name} returned {quote(other)}, which is not a number. Encode it inside "
                "PerStep, for example with a OneHotEncoder in a ColumnTransformer."
            )
        rows = rows.astype(np.float64)
    if rows.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} returned values of dtype {rows.dtype}. PerStep needs real numbers."
        )
    return rows


def restore_form(X, sequences, form, rows, names, kept):
    """Split rows into sequences again, in the form that PerStep documents for X.

    `names` are those of all features, including the ones that `keep_categorical` returned.
    """
    n, n_features = len(sequences), rows.shape[1]
    if form.is_table and n_features == 1:
        return rows.reshape(n, -1)
    lengths = sequences.lengths
    if form.is_table or (getattr(X, "ndim", 0) == 3 and np.ptp(lengths) == 0):
        return rows.reshape(n, -1, n_features)
    if isinstance(X, (list, tuple)):
        return np.split(rows, np.cumsum(lengths)[:-1])
    if names is not None and len(names) != n_features + len(kept.get("categories", ())):
        names = None
    return Sequences(rows, lengths, ids=sequences.ids, feature_names=names, **kept)
