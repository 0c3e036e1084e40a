"""Estimators: their templates, and one leaf for each architecture and task.

The leaves are public as `skseq.GRUClassifier` and so on. The templates are for estimators
with a custom architecture.
"""

from skseq.estimators.network_detector import NetworkDetector
from skseq.estimators.network_estimator import NetworkEstimator
from skseq.estimators.network_forecaster import NetworkForecaster
from skseq.estimators.outlier_detector import SequenceOutlierDetector
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.estimators.series_detector import SeriesDetector
from skseq.estimators.series_estimator import SeriesEstimator
from skseq.estimators.step_estimator import StepEstimator

__all__ = [
    "NetworkDetector",
    "NetworkEstimator",
    "NetworkForecaster",
    "SequenceEstimator",
    "SequenceOutlierDetector",
    "SeriesDetector",
    "SeriesEstimator",
    "StepEstimator",
]
