"""Recurrent networks and Transformers as scikit-learn estimators."""

from skseq.estimators import (
    Drift,
    GRUClassifier,
    GRUForecaster,
    GRURegressor,
    LSTMClassifier,
    LSTMForecaster,
    LSTMRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    SeasonalNaive,
    TransformerClassifier,
    TransformerForecaster,
    TransformerRegressor,
    load,
)
from skseq.sequences import Sequences

__version__ = "0.1.0"

__all__ = [
    "Drift",
    "GRUClassifier",
    "GRUForecaster",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMRegressor",
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "SeasonalNaive",
    "Sequences",
    "TransformerClassifier",
    "TransformerForecaster",
    "TransformerRegressor",
    "load",
]
