"""The sequences with which others are compared, a sample of the training sequences."""

import hashlib
from collections import Counter

import numpy as np

from skseq.saved import Saved, is_count, is_numbers, require
from skseq.sequences import Sequences

# Maximum number of training sequences that are compared with.
MAX_REFERENCES = 10_000


def choose_references(n):
    """Return the positions of the references among n training sequences."""
    return np.linspace(0, n - 1, min(n, MAX_REFERENCES)).astype(int)


class SequenceSample(Saved):
    """A sample of the training sequences, which can grow.

    Up to `MAX_REFERENCES` sequences, it has all of them. Then each further sequence replaces
    a random one with a probability such that all are equally likely to be in the sample
    (algorithm R of Vitter, 1985). Sequences that are added again, in another pass over the
    same data, are left out: their distance to themselves would be 0.

    Parameters
    ----------
    values : ndarray of shape (n_steps_total, n_features)
        The steps of the sequences, one after the other; NaN is missing.
    lengths : ndarray of int of shape (n_sequences,)
        Number of steps of each.
    n_seen : int
        Number of sequences from which the sample was drawn.
    """

    saved_name = "sample of sequences"

    def __init__(self, values, lengths, n_seen):
        self.values = values
        self.lengths = lengths
        self.n_seen = n_seen

    def __len__(self):
        return len(self.lengths)

    @property
    def sequences(self):
        """The sample as :class:`skseq.Sequences`."""
        return Sequences(self.values, self.lengths)

    @classmethod
    def draw(cls, sequences):
        """Return a sample of training sequences."""
        n = len(sequences)
        return cls(*_copy_steps(sequences[choose_references(n)]), n)

    def add(self, sequences, seed):
        """Return a sample of these and of further sequences.

        A sequence is left out if the sample has as many copies of it as these sequences.
        """
        parts = zip((self.values, self.lengths), _copy_steps(sequences), strict=True)
        both = Sequences(*(np.concatenate(part) for part in parts))
        random, n_seen = np.random.default_rng([seed, self.n_seen]), self.n_seen
        digests = [hashlib.blake2b(x.tobytes()).digest() for x in both]
        known, found = Counter(digests[: len(self)]), Counter()
        places = list(range(len(self)))
        for k in range(len(self), len(both)):
            found[digests[k]] += 1
            if found[digests[k]] <= known[digests[k]]:
                continue
            n_seen += 1
            if len(places) < MAX_REFERENCES:
                places.append(k)
                continue
            place = int(random.integers(n_seen))
            if place < len(places):
                places[place] = k
        return type(self)(*_copy_steps(both[places]), n_seen)

    @classmethod
    def from_state(cls, values, lengths, n_seen):
        """Create the sample from a state; raise ValueError if the state is invalid."""
        valid = type(values) is np.ndarray and values.dtype.kind == "f" and values.ndim == 2
        valid = valid and not np.isinf(values).any()
        valid = valid and is_numbers(lengths, None, dtype=np.int64) and len(lengths) > 1
        valid = valid and bool((lengths > 0).all()) and int(lengths.sum()) == len(values)
        valid = valid and is_count(n_seen, len(lengths))
        require(valid, "the sample of sequences is invalid")
        return cls(values, lengths, n_seen)


def _copy_steps(sequences):
    """Return copies of the steps, one sequence after the other, and of the lengths."""
    values = np.array(sequences.compact().values)
    return values, np.array(sequences.lengths, dtype=np.int64)
