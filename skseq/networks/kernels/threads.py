"""Work that one thread does, because others would change its answers or gain nothing."""

import contextlib

import torch

# torch shares what is done to each number among threads only where there are more.
SHARED_NUMBERS = 2**15


@contextlib.contextmanager
def one_thread():
    """Let one thread do what is inside; the number is then as before."""
    number = torch.get_num_threads()
    if number == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(number)


def alone(function, n_numbers):
    """Return a function of torch over so many numbers that one thread does.

    Several threads would cut a tensor anywhere, and torch's sigmoid and lerp take another
    path at the end of a part: the last bit of a row's answer would depend on its place.
    """
    if n_numbers <= SHARED_NUMBERS:
        return function

    def call(*arguments, **options):
        with one_thread():
            return function(*arguments, **options)

    return call
