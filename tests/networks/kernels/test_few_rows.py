"""Predictions for a few sequences equal those in a large batch, bit for bit."""

import functools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from skseq.networks import RecurrentEncoder
from skseq.networks.kernels import few_rows
from skseq.networks.kernels.few_rows import CANDIDATES, count_rows
from skseq.networks.kernels.padding import ROW_MULTIPLE
from skseq.networks.kernels.recurrence import MAX_ROWS, recur

CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


@pytest.fixture(autouse=True)
def _clear_cache():
    few_rows._find_invariant_counts.cache_clear()
    yield
    few_rows._find_invariant_counts.cache_clear()


@pytest.mark.parametrize("n_features", [3, 33])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
@torch.inference_mode()
def test_states_do_not_depend_on_batch_size(name, bidirectional, n_features):
    generator = torch.Generator().manual_seed(0)
    network = RecurrentEncoder(CELLS[name], n_features, 33, 2, bidirectional).eval()
    x = torch.randn(2 * ROW_MULTIPLE, 7, n_features, generator=generator)
    lengths = torch.randint(1, 8, (len(x),), generator=generator)
    whole = network(x, lengths)
    for n in (1, 2, 3, 5, 8, 9, 15, 17):
        for i in (0, 7, len(x) - n):
            rows = slice(i, i + n)
            assert network(x[rows], lengths[rows]).equal(whole[rows])


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=150)
@given(
    hidden_size=st.integers(1, 8),
    n_features=st.integers(1, 5),
    n_steps=st.integers(1, 12),
    bidirectional=st.booleans(),
    is_relu=st.booleans(),
    seed=st.integers(0, 99),
)
@torch.inference_mode()
def test_states_of_small_cells_do_not_depend_on_batch_size(
    name, hidden_size, n_features, n_steps, bidirectional, is_relu, seed
):
    """A trial run with few numbers could miss that a processor computes other bits."""
    generator = torch.Generator().manual_seed(seed)
    options = {"nonlinearity": "relu"} if is_relu and name == "RNN" else {}
    sizes = n_features, hidden_size, 1, bidirectional
    network = RecurrentEncoder(CELLS[name], *sizes, **options).eval()
    for parameter in network.parameters():
        parameter.normal_(0, 0.7, generator=generator)
    x = torch.randn(37, n_steps, n_features, generator=generator)
    whole = network(x)
    for n in (1, 2, 3, 4):
        for i in (0, 7, 37 - n):
            assert network(x[i : i + n]).equal(whole[i : i + n])


@pytest.mark.parametrize("rows", [1, 3, 8, 9, 16, 17])
@pytest.mark.parametrize("fewest", [1, 4, 5, ROW_MULTIPLE])
@pytest.mark.parametrize("cell", [nn.RNN(3, 5), nn.LSTM(3, 5), nn.GRU(3, 5)])
def test_row_counts_with_other_bits_are_excluded(monkeypatch, cell, fewest, rows):
    """Simulate a processor that computes other bits for fewer rows."""
    recur = few_rows.recur

    def recur_differently(cells, inputs):
        error = 1e-7 * (len(inputs[0]) < fewest)
        return [states + error for states in recur(cells, inputs)]

    monkeypatch.setattr(few_rows, "recur", recur_differently)
    count = count_rows([cell], 1, torch.zeros(rows, 4, 3))
    assert count >= max(rows, fewest)
    assert count % ROW_MULTIPLE == 0 or count in CANDIDATES


def test_count_is_valid_for_every_layer(monkeypatch):
    @functools.lru_cache
    def allow(kind, nonlinearity, sizes, *others):
        return (1, 2, 4) if sizes[0] == 4 else (2, 8)  # 3 features, padded

    monkeypatch.setattr(few_rows, "_find_invariant_counts", allow)
    layers = [nn.GRU(3, 5), nn.GRU(5, 5)]
    assert count_rows(layers, 1, torch.zeros(1, 4, 3)) == 2
    assert count_rows(layers[1:], 1, torch.zeros(3, 4, 5)) == 8
    assert count_rows(layers, 1, torch.zeros(3, 4, 3)) == ROW_MULTIPLE


def test_trial_run_does_not_change_the_global_random_state():
    cell = nn.GRU(3, 5)
    before = torch.get_rng_state()
    count_rows([cell], 2, torch.zeros(1, 4, 3))
    assert few_rows._find_invariant_counts.cache_info().misses == 1
    assert torch.equal(before, torch.get_rng_state())


class WatchedLSTM(nn.LSTM):
    """Records the number of threads of its last call."""

    def forward(self, x, state=None):
        self.n_threads = torch.get_num_threads()
        return super().forward(x, state)


@pytest.mark.parametrize(
    ("rows", "hidden_size", "training", "expected"),
    [
        (1, 64, False, 1),
        (8, 64, False, 1),
        (9, 64, False, 2),
        (ROW_MULTIPLE, 64, False, 2),
        (4, 120, False, 1),
        (8, 120, False, 2),
        (1, 256, False, 2),
        (1, 64, True, 2),
    ],
)
def test_one_thread_runs_small_cells_on_few_rows(rows, hidden_size, training, expected):
    cell, number = WatchedLSTM(3, hidden_size, batch_first=True), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch.set_grad_enabled(training):
            recur([cell], [torch.zeros(rows, 4, 3)])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(number)
    assert cell.n_threads == expected


def test_trial_run_compares_one_thread_with_all_threads():
    """The large batch of the trial run has more rows than one thread runs."""
    assert CANDIDATES[-1] <= MAX_ROWS < ROW_MULTIPLE
