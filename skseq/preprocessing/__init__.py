"""Transformers of sequences, texts and time indexes, and changes of training sequences."""

from skseq.augmentation import Crop, Jitter, Mixup, Scale, TimeWarp
from skseq.preprocessing.calendar_features import CalendarFeatures
from skseq.preprocessing.gaps import fill_gaps
from skseq.preprocessing.per_step import PerStep
from skseq.preprocessing.tokenizer import Tokenizer

__all__ = [
    "CalendarFeatures",
    "Crop",
    "Jitter",
    "Mixup",
    "PerStep",
    "Scale",
    "TimeWarp",
    "Tokenizer",
    "fill_gaps",
]
