"""Causal encoders step by step: `initial_state`, `step` and `run`."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq.networks import ModuleEncoder, RecurrentEncoder, TransformerEncoder

N_FEATURES = 3
TOLERANCE = {"rtol": 0, "atol": 1e-10}

ENCODERS = {
    "RNN": lambda layers: RecurrentEncoder(nn.RNN, N_FEATURES, 5, layers),
    "RNN relu": lambda layers: RecurrentEncoder(
        nn.RNN, N_FEATURES, 5, layers, nonlinearity="relu"
    ),
    "LSTM": lambda layers: RecurrentEncoder(nn.LSTM, N_FEATURES, 5, layers),
    "GRU": lambda layers: RecurrentEncoder(nn.GRU, N_FEATURES, 5, layers),
    "Transformer rotary": lambda layers: TransformerEncoder(
        N_FEATURES, 8, layers, num_heads=2, dim_feedforward=6, causal=True
    ),
    "Transformer sinusoidal": lambda layers: TransformerEncoder(
        N_FEATURES,
        5,
        layers,
        num_heads=1,
        dim_feedforward=6,
        positions="sinusoidal",
        causal=True,
    ),
}
every_encoder = pytest.mark.parametrize("name", ENCODERS)


def build(name, num_layers=2, seed=0):
    """Return an encoder in double precision with random weights."""
    encoder = ENCODERS[name](num_layers).double().eval()
    generator = torch.Generator().manual_seed(seed)
    for parameter in encoder.parameters():
        parameter.data.normal_(0, 0.4, generator=generator)
    return encoder


def draw(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def run_steps(encoder, x):
    """Return the states (batch, time, width) of a loop over `step`."""
    state, states = encoder.initial_state(len(x)), []
    for x_t in x.unbind(1):
        h_t, state = encoder.step(x_t, state)
        states.append(h_t)
    return torch.stack(states, dim=1)


@every_encoder
@settings(max_examples=10, deadline=None)
@given(
    num_layers=st.integers(1, 3),
    batch=st.integers(1, 4),
    n_steps=st.integers(1, 7),
    seed=st.integers(0, 99),
)
def test_step_equals_forward(name, num_layers, batch, n_steps, seed):
    encoder = build(name, num_layers, seed)
    x = draw(batch, n_steps, N_FEATURES, seed=seed)
    states = run_steps(encoder, x)
    assert states.shape == (batch, n_steps, encoder.width)
    torch.testing.assert_close(states, encoder(x), **TOLERANCE)


@every_encoder
def test_gradients_through_steps_equal_those_of_forward(name):
    encoder, x = build(name), draw(2, 5, N_FEATURES).requires_grad_()
    leaves = [x, *encoder.parameters()]
    direction = draw(2, 5, encoder.width, seed=1)
    ours, theirs = (
        torch.autograd.grad((states * direction).sum(), leaves)
        for states in (run_steps(encoder, x), encoder(x))
    )
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, **TOLERANCE)


@every_encoder
def test_run_continues_from_a_state(name):
    encoder, x = build(name), draw(2, 6, N_FEATURES)
    first, state = encoder.run(x[:, :4], encoder.initial_state(2))
    second, _ = encoder.run(x[:, 4:], state)
    states = torch.cat([first, second], dim=1)
    torch.testing.assert_close(states, encoder(x), **TOLERANCE)


@every_encoder
def test_step_does_not_change_its_arguments(name):
    encoder, x = build(name), draw(2, 4, N_FEATURES)
    _, state = encoder.run(x[:, :3], encoder.initial_state(2))
    first, _ = encoder.step(x[:, 3], state)
    second, _ = encoder.step(x[:, 3], state)
    assert torch.equal(first, second)


@every_encoder
def test_states_do_not_depend_on_later_steps(name):
    encoder, x = build(name), draw(2, 6, N_FEATURES)
    assert encoder.is_causal
    changed = x.clone()
    changed[:, 4:] += 1
    lengths = torch.tensor([6, 6])
    for given_lengths in (None, lengths):
        states = encoder(x, given_lengths)
        torch.testing.assert_close(
            encoder(changed, given_lengths)[:, :4], states[:, :4], **TOLERANCE
        )
        assert not torch.allclose(encoder(changed, given_lengths)[:, 4:], states[:, 4:])


@every_encoder
def test_padding_does_not_change_states(name):
    encoder, x = build(name), draw(3, 6, N_FEATURES)
    lengths = torch.tensor([6, 2, 4])
    states = encoder(x, lengths)
    for row, length in enumerate(lengths):
        alone = encoder(x[row : row + 1, :length])[0]
        torch.testing.assert_close(states[row, :length], alone, **TOLERANCE)


@pytest.mark.parametrize("cell", [nn.RNN, nn.LSTM, nn.GRU])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_run_from_a_state_equals_torch(cell, num_layers):
    encoder = RecurrentEncoder(cell, N_FEATURES, 5, num_layers).double()
    reference = cell(N_FEATURES, 5, num_layers, batch_first=True).double()
    for k, layer in enumerate(encoder.forward_layers):
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            getattr(layer, f"{kind}_l0").data.normal_(0, 0.4)
            ours = getattr(layer, f"{kind}_l0").detach()
            getattr(reference, f"{kind}_l{k}").data.copy_(ours)
    hidden, memory = draw(num_layers, 2, 5), draw(num_layers, 2, 5, seed=1)
    state, theirs = list(hidden), hidden
    if cell is nn.LSTM:
        state, theirs = list(zip(hidden, memory, strict=True)), (hidden, memory)
    x = draw(2, 6, N_FEATURES)
    states, final = encoder.run(x, state)
    expected, expected_final = reference(x, theirs)
    torch.testing.assert_close(states, expected, **TOLERANCE)
    if cell is nn.LSTM:
        final = [part[0] for part in final]
        expected_final = expected_final[0]
    torch.testing.assert_close(torch.stack(final), expected_final, **TOLERANCE)


def test_attention_weights_of_a_causal_transformer_are_lower_triangular():
    encoder, x = build("Transformer rotary"), draw(2, 5, N_FEATURES)
    weights = encoder.attention(
        x, torch.tensor([5, 3])
    )  # (batch, layers, heads, time, time)
    assert weights.shape == (2, 2, 2, 5, 5)
    assert not weights.triu(1).any()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 2, 5))


@pytest.mark.parametrize(
    "encoder",
    [
        RecurrentEncoder(nn.GRU, 3, 4, bidirectional=True),
        TransformerEncoder(3, 4),
        ModuleEncoder(RecurrentEncoder(nn.GRU, 3, 4), 3),
    ],
    ids=["bidirectional", "Transformer", "module"],
)
def test_encoders_that_are_not_causal_raise(encoder):
    assert not encoder.is_causal
    with pytest.raises(TypeError, match="cannot run step by step"):
        encoder.initial_state(2)
    with pytest.raises(TypeError, match="cannot run step by step"):
        encoder.run(torch.zeros(2, 3, 3), None)
