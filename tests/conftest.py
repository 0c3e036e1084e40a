"""Settings that all tests share."""

import pytest
import torch
from hypothesis import HealthCheck, settings

# One thread: small tensors gain nothing from more, and CI machines are shared.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def one_thread():
    """Let no test leave more threads to those after it: they are slow, and round otherwise."""
    yield
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert threads == 1


# The same few examples in every run: a failure can be repeated, and no test is timed.
settings.register_profile(
    "skseq",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("skseq")
