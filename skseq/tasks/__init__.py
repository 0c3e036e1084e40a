"""Axis M: target coding, head, loss, decision."""

from skseq.tasks.classification import Classification
from skseq.tasks.regression import Regression

__all__ = ["Classification", "Regression"]
