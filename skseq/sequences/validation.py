"""Validation of X: error messages name the value, where it is, and the remedy."""

import datetime
from numbers import Number

import numpy as np
from sklearn.utils.validation import _check_n_features, _get_feature_names, validate_data

from skseq.exceptions import CharactersWarning, PaddingWarning, warn
from skseq.magnitudes import raise_too_large
from skseq.quoting import quote, quote_sequence
from skseq.sequences.cells import first_present, is_missing

TIME_TYPES = (datetime.date, datetime.timedelta, np.datetime64, np.timedelta64)
LONG_TABLE_HINT = (
    "Read a long-format table, with one row for each step of each sequence, with "
    "Sequences.from_frame(df, sequence=..., time=..., target=...)."
)
PER_STEP_HINT = (
    "PerStep(make_column_transformer((OneHotEncoder(), columns), remainder='passthrough')) "
    "encodes columns of sequences that are DataFrames."
)
ENCODE_HINT = f"Encode text and categories first: {PER_STEP_HINT}"
SINGLE_SEQUENCE_HINT = "If X is a single sequence, use [X], or X[None] for an array."


def check_no_times(values, name, hint=""):
    """Raise ValueError if values contain a time, which numpy would convert to a number."""
    values = np.asarray(values)
    time = None
    if values.dtype.kind in "mM" and values.size:
        time = values.flat[0]
    elif values.dtype == object:
        times = (v for v in values.flat if isinstance(v, TIME_TYPES) and not is_missing(v))
        time = next(times, None)
    if time is not None:
        raise ValueError(
            f"{name} contains {time}, which is a time, not a number. Convert it to a "
            f"number, for example days since the start, or drop it. {hint}".strip()
        )


def check_no_text(values, name, remedy):
    """Raise ValueError if values contain text that is not a number."""
    values = np.asarray(values)
    for value in values.flat if values.dtype.kind in "OSUT" else ():
        if isinstance(value, (str, bytes)) and not is_number(value):
            raise ValueError(
                f"{name} contains {quote(value)}, which is not a number. {remedy}"
            )


def check_numeric_columns(frame, owner, hint=""):
    """Raise ValueError if a column of a DataFrame of scalars is not numeric."""
    for column in frame.columns:
        values = np.asarray(frame[column].to_numpy())
        name = f"Column {column!r} of {owner}"
        check_no_times(values, name, hint)
        for value in values if values.dtype.kind in "OSU" else ():
            if not is_number(value):
                raise ValueError(
                    f"{name} contains {quote(value)}, which is not a number. Encode it, or "
                    f"drop the column. {hint}".strip()
                )


def check_unique_names(names):
    """Raise ValueError if a name of a feature occurs twice."""
    name = next((name for name in names if names.count(name) > 1), None)
    if name is not None:
        raise ValueError(
            f"Column names of X must be unique, but {name!r} occurs {names.count(name)} "
            "times. Rename the columns."
        )


def check_no_fields(array, name):
    """Raise ValueError if an array is structured."""
    if array.dtype.names is not None:
        raise ValueError(
            f"{name} is a structured array with the fields {list(array.dtype.names)}. "
            "Convert it with numpy.lib.recfunctions.structured_to_unstructured."
        )


def check_objects(array, name):
    """Raise TypeError if an array contains objects that are neither numbers nor strings."""
    for value in array.flat if array.dtype == object else ():
        if not isinstance(value, (str, bytes)) and not is_number(value):
            raise TypeError(
                f"{name} contains {quote(value)}, but each argument must be a number, or a "
                "string that is a number."
            )


def is_number(value):
    """Return whether a value is a number, is missing, or can be converted to a number."""
    if isinstance(value, np.complexfloating):  # float would discard the imaginary part
        return False
    try:
        float(np.nan if is_missing(value) else value)
    except OverflowError:  # a large integer
        return True
    except Exception:  # the object's own errors, too
        return False
    return True


