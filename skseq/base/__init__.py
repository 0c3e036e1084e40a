"""The templates that all estimators follow."""

from skseq.base.nets import NetEstimator
from skseq.base.parameters import MergedParameters
from skseq.base.sequences import SequenceEstimator

__all__ = ["MergedParameters", "NetEstimator", "SequenceEstimator"]
