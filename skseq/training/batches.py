"""Padded batches out of flat storage: for training shuffled, for prediction in order."""

from dataclasses import dataclass, field

import numpy as np
import torch

from skseq.networks import ROW_MULTIPLE
from skseq.persistence import digest_blocks

# Batches of like length are cut from this many batches' worth of shuffled rows: large
# enough that lengths in a batch are close, small enough that batches differ.
POOL_BATCHES = 50
# Small batches are gathered together, up to this many numbers: a megabyte in float32.
GATHERED_NUMBERS = 2**18
# A prediction batch holds about this many steps.
PREDICTION_STEPS = 32_768


@dataclass
class SequenceDataset:
    """Sequences with coded targets and weights, as the training loop sees them.

    Attributes
    ----------
    sequences : Sequences
        The inputs.
    scaler : InputScaler
        Applied to each batch.
    targets : Tensor of shape (n_sequences, ...) or None
        Coded targets.
    weights : Tensor of shape (n_sequences,) or None
        Weight of each sequence's loss, mean 1; None if all are 1.
    answers : dict of ndarray of shape (n_sequences, ...)
        What targets and weights were before they were coded, by name.
    common_length : int or None
        Sequences of this many steps are predicted by themselves, without padding.
    """

    sequences: object
    scaler: object
    targets: torch.Tensor | None = None
    weights: torch.Tensor | None = None
    answers: dict = field(default_factory=dict)
    common_length: int | None = None

    def __len__(self):
        return len(self.sequences)

    def describe(self):
        """Return all that tells this dataset from others: what was given, and computed."""
        given = {
            "steps": digest_blocks(block for _, block in self.sequences.chunks()),
            "lengths": self.sequences.lengths,
            **self.answers,
        }
        computed = {
            "scaler": dict(vars(self.scaler)),
            "targets": self.targets,
            "weights": self.weights,
        }
        return {"given": given, "computed": computed}

    def take(self, rows):
        """Return the dataset of some rows; the sequences are shared."""
        index = torch.from_numpy(rows)
        return SequenceDataset(
            self.sequences[rows],
            self.scaler,
            self.targets[index],
            None if self.weights is None else self.weights[index],
            {name: values[rows] for name, values in self.answers.items()},
            self.common_length,
        )

    def training_batches(self, batch_size, generator, device):
        """Return shuffled batches; see :class:`TrainingBatches`."""
        return TrainingBatches(self, batch_size, generator, device)

    def prediction_batches(self, device, multiple=ROW_MULTIPLE):
        """Yield rows and their batch; see :func:`prediction_batches`."""
        return prediction_batches(self, device, multiple)


@dataclass
class Batch:
    """Some sequences, padded to the longest of them.

    Attributes
    ----------
    x : Tensor of shape (batch, time, features)
        Inputs; behind its end a sequence repeats its last step.
    lengths : Tensor of shape (batch,) or None
        Real steps; None if all are real.
    targets, weights : Tensor or None
        As in the dataset.
    n_rows : int or None
        Sequences of the whole batch, where this is one process's share of it.
    """

    x: torch.Tensor
    lengths: torch.Tensor | None
    targets: torch.Tensor | None
    weights: torch.Tensor | None
    n_rows: int | None = None

    def __post_init__(self):
        if self.n_rows is None:
            self.n_rows = len(self.x)

    def __len__(self):
        return len(self.x)

    def split(self, sizes):
        """Return batches of so many rows each, as views; `n_rows` is their own."""
        parts = [
            [None] * len(sizes) if values is None else values.split(sizes)
            for values in (self.x, self.lengths, self.targets, self.weights)
        ]
        return [Batch(*part) for part in zip(*parts, strict=True)]


