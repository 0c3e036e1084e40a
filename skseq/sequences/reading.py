"""From whatever a user calls X to checked sequences."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.utils import check_array

from skseq.exceptions import ChannelsFirstWarning
from skseq.magnitudes import raise_too_large
from skseq.sequences.cells import (
    cells_of,
    first_present,
    holds_arrays,
    is_frame,
    is_series,
)
from skseq.sequences.container import Sequences
from skseq.sequences.stacking import as_steps, name_features, stack_arrays
from skseq.sequences.validation import (
    LONG_TABLE_HINT,
    check_at_least_2d,
    check_no_text,
    check_no_times,
    check_numeric_columns,
)

# From this many features a step on, X may have its axes swapped.
SUSPICIOUS_RATIO = 8


@dataclass(frozen=True)
class InputForm:
    """How X was written: as a 2-D table of numbers, or with a features axis."""

    is_table: bool

    @property
    def text(self):
        """Words for error messages."""
        return "2-D numbers, one feature" if self.is_table else "sequences"


TABLE = InputForm(is_table=True)
SEQUENCES = InputForm(is_table=False)


def read_sequences(X, *, allow_missing=False, largest=np.inf, estimator="skseq"):
    """Read any accepted form of X and check it.

    Parameters
    ----------
    X : Sequences, ndarray, list, DataFrame or Series
        See the user guide's table of what X may be.
    allow_missing : bool, default=False
        Whether NaN are allowed. Infinite values never are.
    largest : float, default=inf
        No value may be larger, nor smaller than its negative.
    estimator : object or str
        Who is asking, for error messages.

    Returns
    -------
    sequences : Sequences
        The checked sequences.
    form : InputForm
        Whether X was a 2-D table of numbers.
    """
    sequences, form = _convert(X, estimator)
    if len(sequences) == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (no sequences in X, shape={_shape(X)}) while "
            "a minimum of 1 is required."
        )
    check_finite(sequences, allow_missing=allow_missing, largest=largest)
    if not form.is_table:
        _warn_if_channels_first(sequences)
    return sequences, form


def check_finite(sequences, *, allow_missing, largest=np.inf):
    """Raise at the first infinite, too large or missing value, naming where it stands."""
    largest = min(largest, np.finfo(np.float64).max)
    for first, block in sequences.chunks():
        with np.errstate(invalid="ignore"):
            if -largest <= block.min(initial=0) and block.max(initial=0) <= largest:
                continue  # neither is there NaN
        bad = np.abs(block) > largest
        if not allow_missing:
            bad |= np.isnan(block)
        if not bad.any():
            continue
        row, feature = (int(k) for k in np.argwhere(bad)[0])
        ends = np.cumsum(sequences.lengths[first:])
        offset = int(np.searchsorted(ends, row, "right"))
        step = row - int(ends[offset] - sequences.lengths[first + offset])
        value = block[row, feature]
        where = f"sequence {first + offset}, step {step}, {_name(sequences, feature)}"
        if np.isnan(value):
            raise ValueError(
                f"Input X contains NaN: {where} is missing. Fill the gap, or set "
                "missing='mask' to let the network see which values are missing."
            )
        if np.isfinite(value):
            raise_too_large("X", where, value)
        raise ValueError(
            f"Input X contains infinity or a value too large: {where} is {value}. "
            "Replace it by a finite number, or by NaN if it is missing."
        )


def _convert(X, estimator):
    if type(X) is np.ndarray:
        return _convert_array(X, estimator)
    if isinstance(X, Sequences):
        return X, SEQUENCES
    if is_frame(X):
        return _convert_frame(X, estimator)
    if is_series(X):
        return _from_cells(cells_of(X), estimator)
    if isinstance(X, (list, tuple)):
        return _convert_list(X, estimator)
    if hasattr(X, "detach"):  # a torch tensor, perhaps on another device
        X = X.detach().cpu().numpy()
    return _convert_array(X, estimator)


def _convert_array(X, estimator):
    if hasattr(X, "__array__") and not _is_sparse(X):
        X = np.asarray(X)
    if not isinstance(X, np.ndarray):
        return _from_table(X, estimator), TABLE  # not an array at all: refused there
    if X.dtype == object and X.size == 0:
        return Sequences(np.empty((0, 1)), []), SEQUENCES  # refused by the caller
    if X.dtype == object and X.ndim <= 2 and holds_arrays(first_present(X.flat)):
        return _from_columns([X] if X.ndim == 1 else list(X.T))
    if X.ndim > 3:
        raise ValueError(
            f"Found array with dim {X.ndim} (shape {X.shape}), while dim <= 3 is "
            "required: X is (n_sequences, n_timesteps, n_features)."
        )
    if X.ndim == 3:
        return _from_cube(X, estimator), SEQUENCES
    return _from_table(X, estimator), TABLE


def _from_table(X, estimator):
    """Read 2-D numbers as sequences of one feature, with scikit-learn's own checks."""
    if is_frame(X):
        check_numeric_columns(X, "X", f" {LONG_TABLE_HINT}.")
    elif not _is_sparse(X):
        check_at_least_2d(X)
    return Sequences._from_cube(_check_numbers(X, estimator)[:, :, None])


