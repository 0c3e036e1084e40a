"""The recurrent encoder equals the recurrent layers of torch."""

import pytest
import torch
from torch import nn

from skseq.networks import (
    InputLayers,
    LastPooling,
    Network,
    PooledHead,
    RecurrentEncoder,
)
from skseq.networks.encoders.recurrent import initialize_recurrent

CELLS = {
    "RNN tanh": (nn.RNN, {"nonlinearity": "tanh"}),
    "RNN relu": (nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (nn.LSTM, {}),
    "GRU": (nn.GRU, {}),
}
every_cell = pytest.mark.parametrize("name", CELLS)
every_shape = pytest.mark.parametrize(
    ("num_layers", "bidirectional"), [(1, False), (3, False), (1, True), (2, True)]
)


@pytest.fixture
def generator():
    """Return a seeded source of random tensors."""
    return torch.Generator().manual_seed(0)


def copy_weights(network, reference):
    """Copy our weights into the layers of torch; return pairs of parameters."""
    pairs = []
    for layers, ending in [
        (network.forward_layers, ""),
        (network.backward_layers, "_reverse"),
    ]:
        for k, layer in enumerate(layers):
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                ours = getattr(layer, f"{kind}_l0")
                theirs = getattr(reference, f"{kind}_l{k}{ending}")
                theirs.data.copy_(ours.data)
                pairs.append((ours, theirs))
    assert len(pairs) == len(list(reference.parameters()))
    return pairs


def build(name, num_layers, bidirectional, generator):
    """Return our encoder and the layers of torch, with equal random weights."""
    cell, options = CELLS[name]
    network = RecurrentEncoder(
        cell, 3, 4, num_layers=num_layers, bidirectional=bidirectional, **options
    ).double()
    for parameter in network.parameters():  # biases too
        parameter.data.normal_(0, 0.4, generator=generator)
    reference = cell(
        3, 4, num_layers, bidirectional=bidirectional, batch_first=True, **options
    ).double()
    return network, reference, copy_weights(network, reference)


@every_cell
@every_shape
@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_states_and_gradients_equal_torch(
    name, num_layers, bidirectional, n_steps, generator
):
    network, reference, pairs = build(name, num_layers, bidirectional, generator)
    x = torch.randn(1, n_steps, 3, generator=generator, dtype=torch.float64)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    states, (expected, _) = network(ours), reference(theirs)
    assert states.shape == (1, n_steps, network.width)
    torch.testing.assert_close(states, expected, rtol=0, atol=1e-12)

    direction = torch.randn(states.shape, generator=generator, dtype=torch.float64)
    (states * direction).sum().backward()
    (expected * direction).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-12)
    for mine, other in pairs:
        torch.testing.assert_close(mine.grad, other.grad, rtol=0, atol=1e-12)


@every_cell
@every_shape
@pytest.mark.parametrize("n_steps", [1, 2, 7])
@pytest.mark.parametrize("chunk_size", [1, 2**18])
def test_forward_last_equals_the_last_state_of_torch(
    name, num_layers, bidirectional, n_steps, chunk_size, generator, monkeypatch
):
    monkeypatch.setattr("skseq.networks.kernels.chunks.CHUNK_SIZE", chunk_size)
    network, reference, pairs = build(name, num_layers, bidirectional, generator)
    x = torch.randn(3, n_steps, 3, generator=generator, dtype=torch.float64)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    state, (_, last) = network.forward_last(ours), reference(theirs)
    last = last[0] if isinstance(last, tuple) else last
    # (layers * directions, batch, hidden): concatenate the directions of the last layer.
    expected = torch.cat(list(last[-2 if bidirectional else -1 :]), dim=1)
    assert state.shape == (3, 1, network.width)
    torch.testing.assert_close(state[:, 0], expected, rtol=0, atol=1e-12)

    direction = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    (state[:, 0] * direction).sum().backward()
    (expected * direction).sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-12)
    for mine, other in pairs:
        torch.testing.assert_close(mine.grad, other.grad, rtol=0, atol=1e-12)


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_training_with_last_pooling_computes_the_last_state_only(
    name, bidirectional, generator
):
    encoder, _, _ = build(name, 2, bidirectional, generator)
    pooling = LastPooling(encoder.width, encoder.backward_width)
    network = Network(InputLayers(3), encoder, PooledHead(pooling, 2)).double()
    seen = []
    pooling.register_forward_pre_hook(lambda module, given: seen.append(given[0].shape[1]))
    x = torch.randn(3, 7, 3, generator=generator, dtype=torch.float64)
    trained = network(x)
    with torch.no_grad():
        predicted = network(x)
    padded = network(x, torch.tensor([7, 7, 7]))
    assert seen == [1, 7, 7]
    torch.testing.assert_close(trained, predicted, rtol=0, atol=1e-12)
    torch.testing.assert_close(trained, padded, rtol=0, atol=1e-12)


