"""Padding of batches for row-independent products."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq.networks import round_batch_size
from skseq.networks.kernels.padding import ROW_MULTIPLE, pad_features, pad_rows


@given(rows=st.integers(1, 40), multiple=st.integers(1, 16), with_lengths=st.booleans())
def test_pad_rows_appends_rows_of_zeros(rows, multiple, with_lengths):
    x = torch.ones(rows, 3, 2)
    lengths = torch.full((rows,), 3) if with_lengths else None
    with torch.no_grad():
        padded, padded_lengths = pad_rows(x, lengths, multiple)
    assert len(padded) == -(-rows // multiple) * multiple
    assert padded[:rows].equal(x)
    assert not padded[rows:].any()
    if with_lengths:
        assert padded_lengths.tolist() == [3] * rows + [1] * (len(padded) - rows)
    else:
        assert padded_lengths is None


def test_pad_rows_changes_nothing_while_gradients_are_recorded():
    x, lengths = torch.ones(3, 2, 1), torch.tensor([2, 1, 2])
    assert pad_rows(x, lengths) == (x, lengths)


@pytest.mark.parametrize("size", [1, 3, 4, 5])
def test_pad_features_appends_zeros(size):
    padded = pad_features(torch.ones(2, size))
    assert padded.shape == (2, 4 if size <= 4 else 8)
    assert padded.sum() == 2 * size


@given(st.integers(0, 1000))
def test_rounded_batch_size_needs_no_padding(n):
    size = round_batch_size(n)
    assert size % ROW_MULTIPLE == 0
    assert n - ROW_MULTIPLE < size <= max(n, ROW_MULTIPLE)
