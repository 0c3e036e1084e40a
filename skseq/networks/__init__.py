"""Networks in torch: (batch, time, features) and lengths in, states out.

Nothing here knows a task, an estimator or a training loop.
"""

from skseq.networks.dropout import Dropout
from skseq.networks.embedding import ConvolutionalStem, MaskedBatchNorm, Patches
from skseq.networks.forecast_network import ForecastNetwork
from skseq.networks.pooling import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
)
from skseq.networks.products import ROW_MULTIPLE, find_row_multiple
from skseq.networks.recurrent import RecurrentNetwork
from skseq.networks.sequence_network import SequenceNetwork
from skseq.networks.transformer import TransformerNetwork

__all__ = [
    "ROW_MULTIPLE",
    "AttentionPooling",
    "ConcatPooling",
    "ConvolutionalStem",
    "Dropout",
    "ForecastNetwork",
    "LastPooling",
    "MaskedBatchNorm",
    "MaxPooling",
    "MeanPooling",
    "Patches",
    "RecurrentNetwork",
    "SequenceNetwork",
    "TransformerNetwork",
    "find_row_multiple",
]
