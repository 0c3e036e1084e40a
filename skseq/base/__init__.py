"""The templates that all estimators follow."""

from skseq.base.forecaster import NetForecaster
from skseq.base.nets import NetEstimator
from skseq.base.parameters import MergedParameters
from skseq.base.sequences import SequenceEstimator
from skseq.base.series import SeriesEstimator

__all__ = [
    "MergedParameters",
    "NetEstimator",
    "NetForecaster",
    "SequenceEstimator",
    "SeriesEstimator",
]
