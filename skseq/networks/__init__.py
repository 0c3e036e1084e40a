"""Networks in torch: (batch, time, features) and lengths in, states out.

Nothing here knows a task, an estimator or a training loop.
"""

from skseq.networks.dropout import Dropout
from skseq.networks.encoders.recurrent import RecurrentNetwork
from skseq.networks.encoders.transformer import TransformerNetwork
from skseq.networks.heads.horizon import ForecastNetwork
from skseq.networks.heads.pooling import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
)
from skseq.networks.kernels.linear import ROW_MULTIPLE, find_row_multiple
from skseq.networks.network import SequenceNetwork
from skseq.networks.stem import ConvolutionalStem, MaskedBatchNorm, Patches

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
