"""The threshold between scores of normal data and of outliers."""

import numpy as np

# The fences of Tukey (1977): values beyond these multiples of the interquartile range are
# "far out".
FAR_OUT = 3.0


def choose_offset(scores, contamination):
    """Return the threshold below which scores are those of outliers.

    Parameters
    ----------
    scores : ndarray of shape (n,)
        Scores of the training data, at most 0; low scores are abnormal.
    contamination : "auto" or float
        Fraction of the training data below the threshold. `"auto"` is the outer fence of Tukey: three interquartile ranges above the third
        quartile of the logarithms of the sizes of scores.

    Returns
    -------
    float
        The threshold.
    """
    if contamination != "auto":
        # The quantile between two scores: exactly round(contamination * n) are below it.
        return float(np.percentile(scores, 100 * contamination))
    sizes = np.log(np.maximum(-scores, np.finfo(np.float64).tiny))
    lower, upper = np.quantile(sizes, [0.25, 0.75])
    return -float(np.exp(upper + FAR_OUT * (upper - lower)))
