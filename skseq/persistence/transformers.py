"""Some transformers of scikit-learn, by what they learned.

Their attributes are plain values. A transformer outside this list is not written.
"""

import numpy as np
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from skseq.persistence.values import Codec, NotPlainError, record, require

KINDS = (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

# What a FunctionTransformer may be made of.
FUNCTIONS = {
    function.__name__: function
    for function in (
        np.log,
        np.exp,
        np.log1p,
        np.expm1,
        np.log2,
        np.exp2,
        np.sqrt,
        np.square,
        np.cbrt,
        np.arcsinh,
        np.sinh,
        np.tanh,
        np.arctanh,
        np.negative,
        np.reciprocal,
    )
}


def _take_function(function):
    if FUNCTIONS.get(function.__name__) is not function:
        raise NotPlainError(function)
    return function.__name__


def _restore(kind):
    """Return what makes a transformer of a kind from its attributes."""

    def build(**attributes):
        for name in attributes:
            require(not hasattr(kind, name), f"{kind.__name__} cannot hold {name!r}")
        transformer = kind()
        vars(transformer).update(attributes)
        transformer._validate_params()
        return transformer

    return build


TRANSFORMERS = (
    Codec("function", np.ufunc, _take_function, FUNCTIONS.__getitem__),
    *(
        record(kind.__name__, kind, lambda t: dict(vars(t)), _restore(kind))
        for kind in KINDS
    ),
)
