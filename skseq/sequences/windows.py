"""Where the windows of long recordings lie, and what their targets are."""

import numbers

import numpy as np

from skseq.quoting import quote


def cut_windows(starts, lengths, length, stride, partial):
    """Return start, length and owner of every window."""
    for name, value in (("length", length), ("stride", stride)):
        if not isinstance(value, numbers.Integral) or value < 1:
            raise ValueError(
                f"{name} must be an integer of at least 1, got {quote(value)}."
            )
    window_starts, window_lengths, owners = [], [], []
    for i, (start, steps) in enumerate(zip(starts, lengths, strict=True)):
        ends = np.arange(length, steps + 1, stride)
        if partial:
            # Counted back from the first full window, down to a single step.
            first = length if steps >= length else steps
            early = np.arange(first, 0, -stride)[::-1]
            ends = np.concatenate([early[early < length], ends])
        begins = np.maximum(ends - length, 0)
        window_starts.append(start + begins)
        window_lengths.append(ends - begins)
        owners.append(np.full(len(ends), i))
    if not sum(len(owner) for owner in owners):
        longest = int(np.max(lengths, initial=0))
        raise ValueError(
            f"no sequence has {length} steps for a window (the longest has {longest}); "
            "choose a smaller length, or partial=True."
        )
    return (
        np.concatenate(window_starts),
        np.concatenate(window_lengths),
        np.concatenate(owners),
    )


def label_windows(y, n_steps, first_steps, lengths, owners, reduce):
    """Return one target for each window.

    `y` has one target for each sequence, or an array of one for each step.
    """
    if len(y) != len(n_steps):
        raise ValueError(
            f"y has {len(y)} entries for {len(n_steps)} sequences; give one target "
            "for each sequence, or one array of targets for each sequence."
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
    return np.asarray(
        [
            reduce(per_step[owner][first : first + length])
            for owner, first, length in zip(owners, first_steps, lengths, strict=True)
        ]
    )


def _is_per_step(y, n_steps):
    if isinstance(y, np.ndarray) and y.ndim == 2:
        return bool((n_steps == y.shape[1]).all())  # else a row of targets a sequence
    return isinstance(y[0], (list, tuple)) or np.ndim(y[0]) > 0
