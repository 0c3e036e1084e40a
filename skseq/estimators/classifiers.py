"""The classifiers: one leaf for each architecture."""

from dataclasses import dataclass

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.inputs import StepInputs
from skseq.tasks import Classification
from skseq.training import SequenceTraining


@dataclass(kw_only=True, eq=False, repr=False)
class RNNClassifier(
    Classification, RNNArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a vanilla recurrent neural network (RNN)."""


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMClassifier(
    Classification, LSTMArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a long short-term memory (LSTM) network."""


@dataclass(kw_only=True, eq=False, repr=False)
class GRUClassifier(
    Classification, GRUArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a gated recurrent unit (GRU) network."""


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerClassifier(
    Classification,
    TransformerArchitecture,
    SequenceTraining,
    StepInputs,
    SequenceEstimator,
):
    """Classify sequences with a Transformer encoder."""
