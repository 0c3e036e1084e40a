"""Recurrences from a given state, against torch's own layers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq.networks.kernels.recurrence import recur, recur_from, step_cell, zero_state

CELLS = {
    "RNN tanh": (nn.RNN, {"nonlinearity": "tanh"}),
    "RNN relu": (nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (nn.LSTM, {}),
    "GRU": (nn.GRU, {}),
}
every_cell = pytest.mark.parametrize("name", CELLS)
TOLERANCE = {"rtol": 0, "atol": 1e-12}


def make_generator(seed=0):
    return torch.Generator().manual_seed(seed)


def draw(generator, *shape):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def make_cell(name, n_features, hidden, generator):
    cell, options = CELLS[name]
    cell = cell(n_features, hidden, batch_first=True, **options).double()
    for parameter in cell.parameters():
        parameter.data.normal_(0, 0.4, generator=generator)
    return cell


def draw_state(name, batch, hidden, generator):
    parts = [draw(generator, batch, hidden).requires_grad_() for _ in range(2)]
    return tuple(parts) if name == "LSTM" else parts[0]


def to_parts(state):
    """Return the tensors of a state."""
    return list(state) if isinstance(state, tuple) else [state]


def run_torch(cell, x, state):
    """Run the forward of torch; return states and final state in our format."""
    if isinstance(state, tuple):
        states, final = cell(x, tuple(part[None] for part in state))
        return states, tuple(part[0] for part in final)
    states, final = cell(x, state[None])
    return states, final[0]


def check_against_torch(name, batch, n_steps, n_features, hidden, seed):
    """Compare states, final state and gradients with those of torch."""
    generator = make_generator(seed)
    cell = make_cell(name, n_features, hidden, generator)
    x = draw(generator, batch, n_steps, n_features).requires_grad_()
    state = draw_state(name, batch, hidden, generator)
    leaves = [x, *to_parts(state), *cell.parameters()]
    directions, results = None, []
    for run in (recur_from, run_torch):
        states, final = run(cell, x, state)
        outputs = [states, *to_parts(final)]
        if directions is None:
            directions = [draw(generator, *output.shape) for output in outputs]
        total = sum((o * d).sum() for o, d in zip(outputs, directions, strict=True))
        results.append([*outputs, *torch.autograd.grad(total, leaves)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, **TOLERANCE)


@every_cell
@settings(max_examples=15, deadline=None)
@given(
    batch=st.integers(1, 4),
    n_steps=st.integers(1, 6),
    n_features=st.integers(1, 5),
    hidden=st.sampled_from([1, 3, 16, 17]),
    seed=st.integers(0, 99),
)
def test_states_and_gradients_from_a_given_state_equal_torch(
    name, batch, n_steps, n_features, hidden, seed
):
    check_against_torch(name, batch, n_steps, n_features, hidden, seed)


@every_cell
@pytest.mark.parametrize("chunk_size", [1, 200])
def test_results_do_not_depend_on_the_size_of_chunks(name, chunk_size, monkeypatch):
    monkeypatch.setattr("skseq.networks.kernels.chunks.CHUNK_SIZE", chunk_size)
    check_against_torch(name, batch=2, n_steps=9, n_features=3, hidden=5, seed=0)


@every_cell
def test_cells_of_torch_on_other_devices(name, monkeypatch):
    """On other devices than the CPU, and for an LSTM, the cell of torch runs."""
    monkeypatch.setattr("skseq.networks.kernels.recurrence._runs_in_torch", lambda *_: True)
    check_against_torch(name, batch=2, n_steps=4, n_features=3, hidden=5, seed=0)


@every_cell
def test_gradcheck_of_the_initial_state(name):
    generator = make_generator()
    cell = make_cell(name, 2, 3, generator)
    x = draw(generator, 2, 3, 2)
    state = draw_state(name, 2, 3, generator)

    def run(*parts):
        states, final = recur_from(cell, x, parts if name == "LSTM" else parts[0])
        return (states, *to_parts(final))

    assert torch.autograd.gradcheck(run, to_parts(state))


@every_cell
def test_zero_state_is_the_default(name):
    generator = make_generator()
    cell = make_cell(name, 3, 4, generator)
    x = draw(generator, 2, 5, 3)
    states, _ = recur_from(cell, x, zero_state(cell, 2))
    (expected,) = recur([cell], [x])
    torch.testing.assert_close(states, expected, **TOLERANCE)


@every_cell
def test_a_sequence_in_two_parts_equals_the_whole(name):
    generator = make_generator()
    cell = make_cell(name, 3, 4, generator)
    x = draw(generator, 2, 7, 3)
    (expected,) = recur([cell], [x])
    first, state = recur_from(cell, x[:, :3], zero_state(cell, 2))
    second, _ = recur_from(cell, x[:, 3:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), expected, **TOLERANCE)


@every_cell
def test_step_cell_equals_one_step_of_the_recurrence(name):
    generator = make_generator()
    cell = make_cell(name, 3, 4, generator)
    x, state = draw(generator, 2, 3), draw_state(name, 2, 4, generator)
    _, expected = recur_from(cell, x[:, None], state)
    for ours, theirs in zip(
        to_parts(step_cell(cell, x, state)), to_parts(expected), strict=True
    ):
        torch.testing.assert_close(ours, theirs, **TOLERANCE)


@every_cell
@pytest.mark.parametrize("hidden", [3, 16])
def test_gradients_of_weights_share_no_memory(name, hidden):
    """Clipping and accumulation change them in place."""
    generator = make_generator()
    cell = make_cell(name, 3, hidden, generator)
    (states,) = recur([cell], [draw(generator, 2, 5, 3)])
    states.sum().backward()
    gradients = [p.grad for p in cell.parameters()]
    before = [gradient.clone() for gradient in gradients]
    for gradient in gradients:
        gradient.mul_(0.5)
    for gradient, whole in zip(gradients, before, strict=True):
        torch.testing.assert_close(gradient, whole / 2)
