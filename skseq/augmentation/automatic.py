"""The augmentations that `augmentation="auto"` means."""

import numpy as np

from skseq.augmentation.timing import TimeWarp
from skseq.augmentation.values import Jitter
from skseq.inputs import measure

# Maximum roughness of sequences that may be changed.
MAX_ROUGHNESS = 0.01
# A feature whose frequency or position determines the class allows small changes of speed.
SPEED, NOISE = 1.1, 0.03


def choose_automatically(sequences, n_columns):
    """Return the augmentations for training sequences, as a list.

    Smooth sequences are changed slightly. Changes of time and noise would hide the small
    differences between the steps of others. `n_columns` is the number of features that the
    network reads.
    """
    if sequences.n_categorical or n_columns != sequences.n_numeric:
        return []  # X has categories or missing values
    if not measure_roughness(sequences) <= MAX_ROUGHNESS:
        return []
    return [TimeWarp(speed=SPEED), Jitter(noise=NOISE)]


def measure_roughness(sequences):
    """Return the mean square of the differences of steps from the mean of their neighbors.

    It is relative to the variance of a feature, and averaged over the features. It is 1.5
    for white noise, and NaN if no sequence has three steps.
    """
    _, deviation = measure(
        lambda: (block for _, block in sequences.chunks()),
        sequences.n_numeric,
        sequences.values.dtype,
    )
    squares, count = np.zeros(sequences.n_numeric), 0
    for first, block in sequences.chunks():
        ends = np.cumsum(sequences.lengths[first:])
        owners = np.searchsorted(ends, np.arange(len(block)), side="right")
        is_inside = owners[:-2] == owners[2:]
        x = block.astype(np.float64)
        change = x[1:-1] - (x[:-2] + x[2:]) / 2
        squares += (change[is_inside] ** 2).sum(axis=0)
        count += int(is_inside.sum())
    if not count:
        return np.nan
    return float(np.mean(squares / count / deviation**2))
