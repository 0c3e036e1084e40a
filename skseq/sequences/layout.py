"""Validation and traversal of the flat storage of sequences."""

import numbers

import numpy as np

from skseq.quoting import quote
from skseq.sequences.conversion import convert_container, convert_numbers, read_array
from skseq.sequences.validation import check_unique_names, find_missing

# Number of steps per chunk, so that memory-mapped values are not read at once.
CHUNK_STEPS = 1_000_000


def check_parts(values, n_features, lengths, starts, ids, feature_names):
    """Return validated starts, lengths, ids and feature names of stored values."""
    lengths = _read_integers(lengths, "lengths")
    if starts is None:
        starts = np.cumsum(lengths) - lengths
        if lengths.sum() != len(values):
            raise ValueError(
                f"The sum of lengths is {lengths.sum()}, but values has {len(values)} rows."
            )
    starts = _read_integers(starts, "starts")
    _check_layout(starts, lengths, len(values))
    if ids is not None:
        ids = read_array(ids, "ids")
        if ids.ndim == 0 or len(ids) != len(lengths):
            n_ids = len(ids) if ids.ndim else 1
            raise ValueError(f"Got {n_ids} ids for {len(lengths)} sequences.")
    if feature_names is not None:
        feature_names = _read_names(feature_names)
        check_unique_names(feature_names)
        if len(feature_names) != n_features:
            raise ValueError(
                f"Got {len(feature_names)} feature_names for {n_features} features."
            )
    return starts, lengths, ids, feature_names


def check_values(values, codes):
    """Return values as a read-only float array of shape (n_steps_total, n_numeric).

    With codes, values may have no features, or be None. Raise ValueError if they are times,
    text, complex numbers or of another shape.
    """
    if values is None and codes is not None:
        values = np.empty((len(codes), 0))
    if not isinstance(values, np.memmap):
        values = read_array(convert_container(values, "values"), "values")
    if values.dtype not in (np.float32, np.float64):
        values = convert_numbers(values, "values", "Encode text and categories first.")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise ValueError(
            "Expected values of shape (n_steps_total, n_features), got shape "
            f"{values.shape}. Use Sequences.from_list for a list of arrays or a 3-D array."
        )
    if values.shape[1] == 0 and codes is None:
        raise ValueError(f"values has shape {values.shape}: it needs at least 1 feature.")
    values = values.view()
    values.flags.writeable = False
    return values


def _read_integers(values, name):
    """Return whole numbers as a flat array of int64; raise ValueError for other values."""
    array = read_array(convert_container(values, name), name)
    if array.dtype.kind != "i":
        array = convert_numbers(array, name)
        is_whole = (np.abs(array) < 2.0**62) & (array == np.round(array))
        if not is_whole.all():
            raise ValueError(
                f"{name} contains {array[~is_whole].flat[0]:g}, which is not a count."
            )
    return array.astype(np.int64).reshape(-1)


def _read_names(names):
    """Return names of features as a list of str."""
    try:
        return [str(name) for name in names]
    except Exception:  # the errors of the names, too
        raise TypeError(
            f"feature_names must be a list of names, got {quote(names)}."
        ) from None


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
    # Not starts + lengths, which could exceed int64.
    outside = np.flatnonzero((starts < 0) | (starts > n_steps - lengths))
    if len(outside):
        i = outside[0]
        raise ValueError(
            f"sequence {i} covers rows {starts[i]} to "
            f"{int(starts[i]) + int(lengths[i]) - 1}, but values has {n_steps} rows."
        )


