"""A warning of columns of X that seem to name the series or sequence of each row."""

import re

import numpy as np

from skseq.exceptions import LostIndexWarning, warn
from skseq.quoting import quote
from skseq.series.stamps import is_integer

# Names such as "id", "unit_id", "id_shop", "engine ID", "shopId" and "unit number", but not
# "humid" or "speed".
NOUNS = (
    "case|customer|device|engine|machine|patient|person|player|recording|sequence|series|"
    "session|shop|store|subject|trial|unit|user"
)
ID_NAME = re.compile(
    rf"(.*[\W_])?[iI][dD]|.*[a-z]I[dD]|[iI][dD][\W_].*|(?i:({NOUNS})(id|[\W_]*(nr|no|number))?)"
)


def lacks_times(index):
    """Return whether an index, or None, has no times: it has numbers of rows of a table."""
    if index is None:
        return True
    return is_integer(index) and index.name is None and index.is_unique


def warn_of_name_column(name, values, *, is_text, parameter, noun):
    """Warn if a column of rows that are one series looks like names of several series.

    It has one block of adjacent rows for each of its values, two rows or more on average,
    and it is text, or its name is that of ids. Other columns of numbers may be covariates, such as years.

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
    values = values[values >= 0] if is_text else values  # without missing texts
    n_blocks = 1 + np.count_nonzero(np.diff(values))
    # Columns of row numbers or dates have shorter blocks.
    is_long = 2 * n_blocks <= len(values)
    if n_blocks == 1 or not is_long or len(np.unique(values)) != n_blocks:
        return
    warn(
        f"Column {quote(name)} of X has one block of rows for each of its {n_blocks} "
        f"values, and the rows have no time index. They are read as one {noun}, and the "
        f"column as a feature. If it names the {noun} of each row, use "
        f"{parameter}={quote(name)}.",
        LostIndexWarning,
    )
