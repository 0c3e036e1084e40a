"""The step regressors: one leaf for each architecture.

By default, each step is a token and recurrent networks have no stem, because the target of a
step often depends on exactly which steps are next to it. Attention hardly distinguishes
adjacent steps from distant ones, so the Transformer has a stem of one layer.
"""

from dataclasses import dataclass

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.step_estimator import StepEstimator
from skseq.inputs import StepInputs
from skseq.tasks import StepRegression
from skseq.training import SequenceTraining


@dataclass(kw_only=True, eq=False, repr=False)
class RNNStepRegressor(
    StepRegression, RNNArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Predict numbers for every step of sequences with a vanilla recurrent neural network (RNN)."""

    patch_size: int | str = 1
    stem: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMStepRegressor(
    StepRegression, LSTMArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Predict numbers for every step of sequences with a long short-term memory (LSTM) network."""

    patch_size: int | str = 1
    stem: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class GRUStepRegressor(
    StepRegression, GRUArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Predict numbers for every step of sequences with a gated recurrent unit (GRU) network."""

    patch_size: int | str = 1
    stem: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerStepRegressor(
    StepRegression, TransformerArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Predict numbers for every step of sequences with a Transformer encoder."""

    patch_size: int | str = 1
    stem: int = 1
