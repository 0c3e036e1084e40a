"""What flat storage must look like."""

import numpy as np

from skseq.sequences.validation import check_no_text, check_no_times

# Statistics and checks visit this many steps at a time, so that memory-mapped
# values are never read whole.
CHUNK_STEPS = 1_000_000


def check_values(values):
    """Return the steps as a float array (n_steps_total, n_features).

    Raises
    ------
    ValueError
        If the values are times, text, complex or of another shape.
    """
    values = np.asanyarray(values)
    check_no_times(values, "values")
    check_no_text(values, "values", "encode text and categories before")
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise ValueError(
            f"values must be (n_steps_total, n_features), got shape {values.shape}; a list "
            "of arrays, or a cube, is read by Sequences.from_list."
        )
    if values.shape[1] == 0:
        raise ValueError(f"values has no features: its shape is {values.shape}.")
    if values.dtype.kind == "c":
        raise ValueError(
            "Complex data not supported: give the real and imaginary parts as two features."
        )
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    return values


def check_layout(starts, lengths, n_steps):
    """Raise ValueError if a sequence is empty or leaves the storage."""
    if starts.shape != lengths.shape:
        raise ValueError(f"{len(starts)} starts for {len(lengths)} lengths.")
    if lengths.min(initial=1) < 1:
        empty = np.flatnonzero(lengths < 1)
        raise ValueError(
            f"sequence {empty[0]} is empty (0 steps): every sequence needs at least "
            "1 step; drop it from X and y."
        )
    outside = (starts < 0) | (starts + lengths > n_steps)
    if outside.any():
        i = np.flatnonzero(outside)[0]
        raise ValueError(
            f"sequence {i} covers rows {starts[i]} to {starts[i] + lengths[i] - 1}, "
            f"but values has {n_steps} rows."
        )


def is_contiguous(starts, lengths):
    """Return whether the sequences follow each other in storage."""
    return bool((starts[1:] == (starts + lengths)[:-1]).all())


def iterate_chunks(sequences, n_steps):
    """Yield blocks of steps, and which sequence each begins with."""
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
