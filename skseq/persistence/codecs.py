"""Encoding and decoding of values, by type."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from skseq.saved import require


class NotPlainError(TypeError):
    """A value is of a type that cannot be written."""

    def __init__(self, value):
        super().__init__(f"{value!r} ({type(value).__name__}) is not a plain value")
        self.value = value
        self.place: list[str] = []  # names of what contains it, outermost first


@dataclass(frozen=True)
class Codec:
    """Encoding and decoding of values of one type."""

    tag: str  # name of the type in files
    type: type
    encode: Callable[[Any], Any]  # from a value to values of other types
    decode: Callable[[Any], Any]  # raises any exception if they are invalid
    subclasses: bool = False  # whether subclasses of the type are encoded as well


def make_codec(tag, kind, to_state, from_state):
    """Return the codec of a type whose values are described by a dict.

    `from_state` takes the entries of the dict as keyword arguments.
    """
    return Codec(tag, kind, to_state, lambda state: from_state(**check_type(state, dict)))


def check_type(value, kind):
    """Return a value; raise ValueError if it is not of a type."""
    require(type(value) is kind, f"an object of the JSON is not a {kind.__name__}")
    return value
