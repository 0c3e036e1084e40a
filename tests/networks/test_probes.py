"""Gradients at hidden states, and attention weights."""

import pytest
import torch
from torch import nn

from skseq.networks import (
    InputLayers,
    LastPooling,
    MeanPooling,
    Network,
    PooledHead,
    RecurrentEncoder,
    TransformerEncoder,
)

TOLERANCE = {"rtol": 0, "atol": 1e-10}
CELLS = {
    "tanh": (nn.RNN, nn.RNNCell, {"nonlinearity": "tanh"}),
    "relu": (nn.RNN, nn.RNNCell, {"nonlinearity": "relu"}),
    "lstm": (nn.LSTM, nn.LSTMCell, {}),
    "gru": (nn.GRU, nn.GRUCell, {}),
}
every_cell = pytest.mark.parametrize("kind", CELLS)


@pytest.fixture
def generator():
    """Return a seeded source of random tensors."""
    return torch.Generator().manual_seed(0)


def draw(shape, generator):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def build(kind, generator, **options):
    layer, _, nonlinearity = CELLS[kind]
    network = RecurrentEncoder(layer, 3, 4, **nonlinearity, **options).double()
    for parameter in network.parameters():
        parameter.data.normal_(0, 0.6, generator=generator)
    return network


def probe(encoder, x, lengths, function):
    """Return the gradient of a function of the states with respect to the states."""
    zeros = x.new_zeros(encoder.n_layers, *x.shape[:2], encoder.width, requires_grad=True)
    states = encoder.probe(x, lengths, zeros)
    return torch.autograd.grad(function(states), zeros)[0]


@pytest.mark.parametrize("bidirectional", [False, True])
@every_cell
def test_states_of_probe_equal_forward(kind, bidirectional, generator):
    network = build(kind, generator, num_layers=2, bidirectional=bidirectional)
    x, lengths = draw((3, 6, 3), generator), torch.tensor([6, 4, 1])
    zeros = x.new_zeros(2, 3, 6, network.width)
    for given in (None, lengths):
        expected, found = network(x, given), network.probe(x, given, zeros)
        for row, length in enumerate(lengths):
            torch.testing.assert_close(
                found[row, :length], expected[row, :length], **TOLERANCE
            )


@every_cell
def test_gradients_equal_those_of_an_unrolled_cell(kind, generator):
    """Compare with gradients at the nodes of a loop over the cell of torch."""
    network, (_, cell, options) = build(kind, generator), CELLS[kind]
    twin = cell(3, 4, **options).double()
    layer = network.forward_layers[0]
    twin.load_state_dict({k.removesuffix("_l0"): v for k, v in layer.state_dict().items()})
    x, goal = draw((2, 7, 3), generator), draw((2, 4), generator)
    nodes, state, memory = [], x.new_zeros(2, 4), x.new_zeros(2, 4)
    for step in x.unbind(1):
        if kind == "lstm":
            state, memory = twin(step, (state, memory))
        else:
            state = twin(step, state)
        state.retain_grad()
        nodes.append(state)
    # A function of the last state and of an earlier one, whose gradients add up.
    ((nodes[-1] * goal).sum() + (nodes[3] ** 2).sum()).backward()
    (found,) = probe(
        network, x, None, lambda h: (h[:, -1] * goal).sum() + (h[:, 3] ** 2).sum()
    )
    expected = torch.stack([node.grad for node in nodes], dim=1)
    torch.testing.assert_close(found, expected, **TOLERANCE)
    assert (expected[:, 0] != 0).any()  # with relu, those of a sequence may all be 0


