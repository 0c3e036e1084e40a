"""Outputs of batches, in the order of the data."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq.networks import collect_rows, collect_steps


def split(lengths, order, size):
    """Yield batches of sequences in an order; element t of sequence i is 100 i + t."""
    for start in range(0, len(order), size):
        rows = np.array(order[start : start + size])
        n_steps = max(lengths[i] for i in rows) + 1
        steps = torch.tensor([[[100 * i + t] for t in range(n_steps)] for i in rows])
        yield rows, steps, torch.tensor([lengths[i] for i in rows])


@given(
    data=st.data(), lengths=st.lists(st.integers(1, 5), min_size=1), size=st.integers(1, 4)
)
def test_collect_steps_restores_order_and_removes_padding(data, lengths, size):
    order = data.draw(st.permutations(range(len(lengths))))
    collected = collect_steps(split(lengths, order, size), len(lengths))
    for i, (steps, length) in enumerate(zip(collected, lengths, strict=True)):
        assert steps.tolist() == [[100 * i + t] for t in range(length)]


@given(data=st.data(), n=st.integers(1, 9), size=st.integers(1, 4))
def test_collect_rows_restores_order(data, n, size):
    order = data.draw(st.permutations(range(n)))
    parts = ((rows, steps[:, 0], None) for rows, steps, _ in split([1] * n, order, size))
    collected = collect_rows(parts, n)
    assert collected.tolist() == [[100 * i] for i in range(n)]


def test_without_lengths_all_steps_are_collected():
    outputs = torch.arange(6.0).view(2, 3)
    first, second = collect_steps([(np.array([1, 0]), outputs, None)], 2)
    assert second.equal(outputs[0])
    assert first.equal(outputs[1])


def test_collected_steps_share_no_memory():
    outputs = torch.zeros(2, 3)
    collected = collect_steps([(np.array([0, 1]), outputs, None)], 2)
    outputs += 1
    assert not any(steps.any() for steps in collected)
