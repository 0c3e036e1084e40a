"""Conversion between sequences and long-format tables of pandas and polars."""

import datetime
from collections.abc import Hashable
from decimal import Decimal
from numbers import Real

import numpy as np
import pandas as pd

from skseq.magnitudes import raise_too_large
from skseq.quoting import quote
from skseq.sequences.categories import encode
from skseq.sequences.cells import fill_cells, get_cells, is_frame, is_missing
from skseq.sequences.conversion import convert_container
from skseq.sequences.features import is_categorical
from skseq.sequences.frame_targets import check_target_per, read_frame_targets
from skseq.sequences.validation import TIME_TYPES, is_number, read_numbers

# Types of times in an object array that are sorted.
ORDERED_TYPES = (
    *(Real, Decimal, pd.Period),
    *(datetime.date, datetime.time, datetime.timedelta),
)


def read_frame(frame, sequence, time, target, target_per, features):
    """Return the parts of `Sequences`, as a dict, and the targets (or None) of a table."""
    check_target_per(target_per)
    frame = convert_container(frame, "frame")
    if not is_frame(frame):
        raise TypeError(
            f"from_frame expects a pandas or polars DataFrame, got {type(frame).__name__}."
        )
    targets = as_list(target)
    sequences = as_list(sequence)
    special = [*sequences, *as_list(time), *targets]
    columns = list(frame.columns)
    if features is None:
        features = [c for c in columns if not any(_is_equal(n, c) for n in special)]
    features = as_list(features)
    check_columns_exist([*special, *features], columns)
    if not features:
        raise ValueError(
            f"The table has no feature columns besides {special}; it has {columns}."
        )
    codes, ids = number_sequences(frame, sequences)
    order = _order_rows(frame, codes, fill_cells(ids), time)
    codes = codes[order]
    lengths = np.bincount(codes, minlength=len(ids))
    time_remedy = "use time={}" if time is None else None
    parts = read_features(frame, features, order, time_remedy=time_remedy)
    parts |= {"lengths": lengths, "ids": np.asarray(ids), "feature_names": features}
    if not targets:
        return parts, None
    columns = {name: get_column(frame, name)[order] for name in targets}
    is_single = isinstance(target, str)
    return parts, read_frame_targets(columns, lengths, ids, target_per, is_single)


def check_columns_exist(names, columns):
    """Raise ValueError unless each name is that of one of the columns of a table."""
    for name in names:
        n_columns = sum(_is_equal(name, column) for column in columns)
        if n_columns == 0:
            raise ValueError(f"The table has no column {quote(name)}; it has {columns}.")
        if n_columns > 1:
            raise ValueError(
                f"The table has {n_columns} columns {quote(name)}. Rename the columns."
            )


def read_features(
    frame, names, order, *, remedy="exclude it with features=[...]", time_remedy=None
):
    """Return the parts of `Sequences` in columns of a table, with its rows in an order.

    Errors name the `remedy` for a column that is no feature and, if it has times, the
    `time_remedy`, in which "{}" stands for the name of the column.
    """
    kinds = [is_categorical(frame[name]) for name in names]
    values, codes, categories = [np.empty((len(order), 0))], [], []
    for name, has_categories in zip(names, kinds, strict=True):
        if not has_categories:
            numbers = _read_numbers(frame, name, remedy, time_remedy)
            values.append(numbers[order][:, None])
            continue
        coded, known = encode_column(frame[name], f"feature column {name!r}", remedy)
        codes.append(coded[order])
        categories.append(known)
    return {
        "values": np.concatenate(values[1:] or values, axis=1),
        "codes": np.column_stack(codes) if codes else None,
        "categories": categories,
        "is_categorical": kinds,
    }


def write_frame(sequences, sequence, time):
    """Return sequences as a long-format table."""
    ids = np.arange(len(sequences)) if sequences.ids is None else sequences.ids
    names = sequences.feature_names
    if names is None:
        names = [f"feature{i}" for i in range(sequences.n_features)]
    for parameter, name in (("sequence", sequence), ("time", time)):
        if not isinstance(name, str):
            raise TypeError(f"{parameter} must be the name of a column, got {quote(name)}.")
    taken = [column for column in (sequence, time) if column in names]
    if taken or sequence == time:
        raise ValueError(
            f"Column {(taken or [time])[0]!r} would occur twice. Choose other names with "
            "to_frame(sequence=..., time=...)."
        )
    lengths = sequences.lengths
    first_rows = np.repeat(np.cumsum(lengths) - lengths, lengths)
    stored = sequences.compact()
    numeric = [names[feature] for feature in np.flatnonzero(~stored.is_categorical)]
    frame = pd.DataFrame(np.array(stored.values), columns=numeric)
    for k, feature in enumerate(np.flatnonzero(stored.is_categorical)):
        categories = pd.Index(stored.categories[k], dtype=object).infer_objects()
        column = pd.Categorical.from_codes(stored.codes[:, k], categories)
        frame.insert(int(feature), names[feature], column)  # after those before it
    frame.insert(0, sequence, np.repeat(ids, lengths))
    frame.insert(1, time, np.arange(len(first_rows)) - first_rows)
    return frame


