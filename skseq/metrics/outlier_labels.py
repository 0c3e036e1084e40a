"""Read which rows or sequences are outliers, from the labels that detectors are scored by."""

import numpy as np
from sklearn.utils import column_or_1d

from skseq.quoting import quote
from skseq.sequences import convert_container

ACCEPTED = (
    "Use -1 for outliers and 1 for inliers, or 1 for outliers and 0 for inliers, or True for "
    "outliers and False for inliers."
)
# Number of different values that an error message quotes.
MAX_VALUES = 5


def read_outliers(y, name):
    """Return which labels are those of outliers.

    Parameters
    ----------
    y : array-like of shape (n,)
        -1 (outlier) and 1, or 1 (outlier) and 0, or True (outlier) and False.
    name : str
        Name of y in error messages.

    Returns
    -------
    ndarray of bool of shape (n,)
        True for outliers.
    """
    y = convert_container(y, name)
    # As objects, because numpy would make 1.0 of True beside NaN, and strings of [1, "a"].
    values = np.asarray(y, dtype=object)
    if values.ndim not in (1, 2) or values.shape[1:] not in ((), (1,)):
        raise ValueError(
            f"{name} should have one label for each row or sequence, of shape (n,), but it "
            f"has the shape {values.shape}."
        )
    values = column_or_1d(values)
    if not len(values):
        raise ValueError(f"{name} is empty: pass one label for each row or sequence.")
    numbers = np.array([read_label(value) for value in values])
    if np.isnan(numbers).any():
        row = int(np.argmax(np.isnan(numbers)))
        raise ValueError(
            f"{name} has the label {quote(values[row])} in row {row}. {ACCEPTED}"
        )
    found = set(np.unique(numbers))
    if found == {1.0} and not isinstance(values[0], (bool, np.bool_)):
        raise ValueError(
            f"All labels of {name} are 1, which means outliers beside 0, and inliers beside "
            f"-1. {ACCEPTED} For labels of 1 only, pass them as bool, or include rows with "
            "the other label."
        )
    if not (found <= {0.0, 1.0} or found <= {-1.0, 1.0}):
        shown = [int(x) if x.is_integer() else float(x) for x in sorted(found)]
        more = ", ..." if len(shown) > MAX_VALUES else ""
        raise ValueError(
            f"{name} has the labels {', '.join(map(str, shown[:MAX_VALUES]))}{more}. "
            f"{ACCEPTED}"
        )
    return numbers == (-1.0 if -1.0 in found else 1.0)


def read_label(value):
    """Return a label as a number, or NaN if it is missing or not a number."""
    if isinstance(value, (bool, np.bool_, int, np.integer, float, np.floating)):
        return float(value)
    return float("nan")
