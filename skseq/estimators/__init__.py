"""The table of estimators: architectures times tasks."""

from skseq.estimators.classifiers import (
    GRUClassifier,
    LSTMClassifier,
    RNNClassifier,
    TransformerClassifier,
)
from skseq.estimators.regressors import (
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    TransformerRegressor,
)

__all__ = [
    "GRUClassifier",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNRegressor",
    "TransformerClassifier",
    "TransformerRegressor",
]
