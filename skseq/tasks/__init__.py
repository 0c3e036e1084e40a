"""Tasks: target encoding, loss and decision, one module each."""

from skseq.tasks.classification import Classification
from skseq.tasks.forecasting import Forecasting
from skseq.tasks.regression import Regression
from skseq.tasks.step_classification import StepClassification
from skseq.tasks.step_regression import StepRegression

__all__ = [
    "Classification",
    "Forecasting",
    "Regression",
    "StepClassification",
    "StepRegression",
]
