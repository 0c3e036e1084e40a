"""Dropout with its own random state."""

import pytest
import torch

from skseq.networks import Dropout


def make(p, seed=0):
    dropout = Dropout(p).train()
    dropout.generator = torch.Generator().manual_seed(seed)
    return dropout


def test_masks_are_drawn_from_the_generator():
    x = torch.ones(50, 4)
    before = torch.get_rng_state()
    first = make(0.5)(x)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    assert torch.equal(make(0.5)(x), first)
    assert not torch.equal(make(0.5, seed=1)(x), first)


def test_each_call_draws_another_mask():
    dropout, x = make(0.5), torch.ones(50, 4)
    assert not torch.equal(dropout(x), dropout(x))


def test_without_generator_the_global_random_state_is_used():
    dropout, x = Dropout(0.5).train(), torch.ones(50)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        first = dropout(x)
        torch.manual_seed(3)
        assert torch.equal(dropout(x), first)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_expectation_is_preserved(p):
    n = 200_000
    out = make(p)(torch.ones(n))
    assert set(out.unique().tolist()) == {0.0, torch.tensor(1.0).div(1 - p).item()}
    deviation = (p / (1 - p) / n) ** 0.5  # of the mean of n such values
    assert abs(out.mean().item() - 1) < 5 * deviation


def test_gradients_have_the_same_mask():
    x = torch.ones(40, requires_grad=True)
    out = make(0.5)(x)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())


def test_no_dropout_in_prediction_or_with_probability_0():
    x = torch.ones(40)
    assert make(0.5).eval()(x) is x
    assert make(0.0)(x) is x


def test_input_is_not_modified():
    x = torch.ones(40)
    make(0.5)(x)
    assert (x == 1).all()


def test_repr_shows_the_probability():
    assert repr(Dropout(0.25)) == "Dropout(p=0.25)"
