"""Distances of sequences to their nearest neighbors among the training sequences."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from skseq.detection.sample import choose_references
from skseq.saved import Saved, is_finite, is_positive, require

# Weight of each group of features in squared distances: hidden states, errors, mean and
# largest squared error, length. See :meth:`skseq.detection.SequenceSummary.embed`.
GROUP_WEIGHTS = (1.0, 1.0, 0.1, 0.1, 0.2)
# Smallest standard deviation of the features of each group; those of states are at most 1,
# and the others are multiples of usual errors or logarithms.
MIN_DEVIATIONS = (0.01, 0.01, 0.1, 0.1, 0.1)
# Training sequences at most this far away are the same sequence up to rounding. Usual
# distances are about 1.
SAME = 1e-3


class NeighborDistances(Saved):
    """Mean distance to the nearest training sequences.

    One training sequence that is the same as a given sequence is not a neighbor of it, so
    that a training sequence gets the same distance as if it had been left out.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_columns,)
        `mean` is subtracted from the features of a sequence, which are then divided by
        `scale`.
    points : ndarray of shape (n_references, n_columns)
        Scaled features of training sequences.
    """

    saved_name = "neighbor distances"

    def __init__(self, mean, scale, points):
        self.mean = mean
        self.scale = scale
        self.points = points

    @classmethod
    def fit(cls, groups):
        """Learn from the groups of features of training sequences, (n_sequences, ...)."""
        features = np.hstack(groups)
        scale = np.concatenate(
            [
                np.maximum(group.std(axis=0), smallest) * np.sqrt(group.shape[1] / weight)
                for group, weight, smallest in zip(
                    groups, GROUP_WEIGHTS, MIN_DEVIATIONS, strict=True
                )
            ]
        )
        mean, rows = features.mean(axis=0), choose_references(len(features))
        return cls(mean, scale, (features[rows] - mean) / scale)

    def transform(self, groups):
        """Return the scaled features, between which distances are measured."""
        return (np.hstack(groups) - self.mean) / self.scale

    def measure(self, points, n_neighbors):
        """Return the mean distance of scaled features to their neighbors: (n_sequences,)."""
        n_neighbors = min(n_neighbors, len(self.points) - 1)
        index = NearestNeighbors(n_neighbors=n_neighbors + 1, algorithm="brute")
        rows = index.fit(self.points).kneighbors(points, return_distance=False)
        # The search loses digits of small distances.
        distances = np.empty(rows.shape)
        for k, column in enumerate(rows.T):
            distances[:, k] = np.linalg.norm(points - self.points[column], axis=1)
        distances.sort(axis=1)
        is_same = distances[:, 0] <= SAME
        return np.where(
            is_same, distances[:, 1:].mean(axis=1), distances[:, :-1].mean(axis=1)
        )

    @classmethod
    def from_state(cls, mean, scale, points):
        """Create the distances from a state; raise ValueError if the state is invalid."""
        valid = is_finite(mean, None) and is_positive(scale, len(mean))
        valid = valid and is_finite(points, None, len(mean)) and len(points) > 1
        require(valid, "the neighbors are invalid")
        return cls(mean, scale, points)
