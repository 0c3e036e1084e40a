"""Calls with odd input end in a clear error, or in a finite result of the right shape.

The input of a call depends only on its number: `make_call(SEQUENCE_CALLS, 17)` repeats
call 17.
"""

import numpy as np
import pytest

from .fuzzing.calls import SEQUENCE_CALLS, SERIES_CALLS

pytestmark = pytest.mark.filterwarnings("ignore")  # some odd inputs are deprecated
N_QUICK, N_ALL, N_BLOCKS = 100, 2000, 20


def make_call(calls, number):
    """Make a call; return what is wrong with its outcome, or None."""
    rng = np.random.default_rng([len(calls), number])
    description, problem = calls[rng.integers(len(calls))](rng)
    return None if problem is None else f"call {number}: {description} {problem}"


def list_problems(calls, numbers):
    problems = (make_call(calls, number) for number in numbers)
    return [problem for problem in problems if problem is not None]


both_families = pytest.mark.parametrize(
    "calls", [SEQUENCE_CALLS, SERIES_CALLS], ids=["sequences", "series"]
)


@both_families
def test_some_calls_with_odd_input(calls):
    assert not list_problems(calls, range(N_QUICK))


@pytest.mark.full
@pytest.mark.parametrize("block", range(N_BLOCKS))
@both_families
def test_many_calls_with_odd_input(calls, block):
    assert not list_problems(calls, range(N_QUICK + block, N_ALL, N_BLOCKS))
