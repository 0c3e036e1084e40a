"""The table of estimators: architectures times tasks."""

from skseq.estimators.baselines import Drift, SeasonalNaive
from skseq.estimators.classifiers import (
    GRUClassifier,
    LSTMClassifier,
    RNNClassifier,
    TransformerClassifier,
)
from skseq.estimators.forecasters import (
    GRUForecaster,
    LSTMForecaster,
    RNNForecaster,
    TransformerForecaster,
)
from skseq.estimators.loading import load
from skseq.estimators.regressors import (
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    TransformerRegressor,
)

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
    "TransformerClassifier",
    "TransformerForecaster",
    "TransformerRegressor",
    "load",
]
