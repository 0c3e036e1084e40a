"""The features of a step: scaling and missing values."""

from skseq.inputs.covariates import CovariateScaler
from skseq.inputs.numeric import InputScaler

__all__ = ["CovariateScaler", "InputScaler"]
