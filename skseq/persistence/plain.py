"""Codecs of Python's, numpy's and torch's values, and of objects of skseq."""

import numpy as np
import torch

from skseq.persistence.codecs import Codec, NotPlainError, check_type, make_codec
from skseq.saved import SAVED_CLASSES, Saved, check_keys, require

# Arrays of these kinds are written as numbers: code points, and units of time.
VIEWS = {"U": np.uint32, "m": np.int64, "M": np.int64}
LAST_CODE_POINT = 0x10FFFF


def _build_set(items):
    check_keys(check_type(items, list))
    return set(items)


def _array_to_state(array):
    shape = list(array.shape)
    if array.dtype.kind == "O":
        return {"shape": shape, "items": list(array.ravel())}
    if array.dtype.kind not in VIEWS:
        raise NotPlainError(array)
    array = array.ravel().astype(array.dtype.newbyteorder("="))
    numbers = array.view(VIEWS[array.dtype.kind])
    return {"shape": shape, "dtype": array.dtype.str, "numbers": numbers}


def _build_array(shape, items=(), dtype=None, numbers=None):
    if dtype is None:
        array = np.empty(len(check_type(items, list)), dtype=object)
        for i, item in enumerate(items):  # array[:] = items makes rows of equal lists
            array[i] = item
    else:
        dtype = np.dtype(dtype)
        valid = numbers.dtype == VIEWS[dtype.kind]
        valid = valid and (dtype.kind != "U" or numbers.max(initial=0) <= LAST_CODE_POINT)
        require(valid, "an array of text or times is invalid")
        array = numbers.view(dtype)
    return array.reshape(shape)


def _scalar_to_array(value):
    if value.dtype.kind not in "biufUmM":
        raise NotPlainError(value)
    return np.asarray(value)


def _build_scalar(array):
    require(check_type(array, np.ndarray).ndim == 0, "a scalar is an array")
    return array[()]


def _tensor_to_array(tensor):
    try:
        return tensor.detach().cpu().numpy()
    except TypeError:  # bfloat16 and others that numpy lacks
        raise NotPlainError(tensor) from None


def _build_tensor(array):
    return torch.from_numpy(check_type(array, np.ndarray))


def _random_state_to_state(random_state):
    state = random_state.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise NotPlainError(random_state)
    return {**state["state"], "has_gauss": state["has_gauss"], "gauss": state["gauss"]}


def _build_random_state(key, pos, has_gauss, gauss):
    valid = key.shape == (624,) and key.dtype == np.uint32 and 0 <= pos <= 624
    require(valid, "a random state is invalid")
    random_state = np.random.RandomState()
    random_state.set_state(("MT19937", key, int(pos), int(has_gauss), float(gauss)))
    return random_state


def _saved_to_state(value):
    name = vars(type(value)).get("saved_name")
    if SAVED_CLASSES.get(name) is not type(value):
        raise NotPlainError(value)
    return [name, value.to_state()]


def _build_saved(content):
    name, state = check_type(content, list)
    return SAVED_CLASSES[name].from_state(**check_type(state, dict))


PLAIN = (
    Codec("float", float, str, float),  # nan, inf, -inf
    Codec("tuple", tuple, list, lambda items: tuple(check_type(items, list))),
    Codec("set", set, lambda value: sorted(value, key=repr), _build_set),
    make_codec("objects", np.ndarray, _array_to_state, _build_array),
    Codec("scalar", np.generic, _scalar_to_array, _build_scalar, subclasses=True),
    Codec("tensor", torch.Tensor, _tensor_to_array, _build_tensor, subclasses=True),
    make_codec(
        "random state", np.random.RandomState, _random_state_to_state, _build_random_state
    ),
    Codec("object", Saved, _saved_to_state, _build_saved, subclasses=True),
)
