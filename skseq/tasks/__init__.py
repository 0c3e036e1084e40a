"""Tasks: target encoding, loss and decision, one module each."""

from skseq.tasks.classification import Classification
from skseq.tasks.forecasting import Forecasting
from skseq.tasks.regression import Regression

__all__ = ["Classification", "Forecasting", "Regression"]
