"""Scores of sequences while their steps arrive."""

import numpy as np
import torch

from skseq.detection import (
    MAX_INPUT,
    WINDOW,
    Moments,
    ScoreStream,
    SequenceSummary,
    average_squares,
)
from skseq.estimators.streaming import Stream


class OutlierStream(ScoreStream, Stream):
    """Scores sequences whose steps arrive one after the other.

    The method `stream` of an outlier detector returns it. Each call of `score_samples`,
    `decision_function` or `predict` reads one step of every sequence. The cost of a step
    does not depend on the number of earlier steps. A stream can be pickled and copied, and
    it does not change if the detector is fitted again.

    Parameters
    ----------
    estimator : object
        A fitted outlier detector.
    n_sequences : int
        Number of sequences that are read at the same time.
    """

    def score_samples(self, x_t):
        """Read one step of each sequence, and score the steps so far.

        Parameters
        ----------
        x_t : array-like of shape (n_sequences, n_features)
            The next step of each sequence. The axis of a single sequence, or of a single
            feature, may be omitted.

        Returns
        -------
        ndarray of shape (n_sequences,)
            The scores of the sequences of the steps so far; low scores are abnormal.

        Raises
        ------
        ValueError
            If x_t has another shape, or values that the detector rejects. The state is then
            unchanged.
        """
        self._read(x_t)
        groups = self._summarize().embed()
        detector = self._estimator
        return detector._score_points(detector.neighbors_.transform(groups))

    @property
    def step_scores(self):
        """Scores of the latest steps (n_sequences,), as in `step_scores` of the detector."""
        _, (*_, squares) = self._state
        return -squares[:, -1].numpy()

    @property
    def _offset(self):
        return self._estimator.offset_

    def _make_initial_state(self):
        network, n = self._network, self.n_sequences
        width, n_features = network.encoder.width, network.head.n_outputs
        sizes = [n_features, width, width, n_features, n_features]
        moments = [torch.zeros(n, size, dtype=torch.float64) for size in sizes]
        numbers = [torch.zeros(n, dtype=torch.float64) for _ in range(4)]
        squares = torch.zeros(n, WINDOW, dtype=torch.float64)
        return super()._make_initial_state(), (*moments, *numbers, squares)

    def _make_step(self):
        """Return a function that also updates the statistics of the steps so far."""
        read = super()._make_step()

        def step(x, state):
            inner, statistics = state
            outputs, inner, h_t = read(x.clamp(-MAX_INPUT, MAX_INPUT), inner)
            finite = x.nan_to_num()  # scaled values may exceed the range of float32
            statistics = self._update(statistics, finite, h_t, outputs)
            return outputs, (inner, statistics), h_t

        return step

    def _update(self, statistics, x, h_t, outputs):
        """Return the statistics after a step.

        Shapes: x (n_sequences, n_columns), the input of the network; h_t (n_sequences,
        width), the hidden states after it; outputs (n_sequences, n_features), the forecasts
        of the next step.
        """
        arrays = [tensor.numpy() for tensor in statistics]
        forecasts, h_mean, h_square, e_mean, e_square, *numbers, squares = arrays
        length, n_known, total, largest = numbers
        x, h_t, outputs = (t.cpu().numpy().astype(np.float64) for t in (x, h_t, outputs))
        values, n = x, outputs.shape[1]
        if x.shape[1] > n:  # followed by indicators of missing values
            values = np.where(x[:, n:] > 0, np.nan, x[:, :n])
        scale, is_first = self._estimator.error_scale_, length == 0
        errors, known = scale.standardize(values, forecasts, np.flatnonzero(is_first))
        square = average_squares(errors, known)
        squares = np.column_stack([squares[:, 1:], square])
        length = length + 1
        recent = squares.sum(axis=1) / np.minimum(length, WINDOW)
        largest = np.where(length <= WINDOW, recent, np.maximum(largest, recent))
        updated = (
            outputs,
            *add_value(h_mean, h_square, h_t, length),
            *add_value(e_mean, e_square, errors, length),
            length,
            n_known + (known > 0),
            total + square,
            largest,
            squares,
        )
        return tuple(map(torch.from_numpy, updated))

    def _summarize(self):
        """Return the :class:`SequenceSummary` of the steps so far."""
        _, statistics = self._state
        _, *moments, length, n_known, total, largest, _ = (t.numpy() for t in statistics)
        h_mean, h_square, e_mean, e_square = moments
        count = length[:, None]
        return SequenceSummary(
            Moments(h_mean, np.sqrt(h_square / count)),
            Moments(e_mean, np.sqrt(e_square / count)),
            total / np.maximum(n_known, 1),
            largest,
            length,
        )


def add_value(mean, square, value, count):
    """Return mean and sum of squared differences after one more value (Welford, 1962).

    Shapes: (n_sequences, n_columns), and the number of values (n_sequences,) including the
    new one.
    """
    difference = value - mean
    mean = mean + difference / count[:, None]
    return mean, square + difference * (value - mean)