def _from_cube(X, estimator):
    if X.dtype not in (np.float64, np.float32):  # else there is nothing to find out
        X = _check_numbers(X, estimator, ensure_min_samples=0, allow_nd=True)
    n, steps, features = X.shape
    if n and not (steps and features):
        raise ValueError(
            f"X has shape {X.shape}: {steps} steps and {features} features; each "
            "sequence needs at least 1 of both."
        )
    return Sequences._from_cube(X)


def _check_numbers(X, estimator, **options):
    """Let scikit-learn check numbers, but for what it takes for numbers or cannot name."""
    if not _is_sparse(X) and not is_frame(X):
        values = np.asarray(X)
        check_no_times(values, "X")
        check_no_text(values, "X", f"encode text and categories before. {LONG_TABLE_HINT}")
    return check_array(
        X,
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
        input_name="X",
        estimator=estimator,
        **options,
    )


def _from_list(arrays):
    names = name_features(arrays)
    return Sequences(*stack_arrays(arrays), feature_names=names), SEQUENCES


def _convert_list(X, estimator):
    if not X:
        raise ValueError(
            "Found array with 0 sample(s) (X is an empty list) while a minimum of 1 is "
            "required."
        )
    if any(_is_array(item) for item in X):
        if all(_is_array(item) and np.ndim(item) == 0 for item in X):
            return _from_table(X, estimator), TABLE  # numpy scalars: 1-D, refused there
        return _from_list(X)
    try:
        array = np.asarray(X)
    except ValueError:  # nested lists of unequal length
        return _from_list(X)
    if array.ndim == 3:
        return _from_cube(array, estimator), SEQUENCES
    return _from_table(X, estimator), TABLE


def _convert_frame(frame, estimator):
    columns = list(frame.columns)
    if len(frame) == 0 or not columns:
        return _from_table(frame, estimator), TABLE
    if len(set(columns)) < len(columns):
        name = next(c for c in columns if columns.count(c) > 1)
        raise ValueError(
            f"column names of X must be unique, but {name!r} occurs "
            f"{columns.count(name)} times."
        )
    parts = [cells_of(frame[name]) for name in columns]
    found = [first_present(cells) for cells in parts]
    is_nested = [holds_arrays(cell) for cell in found]
    if not any(is_nested):
        return _from_table(frame, estimator), TABLE
    is_flat = [cell is not None and not holds_arrays(cell) for cell in found]
    if any(is_flat):
        flat = columns[is_flat.index(True)]
        nested = columns[is_nested.index(True)]
        raise ValueError(
            f"column {flat!r} of X holds single values and column {nested!r} holds "
            "arrays: give sequences and static columns to different estimators, with "
            "a ColumnTransformer."
        )
    return _from_columns(parts, [str(name) for name in columns])


def _from_columns(columns, names=None):
    """Read columns whose cells are arrays; several columns are several features."""
    rows = []
    for i, cells in enumerate(zip(*columns, strict=True)):
        wheres = [f"sequence {i}"] * len(cells)
        if names and len(names) > 1:
            wheres = [f"sequence {i}, column {name!r}," for name in names]
        steps = [as_steps(cell, where) for cell, where in zip(cells, wheres, strict=True)]
        if len({len(part) for part in steps}) > 1:
            raise ValueError(
                f"sequence {i} has cells of {[len(part) for part in steps]} steps in "
                "its columns; the columns of one sequence must be equally long."
            )
        rows.append(np.concatenate(steps, axis=1))
    values, lengths = stack_arrays(rows)
    if names is None or len(names) != values.shape[1]:
        # Cells of several features each: frames know their names.
        names = name_features(columns[0]) if len(columns) == 1 else None
    return Sequences(values, lengths, feature_names=names), SEQUENCES


def _from_cells(cells, estimator):
    if not holds_arrays(first_present(cells)):
        return _from_table(cells, estimator), TABLE  # 1-D numbers: refused there
    return _from_columns([cells])


def _warn_if_channels_first(sequences):
    if sequences.n_features < SUSPICIOUS_RATIO * 2:
        return  # whatever the lengths are
    steps = float(np.median(sequences.lengths))
    if sequences.n_features >= SUSPICIOUS_RATIO * max(steps, 2):
        warnings.warn(
            f"X is read as {sequences.n_features} features of {steps:g} steps: time "
            "runs along axis 1 and features along axis 2. If yours are channels first "
            "(as in aeon and sktime), give X.transpose(0, 2, 1).",
            ChannelsFirstWarning,
            stacklevel=2,
        )


def _is_sparse(X):
    return hasattr(X, "toarray")


def _is_array(item):
    return hasattr(item, "__array__")


def _name(sequences, feature):
    names = sequences.feature_names
    return f"feature {feature}" + (f" ({names[feature]!r})" if names else "")


def _shape(X):
    return getattr(X, "shape", (len(X),))
