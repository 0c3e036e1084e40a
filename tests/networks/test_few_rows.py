"""One sequence alone, answered as among many."""

import pytest
import torch
from torch import nn

from skseq.networks import ROW_MULTIPLE, RecurrentNetwork, few_rows
from skseq.networks.few_rows import find_lstm_rows

CELL = nn.LSTM(3, 5)
CELLS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


@pytest.mark.parametrize("n_features", [3, 33])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("name", CELLS)
@torch.inference_mode()
def test_few_rows_are_answered_as_many(name, bidirectional, n_features):
    generator = torch.Generator().manual_seed(0)
    network = RecurrentNetwork(CELLS[name], n_features, 33, 2, bidirectional).eval()
    x = torch.randn(2 * ROW_MULTIPLE, 7, n_features, generator=generator)
    lengths = torch.randint(1, 8, (len(x),), generator=generator)
    whole = network(x, lengths)
    for n in (1, 2, 5, 15, 17):
        for i in (0, 7, len(x) - n):
            rows = slice(i, i + n)
            assert network(x[rows], lengths[rows]).equal(whole[rows])


def test_processors_that_take_another_path_are_found_out(monkeypatch):
    """If fewer rows are answered otherwise, in a single bit, so many are not allowed."""
    run, x = torch.lstm, torch.zeros(1, 4, 3)
    few_rows._ask_processor.cache_clear()
    for fewest in (1, 4, ROW_MULTIPLE):

        def other_path(x, *rest, fewest=fewest):
            states, *others = run(x, *rest)
            return (states + 1e-7 * (len(x) < fewest), *others)

        monkeypatch.setattr(torch, "lstm", other_path)
        assert find_lstm_rows(CELL, x) == fewest
        few_rows._ask_processor.cache_clear()


def test_the_seed_of_torch_is_left_alone():
    few_rows._ask_processor.cache_clear()
    before = torch.get_rng_state()
    find_lstm_rows(CELL, torch.zeros(1, 4, 3))
    assert few_rows._ask_processor.cache_info().misses == 1
    assert torch.equal(before, torch.get_rng_state())
