"""How large numbers may be that a network is given."""

import numpy as np

# Networks compute in float32.
MAX_VALUE = float(np.finfo(np.float32).max)


def raise_too_large(name, where, value):
    """Raise for a value of X or y that is too large."""
    raise ValueError(
        f"Input {name} contains a value too large: {where} is {value:g}, but networks compute "
        f"in float32, which ends at {MAX_VALUE:.2g}. Give {name} in a larger unit, or take "
        "logarithms."
    )


def check_magnitude(name, values):
    """Raise if there is a value too large among numbers; NaN are none."""
    largest = np.fmax.reduce(np.abs(values), axis=None, initial=0.0)
    if largest > MAX_VALUE:
        raise_too_large(name, "the largest one", largest)
