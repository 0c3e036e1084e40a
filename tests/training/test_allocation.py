"""What the C library does with memory that training frees."""

import ctypes
import platform
import subprocess
import sys

import pytest

from skseq.training import allocation
from skseq.training.allocation import keep_freed_memory

glibc = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc's allocation is changed"
)

COUNT = """
import resource
import torch
from skseq.training.allocation import keep_freed_memory

def count_faults():
    first = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(64 * 2**20)  # 256 MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - first

def find_resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**20

# The last of some: what lies beside a freed block can keep the next one from fitting in.
before = [count_faults() for _ in range(4)][-1]
with keep_freed_memory():
    within = [count_faults() for _ in range(4)][-1]
    resident = find_resident()
print(before, within, resident - find_resident())
"""


def count_in_another_process(**environment):
    """Return pages asked for before a block and within it, and MB given back after it."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in done.stdout.split()]


@glibc
def test_what_is_freed_is_used_again_within_a_block_and_given_back_after_it():
    before, within, given_back = count_in_another_process()
    assert within < before / 4
    assert given_back > 150


@glibc
def test_thresholds_of_the_environment_stay():
    before, within, _ = count_in_another_process(MALLOC_MMAP_THRESHOLD_="1000000")
    assert within > before / 4


class FakeLibrary:
    def __init__(self):
        self.calls = []

    def gnu_get_libc_version(self): ...

    def mallopt(self, name, value):
        self.calls.append((name, value))

    def malloc_trim(self, pad):
        self.calls.append(("trim", pad))


@pytest.fixture
def library(monkeypatch):
    for name in allocation.SETTINGS:
        monkeypatch.delenv(name, raising=False)
    fake = FakeLibrary()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: fake)
    return fake


def test_the_last_to_leave_undoes_it_even_after_an_error(library):
    with keep_freed_memory():
        with pytest.raises(KeyError), keep_freed_memory():
            raise KeyError
        assert len(library.calls) == 2
    assert library.calls[2:] == [(-3, 32 * 2**20), (-1, 64 * 2**20), ("trim", 64 * 2**20)]


def test_other_systems_are_left_alone(monkeypatch):
    def fail(name):
        raise TypeError

    monkeypatch.setattr(ctypes, "CDLL", fail)
    with keep_freed_memory():
        assert allocation._n_blocks == 0
