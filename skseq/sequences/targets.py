"""Storage of encoded targets: one row a sequence, or a sequence of rows each."""

from dataclasses import dataclass

import numpy as np


@dataclass
class RowTargets:
    """One row of targets for each sequence.

    Attributes
    ----------
    values : ndarray of shape (n_sequences, ...)
        Encoded targets.
    """

    values: np.ndarray

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        """Return the targets of some sequences."""
        return RowTargets(self.values[rows])

    def pad(self, rows):
        """Return the targets of a batch, and None, because rows need no padding.

        Parameters
        ----------
        rows : ndarray of int of shape (batch,)
            The sequences of the batch.

        Returns
        -------
        targets : ndarray of shape (batch, ...)
        lengths : None
        """
        return self.values[rows], None


@dataclass
class SequenceTargets:
    """A sequence of targets for each sequence: one row a step, or of another length.

    The targets of all sequences are stored in one array, as in
    :class:`skseq.Sequences`; `take` returns a view.

    Attributes
    ----------
    values : ndarray of shape (n_rows_total, ...)
        Encoded targets of all sequences.
    starts, lengths : ndarray of int of shape (n_sequences,)
        First row of each sequence in `values`, and its number of rows.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray

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
        """Return the padded targets of a batch, and their lengths.

        Parameters
        ----------
        rows : ndarray of int of shape (batch,)
            The sequences of the batch. None of them is empty.

        Returns
        -------
        targets : ndarray of shape (batch, max_length, ...)
            After its end a sequence repeats its last row.
        lengths : ndarray of int of shape (batch,)
        """
        starts, lengths = self.starts[rows], self.lengths[rows]
        steps = np.minimum(np.arange(lengths.max()), lengths[:, None] - 1)
        return self.values[starts[:, None] + steps], lengths
