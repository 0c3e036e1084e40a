"""A closed list of types as JSON, with the numbers of arrays beside it.

None, bool, int, str, finite floats and lists are themselves in JSON. Everything else is an
object with one entry, whose name says which codec reads it.
"""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

# An array of text takes this many characters an entry, at most.
WIDEST_TEXT = 65_536


class NotPlainError(TypeError):
    """A value is none of the types that can be written.

    Attributes
    ----------
    place : list of str
        Where it was met, from the outside in.
    """

    def __init__(self, value):
        super().__init__(f"{value!r} ({type(value).__name__}) is no plain value")
        self.value = value
        self.place: list[str] = []


@dataclass(frozen=True)
class Codec:
    """How values of one type are written and read.

    Attributes
    ----------
    tag : str
        What it is called in the file.
    kind : type
        The type.
    encode : callable
        From a value to values of other types.
    decode : callable
        From these to the value; raises ValueError or TypeError if they do not fit.
    family : bool
        Whether subclasses are meant too.
    """

    tag: str
    kind: type
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    family: bool = False


def record(tag, kind, take, build):
    """Return the codec of a class whose objects are a few named values.

    Parameters
    ----------
    tag : str
        What it is called in the file.
    kind : type
        The class.
    take : callable
        From an object to a dict.
    build : callable
        From the entries of the dict, as keywords, to an object.
    """
    return Codec(tag, kind, take, lambda fields: build(**_check_dict(fields)))


def require(condition, complaint):
    """Raise ValueError if what was read does not fit together."""
    if not condition:
        raise ValueError(complaint)


class Encoder:
    """Writes values as JSON; `arrays` then has their numbers.

    Parameters
    ----------
    codecs : iterable of Codec
        What can be written beside plain values and arrays.
    """

    def __init__(self, codecs=()):
        self.codecs = {codec.kind: codec for codec in (*PLAIN, *codecs)}
        self.families = [codec for codec in self.codecs.values() if codec.family]
        self.arrays = {}
        self._names = {}

    def encode(self, value):
        """Return a value as JSON."""
        if value is None or type(value) in (bool, int, str):
            return value
        if type(value) is float and math.isfinite(value):
            return value
        if type(value) is list:
            return [self._encode_at(i, item) for i, item in enumerate(value)]
        if type(value) is dict:
            pairs = value.items()
            return {
                "dict": [[self.encode(k), self._encode_at(k, item)] for k, item in pairs]
            }
        if type(value) is np.ndarray and value.dtype.kind in "biuf":
            return {"array": self._keep(value)}
        codec = self._find(value)
        return {codec.tag: self.encode(codec.encode(value))}

    def _find(self, value):
        codec = self.codecs.get(type(value))
        if codec is None:
            found = (c for c in self.families if isinstance(value, c.kind))
            codec = next(found, None)
        if codec is None:
            raise NotPlainError(value)
        return codec

    def _encode_at(self, name, value):
        try:
            return self.encode(value)
        except NotPlainError as error:
            error.place.insert(0, str(name))
            raise

    def _keep(self, array):
        """Take in the numbers of an array; equal ones are stored once."""
        # Not ascontiguousarray, which makes one number a row.
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        key = (array.dtype.str, array.shape, hashlib.sha256(array).digest())
        name = self._names.setdefault(key, str(len(self._names)))
        self.arrays[name] = array
        return name


class Decoder:
    """Reads what an :class:`Encoder` wrote.

    Parameters
    ----------
    arrays : dict of ndarray
        The numbers of arrays, by name.
    codecs : iterable of Codec
        As of the encoder.
    """

    def __init__(self, arrays, codecs=()):
        self.arrays = arrays
        self.codecs = {codec.tag: codec for codec in (*PLAIN, *codecs)}

    def decode(self, value):
        """Return the value that JSON stands for."""
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        require(len(value) == 1, "an entry has not one tag")
        ((tag, content),) = value.items()
        if tag == "dict":
            return {self.decode(key): self.decode(item) for key, item in content}
        if tag == "array":
            return self.arrays[content].copy()
        require(tag in self.codecs, f"an entry is of the unknown kind {tag!r}")
        return self.codecs[tag].decode(self.decode(content))


def _check_dict(fields):
    require(type(fields) is dict, "an entry is no dict")
    return fields


def _take_text(array):
    if array.dtype.kind == "U":
        width, items = array.dtype.itemsize // 4, array.ravel().tolist()
        return {"width": width, "shape": list(array.shape), "items": items}
    if array.dtype.kind == "O":
        return {"width": None, "shape": list(array.shape), "items": list(array.ravel())}
    if array.dtype.kind in "mM":
        return {"dtype": array.dtype.str, "numbers": array.view(np.int64)}
    raise NotPlainError(array)


def _build_text(width=None, shape=(), items=(), dtype=None, numbers=None):
    if dtype is not None:
        kind = np.dtype(dtype)
        require(kind.kind in "mM" and numbers.dtype == np.int64, "moments are damaged")
        return numbers.view(kind)
    if width is None:
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):  # at once, equal lists would become rows
            array[i] = item
    else:
        require(0 < width <= WIDEST_TEXT, "text is too wide")
        require(all(type(item) is str for item in items), "text holds something else")
        array = np.array(items, dtype=f"<U{width}")
    return array.reshape(shape)


def _take_scalar(value):
    if value.dtype.kind not in "biufUmM":
        raise NotPlainError(value)
    return np.asarray(value)


def _build_scalar(array):
    require(type(array) is np.ndarray and array.ndim == 0, "a number is no number")
    return array[()]


def _take_tensor(tensor):
    try:
        return tensor.detach().cpu().numpy()
    except TypeError:
        raise NotPlainError(tensor) from None


def _build_tensor(array):
    require(type(array) is np.ndarray, "a tensor is none")
    return torch.from_numpy(array)


def _take_random_state(random_state):
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise NotPlainError(random_state)
    return {
        "key": state["state"]["key"],
        "pos": state["state"]["pos"],
        "has_gauss": state["has_gauss"],
        "gauss": state["gauss"],
    }


def _build_random_state(key, pos, has_gauss, gauss):
    require(key.shape == (624,) and key.dtype == np.uint32, "a random state is damaged")
    require(0 <= pos <= 624, "a random state is damaged")
    random_state = np.random.RandomState()
    random_state.set_state(("MT19937", key, int(pos), int(has_gauss), float(gauss)))
    return random_state


PLAIN = (
    Codec("float", float, str, float),  # nan, inf, -inf
    Codec("tuple", tuple, list, tuple),
    Codec("set", set, lambda value: sorted(value, key=repr), set),
    record("text", np.ndarray, _take_text, _build_text),
    Codec("scalar", np.generic, _take_scalar, _build_scalar, family=True),
    Codec("tensor", torch.Tensor, _take_tensor, _build_tensor, family=True),
    record("random state", np.random.RandomState, _take_random_state, _build_random_state),
)
