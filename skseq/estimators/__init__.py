"""The table of estimators: architectures times tasks."""

from skseq.documentation import add_see_also
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
from skseq.estimators.network_estimator import NetworkEstimator
from skseq.estimators.network_forecaster import NetworkForecaster
from skseq.estimators.regressors import (
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    TransformerRegressor,
)
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.estimators.series_estimator import SeriesEstimator

__all__ = [
    "Drift",
    "GRUClassifier",
    "GRUForecaster",
    "GRURegressor",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMRegressor",
    "NetworkEstimator",
    "NetworkForecaster",
    "RNNClassifier",
    "RNNForecaster",
    "RNNRegressor",
    "SeasonalNaive",
    "SequenceEstimator",
    "SeriesEstimator",
    "TransformerClassifier",
    "TransformerForecaster",
    "TransformerRegressor",
    "load",
]

add_see_also(globals())
