"""The network: layers of `describe`, and prediction of a few rows."""

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
    LastPooling,
    MaxPooling,
    MeanPooling,
    ModuleEncoder,
    Network,
    Patches,
    PooledHead,
    RecurrentEncoder,
    TransformerEncoder,
)

# Sizes are multiples of 4: products are padded to them, and torch counts the padding.
WIDTH, N_FEATURES, N_STEPS = 8, 4, 21


class Convolution(nn.Module):
    """A user's module."""

    def __init__(self, n_features):
        super().__init__()
        self.layer = nn.Linear(n_features, WIDTH)

    def forward(self, x, lengths=None):
        return self.layer(x).tanh()


ENCODERS = {
    "rnn": lambda n: RecurrentEncoder(nn.RNN, n, WIDTH, num_layers=2),
    "lstm": lambda n: RecurrentEncoder(nn.LSTM, n, WIDTH, bidirectional=True, num_layers=2),
    "gru": lambda n: RecurrentEncoder(nn.GRU, n, WIDTH, bidirectional=True),
    "transformer": lambda n: TransformerEncoder(n, WIDTH, num_layers=2, num_heads=2),
}
MODULE = {"module": lambda n: ModuleEncoder(Convolution(n), n)}
every_encoder = pytest.mark.parametrize("encoder", ENCODERS)


def build(encoder, *, stem=False, patches=False, pooling=MeanPooling):
    width = WIDTH if stem else N_FEATURES
    inputs = InputLayers(
        N_FEATURES,
        ConvolutionalStem(N_FEATURES, WIDTH, 3, shrink=2) if stem else None,
        Patches(width, WIDTH, 3) if patches else None,
    )
    encoder = (ENCODERS | MODULE)[encoder](inputs.width)
    head = PooledHead(pooling(encoder.width, encoder.backward_width), 4)
    return Network(inputs, encoder, head)


@pytest.mark.parametrize("pooling", [MeanPooling, AttentionPooling, ConcatPooling])
@pytest.mark.parametrize(("stem", "patches"), [(False, False), (True, False), (True, True)])
@every_encoder
def test_flops_equal_those_that_torch_counts(encoder, stem, patches, pooling):
    network = build(encoder, stem=stem, patches=patches, pooling=pooling).eval()
    layers = network.describe(N_STEPS)
    x = torch.zeros(1, N_STEPS, 4)
    # `probe` runs step by step: torch does not count within fused operations.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        _, probes, _ = network.probe(x)
    assert sum(layer.flops for layer in layers) == counter.get_total_flops()
    # (layers, batch, tokens, width)
    shapes = [layer.output_shape for layer in layers if layer.name.startswith("encoder")]
    assert {shape[0] for shape in shapes} == {probes.shape[2]}


@pytest.mark.parametrize("encoder", ENCODERS | MODULE)
def test_every_parameter_belongs_to_one_layer(encoder):
    network = build(encoder, stem=True, patches=True, pooling=AttentionPooling)
    layers = network.describe(N_STEPS)
    found = [id(p) for layer in layers for m in layer.modules for p in m.parameters()]
    assert sorted(found) == sorted(id(p) for p in network.parameters())


def test_names_kinds_and_shapes_of_layers():
    layers = build("gru", stem=True, patches=True).describe(N_STEPS)
    assert [layer[:3] for layer in layers] == [
        ("stem.0", "Conv1d", (11, 8)),
        ("stem.1", "Conv1d", (11, 8)),
        ("stem.2", "Conv1d", (11, 8)),
        ("patches", "Patches", (4, 8)),
        ("encoder.0.forward", "GRU", (4, 8)),
        ("encoder.0.backward", "GRU", (4, 8)),
        ("pooling", "MeanPooling", (16,)),
        ("head", "Linear", (4,)),
    ]