def gather_together(parts, make_batch, n_numbers, processes=None):
    """Yield the batch of each part, several made by one call where they are small.

    Parameters
    ----------
    parts : list of ndarray of int
        The rows of each batch.
    make_batch : callable
        Makes the batch of some rows.
    n_numbers : int
        Numbers that a batch holds.
    processes : Processes or None
        Those that share every batch; only this one's rows are gathered.
    """
    n_at_once = max(1, GATHERED_NUMBERS // n_numbers)
    for first in range(0, len(parts), n_at_once):
        some = parts[first : first + n_at_once]
        own = some if processes is None else [processes.share(rows) for rows in some]
        whole = make_batch(np.concatenate(own))
        for rows, batch in zip(some, whole.split([len(part) for part in own]), strict=True):
            batch.n_rows = len(rows)
            yield batch


class TrainingBatches:
    """Shuffled batches of sequences of like length; every pass shuffles anew.

    Parameters
    ----------
    dataset : SequenceDataset
        What to cut into batches.
    batch_size : int
        Sequences a batch, at most.
    generator : numpy.random.Generator
        Source of the order.
    device : torch.device
        Where the batches go.
    """

    # Those that share every batch, or None.
    processes = None

    def __init__(self, dataset, batch_size, generator, device):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.device = device
        self.cube = view_cube(dataset.sequences)
        lengths = dataset.sequences.lengths
        self.is_equal = bool((lengths == lengths[0]).all())

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        # Where lengths differ each batch has a width of its own, and is made by itself.
        n_numbers, sequences = GATHERED_NUMBERS, self.dataset.sequences
        if self.is_equal:
            n_numbers = self.batch_size * int(sequences.lengths[0]) * sequences.n_features
        return gather_together(self.draw_rows(), self.make_batch, n_numbers, self.processes)

    def draw_rows(self):
        """Return the rows of each batch."""
        lengths = self.dataset.sequences.lengths
        rows = self.generator.permutation(len(self.dataset))
        # Parts of near-equal size: a small rest would have a large say in training.
        if self.is_equal:
            return np.array_split(rows, len(self))
        cut, batches = np.array_split(rows, len(self)), []
        for first in range(0, len(self), POOL_BATCHES):
            pool = cut[first : first + POOL_BATCHES]
            part = np.concatenate(pool)
            part = part[np.argsort(lengths[part], kind="stable")]
            batches += np.array_split(part, len(pool))
        return [batches[i] for i in self.generator.permutation(len(batches))]

    def make_batch(self, rows):
        """Gather, pad, scale and move the given rows."""
        data = self.dataset
        x, lengths = self.gather(rows)
        index = torch.from_numpy(np.ascontiguousarray(rows))
        return Batch(
            data.scaler.transform(x).to(self.device),
            None if lengths is None else torch.from_numpy(lengths).to(self.device),
            _take(data.targets, index, self.device),
            _take(data.weights, index, self.device),
        )

    def gather(self, rows):
        """Return the steps of rows, and their lengths or None if they are equal."""
        if self.cube is not None:
            return self.cube.take(rows, axis=0), None
        sequences = self.dataset.sequences
        lengths = sequences.lengths[rows]
        n_steps = int(lengths.max())
        is_full = bool((lengths == n_steps).all())
        return gather(sequences, rows, n_steps), None if is_full else lengths


def prediction_batches(dataset, device, multiple=ROW_MULTIPLE):
    """Yield rows and a batch for each part of the dataset.

    The width of a batch is a function of its sequences' own lengths, never of what
    else is asked for, and the rows are filled up to a fixed multiple, so that an
    answer does not depend on batch mates, order or padding, to the last bit. Sequences
    of the common length are by themselves, as wide as they are.

    Parameters
    ----------
    dataset : SequenceDataset
        What to predict.
    device : torch.device
        Where batches go.
    multiple : int, default=16
        What rows are filled up to a multiple of: as many as the network's products need
        to take the path that they take for many.

    Yields
    ------
    rows : ndarray of int
        Rows of the dataset, in the order of the batch.
    batch : Batch
        At least as many rows; those behind `rows` are fill.
    """
    lengths = dataset.sequences.lengths
    for bucket in sort_by_width(lengths, dataset.common_length):
        n_steps = int(lengths[bucket[0]])
        is_common = n_steps == dataset.common_length
        width = n_steps if is_common else int(padded_length(n_steps))
        size = max(PREDICTION_STEPS // width, ROW_MULTIPLE)
        size -= size % ROW_MULTIPLE
        for i in range(0, len(bucket), size):
            rows = filled = bucket[i : i + size]
            if missing := -len(rows) % multiple:
                filled = np.concatenate([rows, np.full(missing, rows[0])])
            x = dataset.scaler.transform(gather(dataset.sequences, filled, width))
            real = None if is_common else torch.from_numpy(lengths[filled]).to(device)
            yield rows, Batch(x.to(device), real, None, None)


def sort_by_width(lengths, common_length=None):
    """Return which rows are padded to the same number of steps.

    Those of the common length, which are not padded, are one part of them.
    """
    is_common = lengths == common_length
    if is_common.all():
        return [np.arange(len(lengths))]
    widths = np.where(is_common, 0, padded_length(lengths))
    if (widths == widths[0]).all():
        return [np.arange(len(widths))]
    order = np.argsort(widths, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(widths[order])) + 1)


def padded_length(lengths):
    """Round lengths up on a grid that wastes at most an eighth of the steps."""
    lengths = np.asarray(lengths)
    n_digits = np.frexp(lengths)[1]  # of the binary number
    grain = np.left_shift(1, np.maximum(n_digits - 4, 0))
    return -(-lengths // grain) * grain


def view_cube(sequences):
    """Return values as (n_sequences, time, features), or None if they do not lie so."""
    lengths, starts = sequences.lengths, sequences.starts
    n, n_steps = len(lengths), int(lengths[0])
    if (lengths != n_steps).any() or (starts != starts[0] + n_steps * np.arange(n)).any():
        return None
    if not sequences.values.flags.c_contiguous:  # a view would be a copy
        return None
    values = sequences.values[starts[0] : starts[0] + n * n_steps]
    return values.reshape(n, n_steps, -1)


def gather(sequences, rows, n_steps):
    """Return (batch, time, features); behind its end a sequence repeats its last step."""
    steps = np.minimum(np.arange(n_steps), sequences.lengths[rows][:, None] - 1)
    return sequences.values.take(sequences.starts[rows][:, None] + steps, axis=0)


def _take(tensor, index, device):
    return None if tensor is None else tensor[index].to(device)
