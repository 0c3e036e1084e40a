"""Transformers of sequences and of the time index of series."""

from skseq.preprocessing.calendar_features import CalendarFeatures
from skseq.preprocessing.per_step import PerStep

__all__ = ["CalendarFeatures", "PerStep"]
