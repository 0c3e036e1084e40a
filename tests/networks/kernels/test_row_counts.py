"""Few sequences, answered as among many."""

import functools

import pytest
import torch
from torch import nn

from skseq.networks import RecurrentEncoder
from skseq.networks.kernels import row_counts as few_rows
from skseq.networks.kernels.padding import ROW_MULTIPLE
from skseq.networks.kernels.recurrence import MOST_ROWS, recur
from skseq.networks.kernels.row_counts import CANDIDATES, count_rows

CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


@pytest.fixture(autouse=True)
def ask_anew():
    few_rows._ask_processor.cache_clear()
    yield
    few_rows._ask_processor.cache_clear()


@pytest.mark.parametrize("n_features", [3, 33])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
@torch.inference_mode()
def test_few_rows_are_answered_as_many(name, bidirectional, n_features):
    generator = torch.Generator().manual_seed(0)
    network = RecurrentEncoder(CELLS[name], n_features, 33, 2, bidirectional).eval()
    x = torch.randn(2 * ROW_MULTIPLE, 7, n_features, generator=generator)
    lengths = torch.randint(1, 8, (len(x),), generator=generator)
    whole = network(x, lengths)
    for n in (1, 2, 3, 5, 8, 9, 15, 17):
        for i in (0, 7, len(x) - n):
            rows = slice(i, i + n)
            assert network(x[rows], lengths[rows]).equal(whole[rows])


@pytest.mark.parametrize("rows", [1, 3, 8, 9, 16, 17])
@pytest.mark.parametrize("fewest", [1, 4, 5, ROW_MULTIPLE])
@pytest.mark.parametrize("cell", [nn.RNN(3, 5), nn.LSTM(3, 5), nn.GRU(3, 5)])
def test_processors_that_take_another_path_are_found_out(monkeypatch, cell, fewest, rows):
    """If fewer rows are answered otherwise, in a single bit, so many are not allowed."""
    recur = few_rows.recur

    def change(states, x):
        return states + 1e-7 * (len(x) < fewest)

    def recur_otherwise(cells, inputs):
        return [change(states, inputs[0]) for states in recur(cells, inputs)]

    monkeypatch.setattr(few_rows, "recur", recur_otherwise)
    found = count_rows([cell], 1, torch.zeros(rows, 4, 3))
    assert found >= max(rows, fewest)
    assert found % ROW_MULTIPLE == 0 or found in few_rows.CANDIDATES


def test_every_layer_is_asked(monkeypatch):
    @functools.lru_cache
    def allow(kind, nonlinearity, sizes, *others):
        return (1, 2, 4) if sizes[0] == 3 else (2, 8)

    monkeypatch.setattr(few_rows, "_ask_processor", allow)
    layers = [nn.GRU(3, 5), nn.GRU(5, 5)]
    assert count_rows(layers, 1, torch.zeros(1, 4, 3)) == 2
    assert count_rows(layers[1:], 1, torch.zeros(3, 4, 5)) == 8
    assert count_rows(layers, 1, torch.zeros(3, 4, 3)) == ROW_MULTIPLE


def test_the_seed_of_torch_is_left_alone():
    cell = nn.GRU(3, 5)
    before = torch.get_rng_state()
    count_rows([cell], 2, torch.zeros(1, 4, 3))
    assert few_rows._ask_processor.cache_info().misses == 1
    assert torch.equal(before, torch.get_rng_state())


class WatchedLSTM(nn.LSTM):
    """Notes how many threads it runs with."""

    def forward(self, x):
        self.n_threads = torch.get_num_threads()
        return super().forward(x)


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
def test_one_thread_answers_few_rows_of_small_cells(rows, hidden_size, training, expected):
    cell, number = WatchedLSTM(3, hidden_size, batch_first=True), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with torch.set_grad_enabled(training):
            recur([cell], [torch.zeros(rows, 4, 3)])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(number)
    assert cell.n_threads == expected


def test_rows_that_one_thread_answers_are_compared_with_those_of_many():
    """As many as they are compared with, all threads answer."""
    assert CANDIDATES[-1] <= MOST_ROWS < ROW_MULTIPLE
