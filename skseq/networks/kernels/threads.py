"""Operations in one thread, where more would change the result or be slower."""

import contextlib
import ctypes
import functools
import os
from contextlib import nullcontext

import torch

# torch shares an elementwise operation among threads only above this many numbers.
MAX_NUMBERS_OF_ONE_THREAD = 2**15

# Number of multiplications of a batch, forward, above which several threads are faster than
# one. Below it, they take as long at best, and many times as long if other processes use the
# cores: a thread that waits for another one keeps its core busy.
MAX_PRODUCTS_OF_ONE_THREAD = 2**29

# The threads of OpenMP do not survive a fork, and a child that uses them would hang.
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


@contextlib.contextmanager
def one_thread():
    """Let torch use one thread within a block, for calls from this thread of Python.

    If torch cannot limit the threads of this thread of Python alone, nothing changes.
    """
    number = torch.get_num_threads()
    set_number, set_number_of_mkl = (None, None) if number == 1 else find_setters()
    if set_number is None:
        yield
        return
    set_number(1)
    # MKL follows OpenMP, unless torch.set_num_threads was called.
    before = None if set_number_of_mkl is None else set_number_of_mkl(1)
    try:
        yield
    finally:
        set_number(number)
        if before is not None:
            set_number_of_mkl(before)


def threads_for_products(n_products):
    """Return a context manager that limits the threads if a batch has few multiplications.

    They are those of the forward pass.
    """
    return one_thread() if n_products <= MAX_PRODUCTS_OF_ONE_THREAD else nullcontext()


@functools.cache
def find_setters():
    """Return functions that set the number of threads of the calling thread.

    The first function is that of OpenMP, or None if torch does not use OpenMP. The second
    is that of MKL, which returns the previous number, or None if torch is built without it.
    :func:`torch.set_num_threads` is not used, because it also affects other threads of the
    process, if they call torch for the first time.
    """
    try:
        # The search includes the libraries that torch is linked to.
        library = ctypes.CDLL(torch._C.__file__)
        set_number = library.omp_set_num_threads
    except (AttributeError, OSError):
        return None, None
    number = torch.get_num_threads()
    other = 2 if number == 1 else 1
    set_number(other)
    is_effective = torch.get_num_threads() == other
    set_number(number)
    if not is_effective:
        return None, None
    return set_number, getattr(library, "MKL_Set_Num_Threads_Local", None)


def run_alone(function, n_numbers):
    """Return a function of torch over `n_numbers` numbers that runs in one thread.

    Several threads would split the tensor at any element, and torch's sigmoid and lerp take
    another code path at the end of a part: the last bits of a row would depend on its
    position.
    """
    if n_numbers <= MAX_NUMBERS_OF_ONE_THREAD:
        return function

    def call(*arguments, **options):
        with one_thread():
            return function(*arguments, **options)

    return call
