"""Architectures: parameters, and the encoder that they describe."""

from skseq.architectures.base import Architecture
from skseq.architectures.custom import CustomArchitecture
from skseq.architectures.parameters import (
    ArchitectureParameters,
    CustomParameters,
    InputLayerParameters,
    LayerParameters,
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
    "CustomArchitecture",
    "CustomParameters",
    "GRUArchitecture",
    "InputLayerParameters",
    "LSTMArchitecture",
    "LayerParameters",
    "RNNArchitecture",
    "RNNParameters",
    "RecurrentParameters",
    "TransformerArchitecture",
    "TransformerParameters",
]
