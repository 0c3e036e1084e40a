"""Read the steps of a batch at other times."""

from dataclasses import replace

import torch


def count_steps(batch):
    """Return the number of steps of each sequence of a batch: (batch,)."""
    if batch.lengths is not None:
        return batch.lengths
    n, n_steps = batch.x.shape[:2]
    return torch.full((n,), n_steps, device=batch.x.device)


def resample(batch, positions, lengths, layout):
    """Return a batch whose steps are those of another one at given positions.

    Numbers are interpolated between two steps. Where one of them is missing, they are those
    of the nearest step, as are categories and labels.

    Parameters
    ----------
    batch : Batch
        The batch to read.
    positions : Tensor of shape (batch, new_time)
        Where to read: 1.5 is between the second and the third step. Positions after the
        last step read the last step.
    lengths : Tensor of shape (batch,) or None
        The new number of steps of each sequence; None if no step is padding.
    layout : Layout
        The columns of the batch.
    """
    last = (count_steps(batch) - 1)[:, None]
    positions = torch.minimum(positions, last.to(positions.dtype))
    is_exact = not positions.is_floating_point()
    before = positions if is_exact else positions.long()
    parts, nearest, after = None, before, None
    if not is_exact:
        after = torch.minimum(before + 1, last)
        parts = (positions - before)[:, :, None]  # (batch, time, 1)
        nearest = torch.where(parts[:, :, 0] < 0.5, before, after)
    x = read(batch.x, nearest)
    if not is_exact:
        x = interpolate_values(batch.x, before, after, parts, x, layout)
    changes = {}
    if layout.predicts_steps:
        targets = read(batch.targets, nearest)
        if layout.predicts_numbers and not is_exact:
            targets = interpolate_targets(batch.targets, before, after, parts, targets)
        changes = {"targets": targets, "target_lengths": lengths}
        if lengths is None:
            changes["target_lengths"] = batch.target_lengths
    return replace(batch, x=x, lengths=lengths, **changes)


def read(values, steps):
    """Return values (batch, time, ...) at steps (batch, new_time)."""
    n, n_steps = values.shape[:2]
    first = torch.arange(n, device=values.device)[:, None] * n_steps
    found = values.flatten(0, 1).index_select(0, (steps + first).flatten())
    return found.view(n, steps.shape[1], *values.shape[2:])


def interpolate_values(x, before, after, parts, nearest, layout):
    """Return x with interpolated numbers; the other columns are those of `nearest`."""
    numeric, _ = layout.split(x)
    low, high = read(numeric, before), read(numeric, after)
    found = torch.lerp(low, high, parts)
    missing = layout.find_missing(x)
    if missing is not None:
        is_missing = read(missing, before) | read(missing, after)
        found = torch.where(is_missing, nearest[:, :, : layout.n_numeric], found)
    if found.shape == nearest.shape:
        return found
    return torch.cat([found, nearest[:, :, layout.n_numeric :]], dim=2)


def interpolate_targets(targets, before, after, parts, nearest):
    """Return targets of steps, where those of both neighbors are known interpolated.

    The first column is the weight of a step, which is 0 where its target is unknown.
    """
    low, high = read(targets, before), read(targets, after)
    found = torch.lerp(low, high, parts)
    is_known = (low[:, :, :1] > 0) & (high[:, :, :1] > 0)
    found = torch.where(is_known, found, nearest)
    return torch.cat([nearest[:, :, :1], found[:, :, 1:]], dim=2)


def repeat_last(x, lengths):
    """Return x (batch, time, columns) whose padding repeats the last step."""
    steps = torch.arange(x.shape[1], device=x.device)
    return read(x, torch.minimum(steps, lengths[:, None] - 1))
