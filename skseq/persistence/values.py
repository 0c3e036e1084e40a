"""Values of a closed list of types as JSON, with arrays beside it.

None, bool, int, str, finite floats and lists are themselves in JSON. Everything else is an
object with one entry, whose name selects the codec that reads it.

The memory that a file takes is bounded by its size: `decode` charges a budget for each
item of the JSON text before it parses it, and for each copy of an array.
"""

import hashlib
import json
import math

import numpy as np

from skseq.persistence.codecs import NotPlainError
from skseq.persistence.plain import PLAIN
from skseq.persistence.times import TIMES
from skseq.persistence.transformers import TRANSFORMERS
from skseq.saved import check_keys, require

BY_TYPE = {codec.type: codec for codec in (*PLAIN, *TIMES, *TRANSFORMERS)}
BY_TAG = {codec.tag: codec for codec in BY_TYPE.values()}
# Decoded values may take this many times the size of the file, because an array may be
# used as often. Some additional bytes are always available.
MAX_COPIES = 8
SPARE_BYTES = 2**24
# Approximate memory of an empty list or dict, and of an item.
CONTAINER_BYTES, ITEM_BYTES = 96, 64


def encode(value):
    """Return a value as JSON objects, and a dict of its arrays."""
    encoder = Encoder()
    return encoder.encode(value), encoder.arrays


def decode(text, arrays):
    """Return the value that :func:`encode` encoded; raise any exception for other text."""
    decoder = Decoder(arrays, len(text))
    n_containers = text.count("[") + text.count("{")
    decoder.charge(CONTAINER_BYTES * n_containers + ITEM_BYTES * text.count(","))
    return decoder.decode(json.loads(text))


class Encoder:
    """Encodes values as JSON objects and collects their arrays in `arrays`."""

    def __init__(self):
        self.arrays = {}
        self._names = {}

    def encode(self, value):
        """Return a value as JSON objects."""
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
            return {"array": self._add(value)}
        codec = _find_codec(value)
        return {codec.tag: self.encode(codec.encode(value))}

    def _encode_at(self, name, value):
        try:
            return self.encode(value)
        except NotPlainError as error:
            error.place.insert(0, str(name))
            raise

    def _add(self, array):
        """Add an array and return its name. At most MAX_COPIES equal ones share a name."""
        # np.ascontiguousarray would turn a 0-D array into a 1-D one.
        array = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")
        key = (array.dtype.str, array.shape, hashlib.sha256(array).digest())
        name, n_copies = self._names.get(key, (None, MAX_COPIES))
        if n_copies == MAX_COPIES:
            name, n_copies = str(len(self.arrays)), 0
            self.arrays[name] = array
        self._names[key] = name, n_copies + 1
        return name


class Decoder:
    """Decodes what an :class:`Encoder` encoded from JSON of `n_characters`."""

    def __init__(self, arrays, n_characters):
        self.arrays = arrays
        held = n_characters + sum(array.nbytes for array in arrays.values())
        self._budget = SPARE_BYTES + MAX_COPIES * held

    def decode(self, value):
        """Return the value that JSON objects represent."""
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        require(len(value) == 1, "an object of the JSON has more than one entry")
        ((tag, content),) = value.items()
        if tag == "dict":
            keys = [self.decode(key) for key, _ in content]
            check_keys(keys)
            return dict(zip(keys, (self.decode(item) for _, item in content), strict=True))
        if tag == "array":
            self.charge(self.arrays[content].nbytes)
            return self.arrays[content].copy()
        require(tag in BY_TAG, f"an object of the JSON has the unknown type {tag!r}")
        return BY_TAG[tag].decode(self.decode(content))

    def charge(self, n_bytes):
        """Take bytes from the budget; raise ValueError if it is exhausted."""
        self._budget -= n_bytes
        require(self._budget >= 0, "it would take far more memory than its size")


def _find_codec(value):
    codec = BY_TYPE.get(type(value))
    if codec is None:
        found = (c for c in BY_TYPE.values() if c.subclasses and isinstance(value, c.type))
        codec = next(found, None)
    if codec is None:
        raise NotPlainError(value)
    return codec


def find_largest(encoded):
    """Return the names, outermost first, of the largest part of JSON objects."""
    place = []
    while isinstance(encoded, dict):
        ((tag, content),) = encoded.items()
        if tag == "dict" and content:
            key, content = max(content, key=lambda pair: len(json.dumps(pair[1])))
            place.append(str(key))
        encoded = content
    return place
