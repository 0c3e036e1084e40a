"""Helpers of the generators of synthetic data."""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval


def at_least(low):
    """Return the constraint of an integer parameter."""
    return [Interval(Integral, low, None, closed="left")]


def make_generator(random_state):
    """Return a RandomState. For None it is a new one, not numpy's global one."""
    if random_state is None:
        return np.random.RandomState()
    return check_random_state(random_state)
