"""Long-format tables in and out, for pandas and polars alike."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from skseq.quoting import quote
from skseq.sequences.validation import is_other


@dataclass
class FrameParts:
    """What a long-format table holds, stored flat."""

    values: np.ndarray  # (n_steps_total, n_features)
    lengths: np.ndarray  # (n_sequences,)
    ids: np.ndarray  # (n_sequences,)
    feature_names: list
    targets: np.ndarray | None  # (n_sequences,) or (n_sequences, n_targets)


def read_frame(frame, sequence, time, target, features):
    """Sort a long-format table into flat storage."""
    if not hasattr(frame, "columns"):
        raise TypeError(
            f"from_frame reads a DataFrame of pandas or polars, got a {type(frame).__name__}."
        )
    targets = _as_list(target)
    reserved = [sequence, *_as_list(time), *targets]
    columns = list(frame.columns)
    if features is None:
        features = [c for c in columns if c not in reserved]
    _check_columns(columns, [*reserved, *features])
    if not features:
        raise ValueError(
            f"no feature columns are left beside {reserved}; the table has {columns}."
        )
    ids_of_rows = _column(frame, sequence)
    codes, ids = pd.factorize(ids_of_rows, sort=False)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        raise ValueError(f"column {sequence!r} has no value in row {row}.")
    order = _order_rows(frame, codes, np.asarray(ids, dtype=object), time)
    codes = codes[order]
    values = np.column_stack([_numbers(frame, name)[order] for name in features])
    lengths = np.bincount(codes, minlength=len(ids))
    y = None
    if targets:
        per_target = [
            _one_per_sequence(_column(frame, name)[order], codes, lengths, ids, name)
            for name in targets
        ]
        y = per_target[0] if isinstance(target, str) else np.column_stack(per_target)
    return FrameParts(values, lengths, np.asarray(ids), features, y)


def write_frame(sequences, sequence, time):
    """Write sequences as a long-format table."""
    n = len(sequences)
    ids = np.arange(n) if sequences.ids is None else sequences.ids
    names = sequences.feature_names
    if names is None:
        names = [f"feature{i}" for i in range(sequences.n_features)]
    taken = [column for column in (sequence, time) if column in names]
    if taken or sequence == time:
        raise ValueError(
            f"column {(taken or [time])[0]!r} would occur twice; choose other names by "
            "to_frame(sequence=..., time=...)."
        )
    compact = sequences.compact()
    ends = np.cumsum(sequences.lengths)
    first_rows = np.repeat(ends - sequences.lengths, sequences.lengths)
    frame = pd.DataFrame(np.array(compact.values), columns=names)
    frame.insert(0, sequence, np.repeat(ids, sequences.lengths))
    frame.insert(1, time, np.arange(len(first_rows)) - first_rows)
    return frame


def _order_rows(frame, codes, ids, time):
    """Return the order of rows: by sequence, within it by time, ties refused."""
    if time is None:
        return np.argsort(codes, kind="stable")
    stamps = _column(frame, time)
    missing = pd.isna(stamps)
    if missing.any():
        raise ValueError(
            f"column {time!r} has no value in row {int(np.flatnonzero(missing)[0])}."
        )
    by_time = np.argsort(stamps, kind="stable")
    order = by_time[np.argsort(codes[by_time], kind="stable")]
    same = (codes[order][1:] == codes[order][:-1]) & (
        stamps[order][1:] == stamps[order][:-1]
    )
    if same.any():
        row = order[int(np.flatnonzero(same)[0])]
        raise ValueError(
            f"sequence {quote(ids[codes[row]])} has two rows at {time} = {stamps[row]}; "
            "time stamps must be unique within a sequence: aggregate or drop the "
            "duplicates first."
        )
    return order


def _one_per_sequence(column, codes, lengths, ids, name):
    """Check that a target is constant within each sequence; return one for each."""
    first = np.cumsum(lengths) - lengths
    targets = column[first]
    differs = np.flatnonzero(column != targets[codes])
    # A missing target differs from itself; the estimator names it later.
    differs = [i for i in differs if not (pd.isna(column[i]))]
    if differs:
        i = differs[0]
        one, other = quote(targets[codes[i]]), quote(column[i])
        raise ValueError(
            f"target {name!r} changes within sequence {quote(ids[codes[i]])}: "
            f"{one} and {other}. from_frame reads one target for each sequence."
        )
    return targets


def _numbers(frame, name):
    column = _column(frame, name)
    if column.dtype.kind in "fiub":
        return column
    try:
        if column.dtype.kind in "mM":
            raise TypeError
        return pd.to_numeric(pd.Series(column)).to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        example = quote(next(filter(is_other, column), column[0]))
        raise ValueError(
            f"feature column {name!r} is not numeric (it holds {example}): encode "
            "it, or leave it out with features=[...]."
        ) from None


def _column(frame, name):
    """Return a column as numpy array; both pandas and polars have `to_numpy`."""
    return np.asarray(frame[name].to_numpy())


def _check_columns(columns, wanted):
    absent = [name for name in wanted if name not in columns]
    if absent:
        raise ValueError(f"the table has no column {absent[0]!r}; it has {columns}.")


def _as_list(names):
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)
