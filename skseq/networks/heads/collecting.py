"""Outputs of batches, put into the order of the data."""

from skseq.networks.masks import step_mask


def collect_rows(parts, n):
    """Return one row for each sequence, on the CPU: (n, ...); None without batches.

    For each batch, `parts` has the positions of its sequences, a tensor (batch, ...), and
    lengths, which are not used.
    """
    collected = None
    for rows, outputs, _ in parts:
        if collected is None:
            collected = outputs.new_empty(n, *outputs.shape[1:], device="cpu")
        collected[rows] = outputs.cpu()
    return collected


def collect_steps(parts, n):
    """Return a tensor (length, ...) for each sequence, on the CPU, without padding.

    For each batch, `parts` has the positions of its sequences, a tensor (batch, n_steps,
    ...), and the length of each sequence, or None if no step is padding. The results of a
    batch are views of one copy of its real steps.
    """
    collected = [None] * n
    for rows, outputs, lengths in parts:
        flat = outputs.flatten(0, 1)  # (batch * n_steps, ...)
        if lengths is None:
            pieces = flat.to("cpu", copy=True).split(outputs.shape[1])
        else:
            real = step_mask(lengths, outputs.shape[1]).flatten().nonzero()[:, 0]
            pieces = flat.index_select(0, real).cpu().split(lengths.tolist())
        # One copy for the batch: a copy for each sequence takes longer than small networks.
        for row, steps in zip(rows, pieces, strict=True):
            collected[row] = steps
    return collected


def join_rows(parts):
    """Return the outputs of the parts of a batch as one tensor.

    Outputs for each step, (part, time, ...), have as many steps as the longest sequence of
    their part, and are filled up with zeros.
    """
    width = max(part.shape[1] for part in parts)
    sizes = [len(part) for part in parts]
    joined = parts[0].new_zeros(sum(sizes), width, *parts[0].shape[2:])
    for rows, part in zip(joined.split(sizes), parts, strict=True):
        rows[:, : part.shape[1]] = part
    return joined
