"""The threshold between scores of normal data and of outliers."""

from typing import NamedTuple

import numpy as np


class Fence(NamedTuple):
    """An automatic threshold, as in box plots (Tukey, 1977).

    Parameters
    ----------
    factor : float
        Sizes are abnormal beyond this multiple of their interquartile range above the third
        quartile.
    power : int
        Scores are this power of sizes, with negative sign.
    minimum : float
        Minimum size of the threshold of scores.
    """

    factor: float
    power: int
    minimum: float


# Scores of rows are mean squared errors in units of usual ones. Of normally distributed errors
# of single rows, 1 in 100,000 is beyond the fence. A threshold within the usual sizes would
# flag normal data.
FENCE_OF_ERRORS = Fence(factor=4.0, power=2, minimum=1.0)
# Scores of sequences are distances. They are skewed less than squares, and there are fewer of
# them. Equal training sequences have the distance 0.
FENCE_OF_DISTANCES = Fence(factor=2.5, power=1, minimum=0.0)


def choose_offset(scores, contamination, fence):
    """Return the threshold below which scores are those of outliers.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Scores of the training data, at most 0; low scores are abnormal.
    contamination : "auto" or float
        Fraction of the training data below the threshold. `"auto"` uses the fence.
    fence : Fence
        The automatic threshold.

    Returns
    -------
    float
        The threshold.
    """
    if contamination != "auto":
        # The quantile between two scores: exactly round(contamination * n) are below it.
        return float(np.percentile(scores, 100 * contamination))
    sizes = (-scores) ** (1 / fence.power)
    lower, upper = np.quantile(sizes, [0.25, 0.75])
    largest = float(upper + fence.factor * (upper - lower)) ** fence.power
    return -max(largest, fence.minimum)
