"""Embedding of whole sequences: statistics of hidden states and of forecast errors."""

from dataclasses import dataclass

import numpy as np

# Number of steps of the part with the largest error.
WINDOW = 3
# Added to deviations and mean squares of errors, whose usual size is 1, before the logarithm.
MIN_DEVIATION, MIN_SQUARE = 0.05, 0.01


@dataclass
class Moments:
    """Mean and standard deviation over the steps of each sequence.

    Attributes
    ----------
    mean, deviation : ndarray of shape (n_sequences, n_columns)
        The statistics; 0 over no step.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def measure(cls, values, starts, counts):
        """Measure flat values (n_steps_total, n_columns) of sequences without gaps."""
        counts = counts[:, None]
        mean = np.add.reduceat(values, starts, axis=0) / counts
        centered = values - np.repeat(mean, counts[:, 0], axis=0)
        square = np.add.reduceat(centered**2, starts, axis=0) / counts
        return cls(mean, np.sqrt(square))


@dataclass
class SequenceSummary:
    """What the embedding of sequences is computed from.

    Attributes
    ----------
    states : Moments
        Of the hidden states after each step.
    errors : Moments
        Of the standardized errors of the forecasts of all steps.
    mean_square : ndarray of shape (n_sequences,)
        Mean squared error over the known steps.
    largest : ndarray of shape (n_sequences,)
        Largest mean squared error of `WINDOW` consecutive steps.
    lengths : ndarray of shape (n_sequences,)
        Number of steps.
    """

    states: Moments
    errors: Moments
    mean_square: np.ndarray
    largest: np.ndarray
    lengths: np.ndarray

    @classmethod
    def measure(cls, states, errors, squares, known, lengths):
        """Summarize flat arrays of steps.

        Shapes: states (n_steps_total, width), errors (n_steps_total, n_features), and for
        each step the mean squared error and the known share of the features.
        """
        starts = np.cumsum(lengths) - lengths
        n_known = np.add.reduceat((known > 0).astype(float), starts)
        return cls(
            Moments.measure(states, starts, lengths),
            Moments.measure(errors, starts, lengths),
            np.add.reduceat(squares, starts) / np.maximum(n_known, 1),
            find_largest_part(squares, starts, lengths),
            lengths,
        )

    def embed(self):
        """Return the groups of features: a list of arrays (n_sequences, n_columns)."""
        return [
            np.hstack([self.states.mean, self.states.deviation]),
            np.hstack([self.errors.mean, np.log(self.errors.deviation + MIN_DEVIATION)]),
            np.log(self.mean_square[:, None] + MIN_SQUARE),
            np.log(self.largest[:, None] + MIN_SQUARE),
            np.log(self.lengths[:, None]),
        ]


def find_largest_part(squares, starts, lengths):
    """Return the largest mean of `WINDOW` consecutive values of each sequence.

    `squares` (n_steps_total,) are the values of all sequences. That of a shorter sequence
    is the mean of all of its values.
    """
    position = np.arange(len(squares)) - np.repeat(starts, lengths)
    total = squares.copy()
    for lag in range(1, WINDOW):
        total[lag:] += np.where(position[lag:] >= lag, squares[:-lag], 0)
    means = total / np.minimum(position + 1, WINDOW)
    is_complete = position >= np.minimum(np.repeat(lengths, lengths), WINDOW) - 1
    return np.maximum.reduceat(np.where(is_complete, means, -np.inf), starts)


def count_columns(width, n_features):
    """Return the number of columns of the embedding, given the size of a hidden state."""
    return 2 * (width + n_features) + 3
