"""Operations in one thread, where more would change the result or be slower."""

import contextlib

import torch

# torch shares an elementwise operation among threads only above this many numbers.
MAX_NUMBERS_OF_ONE_THREAD = 2**15


@contextlib.contextmanager
def one_thread():
    """Let torch use one thread within a block."""
    number = torch.get_num_threads()
    if number == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(number)


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
