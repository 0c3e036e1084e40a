"""What prepares sequences for the estimators."""

from skseq.preprocessing.per_step import PerStep

__all__ = ["PerStep"]