def read_numbers(array, name, remedy=""):
    """Return an array as float64, with missing values as NaN.

    Raise ValueError if it contains text, times or other objects that are no numbers, and
    OverflowError if it contains an integer beyond the range of float64.
    """
    check_no_fields(array, name)
    check_no_times(array, name)
    if array.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} is complex. Use the real and imaginary "
            "parts as two features."
        )
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    items = list(array.flat)
    for item in items:
        if not is_number(item):
            raise ValueError(
                f"{name} contains {quote(item)}, which is not a number. {remedy}".strip()
            )
    numbers = [np.nan if is_missing(item) else float(item) for item in items]
    return np.array(numbers, dtype=np.float64).reshape(array.shape)


def check_no_multi_index(X):
    """Raise ValueError if rows or columns of a pandas DataFrame or Series have levels."""
    index = getattr(X, "index", None)
    columns = getattr(X, "columns", None)
    if getattr(columns, "nlevels", 1) > 1:
        _raise_wide_table(index, columns)
    if getattr(index, "nlevels", 1) == 1:
        return
    names = [f"level_{i}" if name is None else name for i, name in enumerate(index.names)]
    raise ValueError(
        f"X has a MultiIndex with the levels {list(index.names)}, as a long-format table "
        "with one row for each step. Use Sequences.from_frame(X.reset_index(), "
        f"sequence={_name_sequence(names[:-1])}, time={names[-1]!r}). If each row of X is a "
        "whole sequence, use X.reset_index(drop=True)."
    )


def _raise_wide_table(index, columns):
    """Raise ValueError for columns with levels, one of which is time (as of unstack)."""
    level = _find_time_level(columns)
    names = list(columns.names)
    name = names[level]
    is_unique = name is not None and names.count(name) == 1
    rows = [*index.names, name]
    rows = [f"level_{i}" if name is None else name for i, name in enumerate(rows)]
    call = f"X.stack(level={(name if is_unique else level)!r}, future_stack=True)"
    if len(names) > 2:  # several levels of features
        call += ".pipe(lambda df: df.set_axis(df.columns.to_flat_index(), axis=1))"
    raise ValueError(
        f"The columns of X are a MultiIndex with the levels {names}, as a table with one "
        "column for each feature and step. Use "
        f"Sequences.from_frame({call}.reset_index(), "
        f"sequence={_name_sequence(rows[:-1])}, time={rows[-1]!r}). If each column of X is "
        "a step of one feature, use X.to_numpy()."
    )


def _find_time_level(columns):
    """Return the position of the level of columns that is time: by default the last one.

    It is the only level that is not text, or else the only one that has a name.
    """
    levels = range(columns.nlevels)
    is_text = [
        all(isinstance(label, str) for label in columns.unique(level)) for level in levels
    ]
    for found in (
        [level for level in levels if not is_text[level]],
        [level for level in levels if columns.names[level] is not None],
    ):
        if len(found) == 1:
            return found[0]
    return columns.nlevels - 1


def _name_sequence(names):
    """Return the code of the name of the column of sequences, which levels identify."""
    if len(names) == 1:
        return repr(names[0])
    return f"<a column that combines {names}>"


