"""Transformers of sequences, texts and the time index of series."""

from skseq.preprocessing.calendar_features import CalendarFeatures
from skseq.preprocessing.gaps import fill_gaps
from skseq.preprocessing.per_step import PerStep
from skseq.preprocessing.tokenizer import Tokenizer

__all__ = ["CalendarFeatures", "PerStep", "Tokenizer", "fill_gaps"]
