"""One thread of torch for a block, without effect on other threads of Python."""

import re
import threading

import numpy as np
import pytest
import torch

from skseq import GRUClassifier
from skseq.networks import RecurrentEncoder
from skseq.networks.kernels import threads
from skseq.networks.kernels.threads import find_setters, one_thread


@pytest.fixture(autouse=True)
def _three_threads():
    number = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(number)


def count_in_new_thread():
    """Return the number of threads that torch uses in a new thread of Python."""
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


def test_one_thread_in_a_block():
    with one_thread():
        assert torch.get_num_threads() == 1
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def count_threads_of_mkl():
    """Return the number of threads that MKL uses in this thread of Python, or None."""
    found = re.search(r"mkl_get_max_threads\(\) : (\d+)", torch.__config__.parallel_info())
    return found and int(found[1])


@pytest.mark.skipif(count_threads_of_mkl() is None, reason="torch is built without MKL")
def test_one_thread_of_mkl_in_a_block():
    """MKL does not follow OpenMP after `torch.set_num_threads`."""
    with one_thread():
        assert count_threads_of_mkl() == 1
    assert count_threads_of_mkl() == 3


def test_number_is_restored_after_an_error():
    with pytest.raises(OSError), one_thread():
        raise OSError
    assert torch.get_num_threads() == 3


def test_new_threads_are_not_affected():
    with one_thread():
        assert count_in_new_thread() == 3
    assert count_in_new_thread() == 3


def test_setting_the_number_does_not_affect_the_process(monkeypatch):
    def fail(number):
        raise AssertionError

    monkeypatch.setattr(torch, "set_num_threads", fail)
    with one_thread():
        pass


def test_without_openmp_nothing_is_set(monkeypatch):
    """On some systems, torch has its own threads."""
    monkeypatch.setattr(threads.ctypes, "CDLL", lambda path: object())
    find_setters.cache_clear()
    try:
        assert find_setters() == (None, None)
        with one_thread():
            assert torch.get_num_threads() == 3
    finally:
        find_setters.cache_clear()


def test_threads_that_start_while_another_one_predicts():
    """They must not keep the single thread of the prediction."""
    import numpy as np

    X = np.random.default_rng(0).normal(size=(4, 300, 2))
    model = GRUClassifier(hidden_size=8, max_epochs=1, stem=0, patch_size=1)
    model.fit(X, [0, 1, 0, 1])
    done = threading.Event()

    def predict():
        while not done.is_set():
            model.predict(X)

    thread = threading.Thread(target=predict)
    thread.start()
    try:
        assert {count_in_new_thread() for _ in range(200)} == {3}
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize(("hidden_size", "expected"), [(16, 1), (512, 3)])
def test_small_batches_are_computed_in_one_thread(hidden_size, expected, monkeypatch):
    found, forward = [], RecurrentEncoder.forward

    def record(self, *args):
        found.append(torch.get_num_threads())
        return forward(self, *args)

    monkeypatch.setattr(RecurrentEncoder, "forward", record)
    monkeypatch.setattr(threads, "MAX_PRODUCTS_OF_ONE_THREAD", 2**24)
    X, y = np.random.default_rng(0).normal(size=(16, 20)), np.arange(16) % 2
    model = GRUClassifier(hidden_size=hidden_size, stem=0, max_epochs=1, random_state=0)
    model.fit(X, y)
    n_updates = len(found)
    model.predict(X)
    assert 0 < n_updates < len(found)
    assert set(found) == {expected}
    assert torch.get_num_threads() == 3
