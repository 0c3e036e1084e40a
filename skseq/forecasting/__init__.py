"""Windows, calibration, intervals and rolling forecasts of series."""

from skseq.forecasting.calibration import Calibration
from skseq.forecasting.parameters import ForecastBudget, ForecastTraining
from skseq.forecasting.predictions import DistributionAnswer, PointAnswer
from skseq.forecasting.windows import WindowDataset

__all__ = [
    "Calibration",
    "DistributionAnswer",
    "ForecastBudget",
    "ForecastTraining",
    "PointAnswer",
    "WindowDataset",
]