def check_at_least_2d(X):
    """Raise TypeError or ValueError if X is a scalar or contains scalars."""
    values = np.asarray(X)
    if values.ndim == 0:
        is_scalar = X is None or isinstance(X, (str, bytes, Number))
        remedy = "list(X.values())" if isinstance(X, dict) else "list(X)"
        raise TypeError(
            f"Expected X to contain sequences, got {quote(X) if is_scalar else type(X)}. "
            "Use an array of shape (n_sequences, n_timesteps, n_features), a list of "
            "arrays, a DataFrame or "
            f"Sequences{'.' if is_scalar else f', for example {remedy}.'}"
        )
    if values.ndim > 1:
        return
    present = [i for i, value in enumerate(values) if not is_missing(value)]
    if values.dtype == object and len(values) and not present:
        raise ValueError(f"sequence 0 is missing ({values[0]}). Drop it from X and y.")
    if present and not isinstance(values[present[0]], (str, bytes, Number, *TIME_TYPES)):
        raise TypeError(
            f"Expected sequence {present[0]} to be an array of shape (n_timesteps,) or "
            f"(n_timesteps, n_features), got {type(values[present[0]])}."
        )
    text = first_present(values) if values.dtype.kind in "OUT" else None
    if isinstance(text, str):
        raise ValueError(
            f"X contains text, such as {quote(text)}, but only numbers can be read here. "
            "Expected an array of shape (n_sequences, n_timesteps, n_features), or a list "
            "of arrays of numbers."
        )
    raise ValueError(
        f"Expected 2D array, got 1D array instead (shape {values.shape}). Reshape your "
        "data: use [X] if X is a single sequence, or X.reshape(-1, 1) if each number is a "
        "sequence of one step. To forecast a long series, use it as y of a forecaster such "
        "as GRUForecaster."
    )


def check_all_numeric(sequences, estimator):
    """Raise ValueError if a feature is categorical."""
    if not sequences.n_categorical:
        return
    feature = int(np.flatnonzero(sequences.is_categorical)[0])
    name = estimator if isinstance(estimator, str) else type(estimator).__name__
    raise ValueError(
        f"{_name_feature(sequences, feature)} of X is categorical, but {name} reads only "
        "numeric features. Remove it from X; or, if the estimator has the parameter, use "
        "categorical_features='from_dtype'."
    )


def _name_feature(sequences, feature):
    names = sequences.feature_names
    return f"feature {feature}" + (f" ({names[feature]!r})" if names else "")


def check_finite(sequences, *, allow_missing, largest=np.inf):
    """Raise ValueError for the first infinite, too large or (unless allowed) NaN value."""
    if not allow_missing:
        check_codes_present(sequences)
    largest = min(largest, np.finfo(np.float64).max)
    for first, chunk in sequences.chunks():
        with np.errstate(invalid="ignore"):
            if -largest <= chunk.min(initial=0) and chunk.max(initial=0) <= largest:
                continue  # there is no NaN, because comparisons with NaN are False
        bad = np.abs(chunk) > largest
        if not allow_missing:
            bad |= np.isnan(chunk)
        if bad.any():
            row, column = (int(k) for k in np.argwhere(bad)[0])
            feature = int(np.flatnonzero(~sequences.is_categorical)[column])
            _raise_not_finite(sequences, first, row, feature, chunk[row, column])


def check_codes_present(sequences):
    """Raise ValueError for the first category that is missing."""
    if sequences.codes is None or sequences.codes.min(initial=0) >= 0:
        return
    missing = np.argwhere(sequences.compact().codes < 0)
    if len(missing):
        row, column = (int(k) for k in missing[0])
        feature = int(np.flatnonzero(sequences.is_categorical)[column])
        _raise_not_finite(sequences, 0, row, feature, np.nan)


def _raise_not_finite(sequences, first, row, feature, value):
    """Raise for a value in a row of the chunk that starts with sequence `first`."""
    ends = np.cumsum(sequences.lengths[first:])
    offset = int(np.searchsorted(ends, row, "right"))
    step = row - int(ends[offset] - sequences.lengths[first + offset])
    where = quote_sequence(first + offset, sequences.ids)
    where += f", step {step}, {_name_feature(sequences, feature)}"
    if np.isnan(value):
        is_padded = find_padded(sequences)
        hint = (
            "Impute missing values, or set missing='mask' to let the network see which "
            "values are missing."
        )
        if is_padded.any():
            name = quote_sequence(is_padded.argmax(), sequences.ids)
            hint = (
                f"All features of {name} are NaN up to its "
                "end, which looks like padding: remove it with Sequences.from_padded(X)."
            )
        raise ValueError(f"Input X contains NaN: {where} is missing. {hint}")
    if np.isfinite(value):
        raise_too_large("X", where, value)
    raise ValueError(
        f"Input X contains infinity or a value too large: {where} is {value}. Replace it "
        "by a finite number, or by NaN if it is missing."
    )


