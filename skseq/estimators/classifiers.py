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
    """Label whole sequences with a vanilla recurrent network.

    The simplest memory: a hidden state carried from step to step (Elman, 1990). Trained
    through time its gradients vanish or explode, so it forgets what is far away; patches
    shorten the way. Prefer an LSTM or a GRU unless you want to see just that.
    """


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMClassifier(
    Classification, LSTMArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Label whole sequences with a long short-term memory network.

    Gates decide what a cell keeps, takes in and shows, and let the gradient pass
    unchanged through long stretches (Hochreiter & Schmidhuber, 1997).
    """


@dataclass(kw_only=True, eq=False, repr=False)
class GRUClassifier(
    Classification, GRUArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Label whole sequences with a network of gated recurrent units.

    Like an LSTM with two gates instead of three and no separate cell (Cho et al., 2014):
    fewer parameters, often equally good.
    """


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerClassifier(
    Classification,
    TransformerArchitecture,
    SequenceTraining,
    NumericInputs,
    SequenceEstimator,
):
    """Label whole sequences with a Transformer encoder.

    Every step attends to every other step at once (Vaswani et al., 2017): nothing is
    forgotten with distance, at a cost that grows with the square of the number of
    tokens.
    """
