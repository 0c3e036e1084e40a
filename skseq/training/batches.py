"""Padded batches from flat storage: shuffled for training, in order for prediction."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from skseq.networks import round_batch_size
from skseq.persistence import digest_blocks

# Sequences are sorted by length within pools of this many shuffled batches. Pools are
# large enough that lengths in a batch are close, and small enough that batches differ.
POOL_BATCHES = 50
# Small batches are gathered in one call, up to this many numbers (a megabyte in float32).
GATHERED_NUMBERS = 2**18
# A prediction batch has about this many steps.
PREDICTION_STEPS = 32_768
# A training batch is computed in parts if, with padding, it has more than `MAX_PART_TOKENS`
# tokens, or if it has more than `MAX_PADDED_STEPS` steps and over half of them are padding.
MAX_PART_TOKENS = 2**18
MAX_PADDED_STEPS = 2**14


@dataclass
class SequenceDataset:
    """Sequences with encoded targets and weights, as the training loop uses them.

    Attributes
    ----------
    sequences : Sequences
        The inputs.
    scaler : Input
        The fitted conversion of features.
    targets : RowTargets, SequenceTargets or None
        Encoded targets.
    weights : ndarray of shape (n_sequences,) or None
        Weight of the loss of each sequence, with mean 1; None if all are 1.
    given : dict of RowTargets or SequenceTargets
        Targets and weights before encoding, by name.
    common_length : int or None
        Sequences with this number of steps are predicted in batches without padding.
    token_steps : int
        Number of steps that the network turns into one token.
    mean_weight : float
        Mean of the weights before they were scaled.
    batch_input : BatchInput
        Conversion of the batches of these sequences; by default the scaler is bound to
        them.
    augmenter : Augmenter or None
        Changes the batches of training. `take` does not pass it on.
    """

    sequences: Any
    scaler: Any
    targets: Any = None
    weights: np.ndarray | None = None
    given: dict = field(default_factory=dict)
    common_length: int | None = None
    token_steps: int = 1
    mean_weight: float = 1.0
    batch_input: Any = None
    augmenter: Any = None

    def __post_init__(self):
        if self.batch_input is None:
            self.batch_input = self.scaler.bind(self.sequences)

    def __len__(self):
        return len(self.sequences)

    def describe(self):
        """Return the given and the computed values that identify this dataset."""
        given = {
            "steps": digest_blocks(self.batch_input.describe(self.sequences)),
            "lengths": self.sequences.lengths,
            **{
                name: {key: _to_plain(value) for key, value in vars(targets).items()}
                for name, targets in self.given.items()
            },
        }
        if self.augmenter is not None:
            given["augmentation"] = self.augmenter.describe()
        computed = {
            "scaler": self.scaler.to_state(),
            "targets": vars(self.targets),
            "weights": self.weights,
        }
        return {"given": given, "computed": computed}

    def take(self, rows):
        """Return the dataset of some sequences; the steps are shared."""
        return SequenceDataset(
            self.sequences[rows],
            self.scaler,
            self.targets.take(rows),
            None if self.weights is None else self.weights[rows],
            {name: targets.take(rows) for name, targets in self.given.items()},
            self.common_length,
            self.token_steps,
            batch_input=self.batch_input,
        )

    def read_steps(self, rows, n_steps):
        """Return (batch, time, columns) of some sequences, padded to `n_steps`.

        After its end a sequence repeats its last step.
        """
        sequences = self.sequences
        index = np.minimum(np.arange(n_steps), sequences.lengths[rows][:, None] - 1)
        index += sequences.starts[rows][:, None]  # (batch, time)
        codes = None
        if sequences.n_categorical:
            codes = sequences.codes.take(index, axis=0)
        return self.batch_input.transform(sequences.values.take(index, axis=0), codes)

    def training_batches(self, batch_size, generator, device, processes):
        """Return shuffled batches; see :class:`TrainingBatches`."""
        return TrainingBatches(self, batch_size, generator, device, processes)

    def prediction_batches(self, device):
        """Yield rows and their batch; see :func:`prediction_batches`."""
        return prediction_batches(self, device)


@dataclass
class Batch:
    """Sequences padded to the length of the longest one.

    Attributes
    ----------
    x : Tensor of shape (batch, time, features)
        Inputs. After its end a sequence repeats its last step.
    lengths : Tensor of shape (batch,) or None
        Number of steps of each sequence; None if there is no padding.
    targets : Tensor of shape (batch, ...) or None
        Encoded targets, padded where they are sequences.
    target_lengths : Tensor of shape (batch,) or None
        Number of targets of each sequence; None where targets are rows.
    weights : Tensor of shape (batch,) or None
        Weight of the loss of each sequence.
    n_rows : int or None
        Number of sequences in the whole batch, of which this may be the share of one
        process.
    other_targets, other_weights : Tensor or None
        Like `targets` and `weights`, for a second loss that is added. Augmentations that mix
        sequences set both, and `weights`.
    """

    x: torch.Tensor
    lengths: torch.Tensor | None = None
    targets: torch.Tensor | None = None
    target_lengths: torch.Tensor | None = None
    weights: torch.Tensor | None = None
    n_rows: int | None = None
    other_targets: torch.Tensor | None = None
    other_weights: torch.Tensor | None = None

    def __post_init__(self):
        if self.n_rows is None:
            self.n_rows = len(self.x)

    def __len__(self):
        return len(self.x)

    @property
    def parts(self):
        """The parts of the batch that are computed one after the other: this one alone."""
        return [self]

    def map_parts(self, function):
        """Return what a function makes of the batch."""
        return function(self)

    def split(self, sizes):
        """Return batches of the given sizes, as views."""
        tensors = (self.x, self.lengths, self.targets, self.target_lengths, self.weights)
        parts = [
            [None] * len(sizes) if tensor is None else tensor.split(sizes)
            for tensor in tensors
        ]
        return [Batch(*part) for part in zip(*parts, strict=True)]


@dataclass
class SplitBatch:
    """A batch in parts, which are padded and computed one after the other.

    Attributes
    ----------
    parts : list of Batch
        The parts.
    n_rows : int
        As in :class:`Batch`.
    """

    parts: list
    n_rows: int

    def __len__(self):
        return sum(len(part) for part in self.parts)

    def map_parts(self, function):
        """Return a batch of what a function makes of each part."""
        return SplitBatch([function(part) for part in self.parts], self.n_rows)


def gather_batches(drawn, make_batch, n_numbers, processes, cut=lambda rows: [rows]):
    """Yield the batch of each group of rows; small batches are made several at a time.

    `drawn` has the rows of each batch, and `make_batch` makes the batch of some rows with
    `n_numbers` numbers. Only the rows of this process are gathered. `cut` returns the rows
    of each part of a batch that is too large to be made together with others.
    """
    n_at_once = max(1, GATHERED_NUMBERS // n_numbers)
    for first in range(0, len(drawn), n_at_once):
        group = drawn[first : first + n_at_once]
        own = [processes.share(rows) for rows in group]
        if n_at_once == 1 and len(parts := cut(own[0])) > 1:
            yield SplitBatch([make_batch(rows) for rows in parts], len(group[0]))
            continue
        whole = make_batch(np.concatenate(own))
        batches = whole.split([len(rows) for rows in own])
        for rows, batch in zip(group, batches, strict=True):
            batch.n_rows = len(rows)
            yield batch


class TrainingBatches:
    """Shuffled batches of sequences of similar length; each pass shuffles again.

    `generator` is the source of the order; `processes` share every batch of at most
    `batch_size` sequences.
    """

    def __init__(self, dataset, batch_size, generator, device, processes):
        self.dataset = dataset
        self.batch_size = batch_size
        self.generator = generator
        self.device = device
        self.processes = processes
        self.cube = view_as_cube(dataset.sequences)
        lengths = dataset.sequences.lengths
        self.is_equal = bool((lengths == lengths[0]).all())

    def __len__(self):
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self):
        # Batches of unequal lengths differ in width and are made one at a time.
        n_numbers, data = GATHERED_NUMBERS, self.dataset
        if self.is_equal:
            n_steps = int(data.sequences.lengths[0])
            n_numbers = self.batch_size * n_steps * data.scaler.n_features
        return gather_batches(
            self.draw_rows(), self.make_batch, n_numbers, self.processes, self.cut
        )

    def draw_rows(self):
        """Return the rows of each batch."""
        lengths = self.dataset.sequences.lengths
        rows = self.generator.permutation(len(self.dataset))
        # Batches of nearly equal size: a small last batch would weigh too much.
        if self.is_equal:
            return np.array_split(rows, len(self))
        shuffled, batches = np.array_split(rows, len(self)), []
        for first in range(0, len(self), POOL_BATCHES):
            pool = shuffled[first : first + POOL_BATCHES]
            part = np.concatenate(pool)
            part = part[np.argsort(lengths[part], kind="stable")]
            batches += np.array_split(part, len(pool))
        return [batches[i] for i in self.generator.permutation(len(batches))]

    def cut(self, rows):
        """Return the rows of each part of a batch, whose rows are in order of length."""
        data = self.dataset
        return cut_by_length(rows, data.sequences.lengths[rows], data.token_steps)

    def make_batch(self, rows):
        """Gather, pad, scale and move the given rows."""
        data = self.dataset
        x, lengths = self.gather(rows)
        targets, target_lengths = data.targets.pad(rows)
        return Batch(
            x.to(self.device),
            _move(lengths, self.device),
            _move(targets, self.device),
            _move(target_lengths, self.device),
            _move(None if data.weights is None else data.weights[rows], self.device),
        )

    def gather(self, rows):
        """Return the padded inputs of rows, and their lengths or None if they are equal."""
        data = self.dataset
        if self.cube is not None:
            return data.batch_input.transform(self.cube.take(rows, axis=0)), None
        lengths = data.sequences.lengths[rows]
        n_steps = int(lengths.max())
        x = data.read_steps(rows, n_steps)
        return x, None if (lengths == n_steps).all() else lengths


def cut_by_length(rows, lengths, token_steps=1):
    """Return rows of increasing lengths in parts that bound the number of padded steps.

    A part has at most `MAX_PART_TOKENS` tokens of `token_steps` steps, or a single row. At
    most half of its steps are padding, unless it has at most `MAX_PADDED_STEPS`.
    """
    if len(rows) * lengths[-1] <= MAX_PADDED_STEPS:
        return [rows]
    largest, starts, total = MAX_PART_TOKENS * token_steps, [0], 0
    for i, length in enumerate(lengths.tolist()):
        total += length
        padded = (i + 1 - starts[-1]) * length
        if padded > max(MAX_PADDED_STEPS, min(2 * total, largest)) and i > starts[-1]:
            starts.append(i)
            total = length
    return np.split(rows, starts[1:])


def prediction_batches(dataset, device):
    """Yield rows of a dataset and their batch, for all parts of the dataset.

    The width of a batch depends only on the lengths of its own sequences, so that a
    prediction does not depend on other sequences, order or padding, bit for bit. Sequences
    of the common length get batches without padding.
    """
    lengths = dataset.sequences.lengths
    for bucket in group_by_width(lengths, dataset.common_length):
        n_steps = int(lengths[bucket[0]])
        is_common = n_steps == dataset.common_length
        width = n_steps if is_common else int(round_lengths_up(n_steps))
        size = round_batch_size(PREDICTION_STEPS // width)
        for i in range(0, len(bucket), size):
            rows = bucket[i : i + size]
            x = dataset.read_steps(rows, width)
            real = None if is_common else torch.from_numpy(lengths[rows]).to(device)
            yield rows, Batch(x.to(device), real)


def group_by_width(lengths, common_length=None):
    """Return groups of rows that are padded to the same number of steps.

    Sequences of the common length, which are not padded, form a group of their own.
    """
    is_common = lengths == common_length
    if is_common.all():
        return [np.arange(len(lengths))]
    widths = np.where(is_common, 0, round_lengths_up(lengths))
    if (widths == widths[0]).all():
        return [np.arange(len(widths))]
    order = np.argsort(widths, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(widths[order])) + 1)


def round_lengths_up(lengths):
    """Round lengths up to a grid on which at most an eighth of the steps is padding."""
    lengths = np.asarray(lengths)
    n_digits = np.frexp(lengths)[1]  # of the binary number
    grain = np.left_shift(1, np.maximum(n_digits - 4, 0))
    return -(-lengths // grain) * grain


def view_as_cube(sequences):
    """Return values as (n_sequences, time, features).

    Return None if that needs a copy, or if there are categorical features.
    """
    if sequences.n_categorical:
        return None
    lengths, starts = sequences.lengths, sequences.starts
    n, n_steps = len(lengths), int(lengths[0])
    if (lengths != n_steps).any() or (starts != starts[0] + n_steps * np.arange(n)).any():
        return None
    if not sequences.values.flags.c_contiguous:
        return None
    values = sequences.values[starts[0] : starts[0] + n * n_steps]
    return values.reshape(n, n_steps, -1)


def _move(array, device):
    return None if array is None else torch.from_numpy(array).to(device)


def _to_plain(values):
    """Return given values as numbers or text, which can be compared and digested."""
    is_plain = values.dtype.kind in "biufUmM"
    return values if is_plain else values.astype(object).astype(str)
