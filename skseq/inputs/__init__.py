"""The features of a step: scaling and missing values."""

from skseq.inputs.base import Input, Inputs
from skseq.inputs.covariates import CovariateInputs, CovariateScaler
from skseq.inputs.numeric import InputScaler, NumericInputs, measure

__all__ = [
    "CovariateInputs",
    "CovariateScaler",
    "Input",
    "InputScaler",
    "Inputs",
    "NumericInputs",
    "measure",
]
