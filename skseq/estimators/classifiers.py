"""The classifiers: one leaf for each architecture."""

from dataclasses import dataclass

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.inputs import NumericInputs
from skseq.tasks import Classification
from skseq.training import SequenceTraining


@dataclass(kw_only=True, eq=False, repr=False)
class RNNClassifier(
    Classification, RNNArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Label whole sequences with a vanilla recurrent network."""


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMClassifier(
    Classification, LSTMArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Label whole sequences with a long short-term memory network."""


@dataclass(kw_only=True, eq=False, repr=False)
class GRUClassifier(
    Classification, GRUArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Label whole sequences with a network of gated recurrent units."""


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerClassifier(
    Classification,
    TransformerArchitecture,
    SequenceTraining,
    NumericInputs,
    SequenceEstimator,
):
    """Label whole sequences with a Transformer encoder."""
