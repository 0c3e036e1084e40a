"""Recurrent networks and Transformers as scikit-learn estimators."""

import importlib

from skseq.documentation import add_see_also
from skseq.estimators.anomaly_baselines import (
    LevelAnomalyDetector,
    RidgeAnomalyDetector,
)
from skseq.estimators.anomaly_detectors import (
    GRUAnomalyDetector,
    LSTMAnomalyDetector,
    RNNAnomalyDetector,
    TransformerAnomalyDetector,
)
from skseq.estimators.baselines import Drift, SeasonalNaive
from skseq.estimators.classifiers import (
    GRUClassifier,
    LSTMClassifier,
    RNNClassifier,
    SequenceClassifier,
    TransformerClassifier,
)
from skseq.estimators.forecasters import (
    GRUForecaster,
    LSTMForecaster,
    RNNForecaster,
    SequenceForecaster,
    TransformerForecaster,
)
from skseq.estimators.loading import load
from skseq.estimators.outlier_detectors import (
    GRUOutlierDetector,
    LSTMOutlierDetector,
    RNNOutlierDetector,
    TransformerOutlierDetector,
)
from skseq.estimators.regressors import (
    GRURegressor,
    LSTMRegressor,
    RNNRegressor,
    SequenceRegressor,
    TransformerRegressor,
)
from skseq.estimators.step_classifiers import (
    GRUStepClassifier,
    LSTMStepClassifier,
    RNNStepClassifier,
    TransformerStepClassifier,
)
from skseq.estimators.step_regressors import (
    GRUStepRegressor,
    LSTMStepRegressor,
    RNNStepRegressor,
    TransformerStepRegressor,
)
from skseq.sequences import Sequences

__version__ = "0.1.0"

__all__ = [
    "Drift",
    "GRUAnomalyDetector",
    "GRUClassifier",
    "GRUForecaster",
    "GRUOutlierDetector",
    "GRURegressor",
    "GRUStepClassifier",
    "GRUStepRegressor",
    "LSTMAnomalyDetector",
    "LSTMClassifier",
    "LSTMForecaster",
    "LSTMOutlierDetector",
    "LSTMRegressor",
    "LSTMStepClassifier",
    "LSTMStepRegressor",
    "LevelAnomalyDetector",
    "RNNAnomalyDetector",
    "RNNClassifier",
    "RNNForecaster",
    "RNNOutlierDetector",
    "RNNRegressor",
    "RNNStepClassifier",
    "RNNStepRegressor",
    "RidgeAnomalyDetector",
    "SeasonalNaive",
    "SequenceClassifier",
    "SequenceForecaster",
    "SequenceRegressor",
    "Sequences",
    "TransformerAnomalyDetector",
    "TransformerClassifier",
    "TransformerForecaster",
    "TransformerOutlierDetector",
    "TransformerRegressor",
    "TransformerStepClassifier",
    "TransformerStepRegressor",
    "load",
]

add_see_also(globals())

# Subpackages that are imported on first access.
_SUBPACKAGES = ("datasets", "inspection", "metrics", "model_selection", "preprocessing")


def __getattr__(name):
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_SUBPACKAGES})
