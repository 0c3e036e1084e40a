"""Axis N: parameters, and the network that they describe."""

from skseq.architectures.parameters import (
    RecurrentParameters,
    RNNParameters,
    SequenceParameters,
    TransformerParameters,
)
from skseq.architectures.recurrent import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
)
from skseq.architectures.transformer import TransformerArchitecture

__all__ = [
    "GRUArchitecture",
    "LSTMArchitecture",
    "RNNArchitecture",
    "RNNParameters",
    "RecurrentParameters",
    "SequenceParameters",
    "TransformerArchitecture",
    "TransformerParameters",
]
