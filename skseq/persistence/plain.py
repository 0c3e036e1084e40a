"""Codecs of Python's, numpy's and torch's values, and of objects of skseq."""

import numpy as np
import torch

from skseq.persistence.codecs import Codec, NotPlainError, check_type, make_codec
from skseq.saved import SAVED_CLASSES, Saved, check_keys, require

# What is read may take this many times the size of the file. Arrays that are named more
# than once and text that is padded to its longest item are written accordingly.
MAX_COPIES = 8
# Characters that JSON needs for a string beside its own.
QUOTES = 4
LAST_CODE_POINT = 0x10FFFF


def _build_set(items):
    check_keys(check_type(items, list))
    return set(items)


def _text_to_state(array):
    if array.dtype.kind in "mM":
        return {"dtype": array.dtype.str, "numbers": array.view(np.int64)}
    shape, items = list(array.shape), list(array.ravel())
    if array.dtype.kind == "O":
        return {"width": None, "shape": shape, "items": items}
    if array.dtype.kind != "U":
        raise NotPlainError(array)
    if array.nbytes <= MAX_COPIES * sum(len(item) + QUOTES for item in items):
        items = array.ravel().tolist()
        return {"width": array.dtype.itemsize // 4, "shape": shape, "items": items}
    # The dtype is much wider than most items: write the code points.
    array = array.ravel().astype(array.dtype.newbyteorder("="))
    return {"dtype": array.dtype.str, "shape": shape, "numbers": array.view(np.uint32)}


def _measure_text(width=None, items=None, **others):
    require(width is None or (type(width) is int and width > 0), "text has no width")
    return 0 if items is None else 4 * (width or 0) * len(check_type(items, list))


def _build_text(width=None, shape=None, items=(), dtype=None, numbers=None):
    if dtype is not None:
        kind = np.dtype(dtype)
        is_text = kind.kind == "U" and numbers.dtype == np.uint32
        is_text = is_text and numbers.max(initial=0) <= LAST_CODE_POINT
        is_time = kind.kind in "mM" and numbers.dtype == np.int64
        require(is_text or is_time, "an array of text or times is invalid")
        array = numbers.view(kind)
    elif width is None:
        array = np.empty(len(items), dtype=object)
        for i, item in enumerate(items):  # array[:] = items makes rows of equal lists
            array[i] = item
    else:
        require(all(type(item) is str for item in items), "an array of text is invalid")
        array = np.array(items, dtype=f"<U{width}")
    return array if shape is None else array.reshape(shape)


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
    return {
        "key": state["state"]["key"],
        "pos": state["state"]["pos"],
        "has_gauss": state["has_gauss"],
        "gauss": state["gauss"],
    }


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
    make_codec("text", np.ndarray, _text_to_state, _build_text, _measure_text),
    Codec("scalar", np.generic, _scalar_to_array, _build_scalar, subclasses=True),
    Codec("tensor", torch.Tensor, _tensor_to_array, _build_tensor, subclasses=True),
    make_codec(
        "random state", np.random.RandomState, _random_state_to_state, _build_random_state
    ),
    Codec("object", Saved, _saved_to_state, _build_saved, subclasses=True),
)
