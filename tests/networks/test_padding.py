"""Outputs and gradients do not depend on padding, other sequences or order."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq.networks import (
    AttentionPooling,
    ConvolutionalStem,
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

FEATURES, WIDTH, OUTPUTS = 2, 4, 3
CASES = st.tuples(
    st.lists(st.integers(1, 7), min_size=1, max_size=4),  # lengths
    st.integers(0, 4),  # steps of padding after the longest
    st.sampled_from([0.0, 1.0, -1e3, 1e6]),  # value of the padding
    st.integers(0, 99),
)


def recurrent(cell, bidirectional, **options):
    return RecurrentEncoder(
        cell, WIDTH, WIDTH, num_layers=2, bidirectional=bidirectional, **options
    )


def transformer(positions):
    return TransformerEncoder(
        WIDTH, WIDTH, num_heads=2, dim_feedforward=6, positions=positions
    )


ENCODERS = {
    "RNN": lambda: recurrent(nn.RNN, False, nonlinearity="relu"),
    "LSTM": lambda: recurrent(nn.LSTM, False),
    "LSTM, two directions": lambda: recurrent(nn.LSTM, True),
    "GRU, two directions": lambda: recurrent(nn.GRU, True),
    "Transformer, rotary": lambda: transformer("rotary"),
    "Transformer, sinusoidal": lambda: transformer("sinusoidal"),
}
POOLINGS = {
    "last": LastPooling,
    "mean": MeanPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
}


def build(encoder, pooling, patch_size=2):
    """Return a network in double precision with random weights."""
    encoder = ENCODERS[encoder]()
    inputs = InputLayers(
        FEATURES,
        ConvolutionalStem(FEATURES, WIDTH, 2),
        Patches(WIDTH, WIDTH, patch_size) if patch_size > 1 else None,
    )
    pooling = POOLINGS[pooling](encoder.width, encoder.backward_width)
    network = Network(inputs, encoder, PooledHead(pooling, OUTPUTS)).double()
    generator = torch.Generator().manual_seed(7)
    for parameter in network.parameters():
        parameter.data.normal_(0, 0.5, generator=generator)
    return network.eval()


def pad(sequences, n_steps, content):
    x = torch.full((len(sequences), n_steps, FEATURES), content, dtype=torch.float64)
    for i, sequence in enumerate(sequences):
        x[i, : len(sequence)] = sequence
    return x


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("encoder", ENCODERS)
@settings(max_examples=8)
@given(case=CASES)
def test_padded_batch_equals_each_sequence(encoder, pooling, case):
    lengths, extra, content, seed = case
    network = build(encoder, pooling)
    generator = torch.Generator().manual_seed(seed)
    sequences = [
        torch.randn(n, FEATURES, generator=generator, dtype=torch.float64) for n in lengths
    ]
    x = pad(sequences, max(lengths) + extra, content).requires_grad_()
    outputs = network(x, torch.tensor(lengths))
    alone = torch.cat([network(sequence[None]) for sequence in sequences])
    torch.testing.assert_close(outputs, alone, rtol=0, atol=1e-9)

    parameters = list(network.parameters())
    *ours, input_gradient = torch.autograd.grad(outputs.sin().sum(), [*parameters, x])
    theirs = torch.autograd.grad(alone.sin().sum(), parameters)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-8)
    for i, n in enumerate(lengths):  # padding has no gradient
        assert not input_gradient[i, n:].any()


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("encoder", ENCODERS)
@settings(max_examples=8)
@given(lengths=st.lists(st.integers(1, 7), min_size=2, max_size=5), data=st.data())
def test_outputs_do_not_depend_on_the_order_of_rows(encoder, pooling, lengths, data):
    network = build(encoder, pooling, patch_size=1)
    generator = torch.Generator().manual_seed(sum(lengths))
    x = torch.randn(
        len(lengths), max(lengths), FEATURES, generator=generator, dtype=torch.float64
    )
    order = torch.tensor(data.draw(st.permutations(range(len(lengths)))))
    lengths = torch.tensor(lengths)
    with torch.no_grad():
        moved = network(x[order], lengths[order])
        torch.testing.assert_close(moved, network(x, lengths)[order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_full_lengths_equal_no_lengths(encoder):
    network = build(encoder, "mean")
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 5, FEATURES, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(network(x), network(x, torch.tensor([5, 5, 5])))


def test_outputs_are_a_linear_map_of_pooled_states():
    network = build("LSTM", "mean")
    x = torch.ones(2, 5, FEATURES, dtype=torch.float64)
    pooled = network.pool(x)
    assert pooled.shape == (2, WIDTH)
    torch.testing.assert_close(network(x), network.head.linear(pooled))


def test_outputs_depend_on_the_first_step():
    """The invariances above do not hold because the outputs are constant."""
    for encoder in ENCODERS:
        for pooling in POOLINGS:
            network = build(encoder, pooling)
            generator = torch.Generator().manual_seed(0)
            x = torch.randn(8, 6, FEATURES, generator=generator, dtype=torch.float64)
            changed = x.clone()
            changed[:, 0] += 1
            assert (network(x) - network(changed)).abs().max() > 1e-4, (encoder, pooling)