def test_gradients_of_a_linear_recurrence(generator):
    """If all states are positive, relu is linear: grad h_t = (W^T)^(T - t) grad h_T."""
    network = build("relu", generator)
    layer = network.forward_layers[0]
    for name, parameter in layer.named_parameters():
        parameter.data.uniform_(0, 0.4, generator=generator)
        if name.startswith("bias"):
            parameter.data.fill_(0.1)
    x = draw((2, 9, 3), generator).abs()
    goal = draw((2, 4), generator)
    (found,) = probe(network, x, None, lambda states: (states[:, -1] * goal).sum())
    expected = goal
    for t in range(8, -1, -1):
        torch.testing.assert_close(found[:, t], expected, **TOLERANCE)
        expected = expected @ layer.weight_hh_l0


@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradients_of_all_steps_sum_to_the_gradient_of_the_bias(bidirectional, generator):
    """In every layer and direction dL / db = sum over t of (1 - h_t^2) dL / dh_t."""
    encoder = build("tanh", generator, num_layers=2, bidirectional=bidirectional)
    width, back = encoder.width, encoder.backward_width
    head = PooledHead(LastPooling(width, back), 2)
    network = Network(InputLayers(3), encoder, head).double()
    x, lengths = draw((3, 6, 3), generator), torch.tensor([6, 2, 5])
    outputs, probes, _ = network.probe(x, lengths)
    (found,) = torch.autograd.grad(outputs.square().sum(), probes)
    # The usual backward pass.
    network(x, lengths).square().sum().backward()
    for k, (layer, gradient) in enumerate(zip(encoder.forward_layers, found, strict=True)):
        lower = build("tanh", generator, num_layers=k + 1, bidirectional=bidirectional)
        lower.load_state_dict(encoder.state_dict(), strict=False)
        states = lower(x, lengths)
        slopes = (1 - states**2) * gradient
        for row, length in enumerate(lengths):
            assert (gradient[row, length:] == 0).all()
            slopes[row, length:] = 0
        expected = slopes.sum(dim=(0, 1))
        torch.testing.assert_close(layer.bias_hh_l0.grad, expected[:4], **TOLERANCE)
        if back:
            grad = encoder.backward_layers[k].bias_hh_l0.grad
            torch.testing.assert_close(grad, expected[4:], **TOLERANCE)


@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
class TestTransformer:
    """Gradients at the residual stream, and attention weights."""

    def build(self, positions, generator):
        network = TransformerEncoder(3, 8, num_layers=2, num_heads=2, positions=positions)
        for parameter in network.double().parameters():
            parameter.data.normal_(0, 0.4, generator=generator)
        return network

    def test_gradients_of_the_residual_stream(self, positions, generator):
        """The gradient of the input follows from that of the first block."""
        encoder = self.build(positions, generator)
        x, lengths = draw((2, 5, 3), generator).requires_grad_(), torch.tensor([5, 3])
        network = Network(InputLayers(3), encoder, PooledHead(MeanPooling(8), 2)).double()
        outputs, probes, _ = network.probe(x, lengths)
        gradient, of_input = torch.autograd.grad(outputs.square().sum(), (probes, x))
        torch.testing.assert_close(
            gradient[0] @ encoder.project.weight, of_input, **TOLERANCE
        )
        assert not torch.allclose(gradient[0], gradient[1])
        assert (gradient[:, 1, 3:] == 0).all()

    def test_attention_weights_are_those_of_the_block(self, positions, generator):
        network = self.build(positions, generator)
        x, lengths = draw((2, 5, 3), generator), torch.tensor([5, 3])
        weights = network.attention(x, lengths)
        assert weights.shape == (2, 2, 2, 5, 5)
        torch.testing.assert_close(weights.sum(-1), torch.ones(2, 2, 2, 5))
        assert (weights[1, ..., 3:] == 0).all()
        states, mask, rotation = network.embed(x, lengths)
        for k, block in enumerate(network.blocks):
            normed = block.attention_norm(states)
            _, _, value = block.split_heads(normed, rotation)
            heads = (weights[:, k].double() @ value).transpose(1, 2).flatten(2)
            torch.testing.assert_close(
                block.attention_out(heads),
                block.attend(normed, mask, rotation),
                rtol=0,
                atol=1e-6,
            )
            states = block(states, mask, rotation)
