"""The regressors: one leaf for each architecture.

They differ from the classifiers in three defaults, the Transformer in four. A class is
mostly told by local shapes, wherever they stand; a number mostly by levels and by what
happened last. A convolutional stem with batch normalisation blurs levels, and a mean
forgets which step was the last one, so regressors have no stem (and thereby larger
patches, which average the noise of single steps) and pool last, mean and maximum. For
the same reason a Transformer is told where a step stands, not only how far it is from
another. Targets are noisy where classes are not, and a network learns that noise by
heart; hence the strong decay of weights.
"""

from dataclasses import dataclass

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.inputs import NumericInputs
from skseq.tasks import Regression
from skseq.training import SequenceTraining


@dataclass(kw_only=True, eq=False, repr=False)
class RNNRegressor(
    Regression, RNNArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Predict numbers from whole sequences with a vanilla recurrent network.

    The simplest memory: a hidden state carried from step to step (Elman, 1990). Trained
    through time its gradients vanish or explode, so it forgets what is far away; patches
    shorten the way. Prefer an LSTM or a GRU unless you want to see just that.
    """

    stem: int = 0
    pooling: str = "concat"
    weight_decay: float = 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMRegressor(
    Regression, LSTMArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Predict numbers from whole sequences with a long short-term memory network.

    Gates decide what a cell keeps, takes in and shows, and let the gradient pass
    unchanged through long stretches (Hochreiter & Schmidhuber, 1997).
    """

    stem: int = 0
    pooling: str = "concat"
    weight_decay: float = 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class GRURegressor(
    Regression, GRUArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Predict numbers from whole sequences with a network of gated recurrent units.

    Like an LSTM with two gates instead of three and no separate cell (Cho et al., 2014):
    fewer parameters, often equally good.
    """

    stem: int = 0
    pooling: str = "concat"
    weight_decay: float = 1.0


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerRegressor(
    Regression, TransformerArchitecture, SequenceTraining, NumericInputs, SequenceEstimator
):
    """Predict numbers from whole sequences with a Transformer encoder.

    Every step attends to every other step at once (Vaswani et al., 2017): nothing is
    forgotten with distance, at a cost that grows with the square of the number of
    tokens.
    """

    stem: int = 0
    pooling: str = "concat"
    weight_decay: float = 1.0
    positions: str = "sinusoidal"
