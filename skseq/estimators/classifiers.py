"""The classifiers: one leaf for each architecture."""

from dataclasses import dataclass
from typing import Any

from skseq.architectures import (
    CustomArchitecture,
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.sequence_estimator import SequenceEstimator
from skseq.inputs import StepInputs
from skseq.tasks import Classification
from skseq.training import SequenceTraining

# Values of "auto": for X with numeric features, for text, and for X with numeric and
# categorical features, such as event logs. The meaning of a text depends on few of its words,
# most of which are rare: strong dropout and the maximum over the words. The label of an event
# log depends on single events, on their order, on rates or on the end: no stem, and all of
# the states, the maximum and the mean.
AUTO_VALUES = {
    "stem": (3, 1, 0),
    "dropout": (0.1, 0.5, 0.3),
    "pooling": ("mean", "max", "concat"),
    "lr": (1e-3, 3e-3, 1e-3),
}


@dataclass(kw_only=True, eq=False, repr=False)
class RNNClassifier(
    Classification, RNNArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a vanilla recurrent neural network (RNN)."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    augmentation: Any = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMClassifier(
    Classification, LSTMArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a long short-term memory (LSTM) network."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    augmentation: Any = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class GRUClassifier(
    Classification, GRUArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a gated recurrent unit (GRU) network."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    augmentation: Any = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerClassifier(
    Classification,
    TransformerArchitecture,
    SequenceTraining,
    StepInputs,
    SequenceEstimator,
):
    """Classify sequences with a Transformer encoder."""

    stem: int | str = "auto"
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    augmentation: Any = "auto"

    _auto_values = AUTO_VALUES


@dataclass(kw_only=True, eq=False, repr=False)
class SequenceClassifier(
    Classification, CustomArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a PyTorch network of your own."""

    stem: int = 0
    patch_size: int | str = 1
    dropout: float | str = "auto"
    pooling: str = "auto"
    lr: float | str = "auto"
    augmentation: Any = "auto"

    _auto_values = {name: AUTO_VALUES[name] for name in ("dropout", "pooling", "lr")}