def test_flops_of_a_module_are_unknown():
    (layer,) = (x for x in build("module").describe(N_STEPS) if x.name == "encoder")
    assert layer.kind == "Convolution"
    assert layer.output_shape == (N_STEPS, WIDTH)
    assert layer.flops is None


@pytest.mark.parametrize("stem", [False, True])
def test_token_steps(stem):
    network = build("gru", stem=stem, patches=True)
    assert network.token_steps == (6 if stem else 3)
    _, lengths = network.encode(torch.zeros(3, 21, 4), torch.tensor([21, 7, 1]))
    assert lengths.tolist() == ([4, 2, 1] if stem else [7, 3, 1])


@pytest.mark.parametrize(
    "pooling", [MeanPooling, MaxPooling, AttentionPooling, ConcatPooling, LastPooling]
)
@pytest.mark.parametrize("max_steps", [2048, 20])
@pytest.mark.parametrize("stem", [False, True])
@pytest.mark.parametrize("encoder", ENCODERS | MODULE)
@torch.inference_mode()
def test_predictions_do_not_depend_on_batch_size(
    encoder, stem, pooling, max_steps, monkeypatch
):
    """Bit for bit, with and without padding, for short and long sequences."""
    monkeypatch.setattr("skseq.networks.kernels.padding.MAX_PADDED_ROW_STEPS", max_steps)
    network = build(encoder, stem=stem, patches=True, pooling=pooling).eval()
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        parameter.normal_(0, 0.4, generator=generator)
    x = torch.randn(37, N_STEPS, N_FEATURES, generator=generator)
    lengths = torch.randint(1, N_STEPS + 1, (37,), generator=generator)
    for given in (None, lengths):
        outputs, pooled = network(x, given), network.pool(x, given)
        assert outputs.shape == (37, 4)
        for rows in (slice(1), slice(4, 7), slice(20, 37)):
            some = None if given is None else given[rows]
            assert network(x[rows], some).equal(outputs[rows])
            assert network.pool(x[rows], some).equal(pooled[rows])


@torch.inference_mode()
def test_long_sequences_run_one_at_a_time_where_rows_would_be_padded(monkeypatch):
    network = build("module", stem=True).eval()
    x, lengths = torch.randn(3, N_STEPS, N_FEATURES), torch.tensor([21, 9, 21])
    expected, rows = network.encode(x, lengths), []
    for layer in (
        network.inputs.stem.layers[0].convolutions[0],
        network.encoder.module.layer,
    ):
        layer.register_forward_hook(lambda _, inputs, output: rows.append(len(inputs[0])))
    network.encode(x, lengths)
    assert rows == [16, 16]
    rows.clear()
    monkeypatch.setattr("skseq.networks.kernels.padding.MAX_PADDED_ROW_STEPS", 20)
    states, n_tokens = network.encode(x, lengths)
    assert rows == [1] * 6
    assert n_tokens.equal(expected[1])
    torch.testing.assert_close(states, expected[0])


def test_states_of_encode_are_pooled():
    network = build("lstm", stem=True).eval()
    x, lengths = torch.randn(3, N_STEPS, N_FEATURES), torch.tensor([21, 9, 4])
    with torch.no_grad():
        states, n_tokens = network.encode(x, lengths)
        assert states.shape == (3, 11, network.encoder.width)
        assert network.head.pool(states, n_tokens).equal(network.pool(x, lengths))


def test_windows_are_read_up_to_the_origin():
    inputs = InputLayers(N_FEATURES, patches=Patches(N_FEATURES, WIDTH, 4), n_steps=12)
    x = torch.randn(2, N_STEPS, N_FEATURES)
    tokens, lengths = inputs(x)
    assert tokens.shape == (2, 3, WIDTH)
    assert lengths is None
    changed = x.clone()
    changed[:, 12:] = 0
    assert inputs(changed)[0].equal(tokens)
    assert inputs.count_tokens(N_STEPS) == 3
    (layer,) = inputs.describe(N_STEPS)
    assert layer.output_shape == (3, WIDTH)
