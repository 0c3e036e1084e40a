"""Operations in one thread, where more would change the result or be slower."""

import contextlib
import ctypes
import functools
import os

import torch

# torch shares an elementwise operation among threads only above this many numbers.
MAX_NUMBERS_OF_ONE_THREAD = 2**15

# The threads of OpenMP do not survive a fork, and a child that uses them would hang.
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


@contextlib.contextmanager
def one_thread():
    """Let torch use one thread within a block, for calls from this thread of Python.

    Nothing happens where the number of threads cannot be set for this thread alone.
    """
    number = torch.get_num_threads()
    set_number = None if number == 1 else find_setter()
    if set_number is None:
        yield
        return
    set_number(1)
    try:
        yield
    finally:
        set_number(number)


@functools.cache
def find_setter():
    """Return the function of OpenMP that sets the number of threads of the calling thread.

    None if torch does not use OpenMP. :func:`torch.set_num_threads` also sets the number
    for all threads of the process that call torch for the first time.
    """
    try:
        # The search includes the libraries that torch is linked to.
        set_number = ctypes.CDLL(torch._C.__file__).omp_set_num_threads
    except (AttributeError, OSError):
        return None
    number = torch.get_num_threads()
    other = 2 if number == 1 else 1
    set_number(other)
    is_effective = torch.get_num_threads() == other
    set_number(number)
    return set_number if is_effective else None


def run_alone(function, n_numbers):
    """Return a function of torch over `n_numbers` numbers that runs in one thread.

    Several threads cut a tensor anywhere, and torch's sigmoid and lerp take another code
    path at the end of a part: the last bit of a row would depend on its position.
    """
    if n_numbers <= MAX_NUMBERS_OF_ONE_THREAD:
        return function

    def call(*arguments, **options):
        with one_thread():
            return function(*arguments, **options)

    return call