@every_cell
@every_shape
def test_padded_batch_equals_torch_on_each_sequence(
    name, num_layers, bidirectional, generator
):
    network, reference, pairs = build(name, num_layers, bidirectional, generator)
    lengths = torch.tensor([4, 7, 1, 6])
    x = torch.randn(4, 8, 3, generator=generator, dtype=torch.float64)
    states = network(x, lengths)
    total = sum(states[i, :length].square().sum() for i, length in enumerate(lengths))
    total.backward()
    other_total = 0
    for i, length in enumerate(lengths):
        expected, _ = reference(x[i : i + 1, :length])
        torch.testing.assert_close(states[i, :length], expected[0], rtol=0, atol=1e-12)
        other_total = other_total + expected.square().sum()
    other_total.backward()
    for mine, other in pairs:
        torch.testing.assert_close(mine.grad, other.grad, rtol=0, atol=1e-11)


@every_cell
def test_gradients_equal_finite_differences(name, generator):
    network, _, _ = build(name, 1, True, generator)
    x = torch.randn(3, 4, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([4, 1, 3])
    weights = {n: p.detach().requires_grad_() for n, p in network.named_parameters()}

    def states(x, *values):
        values = dict(zip(weights, values, strict=True))
        return torch.func.functional_call(network, values, (x, lengths))

    assert torch.autograd.gradcheck(states, (x, *weights.values()))


@every_cell
def test_backward_can_run_twice(name, generator):
    """The backward pass does not change what the forward pass saved."""
    network, _, _ = build(name, 2, True, generator)
    x = torch.randn(2, 5, 3, generator=generator, dtype=torch.float64, requires_grad=True)
    loss = network(x).square().sum()
    first = torch.autograd.grad(loss, x, retain_graph=True)[0].clone()
    second = torch.autograd.grad(loss, x)[0]
    assert torch.equal(first, second)


@every_cell
def test_autocast_keeps_states_in_single_precision(name, generator):
    network, _, _ = build(name, 1, True, generator)
    network = network.float()
    x = torch.randn(4, 6, 3, generator=generator)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = network(x)
    assert states.dtype == torch.float32  # some processors have no LSTM in bfloat16
    states.square().sum().backward()
    # bfloat16 has 8 bits, and rounding errors accumulate over the steps.
    torch.testing.assert_close(states, network(x), rtol=0.05, atol=0.05)
    assert all(p.grad.isfinite().all() for p in network.parameters())


def test_widths():
    one = RecurrentEncoder(nn.GRU, 3, 4)
    two = RecurrentEncoder(nn.GRU, 3, 4, bidirectional=True)
    assert (one.width, one.backward_width) == (4, 0)
    assert (two.width, two.backward_width) == (8, 4)


def test_dropout_is_applied_between_layers_only():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, 3, generator=generator)
    single = RecurrentEncoder(nn.GRU, 3, 4, dropout=0.9)
    assert torch.equal(single.train()(x), single.eval()(x))
    double = RecurrentEncoder(nn.GRU, 3, 4, num_layers=2, dropout=0.9)
    double.dropout.generator = generator
    assert not torch.equal(double.train()(x), double.eval()(x))


class TestInitialization:
    """Initial weights, gate by gate."""

    @every_cell
    def test_recurrent_matrices_are_orthogonal(self, name):
        cell, options = CELLS[name]
        layer = cell(3, 5, **options)
        initialize_recurrent(layer)
        gates = layer.weight_hh_l0.detach().split(5)
        assert len(gates) == {"RNN": 1, "GRU": 3, "LSTM": 4}[cell.__name__]
        for gate in gates:
            torch.testing.assert_close(gate @ gate.T, torch.eye(5), rtol=0, atol=1e-5)

    @every_cell
    def test_input_matrices_are_glorot_uniform(self, name):
        cell, options = CELLS[name]
        layer = cell(20, 30, **options)
        initialize_recurrent(layer)
        limit = (6 / (20 + 30)) ** 0.5
        for gate in layer.weight_ih_l0.detach().split(30):
            assert gate.abs().max() <= limit
            assert gate.abs().max() > 0.95 * limit  # of 600 uniform draws

    @pytest.mark.parametrize("bidirectional", [False, True])
    def test_biases_of_forget_gates_are_one(self, bidirectional):
        network = RecurrentEncoder(nn.LSTM, 3, 4, num_layers=2, bidirectional=bidirectional)
        layers = [*network.forward_layers, *network.backward_layers]
        assert len(layers) == (4 if bidirectional else 2)
        for layer in layers:
            bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
            assert bias.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8

    def test_other_biases_are_zero(self):
        for cell in (nn.RNN, nn.GRU):
            layer = RecurrentEncoder(cell, 3, 4).forward_layers[0]
            assert not layer.bias_ih_l0.any()
            assert not layer.bias_hh_l0.any()


@every_cell
def test_number_of_threads_does_not_change(name, generator):
    """Small steps run in one thread; afterwards the number is restored."""
    network, _, _ = build(name, 1, True, generator)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        states = network(torch.zeros(2, 5, 3, dtype=torch.float64))
        assert torch.get_num_threads() == 3
        states.sum().backward()
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