def read_index(key):
    """Return an index of rows: an integer, a slice, or an array of integers or booleans."""
    # scikit-learn indexes arrays as `X[rows, ...]`.
    if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
        key = key[0]
    if isinstance(key, tuple):
        raise IndexError(
            f"Sequences are indexed by row: use X[rows], got {quote(key)}. To select steps, "
            "use X.head(n), X.tail(n) or X.windows(length); to select steps or features by "
            "an index, use [x[index] for x in X]."
        )
    if isinstance(key, (int, np.integer, slice)):
        return key
    array = np.asarray(key) if isinstance(key, np.ndarray) else read_array(key, "The index")
    if array.ndim != 1:
        raise IndexError(
            f"Expected a 1-D index of sequences, got {quote(key)} of shape {array.shape}."
        )
    if array.dtype.kind not in "iub" and len(array):
        raise IndexError(
            f"The index of sequences must be of integers or booleans, got {quote(key)}."
        )
    return array if len(array) else array.astype(np.int64)


def is_contiguous(starts, lengths):
    """Return whether the sequences are stored one after the other."""
    return bool((starts[1:] == (starts + lengths)[:-1]).all())


def limit_lengths(lengths, n):
    """Return lengths of at most n steps; raise ValueError if n is not a positive integer."""
    if not isinstance(n, numbers.Integral) or isinstance(n, bool) or n < 1:
        raise ValueError(
            f"The number of steps must be an integer of at least 1, got {quote(n)}."
        )
    # Larger numbers, which could exceed int64, have the same result.
    return np.minimum(lengths, min(n, int(lengths.max(initial=1))))


def find_all(starts, lengths):
    """Return the blocks of rows, (start, end), of sequences one after the other."""
    if not len(starts):
        return [(0, 0)]
    if is_contiguous(starts, lengths):
        return [(int(starts[0]), int(starts[-1] + lengths[-1]))]
    return list(zip(starts, starts + lengths, strict=True))


def find_used(starts, lengths, *, is_mapped):
    """Return the blocks of rows, (start, end), that sequences use, and their new starts.

    Blocks of memory-mapped values are one block if at least half of its rows are used:
    joblib passes a slice to other processes by the name of its file.
    """
    if not len(starts):
        return [(0, 0)], starts
    order = np.argsort(starts)
    ends = np.maximum.accumulate((starts + lengths)[order])
    # Rows of sequences that overlap or follow each other are one block.
    is_first = np.append(True, starts[order][1:] > ends[:-1])
    block_starts, block_ends = starts[order][is_first], ends[np.append(is_first[1:], True)]
    sizes = block_ends - block_starts
    span = block_ends[-1] - block_starts[0]
    if sizes.sum() == span or (is_mapped and 2 * sizes.sum() >= span):
        return [(block_starts[0], block_ends[-1])], starts - block_starts[0]
    block = np.searchsorted(block_starts, starts, "right") - 1
    blocks = list(zip(block_starts, block_ends, strict=True))
    return blocks, starts - block_starts[block] + (np.cumsum(sizes) - sizes)[block]


def take_blocks(array, blocks):
    """Return blocks of rows of an array (or None): a view of one block, else a copy."""
    if array is None:
        return None
    if len(blocks) == 1:
        return array[slice(*blocks[0])]
    return np.concatenate([array[first:end] for first, end in blocks])


def strip_padding(sequences):
    """Return the lengths of sequences without the NaN that pads them at the end."""
    is_step = ~find_missing(sequences)  # (n_steps_total,)
    last = np.maximum.accumulate(np.where(is_step, np.arange(len(is_step)), -1))
    lengths = last[sequences.starts + sequences.lengths - 1] - sequences.starts + 1
    if lengths.min(initial=1) < 1:
        raise ValueError(
            f"sequence {np.flatnonzero(lengths < 1)[0]} contains only NaN. Drop it from X "
            "and y."
        )
    return lengths


def iterate_chunks(array, starts, lengths, n_steps=CHUNK_STEPS):
    """Yield the number of the first sequence of each chunk, and its rows of an array."""
    ends = np.cumsum(lengths)
    first = 0
    while first < len(lengths):
        done = ends[first] - lengths[first]
        last = max(first + 1, int(np.searchsorted(ends, done + n_steps, "right")))
        blocks = find_all(starts[first:last], lengths[first:last])
        yield first, take_blocks(array, blocks)
        first = last