def encode_column(column, owner, remedy):
    """Return the codes and the categories of a column of text or categories.

    If it has other values, raise ValueError with the name of its `owner` and a remedy.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int32), column.cat.categories.tolist()
    cells = get_cells(column)
    other = next((v for v in cells if not isinstance(v, str) and not is_missing(v)), None)
    if other is not None:
        raise ValueError(
            f"{owner} contains text and {quote(other)}. Convert it to one type, or "
            f"{remedy}."
        )
    return encode(cells, len(cells))


def number_sequences(frame, columns):
    """Return the number of each row's sequence, and the names of the sequences.

    `columns` are the columns that together identify the sequence. Its name is the value of
    a single column, or else a tuple of values. The names are in order of first appearance.
    """
    numbers, levels = np.zeros(len(frame), dtype=np.int64), []
    for column in columns:
        codes, names = _factorize(get_column(frame, column), column)
        _check_no_missing(codes < 0, column)
        levels.append(names)
        # Renumbered for each column, so that the numbers stay small.
        numbers = pd.factorize(numbers * len(names) + codes)[0]
    first_rows = np.unique(numbers, return_index=True)[1]
    if len(columns) == 1:
        return numbers, levels[0]
    cells = [get_column(frame, column)[first_rows].tolist() for column in columns]
    return numbers, fill_cells(list(zip(*cells, strict=True)))


def _factorize(names, column):
    """Return the number of each name, and the distinct names."""
    try:
        return pd.factorize(names, sort=False)
    except TypeError:  # lists and others that cannot be keys of a dict
        raise ValueError(
            f"Column {column!r} cannot identify the sequence of each row: it contains "
            f"{quote(next(name for name in names if not isinstance(name, Hashable)))}."
        ) from None


def _order_rows(frame, codes, ids, time):
    """Return the order of the rows: by sequence, then by time, which must be unique."""
    if time is None:
        return np.argsort(codes, kind="stable")
    stamps = get_column(frame, time)
    _check_no_missing(pd.isna(stamps), time)
    keys = _to_sortable(frame[time], stamps, time)
    by_time = np.argsort(keys, kind="stable")
    order = by_time[np.argsort(codes[by_time], kind="stable")]
    is_same = codes[order][1:] == codes[order][:-1]
    ties = np.flatnonzero(is_same & (keys[order][1:] == keys[order][:-1]))
    if len(ties):
        row = order[ties[0]]
        raise ValueError(
            f"sequence {quote(ids[codes[row]])} has two rows with {time} = {stamps[row]}, "
            "but times must be unique within a sequence. Aggregate or drop the duplicates."
        )
    return order


def _to_sortable(column, stamps, name):
    """Return numbers or datetimes that have the order of the stamps of a column in time."""
    if isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
        return column.cat.codes.to_numpy()
    if stamps.dtype.kind in "biufmM":
        return stamps
    if all(isinstance(stamp, str) for stamp in stamps):
        times = pd.to_datetime(
            pd.Series(stamps, dtype=object), format="ISO8601", utc=True, errors="coerce"
        )
        if not times.isna().any():
            return times.to_numpy()
        raise ValueError(
            f"Column {name!r} contains text that is not an ISO 8601 time: "
            f"{quote(stamps[times.isna().argmax()])}. Convert it first, for example with "
            f"frame[{name!r}] = pd.to_datetime(frame[{name!r}], dayfirst=True), or "
            "pd.to_numeric for numbers."
        )
    other = next((stamp for stamp in stamps if not isinstance(stamp, ORDERED_TYPES)), None)
    try:
        if other is None:
            return np.unique(stamps, return_inverse=True)[1]
    except TypeError:  # times of different types
        other = stamps[0]
    raise ValueError(
        f"Column {name!r} of {type(other).__name__} cannot be sorted by time, it contains "
        f"{quote(other)}. Convert it first, for example with pd.to_datetime."
    )


def _read_numbers(frame, name, remedy, time_remedy):
    column = get_column(frame, name)
    if column.dtype.kind in "fiub":
        return column
    try:
        return read_numbers(column, f"feature column {name!r}")
    except OverflowError:
        raise_too_large("X", f"a value of column {name!r}")
    except ValueError:
        example = next((value for value in column if not is_number(value)), column[0])
        hint = ""
        if time_remedy is not None and isinstance(example, (*TIME_TYPES, pd.Period)):
            hint = f" If it is the time of each row, {time_remedy.format(repr(name))}."
        raise ValueError(
            f"feature column {name!r} is not numeric, it contains {quote(example)}. Encode "
            f"it, or {remedy}.{hint}"
        ) from None


def get_column(frame, name):
    """Return a column of a table of pandas or polars as an array."""
    return np.asarray(frame[name].to_numpy())


def _check_no_missing(missing, name):
    if missing.any():
        raise ValueError(f"Column {name!r} has no value in row {int(missing.argmax())}.")


def as_list(names):
    """Return one or several names of columns as a list; an empty one for None."""
    if names is None:
        return []
    is_list = isinstance(names, (list, tuple, np.ndarray, pd.Index))
    return list(names) if is_list and getattr(names, "ndim", 1) == 1 else [names]


def _is_equal(name, column):
    """Return whether a name is that of a column."""
    try:
        return bool(name == column)
    except Exception:  # NA, arrays, and the objects' own errors
        return False
