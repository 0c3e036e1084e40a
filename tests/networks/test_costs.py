"""What layers cost is what torch counts while they run."""

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from skseq.networks import (
    AttentionPooling,
    ConcatPooling,
    ConvolutionalStem,
    InputLayers,
    MeanPooling,
    Network,
    Patches,
    PooledHead,
    RecurrentEncoder,
    TransformerEncoder,
)

# Sizes are multiples of 4: products are filled up to them, which torch counts as well.
WIDTH, N_STEPS = 8, 21
ENCODERS = {
    "rnn": lambda n: RecurrentEncoder(nn.RNN, n, WIDTH, num_layers=2),
    "lstm": lambda n: RecurrentEncoder(nn.LSTM, n, WIDTH, bidirectional=True, num_layers=2),
    "gru": lambda n: RecurrentEncoder(nn.GRU, n, WIDTH, bidirectional=True),
    "transformer": lambda n: TransformerEncoder(n, WIDTH, num_layers=2, num_heads=2),
}


def build(encoder, *, stem=False, patches=False, pooling=MeanPooling):
    n_features = 4
    front = ConvolutionalStem(n_features, WIDTH, 3, shrink=2) if stem else None
    n_features = WIDTH if stem else n_features
    patch = Patches(n_features, WIDTH, 3) if patches else None
    inputs = InputLayers(4, front, patch)
    encoder = ENCODERS[encoder](inputs.width)
    return Network(inputs, encoder, PooledHead(pooling(encoder.width), 4))


@pytest.mark.parametrize("pooling", [MeanPooling, AttentionPooling, ConcatPooling])
@pytest.mark.parametrize(("stem", "patches"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_operations(encoder, stem, patches, pooling):
    network = build(encoder, stem=stem, patches=patches, pooling=pooling).eval()
    layers = network.describe(N_STEPS)
    x = torch.zeros(1, N_STEPS, 4)
    # Stepped by hand, attention too: torch does not see into its fused operations.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        _, probes, _ = network.probe(x)
    assert sum(layer[-1] for layer in layers) == counter.get_total_flops()
    # (layers, batch, tokens, width)
    shapes = [shape for name, _, shape, *_ in layers if name.startswith("encoder")]
    assert {shape[0] for shape in shapes} == {probes.shape[2]}


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_parameter_is_in_one_layer(encoder):
    network = build(encoder, stem=True, patches=True, pooling=AttentionPooling)
    layers = network.describe(N_STEPS)
    found = [id(p) for *_, modules, _ in layers for m in modules for p in m.parameters()]
    assert sorted(found) == sorted(id(p) for p in network.parameters())


def test_shapes():
    layers = build("gru", stem=True, patches=True).describe(N_STEPS)
    assert [(name, kind, shape) for name, kind, shape, *_ in layers] == [
        ("stem.0", "Conv1d", (11, 8)),
        ("stem.1", "Conv1d", (11, 8)),
        ("stem.2", "Conv1d", (11, 8)),
        ("patches", "Patches", (4, 8)),
        ("encoder.0.forward", "GRU", (4, 8)),
        ("encoder.0.backward", "GRU", (4, 8)),
        ("pooling", "MeanPooling", (16,)),
        ("head", "Linear", (4,)),
    ]
