"""Architectures: parameters, and the encoder that they describe."""

from skseq.architectures.base import Architecture
from skseq.architectures.parameters import (
    ArchitectureParameters,
    RecurrentParameters,
    RNNParameters,
    TransformerParameters,
)
from skseq.architectures.recurrent import (
    GRUArchitecture,
    LSTMArchitecture,
    RNNArchitecture,
)
from skseq.architectures.transformer import TransformerArchitecture

__all__ = [
    "Architecture",
    "ArchitectureParameters",
    "GRUArchitecture",
    "LSTMArchitecture",
    "RNNArchitecture",
    "RNNParameters",
    "RecurrentParameters",
    "TransformerArchitecture",
    "TransformerParameters",
]
