"""Positions and targets of windows of long recordings."""

import numbers

import numpy as np

from skseq.quoting import quote


def cut_windows(starts, lengths, length, stride, partial):
    """Return the start, the length and the sequence number of every window."""
    for name, value in (("length", length), ("stride", stride)):
        if not isinstance(value, numbers.Integral) or value < 1:
            raise ValueError(
                f"{name} must be an integer of at least 1, got {quote(value)}."
            )
    none = np.empty(0, dtype=np.int64)
    window_starts, window_lengths, owners = [none], [none], [none]
    for i, (start, n_steps) in enumerate(zip(starts, lengths, strict=True)):
        ends = np.arange(length, n_steps + 1, stride)
        if partial:
            # Counted backward from the first complete window.
            first = min(length, n_steps)
            early = np.arange(first, 0, -stride)[::-1]
            ends = np.concatenate([early[early < length], ends])
        firsts = np.maximum(ends - length, 0)
        window_starts.append(start + firsts)
        window_lengths.append(ends - firsts)
        owners.append(np.full(len(ends), i))
    owners = np.concatenate(owners)
    if not len(owners):
        raise ValueError(
            f"No sequence is long enough for a window of {length} steps: the longest one "
            f"has {int(np.max(lengths, initial=0))}. Use a smaller length, or partial=True."
        )
    return np.concatenate(window_starts), np.concatenate(window_lengths), owners


def label_windows(y, n_steps, first_steps, lengths, owners, reduce):
    """Return the target of each window.

    `y` contains one target for each sequence, or an array with one for each step.
    """
    if len(y) != len(n_steps):
        raise ValueError(
            f"Expected y to have one target, or one array of targets, for each of the "
            f"{len(n_steps)} sequences, got {len(y)}."
        )
    if hasattr(y, "iloc"):
        y = y.to_numpy()
    if not _is_per_step(y, n_steps):
        return np.asarray(y)[owners]
    per_step = [np.asarray(targets) for targets in y]
    for i, (targets, steps) in enumerate(zip(per_step, n_steps, strict=True)):
        if len(targets) != steps:
            raise ValueError(
                f"y[{i}] has {len(targets)} targets, but sequence {i} has {steps} steps."
            )
    reduce = (lambda targets: targets[-1]) if reduce is None else reduce
    windows = zip(owners, first_steps, first_steps + lengths, strict=True)
    return np.asarray([reduce(per_step[i][first:end]) for i, first, end in windows])


def _is_per_step(y, n_steps):
    if isinstance(y, np.ndarray) and y.ndim == 2:
        return bool((n_steps == y.shape[1]).all())  # else several targets per sequence
    return isinstance(y[0], (list, tuple)) or np.ndim(y[0]) > 0
