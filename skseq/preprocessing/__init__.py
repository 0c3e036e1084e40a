"""What prepares sequences and time series for the estimators."""

from skseq.preprocessing.calendar_features import CalendarFeatures
from skseq.preprocessing.per_step import PerStep

__all__ = ["CalendarFeatures", "PerStep"]
