"""Row-independent matrix products."""

import pytest
import torch
from torch.nn import functional as F

from skseq.networks.kernels.linear import Linear
from skseq.networks.kernels.padding import ROW_MULTIPLE


@pytest.fixture
def product():
    """Return a layer whose sizes are odd, and input for it."""
    generator = torch.Generator().manual_seed(0)
    return Linear(7, 5), torch.randn(3, 2 * ROW_MULTIPLE, 7, generator=generator)


def test_equals_torch(product):
    linear, x = product
    for rows in (x, x[0], x[0, :1], x[0, 0], x[:, :5], x.transpose(0, 1)):
        expected = F.linear(rows, linear.weight, linear.bias)
        torch.testing.assert_close(linear(rows), expected)
        with torch.inference_mode():
            torch.testing.assert_close(linear(rows), expected)


@torch.inference_mode()
def test_rows_do_not_depend_on_their_number(product):
    linear, x = product
    whole = linear(x)
    for n in range(1, x.shape[1] + 1):
        assert linear(x[1, :n]).equal(whole[1, :n])
        assert linear(x[1, -n:]).equal(whole[1, -n:])


def test_gradients_equal_torch(product):
    linear, x = product
    rows = x[0, :3].requires_grad_()
    (gradient,) = torch.autograd.grad(linear(rows).square().sum(), rows)
    expected = F.linear(rows, linear.weight, linear.bias)
    (expected,) = torch.autograd.grad(expected.square().sum(), rows)
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("columns", [12, 24, 36, 72])
@torch.inference_mode()
def test_rows_do_not_depend_on_threads(columns, request):
    request.addfinalizer(lambda: torch.set_num_threads(1))
    generator = torch.Generator().manual_seed(0)
    linear, x = Linear(4, columns), torch.randn(3008, 4, generator=generator)
    alone = linear(x[:16])
    torch.set_num_threads(4)
    whole = linear(x)
    assert linear(x[:16]).equal(whole[:16])
    assert alone.equal(whole[:16])
    # How threads share the operations that follow depends on the strides.
    assert whole.is_contiguous()
