"""Tasks: target encoding, loss and decision, one module each."""

from skseq.tasks.anomaly_detection import AnomalyDetection
from skseq.tasks.classification import Classification
from skseq.tasks.forecasting import Forecasting
from skseq.tasks.outlier_detection import OutlierDetection
from skseq.tasks.regression import Regression
from skseq.tasks.step_classification import StepClassification
from skseq.tasks.step_regression import StepRegression

__all__ = [
    "AnomalyDetection",
    "Classification",
    "Forecasting",
    "OutlierDetection",
    "Regression",
    "StepClassification",
    "StepRegression",
]
