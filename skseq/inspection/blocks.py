"""Blocks of time steps in sequences of any length, and their exchange between sequences."""

from dataclasses import dataclass

import numpy as np

# Number of blocks for n_blocks="auto", if sequences are long and numerous enough.
MAX_BLOCKS = 10


@dataclass
class Blocks:
    """Positions of the blocks of each sequence."""

    # (n_sequences, n_blocks + 1): first step of each block, and the end of the last block.
    # A block is empty in a sequence that is too short to reach it.
    bounds: np.ndarray
    edges: np.ndarray  # (n_blocks + 1,): boundaries for all sequences, in `unit`
    unit: str

    def __len__(self):
        return len(self.edges) - 1


def split_evenly(lengths, n_blocks):
    """Split every sequence into the same number of blocks of about equal length."""
    bounds = lengths[:, None] * np.arange(n_blocks + 1) // n_blocks
    if (lengths == lengths[0]).all():
        return Blocks(bounds, bounds[0], "time step")
    edges = 100 * np.arange(n_blocks + 1) / n_blocks
    return Blocks(bounds, edges, "position in the sequence (%)")


def split_from_end(lengths, block_length):
    """Split sequences into blocks of a fixed length, counted from the end."""
    # At least two sequences reach the first block, because they exchange its steps.
    reach = np.sort(lengths)[-2]
    distances = block_length * np.arange(-(-reach // block_length), -1, -1)
    bounds = np.maximum(lengths[:, None] - distances, 0)
    if (lengths == lengths[0]).all():
        return Blocks(bounds, bounds[0], "time step")
    edges = -np.minimum(distances, lengths.max())
    return Blocks(bounds, edges, "time step relative to the end")


def make_blocks(lengths, n_blocks, block_length):
    """Return the blocks for parameters of `timestep_importance`, or raise ValueError."""
    n_sequences, shortest = len(lengths), int(lengths.min())
    if n_sequences < 2:
        raise ValueError(
            "X has 1 sequence, but blocks are exchanged between sequences: pass 2 or more. "
            "If rows are steps, a (sequence, time) MultiIndex or the parameter sequence "
            "identifies the sequence of each row."
        )
    if block_length is not None:
        if n_blocks != "auto":
            raise ValueError(
                f"Got both n_blocks={n_blocks} and block_length={block_length}: pass only "
                "one of them."
            )
        blocks = split_from_end(lengths, block_length)
        remedy = f"a block_length above {block_length}"
    else:
        if n_blocks == "auto":
            n_blocks = min(MAX_BLOCKS, shortest, n_sequences)
        if shortest < n_blocks:
            raise ValueError(
                f"sequence {lengths.argmin()} has {shortest} time "
                f"step{'s' * (shortest != 1)}, fewer than n_blocks={n_blocks}: each block "
                f"needs a step of every sequence. Use n_blocks={shortest} or less, remove "
                "short sequences, or set block_length, which counts from the end."
            )
        blocks = split_evenly(lengths, n_blocks)
        remedy = f"n_blocks={n_sequences} or less"
    if n_sequences < len(blocks):
        raise ValueError(
            f"X has {n_sequences} sequences, fewer than the {len(blocks)} blocks: too few "
            f"to tell blocks apart. Pass more sequences, or {remedy}."
        )
    return blocks


def match_steps(starts, sizes, partners):
    """Return the rows of a block, and the partner rows at the nearest relative position.

    The arguments have the shape (n_sequences,): first row and number of rows of the block
    in each sequence, and the index of the sequence that replaces it.
    """
    receivers = np.repeat(np.arange(len(sizes)), sizes)
    steps = np.arange(len(receivers)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    donors = partners[receivers]
    # The middle of a step as a fraction of the block, in integer arithmetic.
    positions = (2 * steps + 1) * sizes[donors] // (2 * sizes[receivers])
    return starts[receivers] + steps, starts[donors] + positions
