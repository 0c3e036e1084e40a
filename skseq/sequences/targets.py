"""Storage of encoded targets: one row, or several rows, for each sequence."""

from dataclasses import dataclass

import numpy as np


@dataclass
class RowTargets:
    """One row of targets for each sequence."""

    values: np.ndarray  # (n_sequences, ...), encoded targets

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        """Return the targets of some sequences."""
        return RowTargets(self.values[rows])

    def pad(self, rows):
        """Return the targets of a batch, (batch, ...), and None: rows need no padding."""
        return self.values[rows], None


@dataclass
class SequenceTargets:
    """Several rows of targets for each sequence, for example one for each step.

    The targets of all sequences are stored in one array, as in
    :class:`skseq.Sequences`; `take` returns a view.
    """

    values: np.ndarray  # (n_rows_total, ...), encoded targets of all sequences
    starts: np.ndarray  # (n_sequences,), first row of each sequence in `values`
    lengths: np.ndarray  # (n_sequences,), its number of rows

    @classmethod
    def concatenate(cls, parts):
        """Return the targets of a list of arrays, one for each sequence."""
        lengths = np.array([len(part) for part in parts], dtype=np.int64)
        return cls(np.concatenate(parts), np.cumsum(lengths) - lengths, lengths)

    def __len__(self):
        return len(self.lengths)

    def take(self, rows):
        """Return the targets of some sequences; the values are shared."""
        return SequenceTargets(self.values, self.starts[rows], self.lengths[rows])

    def pad(self, rows):
        """Return the padded targets of a batch (batch, max_length, ...) and their lengths.

        After its end, a sequence repeats its last row. No sequence of the batch is empty.
        """
        starts, lengths = self.starts[rows], self.lengths[rows]
        steps = np.minimum(np.arange(lengths.max()), lengths[:, None] - 1)
        return self.values[starts[:, None] + steps], lengths
