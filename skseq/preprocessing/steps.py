"""Convert sequences to rows of steps, and rows of steps back to sequences."""

import numpy as np
import pandas as pd
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import check_consistent_length

from skseq.quoting import quote
from skseq.sequences import Sequences


def stack_steps(sequences, names=None):
    """Return all steps as rows, in a DataFrame if the features have names.

    An array is read-only. It is copied only if the sequences are a view.
    """
    compact = sequences.compact()
    values = compact.values  # (n_steps_total, n_features)
    if names is None:
        return values
    if compact is sequences:
        # A copy, because scikit-learn makes the values of a frame writeable again.
        values = values.copy()
    # pandas' own copy would change the memory layout, and thereby the rounding of sums.
    return pd.DataFrame(values, columns=names, copy=False)


def repeat_per_step(values, sequences):
    """Repeat the value of each sequence for each of its steps."""
    if values is None:
        return None
    if not hasattr(values, "shape"):
        values = np.asarray(values)
    return _safe_indexing(values, np.repeat(np.arange(len(sequences)), sequences.lengths))


def repeat_weight(name, value, sequences):
    """Repeat a fit parameter for each step if it is a sample weight."""
    # A nested Pipeline gets its weights as "step__sample_weight".
    if np.ndim(value) == 0 or name.split("__")[-1] != "sample_weight":
        return value
    check_consistent_length(sequences, value)
    return repeat_per_step(value, sequences)


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
        try:
            rows = rows.astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                f"{name} returned {quote(rows.flat[0])}, which is not a number. Encode it "
                "inside PerStep, for example with a OneHotEncoder."
            ) from None
    if rows.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} returned values of dtype {rows.dtype}. PerStep needs real numbers."
        )
    return rows


def restore_form(X, sequences, form, rows, names):
    """Split rows into sequences again, in the form that PerStep documents for X."""
    n, n_features = len(sequences), rows.shape[1]
    if form.is_table and n_features == 1:
        return rows.reshape(n, -1)
    lengths = sequences.lengths
    if form.is_table or (getattr(X, "ndim", 0) == 3 and np.ptp(lengths) == 0):
        return rows.reshape(n, -1, n_features)
    if isinstance(X, (list, tuple)):
        return np.split(rows, np.cumsum(lengths)[:-1])
    if names is not None and len(names) != n_features:
        names = None
    return Sequences(rows, lengths, ids=sequences.ids, feature_names=names)
