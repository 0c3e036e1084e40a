"""Positions and targets of windows of long recordings."""

import numbers

import numpy as np

from skseq.quoting import quote
from skseq.sequences.cells import fill_cells, is_nested
from skseq.sequences.conversion import convert_container, read_array


def cut_windows(starts, lengths, length, stride, partial):
    """Return the start, the length and the sequence number of every window."""
    for name, value in (("length", length), ("stride", stride)):
        if not isinstance(value, numbers.Integral) or value < 1:
            raise ValueError(
                f"{name} must be an integer of at least 1, got {quote(value)}."
            )
    # A longer length or stride has the same windows, but could exceed int64.
    longest = int(np.max(lengths, initial=0))
    cut_length, stride = min(length, longest + 1), min(stride, longest + 1)
    none = np.empty(0, dtype=np.int64)
    window_starts, window_lengths, owners = [none], [none], [none]
    for i, (start, n_steps) in enumerate(zip(starts, lengths, strict=True)):
        ends = np.arange(cut_length, n_steps + 1, stride)
        if partial:
            # Counted backward from the first complete window.
            first = min(cut_length, n_steps)
            early = np.arange(first, 0, -stride)[::-1]
            ends = np.concatenate([early[early < cut_length], ends])
        firsts = np.maximum(ends - cut_length, 0)
        window_starts.append(start + firsts)
        window_lengths.append(ends - firsts)
        owners.append(np.full(len(ends), i))
    owners = np.concatenate(owners)
    if not len(owners):
        raise ValueError(
            f"No sequence is long enough for a window of {length} steps: the longest one "
            f"has {longest}. Use a smaller length, or partial=True."
        )
    return np.concatenate(window_starts), np.concatenate(window_lengths), owners


def cover_windows(sequences, length, overlap):
    """Return windows that cover all steps of sequences, without copying values.

    Consecutive windows of a sequence share at least `overlap` steps. The last one ends with
    the sequence; a sequence of at most `length` steps is one window.

    Returns
    -------
    windows : Sequences
        The windows.
    owners : ndarray of int of shape (n_windows,)
        Number of the sequence of each window.
    """
    # A longer window covers the same steps, but its length could exceed int64.
    length = min(length, int(np.max(sequences.lengths, initial=0)) + overlap + 1)
    latest = np.maximum(sequences.lengths - length, 0)
    n_windows = 1 - (-latest // (length - overlap))  # rounded up
    owners, numbers = number_windows(n_windows)
    windows = sequences[owners]
    # The last window of a sequence is moved so that it ends with the sequence.
    windows.starts = windows.starts + np.minimum(
        numbers * (length - overlap), latest[owners]
    )
    windows.lengths = np.minimum(windows.lengths, length)
    return windows, owners


def divide_evenly(sequences, length):
    """Divide sequences into windows of nearly equal size, of at most `length` steps.

    The windows of a sequence do not overlap and cover all of its steps.

    Returns
    -------
    windows : Sequences
        The windows, in order. No values are copied.
    owners : ndarray of int of shape (n_windows,)
        Number of the sequence of each window.
    """
    n_steps = sequences.lengths
    n_windows = -(-n_steps // length)
    owners, numbers = number_windows(n_windows)
    n_windows, n_steps, windows = n_windows[owners], n_steps[owners], sequences[owners]
    first = numbers * n_steps // n_windows
    windows.starts = windows.starts + first
    windows.lengths = (numbers + 1) * n_steps // n_windows - first
    return windows, owners


def number_windows(n_windows):
    """Return the sequence number of each window, and its number within the sequence.

    `n_windows` (n_sequences,) has the number of windows of each sequence.
    """
    owners = np.repeat(np.arange(len(n_windows)), n_windows)
    return owners, np.arange(len(owners)) - (np.cumsum(n_windows) - n_windows)[owners]


def label_windows(y, n_steps, first_steps, lengths, owners, reduce, target_per):
    """Return the target, or the array of the targets of all steps, of each window.

    `y` contains one target for each sequence, or an array with one for each step.
    """
    _check_options(reduce, target_per)
    y = _read_targets(y, len(n_steps))
    if not _is_per_step(y, n_steps):
        if target_per == "step":
            raise ValueError(
                "With target_per='step', y must have one array of targets for each "
                f"sequence, with one target for each step, got {quote(y[0])} for sequence "
                "0."
            )
        return _read_list(y, "y")[owners]
    # None: all steps of the sequence are unlabelled.
    per_step = [
        np.full(steps, None) if targets is None else _read_list(targets, f"y[{i}]")
        for i, (targets, steps) in enumerate(zip(y, n_steps, strict=True))
    ]
    for i, (targets, steps) in enumerate(zip(per_step, n_steps, strict=True)):
        if targets.ndim == 0 or len(targets) != steps:
            n_targets = len(targets) if targets.ndim else 1
            raise ValueError(
                f"y[{i}] has {n_targets} targets, but sequence {i} has {steps} steps."
            )
    windows = zip(owners, first_steps, first_steps + lengths, strict=True)
    targets = [per_step[i][first:end] for i, first, end in windows]
    if target_per == "step":
        return fill_cells(targets)
    reduce = (lambda targets: targets[-1]) if reduce is None else reduce
    return _read_list([reduce(part) for part in targets], "the result of reduce")


def _check_options(reduce, target_per):
    if reduce is not None and not callable(reduce):
        raise TypeError(f"reduce must be a function or None, got {quote(reduce)}.")
    if not (isinstance(target_per, str) and target_per in ("sequence", "step")):
        raise ValueError(
            f"target_per must be 'sequence' or 'step', got {quote(target_per)}."
        )
    if reduce is not None and target_per == "step":
        raise ValueError(
            "reduce returns one target for each window. With target_per='step', use "
            "reduce=None."
        )


def _read_targets(y, n_sequences):
    """Return the targets of sequences as a list or an array."""
    y = convert_container(y, "y")
    if not isinstance(y, (list, tuple)):
        y = read_array(y, "y")
    if getattr(y, "ndim", 1) == 0:
        raise TypeError(
            "Expected y to have one target, or one array of targets, for each sequence, "
            f"got {quote(y)}."
        )
    if len(y) != n_sequences:
        raise ValueError(
            f"Expected y to have one target, or one array of targets, for each of the "
            f"{n_sequences} sequences, got {len(y)}."
        )
    return y


def _read_list(targets, name):
    """Return targets as an array; labels of several types are an object array."""
    array = read_array(targets, name)
    is_list = isinstance(targets, (list, tuple)) and array.ndim == 1
    if is_list and array.dtype.kind == "U" and not all(isinstance(t, str) for t in targets):
        return fill_cells(targets)  # numpy would convert NaN to text
    return array


def _is_per_step(y, n_steps):
    if isinstance(y, np.ndarray) and y.ndim == 2:
        return bool((n_steps == y.shape[1]).all())  # else several targets per sequence
    first = next((targets for targets in y if targets is not None), None)
    return is_nested(first) and (isinstance(first, (list, tuple)) or np.ndim(first) > 0)
