"""How messages quote what a user gave."""

import numpy as np

# An array of more values than this is told by its shape.
MOST_QUOTED = 10


def quote(value):
    """Return a value as a user would write it.

    Scalars of numpy are written as Python's own, within lists and tuples too.

    Examples
    --------
    >>> import numpy as np
    >>> quote(np.str_("walk")), quote([np.int64(1), np.float64(0.5)]), quote("run")
    ("'walk'", '[1, 0.5]', "'run'")
    >>> quote(np.zeros((4, 5)))
    'an array of shape (4, 5)'
    """
    if isinstance(value, np.ndarray) and value.size > MOST_QUOTED:
        return f"an array of shape {value.shape}"
    if isinstance(value, np.ndarray):
        # Not `tolist`, which makes whole numbers of some times.
        return quote(list(value) if value.ndim else value[()])
    if type(value) is list:
        return f"[{', '.join(map(quote, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(quote, value))}{',' * (len(value) == 1)})"
    if hasattr(value, "columns"):
        return f"a table of shape {value.shape}"
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return repr(str(value))
    return repr(value.item() if isinstance(value, np.generic) else value)
