"""Validation and traversal of the flat storage of sequences."""

import numpy as np

from skseq.magnitudes import raise_too_large
from skseq.sequences.validation import check_no_text, check_no_times

# Number of steps per chunk, so that memory-mapped values are not read at once.
CHUNK_STEPS = 1_000_000


def check_parts(values, lengths, starts, ids, feature_names):
    """Return validated values, starts, lengths, ids and feature names."""
    values = _check_values(values)
    lengths = np.asarray(lengths, dtype=np.int64).reshape(-1)
    if starts is None:
        starts = np.cumsum(lengths) - lengths
        if lengths.sum() != len(values):
            raise ValueError(
                f"The sum of lengths is {lengths.sum()}, but values has {len(values)} rows."
            )
    starts = np.asarray(starts, dtype=np.int64).reshape(-1)
    _check_layout(starts, lengths, len(values))
    if ids is not None:
        ids = np.asarray(ids)
        if len(ids) != len(lengths):
            raise ValueError(f"Got {len(ids)} ids for {len(lengths)} sequences.")
    if feature_names is not None:
        feature_names = [str(name) for name in feature_names]
        if len(feature_names) != values.shape[1]:
            raise ValueError(
                f"Got {len(feature_names)} feature_names for {values.shape[1]} features."
            )
    return values, starts, lengths, ids, feature_names


def _check_values(values):
    """Return values as a read-only float array of shape (n_steps_total, n_features).

    Raise ValueError if they are times, text, complex numbers or of another shape.
    """
    values = np.asanyarray(values)
    check_no_times(values, "values")
    check_no_text(values, "values", "Encode text and categories first.")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise ValueError(
            "Expected values of shape (n_steps_total, n_features), got shape "
            f"{values.shape}. Use Sequences.from_list for a list of arrays or a 3-D array."
        )
    if values.shape[1] == 0:
        raise ValueError(f"values has shape {values.shape}: it needs at least 1 feature.")
    if values.dtype.kind == "c":
        raise ValueError(
            "Complex data not supported: values is complex. Use the real and imaginary "
            "parts as two features."
        )
    if values.dtype not in (np.float32, np.float64):
        try:
            values = values.astype(np.float64)
        except OverflowError:
            raise_too_large("values", "a value")
    values = values.view()
    values.flags.writeable = False
    return values


def _check_layout(starts, lengths, n_steps):
    """Raise ValueError if a sequence is empty or not within the storage."""
    if starts.shape != lengths.shape:
        raise ValueError(f"Got {len(starts)} starts for {len(lengths)} lengths.")
    if lengths.min(initial=1) < 1:
        i = np.flatnonzero(lengths < 1)[0]
        raise ValueError(
            f"sequence {i} is empty (0 steps), but every sequence needs at least 1 step. "
            "Drop it from X and y."
        )
    outside = np.flatnonzero((starts < 0) | (starts + lengths > n_steps))
    if len(outside):
        i = outside[0]
        raise ValueError(
            f"sequence {i} covers rows {starts[i]} to {starts[i] + lengths[i] - 1}, but "
            f"values has {n_steps} rows."
        )


def is_contiguous(starts, lengths):
    """Return whether the sequences are stored one after the other."""
    return bool((starts[1:] == (starts + lengths)[:-1]).all())


def select_used(values, starts, lengths):
    """Return the rows of values that sequences use, and the new starts of the sequences.

    A memory-mapped array is sliced, not copied, if at least half of the rows of the slice
    are used. joblib passes such a slice to other processes by the name of its file.
    """
    if not len(starts):
        return values[:0], starts
    order = np.argsort(starts)
    ends = np.maximum.accumulate((starts + lengths)[order])
    # Rows of sequences that overlap or follow each other are one block.
    is_first = np.append(True, starts[order][1:] > ends[:-1])
    block_starts, block_ends = starts[order][is_first], ends[np.append(is_first[1:], True)]
    sizes = block_ends - block_starts
    span = block_ends[-1] - block_starts[0]
    if sizes.sum() == span or (isinstance(values, np.memmap) and 2 * sizes.sum() >= span):
        return values[block_starts[0] : block_ends[-1]], starts - block_starts[0]
    blocks = zip(block_starts, block_ends, strict=True)
    used = np.concatenate([values[first:end] for first, end in blocks])
    block = np.searchsorted(block_starts, starts, "right") - 1
    return used, starts - block_starts[block] + (np.cumsum(sizes) - sizes)[block]


def strip_padding(sequences):
    """Return the lengths of sequences without the NaN that pads them at the end."""
    is_step = ~np.isnan(sequences.values).all(axis=1)  # (n_steps_total,)
    last = np.maximum.accumulate(np.where(is_step, np.arange(len(is_step)), -1))
    lengths = last[sequences.starts + sequences.lengths - 1] - sequences.starts + 1
    if lengths.min(initial=1) < 1:
        raise ValueError(
            f"sequence {np.flatnonzero(lengths < 1)[0]} contains only NaN. Drop it from X "
            "and y."
        )
    return lengths


def iterate_chunks(sequences, n_steps):
    """Yield the number of the first sequence of each chunk, and the chunk."""
    if len(sequences) == 1:
        yield 0, sequences[0]
        return
    ends = np.cumsum(sequences.lengths)
    contiguous = is_contiguous(sequences.starts, sequences.lengths)
    first = 0
    while first < len(sequences):
        done = ends[first] - sequences.lengths[first]
        last = max(first + 1, int(np.searchsorted(ends, done + n_steps, "right")))
        if contiguous:
            offset = sequences.starts[0]
            yield first, sequences.values[offset + done : offset + ends[last - 1]]
        else:
            yield first, np.concatenate([sequences[i] for i in range(first, last)])
        first = last
