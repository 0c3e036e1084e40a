"""The step classifiers: one leaf for each architecture.

By default, each step is a token and recurrent networks have no stem, because the label of a
step often depends on exactly which steps are next to it. Attention hardly distinguishes
adjacent steps from distant ones, so the Transformer has a stem of one layer. Labels of all
steps contain more information than labels of sequences: on parts of speech, chunks and
speakers, a higher learning rate and more dropout improve recurrent networks.
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
from skseq.tasks import StepClassification
from skseq.training import SequenceTraining


@dataclass(kw_only=True, eq=False, repr=False)
class RNNStepClassifier(
    StepClassification, RNNArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Label every step of sequences with a vanilla recurrent neural network (RNN)."""

    patch_size: int | str = 1
    stem: int = 0
    dropout: float = 0.3
    lr: float = 3e-3


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMStepClassifier(
    StepClassification, LSTMArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Label every step of sequences with a long short-term memory (LSTM) network."""

    patch_size: int | str = 1
    stem: int = 0
    dropout: float = 0.3
    lr: float = 3e-3


@dataclass(kw_only=True, eq=False, repr=False)
class GRUStepClassifier(
    StepClassification, GRUArchitecture, SequenceTraining, StepInputs, StepEstimator
):
    """Label every step of sequences with a gated recurrent unit (GRU) network."""

    patch_size: int | str = 1
    stem: int = 0
    dropout: float = 0.3
    lr: float = 3e-3


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerStepClassifier(
    StepClassification,
    TransformerArchitecture,
    SequenceTraining,
    StepInputs,
    StepEstimator,
):
    """Label every step of sequences with a Transformer encoder."""

    patch_size: int | str = 1
    stem: int = 1
