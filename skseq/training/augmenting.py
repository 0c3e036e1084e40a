"""What the training loop requires of an augmentation, and where it applies it."""

from abc import ABC, abstractmethod


class Augmenter(ABC):
    """Changes the batches of training at random.

    It changes no batch in place, because batches are views of gathered data.
    """

    @abstractmethod
    def augment(self, batch, generator):
        """Return a changed :class:`Batch`.

        `generator` is the source of all random numbers, on the device of the batch.
        """

    @abstractmethod
    def describe(self):
        """Return plain values that identify the augmentation."""


class AugmentedBatches:
    """Training batches that an augmenter changes anew in each pass.

    Parameters
    ----------
    batches : iterable of Batch or SplitBatch
        The batches of the data as they are.
    augmenter : Augmenter
        Changes them.
    generator : torch.Generator
        Source of the random numbers.
    """

    def __init__(self, batches, augmenter, generator):
        self.batches = batches
        self.augmenter = augmenter
        self.generator = generator

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        for batch in self.batches:
            yield batch.map_parts(lambda p: self.augmenter.augment(p, self.generator))
