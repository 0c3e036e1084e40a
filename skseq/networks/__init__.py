"""Networks in torch: input layers, an encoder and a head.

They map padded sequences (batch, time, features) and their lengths to outputs. This
package imports only torch. It does not depend on tasks, estimators or the training loop.
"""

from skseq.networks.dropout import Dropout, set_dropout_generator
from skseq.networks.embeddings import CategoryEmbedding, StepEmbedding, UnknownDropout
from skseq.networks.encoders.base import Encoder, ModuleEncoder
from skseq.networks.encoders.recurrent import RecurrentEncoder
from skseq.networks.encoders.transformer import TransformerEncoder
from skseq.networks.exporting import export_sequences
from skseq.networks.heads.base import Head
from skseq.networks.heads.chains import (
    best_path,
    log_marginals,
    log_normalizer,
    score_labels,
    unpack_chain,
)
from skseq.networks.heads.collecting import collect_rows, collect_steps, join_rows
from skseq.networks.heads.crf import CRFHead
from skseq.networks.heads.horizon import HorizonHead
from skseq.networks.heads.pooled import PooledHead
from skseq.networks.heads.pooling import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
    Pooling,
)
from skseq.networks.heads.step import StepHead
from skseq.networks.input_layers import InputLayers
from skseq.networks.kernels.padding import round_batch_size
from skseq.networks.kernels.threads import threads_for_products
from skseq.networks.layers import Layer
from skseq.networks.network import Network
from skseq.networks.patches import Patches
from skseq.networks.stem import ConvolutionalStem, MaskedBatchNorm, choose_scales

__all__ = [
    "AttentionPooling",
    "CRFHead",
    "CategoryEmbedding",
    "ConcatPooling",
    "ConvolutionalStem",
    "Dropout",
    "Encoder",
    "Head",
    "HorizonHead",
    "InputLayers",
    "LastPooling",
    "Layer",
    "MaskedBatchNorm",
    "MaxPooling",
    "MeanPooling",
    "ModuleEncoder",
    "Network",
    "Patches",
    "PooledHead",
    "Pooling",
    "RecurrentEncoder",
    "StepEmbedding",
    "StepHead",
    "TransformerEncoder",
    "UnknownDropout",
    "best_path",
    "choose_scales",
    "collect_rows",
    "collect_steps",
    "export_sequences",
    "join_rows",
    "log_marginals",
    "log_normalizer",
    "round_batch_size",
    "score_labels",
    "set_dropout_generator",
    "threads_for_products",
    "unpack_chain",
]
