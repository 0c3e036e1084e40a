"""Masks, and reversal of sequences within their lengths."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq.networks.masks import reverse_steps, step_mask, zero_padding

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def draw(lengths, extra=0, n_features=2):
    generator = torch.Generator().manual_seed(sum(lengths))
    return torch.randn(len(lengths), max(lengths) + extra, n_features, generator=generator)


@given(LENGTHS, st.integers(0, 3))
def test_step_mask_is_true_for_real_steps(lengths, extra):
    mask = step_mask(torch.tensor(lengths), max(lengths) + extra)
    for row, length in zip(mask.tolist(), lengths, strict=True):
        assert row == [True] * length + [False] * (max(lengths) + extra - length)


@given(LENGTHS, st.integers(0, 3))
def test_zero_padding_changes_padding_only(lengths, extra):
    x = draw(lengths, extra)
    out = zero_padding(x, torch.tensor(lengths))
    for row, original, length in zip(out, x, lengths, strict=True):
        assert torch.equal(row[:length], original[:length])
        assert not row[length:].any()


def test_without_lengths_there_is_no_padding():
    x = draw([3, 3])
    assert zero_padding(x, None) is x
    assert torch.equal(reverse_steps(x, None), x.flip(1))


@given(LENGTHS, st.integers(0, 3))
def test_reversal_leaves_padding_at_the_end(lengths, extra):
    x = draw(lengths, extra)
    out = reverse_steps(x, torch.tensor(lengths))
    for row, original, length in zip(out, x, lengths, strict=True):
        assert torch.equal(row[:length], original[:length].flip(0))
        assert torch.equal(row[length:], original[length:])


@given(LENGTHS, st.integers(0, 3))
def test_reversal_is_its_own_inverse(lengths, extra):
    x, lengths = draw(lengths, extra), torch.tensor(lengths)
    assert torch.equal(reverse_steps(reverse_steps(x, lengths), lengths), x)
