"""The outlier detectors: one leaf for each architecture.

A forecast must depend on earlier steps only. Therefore each step is a token, and there is no
stem. Few epochs suffice: what tells sequences apart are statistics of all hidden states and
errors, which more training hardly changes.
"""

from dataclasses import dataclass

from skseq.architectures import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
    TransformerArchitecture,
)
from skseq.estimators.outlier_detector import SequenceOutlierDetector
from skseq.inputs import NumericInputs
from skseq.tasks import OutlierDetection
from skseq.training import SequenceTraining


@dataclass(kw_only=True, eq=False, repr=False)
class RNNOutlierDetector(
    OutlierDetection,
    RNNArchitecture,
    SequenceTraining,
    NumericInputs,
    SequenceOutlierDetector,
):
    """Find outliers among sequences with a vanilla recurrent neural network (RNN)."""

    patch_size: int | str = 1
    stem: int = 0
    bidirectional: bool = False
    lr: float | str = 3e-3


@dataclass(kw_only=True, eq=False, repr=False)
class LSTMOutlierDetector(
    OutlierDetection,
    LSTMArchitecture,
    SequenceTraining,
    NumericInputs,
    SequenceOutlierDetector,
):
    """Find outliers among sequences with a long short-term memory (LSTM) network."""

    patch_size: int | str = 1
    stem: int = 0
    bidirectional: bool = False
    lr: float | str = 3e-3


@dataclass(kw_only=True, eq=False, repr=False)
class GRUOutlierDetector(
    OutlierDetection,
    GRUArchitecture,
    SequenceTraining,
    NumericInputs,
    SequenceOutlierDetector,
):
    """Find outliers among sequences with a gated recurrent unit (GRU) network."""

    patch_size: int | str = 1
    stem: int = 0
    bidirectional: bool = False
    lr: float | str = 3e-3


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerOutlierDetector(
    OutlierDetection,
    TransformerArchitecture,
    SequenceTraining,
    NumericInputs,
    SequenceOutlierDetector,
):
    """Find outliers among sequences with a causal Transformer encoder."""

    patch_size: int | str = 1
    stem: int = 0
    lr: float | str = 3e-3