def find_padded(sequences):
    """Return for each sequence whether all features of its last step are missing."""
    return find_missing(sequences, sequences.starts + sequences.lengths - 1)


def find_missing(sequences, rows=slice(None)):
    """Return for rows of the storage of sequences whether all features are missing."""
    is_missing = np.isnan(sequences.values[rows]).all(axis=1)
    if sequences.codes is not None:
        is_missing &= (sequences.codes[rows] < 0).all(axis=1)
    return is_missing


def warn_if_padded(sequences):
    """Warn if sequences of equal length look padded with NaN.

    Most of the steps whose features are all NaN are then at the end of sequences, and some
    sequence ends with several of them.
    """
    lengths = sequences.lengths
    if (lengths != lengths[0]).any() or not find_padded(sequences).any():
        return
    rows = sequences.starts[:, None] + np.arange(lengths[0])
    missing = find_missing(sequences)[rows]
    at_end = np.logical_and.accumulate(missing[:, ::-1], axis=1).sum(axis=1)
    if at_end.max() > 1 and 2 * at_end.sum() > missing.sum():
        warn(
            f"{(at_end > 0).sum()} of {len(lengths)} sequences look padded: all features are NaN up "
            "to their end. With missing='mask', the network reads padding as steps with "
            "missing values. Remove it with Sequences.from_padded(X).",
            PaddingWarning,
        )


def warn_if_characters(X, sequences, form):
    """Warn if X contains lists of single characters, as `list("word")` does.

    Texts that a user has split into characters on purpose are `Sequences`.
    """
    if (
        form.is_text
        or isinstance(X, type(sequences))
        or sequences.is_categorical.sum() != 1
    ):
        return
    tokens = sequences.categories[0]
    if sequences.n_numeric or not all(isinstance(t, str) and len(t) == 1 for t in tokens):
        return
    if len(tokens):
        warn(
            f"All tokens of X are single characters, such as {quote(tokens[0])}: sequence 0 "
            f"starts with {quote(sequences[0][:5].ravel().tolist())}. If these are the "
            "characters of texts, pass the texts as strings: their words are then the "
            "tokens. If characters are meant to be tokens, use "
            "skseq.preprocessing.Tokenizer(analyzer='char') for texts, or "
            "Sequences.from_list(X).",
            CharactersWarning,
        )


def check_columns(estimator, X, *, reset):
    """Check the number and names of the columns of a table X; set them if `reset`.

    As in scikit-learn, but unnamed columns are matched by position without a warning.
    """
    has_names = _get_feature_names(X) is not None
    if reset or (has_names and hasattr(estimator, "feature_names_in_")):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    else:
        _check_n_features(estimator, X, reset=False)


def check_features(sequences, n_expected, fitted_names, name, hint=""):
    """Raise ValueError if sequences have other features than the class `name` in fit.

    Features without names are matched by position. `hint` is appended to the message if the
    number of features differs.
    """
    names = sequences.feature_names
    if names is not None and fitted_names is not None and list(names) != list(fitted_names):
        raise ValueError(
            f"X has the features {list(names)}, but {name} was fitted on "
            f"{list(fitted_names)}. Use the same features in the same order."
        )
    if sequences.n_features != n_expected:
        raise ValueError(
            f"X has {sequences.n_features} features, but {name} is expecting {n_expected} "
            f"features as input. Sequence 0 was read as an array of shape "
            f"{sequences[0].shape}; expected (n_timesteps, {n_expected}).{hint}"
        )
