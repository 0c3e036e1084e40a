"""Axis M: target coding, head, loss, decision; one file each."""

from skseq.tasks.calibration import Calibration
from skseq.tasks.classification import Classification
from skseq.tasks.forecast_answers import DistributionAnswer, PointAnswer
from skseq.tasks.forecasting import Forecasting
from skseq.tasks.regression import Regression

__all__ = [
    "Calibration",
    "Classification",
    "DistributionAnswer",
    "Forecasting",
    "PointAnswer",
    "Regression",
]
