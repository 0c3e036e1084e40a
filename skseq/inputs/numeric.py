"""Scaling of inputs by statistics of the training steps."""

import numpy as np
import torch


class InputScaler:
    """Standardise each feature by its mean and deviation over real training steps.

    It is applied batch by batch, in the precision in which the data are stored, so
    that no scaled copy of them exists and large offsets do not cost digits.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_features,)
        What is subtracted, and what is divided by afterwards.
    mask_missing : bool
        Whether to set missing values to 0 after scaling and to append one feature
        for each feature that is 1 where it is missing.
    """

    def __init__(self, mean, scale, mask_missing):
        self.mean = mean
        self.scale = scale
        self.mask_missing = mask_missing

    @classmethod
    def fit(cls, sequences, *, scale, mask_missing):
        """Measure the sequences; without `scale` values pass as they are."""
        n = sequences.n_features
        if not scale:
            return cls(np.zeros(n), np.ones(n), mask_missing)
        mean, deviation = measure(sequences)
        return cls(mean, deviation, mask_missing)

    def __repr__(self):
        n = len(self.mean)
        return f"{type(self).__name__}({n} feature{'s' * (n != 1)})"

    @property
    def n_features(self):
        """Number of features that come out."""
        return len(self.mean) * (2 if self.mask_missing else 1)

    def transform(self, batch):
        """Scale (batch, time, features); return a float32 tensor."""
        # As rows of all steps: loops over a few features are slow.
        mean, scale = (
            given.astype(batch.dtype)[None].repeat(batch.shape[1], axis=0).reshape(-1)
            for given in (self.mean, self.scale)
        )
        x = batch.reshape(len(batch), -1) - mean
        x /= scale
        x = torch.from_numpy(x.reshape(batch.shape)).float()
        if self.mask_missing:
            missing = torch.isnan(x)
            x = torch.cat([x.masked_fill_(missing, 0.0), missing.to(x.dtype)], dim=2)
        return x


def measure(sequences):
    """Return mean and standard deviation of each feature over real, present steps.

    Two passes in float64 over bounded blocks. A feature that is constant (or never
    present) gets deviation 1, as in :class:`sklearn.preprocessing.StandardScaler`.
    """
    n = sequences.n_features
    count, total = np.zeros(n), np.zeros(n)
    for _, block in sequences.chunks():
        present = ~np.isnan(block)
        count += present.sum(axis=0)
        total += np.where(present, block, 0).sum(axis=0, dtype=np.float64)
    mean = total / np.maximum(count, 1)
    squares = np.zeros(n)
    for _, block in sequences.chunks():
        squares += np.nansum((block - mean) ** 2, axis=0)
    deviation = np.sqrt(squares / np.maximum(count, 1))
    # Below rounding error of the mean a deviation is noise, not signal.
    noise = 10 * np.finfo(sequences.values.dtype).eps * np.abs(mean)
    deviation[deviation <= noise] = 1.0
    return mean, deviation
