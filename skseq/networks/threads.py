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


def sigmoid_(x):
    """Replace a tensor by its sigmoid, alike wherever a number stands.

    Several threads would cut the tensor anywhere, and torch's sigmoid takes another path
    at the end of a part: the last bit of a row's answer would depend on its place.
    """
    if x.numel() <= SHARED_NUMBERS:
        return x.sigmoid_()
    with one_thread():
        return x.sigmoid_()


def lerp(start, end, weight, out):
    """Write start + weight (end - start), for the same reason as in `sigmoid_`."""
    if out.numel() <= SHARED_NUMBERS:
        return torch.lerp(start, end, weight, out=out)
    with one_thread():
        return torch.lerp(start, end, weight, out=out)
