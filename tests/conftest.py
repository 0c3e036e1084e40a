"""Settings shared by all tests."""

import signal

import pytest
import torch
from hypothesis import HealthCheck, settings

# One thread: more threads do not speed up small tensors, and CI machines are shared.
torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def one_thread():
    """Fail tests that change the number of threads, which affects speed and rounding."""
    yield
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert threads == 1


@pytest.fixture(autouse=True, scope="session")
def receive_ctrl_c():
    """Handle SIGINT as Python does, because shells let background processes ignore it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# The same few examples in every run make failures reproducible. There is no time limit.
settings.register_profile(
    "skseq",
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("skseq")
