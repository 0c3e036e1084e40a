"""The augmentations that `augmentation="auto"` means."""

import numpy as np

from skseq.augmentation.timing import TimeWarp
from skseq.augmentation.values import Jitter
from skseq.inputs import measure

# Maximum roughness of sequences that may be changed.
MAX_ROUGHNESS = 0.01
# Maximum share of the variance of a feature at one frequency. Changes of speed would hide
# small differences between such frequencies.
MAX_OSCILLATION = 0.7
# Minimum number of periods in a sequence, and number of sequences that are measured.
MIN_PERIODS, N_MEASURED = 3, 200
SPEED, NOISE = 1.1, 0.03


def choose_automatically(sequences, n_columns):
    """Return the augmentations for training sequences, as a list.

    Smooth sequences are changed slightly, unless a feature oscillates. Changes of time and
    noise would hide the small differences between the steps of other sequences.
    `n_columns` is the number of features that the network reads.
    """
    if sequences.n_categorical or n_columns != sequences.n_numeric:
        return []  # X has categories or missing values
    if not measure_roughness(sequences) <= MAX_ROUGHNESS:
        return []
    if measure_oscillation(sequences).max() > MAX_OSCILLATION:
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


def measure_oscillation(sequences):
    """Return the share of the variance of each feature at its strongest frequency.

    It is the mean over at most `N_MEASURED` sequences (n_features,), and includes the two
    neighboring frequencies of the discrete Fourier transform. It is 0 for a sequence that
    has fewer than `MIN_PERIODS` periods of its strongest frequency.
    """
    n_measured = min(len(sequences), N_MEASURED)
    some = np.linspace(0, len(sequences) - 1, n_measured).astype(int)
    return np.mean([_measure_oscillation(sequences[i]) for i in some], axis=0)


def _measure_oscillation(x):
    """Return the share for each feature of a sequence x (n_steps, n_features)."""
    x = x.astype(np.float64)
    power = np.abs(np.fft.rfft(x - x.mean(axis=0), axis=0)) ** 2
    strongest = power.argmax(axis=0)
    rows = strongest + np.array([[-1], [0], [1]])
    is_inside = (rows > 0) & (rows < len(power))
    near = np.take_along_axis(power, rows.clip(0, len(power) - 1), axis=0)
    total = np.maximum(power[1:].sum(axis=0), np.finfo(np.float64).tiny)
    return (near * is_inside).sum(axis=0) / total * (strongest >= MIN_PERIODS)
