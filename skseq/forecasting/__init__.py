"""Read series, forecast windows, calibrate intervals and roll forecasts forward."""

from skseq.forecasting.base import WindowForecaster
from skseq.forecasting.calibration import Calibration, UncalibratedQuantiles
from skseq.forecasting.parameters import ForecastBudget, ForecastTraining
from skseq.forecasting.predictions import DistributionForecast, PointForecast
from skseq.forecasting.reading import SeriesReader
from skseq.forecasting.windows import WindowDataset

__all__ = [
    "Calibration",
    "DistributionForecast",
    "ForecastBudget",
    "ForecastTraining",
    "PointForecast",
    "SeriesReader",
    "UncalibratedQuantiles",
    "WindowDataset",
    "WindowForecaster",
]
