"""Base class of objects that `save` writes, and checks of values that are read from files.

Files may come from untrusted sources. `from_state` and the checks of fitted attributes
therefore validate everything before it is used, including that sizes match the arrays.
"""

import inspect
from abc import ABC, abstractmethod
from collections import Counter
from typing import ClassVar

import numpy as np

# Maximum number of keys of a dict or set whose hashes are equal. Look-ups of such keys take
# linear time. Ordinary keys have only a few equal hashes.
MAX_EQUAL_HASHES = 32


class Saved(ABC):
    """Base class of objects that can be part of a saved estimator.

    A subclass registers itself by setting `saved_name`, its name in files. Classes that
    inherit the name are not saved.
    """

    saved_name: ClassVar[str]

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        name = vars(cls).get("saved_name")
        if name is None:
            return
        known = SAVED_CLASSES.setdefault(name, cls)
        if (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise TypeError(f"saved_name={name!r} is already used by {known!r}.")
        SAVED_CLASSES[name] = cls

    def to_state(self):
        """Return a dict of plain values, arrays and other `Saved` objects.

        By default, it contains the attributes that `from_state` takes as parameters.
        """
        names = inspect.signature(self.from_state).parameters
        return {name: getattr(self, name) for name in names}

    @classmethod
    @abstractmethod
    def from_state(cls, **state):
        """Create the object from a state; raise ValueError or TypeError if invalid."""


# The classes that a file may name.
SAVED_CLASSES: dict[str, type[Saved]] = {}


class SavedAttributes:
    """Declares how fitted attributes are validated when an estimator is loaded."""

    # Maps the name of a fitted attribute to a function that returns whether a value is
    # valid, regardless of other attributes. `save` writes the attributes that have a check.
    # Checks are merged over the bases of an estimator.
    _attribute_checks: ClassVar[dict] = {}

    def _check_restored(self):
        """Raise ValueError if loaded attributes do not fit each other.

        Each class checks its own attributes, and calls `super()._check_restored()`.
        """


def require(condition, message):
    """Raise ValueError with a message unless a condition holds."""
    if not condition:
        raise ValueError(message)


def check_keys(keys):
    """Raise ValueError if a dict or set of these keys would be slow to build."""
    most = max(Counter(map(hash, keys)).values(), default=0)
    require(most <= MAX_EQUAL_HASHES, f"{most} keys have the same hash")


def is_flag(value):
    """Return whether a value is True or False."""
    return type(value) is bool


def is_count(value, minimum=0):
    """Return whether a value is an integer that is at least `minimum`."""
    is_integer = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return is_integer and value >= minimum


def is_positive_count(value):
    """Return whether a value is an integer above 0."""
    return is_count(value, 1)


def is_numbers(array, *shape, dtype=np.float64):
    """Return whether a value is an array of a shape, where None matches any length."""
    return (
        type(array) is np.ndarray
        and array.dtype == dtype
        and array.ndim == len(shape)
        and all(w in (None, n) for n, w in zip(array.shape, shape, strict=True))
    )


def is_finite(array, *shape):
    """Return whether a value is an array of finite floats; see `is_numbers`."""
    return is_numbers(array, *shape) and bool(np.isfinite(array).all())


def is_positive(array, *shape):
    """Return whether a value is an array of finite floats above 0; see `is_numbers`."""
    return is_finite(array, *shape) and bool((array > 0).all())


def is_texts(array):
    """Return whether a value is a 1-D array of str."""
    is_flat = type(array) is np.ndarray and array.ndim == 1
    return is_flat and all(isinstance(text, str) for text in array)


def is_names(value):
    """Return whether a value is a list of hashable names of series or columns."""
    if type(value) is not list:
        return False
    check_keys(value)  # raises TypeError for a name that cannot be hashed
    return True


def is_classes(value):
    """Return whether a value is a 1-D array of labels, sorted and without duplicates."""
    is_flat = type(value) is np.ndarray and value.ndim == 1
    return is_flat and np.array_equal(np.unique(value), value)


def is_category(value):
    """Return whether a value may be a category: text or a number that is not NaN."""
    return type(value) in (str, int, bool) or (type(value) is float and value == value)
