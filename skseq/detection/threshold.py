"""The threshold between scores of normal data and of outliers."""

import numpy as np

# Roots of scores are abnormal beyond this multiple of their interquartile range above the
# third quartile. Of normally distributed errors of single rows, 1 in 100,000 is.
FENCE = 4.0
# Size of a usual score. A threshold within the usual sizes would flag normal data.
USUAL_SIZE = 1.0


def choose_offset(scores, contamination):
    """Return the threshold below which scores are those of outliers.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Scores of the training data, at most 0; low scores are abnormal. Their sizes are
        squares of errors, in units of usual ones.
    contamination : "auto" or float
        Fraction of the training data below the threshold. `"auto"` is a fence as in box
        plots (Tukey, 1977): four interquartile ranges above the third quartile of the roots
        of the sizes of scores. The size of the threshold is at least 1.

    Returns
    -------
    float
        The threshold.
    """
    if contamination != "auto":
        # The quantile between two scores: exactly round(contamination * n) are below it.
        return float(np.percentile(scores, 100 * contamination))
    lower, upper = np.quantile(np.sqrt(-scores), [0.25, 0.75])
    return -max(float(upper + FENCE * (upper - lower)) ** 2, USUAL_SIZE)
