"""Names of columns of a table: times of steps, or features."""

import calendar
import re

from skseq.exceptions import ColumnsAsStepsWarning, warn
from skseq.quoting import quote

# A number, or the English name of a month or a day of the week, such as "Jan" or "Monday".
_DATES = [*calendar.month_name[1:], *calendar.month_abbr[1:]]
_DATES += [*calendar.day_name, *calendar.day_abbr]
TIME = re.compile(rf"[+-]?\d+(?:[.,]\d+)*|\b(?:{'|'.join(_DATES)})\b", re.IGNORECASE)


def warn_if_features(columns):
    """Warn if the columns of a table, which is read as one step for each, are features.

    Columns are steps if their names are numbers or times, or the same text with other
    numbers, such as "t0" and "t1".
    """
    name = find_feature(list(columns))
    if name is None:
        return
    warn(
        "X is a table of numbers, so each row is read as a sequence of one feature, and "
        f"each column as a step. But the name of column {quote(name)} does not look like a "
        "time. If columns are features and rows are steps, use Sequences.from_frame(frame, "
        "sequence=..., time=..., target=...) with the table and the names of its columns. "
        "If columns are steps, use X.to_numpy().",
        ColumnsAsStepsWarning,
    )


def find_feature(columns):
    """Return the first name of a column that does not look like a time, or None."""
    names = [name for name in columns if isinstance(name, str)]
    if len(names) < len(columns):  # numbers or dates
        return None
    texts = [TIME.sub("", name).strip() for name in names]
    # "2024-01-31", "12h" and "Jan" are times, whatever their text is.
    is_time = [TIME.match(name.strip()) is not None for name in names]
    others = [i for i, found in enumerate(is_time) if not found]
    if not others:
        return None
    numbered = [i for i in others if texts[i] != names[i].strip()]
    if not numbered:
        return names[others[0]]
    prefix = texts[numbered[0]]  # also "t" is a time beside "t-1"
    return next((names[i] for i in others if texts[i] != prefix), None)
