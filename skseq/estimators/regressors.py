"""The regressors: one leaf for each architecture.

They differ from the classifiers in a few defaults. Classes mostly depend on local patterns
at any position; numbers mostly depend on levels and on the last steps. Batch normalization
blurs levels, and a mean ignores which step was the last. So regressors have a stem of one
layer without normalization, which finds events of single steps, and larger patches behind
it, which average the noise of steps; and they pool the last state, the mean and the
maximum. For the same reason the Transformer has absolute positions.
Targets are noisier than classes, and strong weight decay keeps the network from memorizing
the noise.
"""

from dataclasses import dataclass

from skseq.architectures import (
    CustomArchitecture,
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.inputs import StepInputs
from skseq.tasks import Regression
from skseq.training import SequenceTraining

# Values of "auto": for X with numeric features, and for text.
AUTO_VALUES = {
    "stem": (1, 0),
    "dropout": (0.1, 0.5),
    "pooling": ("concat", "max"),
    "lr": (1e-3, 3e-3),
    "weight_decay": (1.0, 0.01),
}


@dataclass(kw_only=True, eq=False, repr=False)
class RNNRegressor(
    Regression, RNNArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers from sequences with a vanilla recurrent neural network (RNN)."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    weight_decay: float | str = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMRegressor(
    Regression, LSTMArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers from sequences with a long short-term memory (LSTM) network."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    weight_decay: float | str = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class GRURegressor(
    Regression, GRUArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers from sequences with a gated recurrent unit (GRU) network."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    weight_decay: float | str = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerRegressor(
    Regression, TransformerArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers from sequences with a Transformer encoder."""

    positions: str = "sinusoidal"
    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    weight_decay: float | str = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceRegressor(
    Regression, CustomArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers from sequences with a PyTorch network of your own."""

    stem: int = 0
    patch_size: int | str = 1
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    weight_decay: float | str = "auto"

    _auto_values = {
        name: AUTO_VALUES[name] for name in ("dropout", "pooling", "lr", "weight_decay")
    }
