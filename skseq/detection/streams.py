"""What the streams of all detectors share: predictions by scores and a threshold."""

from abc import ABC, abstractmethod

import numpy as np


class ScoreStream(ABC):
    """Base class of streams of detectors.

    A subclass implements `score_samples` and `_offset`.
    """

    @property
    @abstractmethod
    def _offset(self):
        """Threshold of the scores."""

    @abstractmethod
    def score_samples(self, x_t):
        """Read one row or step of each series or sequence, and return its score."""

    def decision_function(self, x_t):
        """Read the next row or step, and return the scores minus the threshold.

        Parameters
        ----------
        x_t : array-like of shape (n, n_features)
            The next row of each series, or the next step of each sequence, as for
            `score_samples`.

        Returns
        -------
        ndarray of shape (n,)
            Negative for anomalies and outliers.
        """
        return self.score_samples(x_t) - self._offset

    def predict(self, x_t):
        """Read the next row or step, and predict whether it is an anomaly or outlier.

        Parameters
        ----------
        x_t : array-like of shape (n, n_features)
            The next row of each series, or the next step of each sequence, as for
            `score_samples`.

        Returns
        -------
        ndarray of int of shape (n,)
            -1 for anomalies and outliers, and 1 for the rest. The beginning of a normal
            sequence is often an outlier, because it is shorter than the training sequences.
        """
        return np.where(self.decision_function(x_t) < 0, -1, 1)
