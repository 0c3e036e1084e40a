"""A closed list of types as JSON, with the numbers of arrays beside it.

None, bool, int, str, finite floats and lists are themselves in JSON. Everything else is an
object with one entry, whose name says which codec reads it.

An array may be named more than once, and text is as wide as its widest entry: a short file
could ask for any memory. So what is read may take `MOST_COPIES` times what the file holds,
and what is written keeps to that.
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

MOST_COPIES = 8
# So much may be taken beyond that.
SPARE_BYTES = 2**24
# Characters that JSON spends on a string, beside its own.
QUOTES = 4
LAST_CODE_POINT = 0x10FFFF


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
    measure : callable or None
        From what `decode` is given to the bytes that it takes beyond that.
    """

    tag: str
    kind: type
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    family: bool = False
    measure: Callable[[Any], int] | None = None


def record(tag, kind, take, build, measure=None):
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
    measure : callable, default=None
        From the entries, as keywords, to the bytes that the object takes beyond them.
    """

    def open_with(function):
        return lambda fields: function(**_check_dict(fields))

    return Codec(
        tag,
        kind,
        take,
        open_with(build),
        measure=None if measure is None else open_with(measure),
    )


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
        """Take in the numbers of an array; equal ones are stored once, while they are few."""
        # Not ascontiguousarray, which makes one number a row.
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        key = (array.dtype.str, array.shape, hashlib.sha256(array).digest())
        name, n_copies = self._names.get(key, (None, MOST_COPIES))
        if n_copies == MOST_COPIES:
            name, n_copies = str(len(self.arrays)), 0
            self.arrays[name] = array
        self._names[key] = name, n_copies + 1
        return name


class Decoder:
    """Reads what an :class:`Encoder` wrote.

    Parameters
    ----------
    arrays : dict of ndarray
        The numbers of arrays, by name.
    codecs : iterable of Codec
        As of the encoder.
    n_characters : int
        How long the JSON is.
    """

    def __init__(self, arrays, codecs=(), n_characters=0):
        self.arrays = arrays
        held = n_characters + sum(array.nbytes for array in arrays.values())
        self._room = SPARE_BYTES + MOST_COPIES * held
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
            self._take_room(self.arrays[content].nbytes)
            return self.arrays[content].copy()
        require(tag in self.codecs, f"an entry is of the unknown kind {tag!r}")
        codec, content = self.codecs[tag], self.decode(content)
        if codec.measure is not None:
            self._take_room(codec.measure(content))
        return codec.decode(content)

    def _take_room(self, n_bytes):
        self._room -= n_bytes
        require(self._room >= 0, "it asks for far more memory than it has content")


def find_largest(encoded):
    """Return the names, from the outside in, of what takes most of a value as JSON."""
    place = []
    while isinstance(encoded, dict):
        ((tag, content),) = encoded.items()
        if tag == "dict" and content:
            key, content = max(content, key=lambda pair: len(json.dumps(pair[1])))
            place.append(str(key))
        encoded = content
    return place


def _check_dict(fields):
    require(type(fields) is dict, "an entry is no dict")
    return fields


def _check_list(items):
    """Return a list; a range, which has no size, would fill the memory."""
    require(type(items) is list, "an entry is no list")
    return items


def _take_text(array):
    if array.dtype.kind in "mM":
        return {"dtype": array.dtype.str, "numbers": array.view(np.int64)}
    shape, items = list(array.shape), list(array.ravel())
    if array.dtype.kind == "O":
        return {"width": None, "shape": shape, "items": items}
    if array.dtype.kind != "U":
        raise NotPlainError(array)
    if array.nbytes <= MOST_COPIES * sum(len(item) + QUOTES for item in items):
        items = array.ravel().tolist()
        return {"width": array.dtype.itemsize // 4, "shape": shape, "items": items}
    # Far wider than most of what it holds.
    array = array.ravel().astype(array.dtype.newbyteorder("="))
    return {"dtype": array.dtype.str, "shape": shape, "numbers": array.view(np.uint32)}


def _measure_text(width=None, items=None, **others):
    require(width is None or (type(width) is int and width > 0), "text has no width")
    return 0 if items is None else 4 * (width or 0) * len(_check_list(items))


def _build_text(width=None, shape=None, items=(), dtype=None, numbers=None):
    if dtype is not None:
        kind = np.dtype(dtype)
        is_text = kind.kind == "U" and numbers.dtype == np.uint32
        is_text = is_text and numbers.max(initial=0) <= LAST_CODE_POINT
        is_time = kind.kind in "mM" and numbers.dtype == np.int64
        require(is_text or is_time, "text or moments are damaged")
        array = numbers.view(kind)
    elif width is None:
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):  # at once, equal lists would become rows
            array[i] = item
    else:
        require(all(type(item) is str for item in items), "text holds something else")
        array = np.array(items, dtype=f"<U{width}")
    return array if shape is None else array.reshape(shape)


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
    Codec("tuple", tuple, list, lambda items: tuple(_check_list(items))),
    Codec(
        "set",
        set,
        lambda value: sorted(value, key=repr),
        lambda items: set(_check_list(items)),
    ),
    record("text", np.ndarray, _take_text, _build_text, _measure_text),
    Codec("scalar", np.generic, _take_scalar, _build_scalar, family=True),
    Codec("tensor", torch.Tensor, _take_tensor, _build_tensor, family=True),
    record("random state", np.random.RandomState, _take_random_state, _build_random_state),
)
