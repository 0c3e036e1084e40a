"""Codecs of transformers of scikit-learn whose attributes are plain values."""

import numpy as np
from sklearn import preprocessing

from skseq.persistence.codecs import Codec, NotPlainError, make_codec
from skseq.saved import require

KINDS = (
    preprocessing.FunctionTransformer,
    preprocessing.MaxAbsScaler,
    preprocessing.MinMaxScaler,
    preprocessing.PowerTransformer,
    preprocessing.QuantileTransformer,
    preprocessing.RobustScaler,
    preprocessing.StandardScaler,
)

# The functions that a FunctionTransformer may have.
FUNCTIONS = {
    name: getattr(np, name)
    for name in (
        *("log", "exp", "log1p", "expm1", "log2", "exp2", "sqrt", "square", "cbrt"),
        *("arcsinh", "sinh", "tanh", "arctanh", "negative", "reciprocal"),
    )
}


def _function_to_name(function):
    if FUNCTIONS.get(function.__name__) is not function:
        raise NotPlainError(function)
    return function.__name__


def _make_builder(kind):
    """Return the function that makes a transformer of a type from its attributes."""

    def build(**attributes):
        for name in attributes:
            require(not hasattr(kind, name), f"{kind.__name__} cannot have {name!r}")
        transformer = kind()
        vars(transformer).update(attributes)
        transformer._validate_params()
        return transformer

    return build


TRANSFORMERS = (
    Codec("function", np.ufunc, _function_to_name, FUNCTIONS.__getitem__),
    *(
        make_codec(kind.__name__, kind, lambda t: dict(vars(t)), _make_builder(kind))
        for kind in KINDS
    ),
)
