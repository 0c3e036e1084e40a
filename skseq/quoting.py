"""Format values of users for error messages."""

from numbers import Real

import numpy as np

# Larger arrays are described by their shape.
MAX_QUOTED_VALUES = 10
# Number of values, such as names of sequences, that a message lists.
MAX_NAMED = 5


def quote(value):
    """Return the Python literal of a value, with numpy scalars as Python scalars.

    If that is impossible, for example because its `repr` raises, return its type.

    Examples
    --------
    >>> import numpy as np
    >>> quote(np.str_("walk")), quote([np.int64(1), np.float64(0.5)]), quote("run")
    ("'walk'", '[1, 0.5]', "'run'")
    >>> quote(np.zeros((4, 5)))
    'an array of shape (4, 5)'
    """
    try:
        return _quote(value)
    except Exception:  # also RecursionError of a list that contains itself
        return f"an object of type {type(value).__name__}"


def quote_sequence(i, ids=None):
    """Return a phrase for sequence i: its position and, unless it is the same, its id.

    `ids` are the names of all sequences, or None.

    Examples
    --------
    >>> quote_sequence(2), quote_sequence(2, [0, 1, 2]), quote_sequence(2, ["a", "b", "c"])
    ('sequence 2', 'sequence 2', "sequence 2 ('c')")
    """
    position, name = quote(int(i)), None if ids is None else quote(ids[i])
    return f"sequence {position}" + ("" if name in (None, position) else f" ({name})")


def quote_some(values, limit=MAX_NAMED):
    """Return the literals of the first values, and "..." if there are more than `limit`.

    Examples
    --------
    >>> quote_some(["a", "b"]), quote_some(["a", "b", "c"], limit=2)
    ("'a', 'b'", "'a', 'b', ...")
    """
    shown = ", ".join(quote(value) for value in values[:limit])
    return shown + (", ..." if len(values) > limit else "")


def suggest_fraction(value):
    """Return the literal of the fraction of a percentage, or of a list of them; or None.

    Percentages are numbers between 1 and 100.

    Examples
    --------
    >>> suggest_fraction(80), suggest_fraction([10, 97.5]), suggest_fraction(-1)
    ('0.8', '[0.1, 0.975]', None)
    """
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        found = [_divide_by_100(item) for item in value]
        return f"[{', '.join(found)}]" if found and None not in found else None
    return _divide_by_100(value)


def _divide_by_100(value):
    """Return the literal of the fraction of a percentage, or None."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 1 < value < 100:
        return None
    return f"{float(value) / 100:g}"


def _quote(value):
    if isinstance(value, np.ndarray) and value.size > MAX_QUOTED_VALUES:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray):
        # Not `tolist`, which converts some times to integers.
        return _quote(list(value) if value.ndim else value[()])
    if type(value) is list:
        return f"[{', '.join(map(_quote, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(_quote, value))}{',' * (len(value) == 1)})"
    if hasattr(value, "columns"):
        return f"a table of shape {value.shape}"
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return repr(str(value))
    return repr(value.item() if isinstance(value, np.generic) else value)
