"""The features of a step: scaling, missing values and vocabularies of categories."""

from skseq.inputs.base import BatchInput, Category, Input, Inputs
from skseq.inputs.categorical import CategoricalInput
from skseq.inputs.covariates import CovariateInputs, CovariateScaler
from skseq.inputs.kinds import name_feature
from skseq.inputs.numeric import InputScaler, measure
from skseq.inputs.step_inputs import NumericInputs, StepInputs
from skseq.inputs.vocabulary import Vocabulary

__all__ = [
    "BatchInput",
    "CategoricalInput",
    "Category",
    "CovariateInputs",
    "CovariateScaler",
    "Input",
    "InputScaler",
    "Inputs",
    "NumericInputs",
    "StepInputs",
    "Vocabulary",
    "measure",
    "name_feature",
]
