"""Pooling equals a loop over sequences."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq.networks import (
    AttentionPooling,
    ConcatPooling,
    LastPooling,
    MaxPooling,
    MeanPooling,
)

WIDTH = 6
LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=4)


def last(states):
    return states[-1]


def last_of_both_directions(states):
    return torch.cat([states[-1, :4], states[0, 4:]])


POOLINGS = {
    "last": (LastPooling(WIDTH), last),
    "last, two directions": (LastPooling(WIDTH, backward_width=2), last_of_both_directions),
    "mean": (MeanPooling(WIDTH), lambda states: states.mean(dim=0)),
    "max": (MaxPooling(WIDTH), lambda states: states.max(dim=0).values),
}


def draw(lengths, extra=0):
    generator = torch.Generator().manual_seed(sum(lengths))
    shape = (len(lengths), max(lengths) + extra, WIDTH)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", POOLINGS)
@given(lengths=LENGTHS, extra=st.integers(0, 2))
def test_padded_batch_equals_each_sequence(name, lengths, extra):
    pooling, pool = POOLINGS[name]
    states = draw(lengths, extra).requires_grad_()
    pooled = pooling(states, torch.tensor(lengths))
    expected = torch.stack([pool(states[i, :n]) for i, n in enumerate(lengths)])
    torch.testing.assert_close(pooled, expected)
    gradient, expected_gradient = (
        torch.autograd.grad(out.square().sum(), states, retain_graph=True)[0]
        for out in (pooled, expected)
    )
    torch.testing.assert_close(gradient, expected_gradient)
    for i, n in enumerate(lengths):
        assert not gradient[i, n:].any()


@pytest.mark.parametrize("name", POOLINGS)
def test_full_lengths_equal_no_lengths(name):
    pooling, _ = POOLINGS[name]
    states = draw([5, 5])
    torch.testing.assert_close(pooling(states), pooling(states, torch.tensor([5, 5])))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("steps_first", [False, True])
@pytest.mark.parametrize("width", [12, 16, 32, 72])
@pytest.mark.parametrize("n_steps", [37, 1800])
@pytest.mark.parametrize("make", [MeanPooling, AttentionPooling, ConcatPooling])
@torch.inference_mode()
def test_rows_do_not_depend_on_their_number(
    make, n_steps, width, steps_first, threads, request
):
    """They do not depend on position, strides or threads either, bit for bit."""
    request.addfinalizer(lambda: torch.set_num_threads(1))
    torch.set_num_threads(threads)
    generator = torch.Generator().manual_seed(0)
    pooling = make(width).eval()

    def arrange(states):  # the LSTM of torch returns states with time as the first axis
        if not steps_first:
            return states.contiguous()
        return states.transpose(0, 1).contiguous().transpose(0, 1)

    states = torch.randn(48, n_steps, width, generator=generator)
    lengths = torch.randint(1, n_steps + 1, (48,), generator=generator)
    for some in (None, lengths):
        whole = pooling(arrange(states), some)
        for rows in (slice(1), slice(5, 8), slice(30, 47)):
            found = pooling(arrange(states[rows]), None if some is None else some[rows])
            assert found.equal(whole[rows])


class TestAttention:
    """A weighted mean with learned weights."""

    @given(lengths=LENGTHS, extra=st.integers(0, 2))
    def test_initially_equals_the_mean(self, lengths, extra):
        states, n = draw(lengths, extra), torch.tensor(lengths)
        pooled = AttentionPooling(WIDTH).double()(states, n)
        torch.testing.assert_close(pooled, MeanPooling(WIDTH)(states, n))

    @given(lengths=LENGTHS, extra=st.integers(0, 2))
    def test_weights_sum_to_one_over_real_steps(self, lengths, extra):
        pooling = make_random()
        weights = pooling.weights(draw(lengths, extra), torch.tensor(lengths))
        assert weights.shape == (len(lengths), max(lengths) + extra, pooling.num_heads)
        torch.testing.assert_close(
            weights.sum(dim=1), torch.ones_like(weights[:, 0]), rtol=0, atol=1e-12
        )
        for i, n in enumerate(lengths):
            assert not weights[i, n:].any()

    @given(lengths=LENGTHS, extra=st.integers(0, 2))
    def test_each_head_averages_its_part_of_the_features(self, lengths, extra):
        pooling = make_random()
        states = draw(lengths, extra)
        pooled = pooling(states, torch.tensor(lengths))
        for i, n in enumerate(lengths):
            real = states[i, :n]
            scores = real @ pooling.score.weight.T + pooling.score.bias  # (time, heads)
            parts = real.split(WIDTH // pooling.num_heads, dim=1)
            expected = [scores[:, h].softmax(dim=0) @ part for h, part in enumerate(parts)]
            torch.testing.assert_close(pooled[i], torch.cat(expected))

    @pytest.mark.parametrize(("width", "heads"), [(8, 4), (6, 3), (10, 2), (7, 1), (1, 1)])
    def test_number_of_heads_divides_the_width(self, width, heads):
        assert AttentionPooling(width).num_heads == heads


def make_random():
    """Return attention pooling with random weights."""
    pooling = AttentionPooling(WIDTH).double()
    generator = torch.Generator().manual_seed(1)
    for parameter in pooling.parameters():
        parameter.data.normal_(generator=generator)
    return pooling
