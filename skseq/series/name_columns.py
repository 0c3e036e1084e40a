"""A warning of columns of X that seem to name the series or sequence of each row."""

import re

import numpy as np

from skseq.exceptions import LostIndexWarning, warn
from skseq.quoting import quote

# Names such as "id", "unit_id", "engine ID" and "shopId", but not "humid".
ID_NAME = re.compile(r"(.*[\W_])?[iI][dD]|.*[a-z]I[dD]")


def warn_of_name_column(name, values, *, is_text, parameter, noun):
    """Warn if a column of rows that are one series looks like names of several series.

    It has one block of adjacent rows for each of its values, two rows or more on average,
    and it is text, or its name ends with "id". Other columns of numbers may be covariates, such as years.

    Parameters
    ----------
    name : object
        Name of the column.
    values : ndarray of shape (n_rows,)
        Numbers, or codes of the texts.
    is_text : bool
        Whether the column has text.
    parameter, noun : str
        Parameter that takes the name of such a column, and what it names.
    """
    if not (is_text or ID_NAME.fullmatch(str(name))):
        return
    n_blocks = 1 + np.count_nonzero(np.diff(values))
    is_longer = 2 * n_blocks <= len(values)  # than in a column of row numbers or dates
    if n_blocks == 1 or not is_longer or len(np.unique(values)) != n_blocks:
        return
    warn(
        f"Column {quote(name)} of X has one block of rows for each of its {n_blocks} "
        f"values, and the rows have no time index. They are read as one {noun}, and the "
        f"column as a feature. If it names the {noun} of each row, use "
        f"{parameter}={quote(name)}.",
        LostIndexWarning,
    )
