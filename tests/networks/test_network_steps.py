"""Networks that read one step at a time equal networks that read whole sequences."""

import pytest
import torch
from torch import nn

from skseq.networks import (
    AttentionPooling,
    ConcatPooling,
    CRFHead,
    InputLayers,
    LastPooling,
    MaxPooling,
    MeanPooling,
    Network,
    Patches,
    PooledHead,
    RecurrentEncoder,
    TransformerEncoder,
)
from skseq.networks.embeddings import StepEmbedding

WIDTH, N_FEATURES, N_STEPS = 8, 3, 6
POOLINGS = [LastPooling, MeanPooling, MaxPooling, ConcatPooling, AttentionPooling]
ENCODERS = {
    "rnn": RecurrentEncoder(nn.RNN, N_FEATURES, WIDTH, num_layers=2),
    "lstm": RecurrentEncoder(nn.LSTM, N_FEATURES, WIDTH),
    "gru": RecurrentEncoder(nn.GRU, N_FEATURES, WIDTH),
    "transformer": TransformerEncoder(N_FEATURES, WIDTH, num_heads=2, causal=True),
}


def build(encoder, head, scale=0.5):
    """Return a network with random weights, and a batch."""
    network = Network(InputLayers(N_FEATURES), encoder, head).eval().requires_grad_(False)
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        parameter.normal_(0, scale, generator=generator)
    return network, torch.randn(2, N_STEPS, N_FEATURES, generator=generator)


def run_steps(network, x):
    """Yield the outputs after each step."""
    state, step = network.initial_state(len(x)), network.make_step()
    for x_t in x.unbind(1):
        outputs, state, _ = step(x_t, state)
        yield outputs


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("pooling", POOLINGS)
def test_outputs_equal_those_of_the_sequence_so_far(encoder, pooling):
    # Large weights, so that scores of attention differ much.
    network, x = build(ENCODERS[encoder], PooledHead(pooling(WIDTH), 4), scale=1.0)
    for t, outputs in enumerate(run_steps(network, x)):
        expected = network(x[:, : t + 1])
        torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-5)


def test_hidden_states_are_those_of_the_encoder():
    network, x = build(ENCODERS["lstm"], PooledHead(LastPooling(WIDTH), 4))
    state, step = network.initial_state(len(x)), network.make_step()
    states, _ = network.encode(x)
    for t, x_t in enumerate(x.unbind(1)):
        _, state, h_t = step(x_t, state)
        torch.testing.assert_close(h_t, states[:, t], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_conditional_random_field_predicts_the_last_label(encoder):
    network, x = build(ENCODERS[encoder], CRFHead(WIDTH, 4))
    for t, outputs in enumerate(run_steps(network, x)):
        states, _ = network.encode(x[:, : t + 1])
        decoded = network.head.decode(states)[:, -1]
        assert outputs[:, 0].tolist() == decoded.tolist()
        expected = network.head.marginals(states)[:, -1]
        torch.testing.assert_close(outputs[:, 1:], expected, rtol=1e-4, atol=1e-5)


def test_categories_are_embedded():
    encoder = RecurrentEncoder(nn.LSTM, 6, WIDTH)
    network, x = build(encoder, PooledHead(MeanPooling(WIDTH), 4))
    embedding = StepEmbedding(N_FEATURES, [(5, 4, 1, [0.0] * 5)])
    network.inputs = InputLayers(N_FEATURES, embedding=embedding).eval()
    network.inputs.requires_grad_(False)
    x[:, :, 2] = torch.arange(2 * N_STEPS).view(2, N_STEPS) % 5  # ids
    for t, outputs in enumerate(run_steps(network, x)):
        expected = network(x[:, : t + 1])
        torch.testing.assert_close(outputs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_step_does_not_change_its_arguments(pooling):
    network, x = build(ENCODERS["lstm"], PooledHead(pooling(WIDTH), 4))
    step = network.make_step()
    _, state, _ = step(x[:, 0], network.initial_state(2))
    first, *_ = step(x[:, 1], state)
    second, *_ = step(x[:, 1], state)
    assert first.equal(second)


def test_patches_raise():
    network, _ = build(ENCODERS["lstm"], PooledHead(LastPooling(WIDTH), 4))
    network.inputs = InputLayers(N_FEATURES, patches=Patches(N_FEATURES, WIDTH, 2))
    with pytest.raises(TypeError, match="patches cannot run step by step"):
        network.make_step()
