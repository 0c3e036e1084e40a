"""Random numbers that neither read nor change a global random state."""

# ruff: noqa: NPY002 - numpy's global state is what must not change

import threading

import numpy as np
import pytest
import torch
from torch import nn

from skseq.training import draw_seed, seeded


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


DRAWS = {
    "Linear": lambda: nn.Linear(3, 3).weight.detach(),
    "Embedding": lambda: nn.Embedding(3, 3).weight.detach(),
    "LSTM": lambda: nn.LSTM(3, 3).weight_hh_l0.detach(),
    "TransformerEncoderLayer": lambda: nn.TransformerEncoderLayer(
        4, 2
    ).linear1.weight.detach(),
    "orthogonal_": lambda: nn.init.orthogonal_(torch.empty(4, 4)),
    "trunc_normal_": lambda: nn.init.trunc_normal_(torch.empty(4, 4)),
    "normal_": lambda: torch.empty(9).normal_(),
    "uniform_": lambda: torch.empty(9).uniform_(),
    "bernoulli": lambda: torch.bernoulli(torch.full((50,), 0.5)),
    "multinomial": lambda: torch.multinomial(torch.ones(50), 9),
    "normal": lambda: torch.normal(0.0, 1.0, (9,)),
    "dropout": lambda: nn.functional.dropout(torch.ones(50)),
    "randn": lambda: torch.randn(9),
    "randn of double": lambda: torch.randn(9, dtype=torch.float64),
    "rand": lambda: torch.rand(9),
    "randint": lambda: torch.randint(5, 99, (9,)),
    "randint from zero": lambda: torch.randint(99, (9,)),
    "randperm": lambda: torch.randperm(50),
    "randn_like": lambda: torch.randn_like(torch.ones(9)),
    "rand_like": lambda: torch.rand_like(torch.ones(9)),
    "randint_like": lambda: torch.randint_like(torch.ones(9), 99),
}


class TestSeeded:
    """Within `seeded`, torch draws from the given generator only."""

    @pytest.mark.parametrize("name", DRAWS)
    def test_draws_depend_on_the_generator_only(self, name):
        draw = DRAWS[name]
        with seeded(generator()):
            first = draw()
        torch.rand(3)  # changes the global random state
        with seeded(generator()):
            assert torch.equal(draw(), first)
        with seeded(generator(1)):
            assert not torch.equal(draw(), first)

    @pytest.mark.parametrize("name", DRAWS)
    def test_global_random_state_is_unchanged(self, name):
        before = torch.get_rng_state()
        with seeded(generator()):
            DRAWS[name]()
        assert torch.equal(torch.get_rng_state(), before)

    def test_explicit_generator_takes_precedence(self):
        with seeded(generator(0)):
            found = torch.empty(9).normal_(generator=generator(5))
        assert torch.equal(found, torch.empty(9).normal_(generator=generator(5)))

    def test_successive_draws_differ(self):
        with seeded(generator()):
            assert not torch.equal(torch.empty(9).normal_(), torch.empty(9).normal_())

    def test_torch_uses_its_global_state_afterwards(self):
        with seeded(generator()):
            pass
        before = torch.get_rng_state()
        torch.rand(1)
        assert not torch.equal(torch.get_rng_state(), before)

    def test_threads_are_independent(self):
        def build(seed):
            with seeded(generator(seed)):
                return nn.LSTM(8, 8, num_layers=2)

        expected = [build(seed).state_dict() for seed in range(4)]
        found = [None] * 4
        start = threading.Barrier(5)

        def work(seed):
            start.wait()
            for _ in range(20):
                found[seed] = build(seed).state_dict()

        def disturb():
            start.wait()
            for _ in range(200):
                torch.rand(7)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        threads.append(threading.Thread(target=disturb))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for state, wanted in zip(found, expected, strict=True):
            for name, parameter in wanted.items():
                assert torch.equal(state[name], parameter)

    def test_other_threads_use_the_global_state(self):
        """The mode applies to one thread: other threads do not use the generator."""
        source = generator()
        before = source.get_state()

        def elsewhere():
            torch.empty(9).normal_()

        with seeded(source):
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        assert torch.equal(source.get_state(), before)


class TestDrawSeed:
    """Conversion of a random_state to an integer."""

    @pytest.mark.parametrize("seed", [0, 7, np.int64(7), 2**32 - 1])
    def test_integer_is_returned_unchanged(self, seed):
        assert draw_seed(seed) == int(seed)
        assert type(draw_seed(seed)) is int

    def test_instance_is_drawn_from(self):
        state, twin = np.random.RandomState(3), np.random.RandomState(3)
        first, second = draw_seed(state), draw_seed(state)
        assert first != second
        assert (draw_seed(twin), draw_seed(twin)) == (first, second)

    def test_none_uses_no_global_random_state(self):
        before = np.random.get_state()[1].copy()
        seeds = []
        for _ in range(2):
            np.random.set_state(("MT19937", before, 624))
            seeds.append(draw_seed(None))
            assert (np.random.get_state()[1] == before).all()
        assert seeds[0] != seeds[1]

    def test_seeds_are_valid_for_every_generator(self):
        for seed in [draw_seed(None) for _ in range(20)]:
            assert 0 <= seed < 2**31
            np.random.default_rng(seed)
            generator(seed)
