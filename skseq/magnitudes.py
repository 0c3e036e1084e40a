"""Check that numbers are in the range of float32, in which networks compute."""

import numpy as np

MAX_VALUE = float(np.finfo(np.float32).max)


def raise_too_large(name, where, value=None):
    """Raise ValueError for a value of X or y (`name`) that exceeds MAX_VALUE.

    `value` is None for an integer that cannot be converted to float.
    """
    shown = "an integer beyond the range of float64" if value is None else f"{value:g}"
    raise ValueError(
        f"Input {name} contains a value too large: {where} is {shown}, but networks "
        f"compute in float32, whose maximum is {MAX_VALUE:.2g}. Give {name} in a larger "
        "unit, or transform it with a logarithm."
    )


def find_too_large(values):
    """Return the position of the first integer that cannot be converted to float.

    `values` is an array of objects. The position is a tuple with one number per axis.
    """
    for position, value in np.ndenumerate(values):
        try:
            float(value)
        except OverflowError:
            return position
        except (TypeError, ValueError):  # not a number
            continue
    raise ValueError("no integer is too large")


def check_magnitude(name, values):
    """Raise ValueError if an absolute value exceeds MAX_VALUE; NaN is allowed."""
    largest = np.fmax.reduce(np.abs(values), axis=None, initial=0.0)
    if largest > MAX_VALUE:
        raise_too_large(name, "the largest absolute value", largest)
