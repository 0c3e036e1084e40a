"""The Transformer equals the layer of torch, and attention written as a loop over heads."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks import TransformerEncoder
from skseq.networks.encoders.transformer import compute_angles

WIDTH, HEADS, FEEDFORWARD = 8, 2, 12
TOLERANCE = {"rtol": 0, "atol": 1e-10}


@pytest.fixture
def generator():
    """Return a seeded source of random tensors."""
    return torch.Generator().manual_seed(0)


def build(positions, generator, **options):
    options = {"num_layers": 2, "num_heads": HEADS, **options}
    network = TransformerEncoder(
        3, WIDTH, dim_feedforward=FEEDFORWARD, positions=positions, **options
    ).double()
    for parameter in network.parameters():  # norms and biases too
        parameter.data.normal_(0, 0.4, generator=generator)
    return network


def draw(shape, generator):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def make_waves(n_steps, width):
    """Return sinusoidal positions, computed number by number."""
    half = (width + 1) // 2
    table = torch.empty(n_steps, 2 * half, dtype=torch.float64)
    for t in range(n_steps):
        for k in range(half):
            angle = t / 10_000 ** (k / half)
            table[t, k], table[t, half + k] = math.sin(angle), math.cos(angle)
    return table[:, :width]


def rotate(x):
    """Rotate pairs of features of (time, head) as complex numbers."""
    half = x.shape[1] // 2
    number = torch.complex(x[:, :half], x[:, half:])
    rates = 10_000 ** (-torch.arange(half, dtype=torch.float64) / half)
    phase = torch.arange(len(x), dtype=torch.float64)[:, None] * rates
    number = number * torch.polar(torch.ones_like(phase), phase)
    return torch.cat([number.real, number.imag], dim=1)


def encode_by_loop(network, x):
    """Encode one sequence (time, features) with a loop over heads."""
    x = F.linear(x, network.project.weight, network.project.bias)
    if network.positions == "sinusoidal":
        x = x + make_waves(len(x), x.shape[1])
    for block in network.blocks:
        normed = block.attention_norm(x)
        weight = block.attention_in.weight.view(3, block.num_heads, -1, x.shape[1])
        bias = block.attention_in.bias.view(3, block.num_heads, 1, -1)
        heads = []
        for head in range(block.num_heads):
            query, key, value = (
                normed @ weight[k, head].T + bias[k, head] for k in range(3)
            )
            if network.positions == "rotary":
                query, key = rotate(query), rotate(key)
            scores = query @ key.T / math.sqrt(query.shape[1])
            heads.append(scores.softmax(dim=1) @ value)
        x = x + block.attention_out(torch.cat(heads, dim=1))
        inner = block.feedforward_in(block.feedforward_norm(x))
        inner = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))  # GELU
        x = x + block.feedforward_out(inner)
    return network.norm(x)


def assert_same_gradients(network, states, expected, generator):
    direction = draw(states.shape, generator)
    parameters = list(network.parameters())
    ours = torch.autograd.grad((states * direction).sum(), parameters)
    theirs = torch.autograd.grad((expected * direction).sum(), parameters)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-9)


@pytest.fixture
def _double_angles(monkeypatch):
    """Compute angles in double precision; the encoder does so in single precision."""

    def compute(n_steps, size, device, start):
        half = (size + 1) // 2
        rates = 10_000 ** (-torch.arange(half, dtype=torch.float64) / half)
        return torch.arange(n_steps, dtype=torch.float64)[:, None] * rates

    monkeypatch.setattr("skseq.networks.encoders.transformer.compute_angles", compute)


@pytest.mark.usefixtures("_double_angles")
@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
def test_states_and_gradients_equal_a_loop_over_heads(positions, generator):
    network = build(positions, generator)
    x = draw((1, 9, 3), generator)
    states, expected = network(x), encode_by_loop(network, x[0])[None]
    assert states.shape == (1, 9, WIDTH)
    torch.testing.assert_close(states, expected, **TOLERANCE)
    assert_same_gradients(network, states, expected, generator)


@pytest.mark.usefixtures("_double_angles")
@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
def test_padded_batch_equals_each_sequence(positions, generator):
    network = build(positions, generator)
    lengths = torch.tensor([5, 8, 1, 3])
    x = draw((4, 9, 3), generator)
    states = network(x, lengths)
    ours, theirs = [], []
    for i, length in enumerate(lengths):
        ours.append(states[i, :length])
        theirs.append(encode_by_loop(network, x[i, :length]))
    torch.testing.assert_close(torch.cat(ours), torch.cat(theirs), **TOLERANCE)
    assert_same_gradients(network, torch.cat(ours), torch.cat(theirs), generator)


def test_blocks_equal_pre_norm_layers_of_torch(generator):
    network = build("sinusoidal", generator)
    layers = []
    for block in network.blocks:
        layer = nn.TransformerEncoderLayer(
            WIDTH,
            HEADS,
            FEEDFORWARD,
            dropout=0.0,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        ).double()
        pairs = {
            "self_attn.in_proj_weight": block.attention_in.weight,
            "self_attn.in_proj_bias": block.attention_in.bias,
            "self_attn.out_proj.weight": block.attention_out.weight,
            "self_attn.out_proj.bias": block.attention_out.bias,
            "linear1.weight": block.feedforward_in.weight,
            "linear1.bias": block.feedforward_in.bias,
            "linear2.weight": block.feedforward_out.weight,
            "linear2.bias": block.feedforward_out.bias,
            "norm1.weight": block.attention_norm.weight,
            "norm1.bias": block.attention_norm.bias,
            "norm2.weight": block.feedforward_norm.weight,
            "norm2.bias": block.feedforward_norm.bias,
        }
        layer.load_state_dict({name: p.detach() for name, p in pairs.items()})
        layers.append(layer)
    x = draw((1, 6, 3), generator)
    inner = network.project(x) + make_waves(6, WIDTH)
    for layer in layers:
        inner = layer(inner)
    expected = network.norm(inner)
    # The encoder computes sinusoidal positions in single precision.
    torch.testing.assert_close(network(x), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [4, 5, 8])
def test_angles_are_accurate_to_single_precision(size):
    half = (size + 1) // 2
    angles = compute_angles(50, size)
    assert angles.shape == (50, half)
    assert compute_angles(20, size, start=30).equal(angles[30:])
    expected = torch.tensor(
        [[t / 10_000 ** (k / half) for k in range(half)] for t in range(50)],
        dtype=torch.float64,
    )
    torch.testing.assert_close(angles.double(), expected, rtol=1e-6, atol=0)


def test_sinusoidal_positions_support_an_odd_width():
    network = TransformerEncoder(2, 5, num_heads=1, positions="sinusoidal")
    assert network(torch.zeros(1, 3, 2)).shape == (1, 3, 5)


def test_rotary_attention_depends_on_distances_only(generator):
    """The score of two steps does not change when both are shifted."""
    network = build("rotary", generator, num_layers=1)
    block = network.blocks[0]
    x = draw((1, 1, WIDTH), generator).expand(1, 12, WIDTH)  # equal states
    packed = block.attention_in(x).view(12, 3, HEADS, -1)
    for head in range(HEADS):
        query, key = rotate(packed[:, 0, head]), rotate(packed[:, 1, head])
        scores = query @ key.T
        for distance in range(-11, 12):
            diagonal = scores.diagonal(distance)
            torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal))


@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
def test_states_depend_on_the_order_of_steps(positions, generator):
    network = build(positions, generator)
    x = draw((1, 6, 3), generator)
    changed = network(x.flip(1)).flip(1)
    assert (changed - network(x)).abs().max() > 1e-3


class TestInitialization:
    """Initial weights."""

    def test_matrices_are_glorot_uniform_and_residual_ones_scaled_by_depth(self):
        network = TransformerEncoder(16, 32, num_layers=3, dim_feedforward=64)
        glorot = (6 / (32 + 32)) ** 0.5
        for block in network.blocks:
            for part in block.attention_in.weight.detach().chunk(3):
                assert 0.95 * glorot < part.abs().max() <= glorot
            out = block.attention_out.weight.abs().max()
            assert 0.95 * glorot / math.sqrt(6) < out <= glorot / math.sqrt(6)
            out = block.feedforward_out.weight.abs().max()
            limit = (6 / (32 + 64)) ** 0.5 / math.sqrt(6)
            assert 0.95 * limit < out <= limit

    def test_biases_are_zero_and_norms_one(self):
        network = TransformerEncoder(3, 8)
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                assert not parameter.any()
            elif "norm" in name:
                assert (parameter == 1).all()


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("n_steps", [11, 12, 27])
@pytest.mark.parametrize("hidden_size", [12, 16, 32])
def test_rows_do_not_depend_on_threads(hidden_size, n_steps, threads, request, generator):
    request.addfinalizer(lambda: torch.set_num_threads(1))
    network = TransformerEncoder(3, hidden_size, num_heads=2)
    x = torch.randn(48, n_steps, 3, generator=generator)
    lengths = torch.randint(1, n_steps + 1, (48,), generator=generator)
    torch.set_num_threads(threads)
    with torch.inference_mode():
        whole = network(x, lengths)
        for first in (1, 16, 37, 47):
            assert network(x[first:], lengths[first:]).equal(whole[first:])
