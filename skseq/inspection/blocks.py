"""Blocks of time steps: where they lie in sequences of any length, and their exchange."""

from dataclasses import dataclass

import numpy as np

# Blocks by default, where sequences are long and many enough.
MOST_BLOCKS = 10


@dataclass
class Blocks:
    """Where the blocks of each sequence lie.

    Attributes
    ----------
    bounds : ndarray of int of shape (n_sequences, n_blocks + 1)
        First step of each block of each sequence, and the end of the last one. A sequence
        that does not reach a block has it empty.
    edges : ndarray of shape (n_blocks + 1,)
        The same for all sequences, in `unit`.
    unit : str
        What edges count.
    """

    bounds: np.ndarray
    edges: np.ndarray
    unit: str

    def __len__(self):
        return len(self.edges) - 1


def cut_shares(lengths, n_blocks):
    """Cut every sequence into as many blocks, of like length."""
    bounds = lengths[:, None] * np.arange(n_blocks + 1) // n_blocks
    if (lengths == lengths[0]).all():
        return Blocks(bounds, bounds[0], "time step")
    edges = 100 * np.arange(n_blocks + 1) / n_blocks
    return Blocks(bounds, edges, "share of the sequence (%)")


def cut_from_end(lengths, block_length):
    """Cut blocks of a fixed length, counted from the end of every sequence.

    They go as far back as two sequences reach: one alone has nobody to exchange with.
    """
    reach = np.sort(lengths)[-2]
    distances = block_length * np.arange(-(-reach // block_length), -1, -1)
    bounds = np.maximum(lengths[:, None] - distances, 0)
    edges = -np.minimum(distances, lengths.max())
    if (lengths == lengths[0]).all():
        return Blocks(bounds, bounds[0], "time step")
    return Blocks(bounds, edges, "time step, counted from the end")


def choose_blocks(lengths, n_blocks, block_length):
    """Return the blocks that parameters ask for.

    Raises
    ------
    ValueError
        If there are fewer sequences than blocks, or a sequence has fewer steps.
    """
    n_sequences, shortest = len(lengths), int(lengths.min())
    if n_sequences < 2:
        raise ValueError(
            "X holds 1 sequence, but blocks are exchanged between sequences: give at least "
            "2, better many more."
        )
    if block_length is not None:
        if n_blocks != "auto":
            raise ValueError(
                f"n_blocks={n_blocks} and block_length={block_length} both say how to cut; "
                "give one of them."
            )
        blocks = cut_from_end(lengths, block_length)
        remedy = f"a block_length above {block_length}"
    else:
        if n_blocks == "auto":
            n_blocks = min(MOST_BLOCKS, shortest, n_sequences)
        if shortest < n_blocks:
            raise ValueError(
                f"sequence {lengths.argmin()} has {shortest} time "
                f"step{'s' * (shortest != 1)}, fewer than n_blocks={n_blocks}: every block "
                f"needs a step of every sequence. Take n_blocks={shortest} at most, leave "
                "out short sequences, or give block_length=, which counts from the end."
            )
        blocks = cut_shares(lengths, n_blocks)
        remedy = f"n_blocks={n_sequences} at most"
    if n_sequences < len(blocks):
        raise ValueError(
            f"X holds {n_sequences} sequences, fewer than the {len(blocks)} blocks: too few "
            f"to tell blocks apart. Give more sequences, or {remedy}."
        )
    return blocks


def match_steps(starts, sizes, partners):
    """Return the rows of a block, and the rows that take their place.

    Step k of n is replaced by the partner's step at the same relative place, the nearest
    one: no value is invented, and between blocks of one size steps change places one by
    one.

    Parameters
    ----------
    starts : ndarray of int of shape (n_sequences,)
        First row of the block in each sequence.
    sizes : ndarray of int of shape (n_sequences,)
        Its number of steps, above 0.
    partners : ndarray of int of shape (n_sequences,)
        From which sequence each takes its steps.

    Returns
    -------
    rows, sources : ndarray of int of shape (n_steps,)
    """
    owners = np.repeat(np.arange(len(sizes)), sizes)
    steps = np.arange(len(owners)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    givers = partners[owners]
    # The middle of a step, as a fraction of the block, in whole numbers.
    places = (2 * steps + 1) * sizes[givers] // (2 * sizes[owners])
    return starts[owners] + steps, starts[givers] + places
