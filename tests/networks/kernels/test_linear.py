"""Products whose rows do not see each other."""

import pytest
import torch
from torch.nn import functional as F

from skseq.networks.kernels.linear import Linear
from skseq.networks.kernels.padding import ROW_MULTIPLE


@pytest.fixture
def product():
    """A product of sizes that no processor likes, and rows for it."""
    generator = torch.Generator().manual_seed(0)
    return Linear(7, 5), torch.randn(3, 2 * ROW_MULTIPLE, 7, generator=generator)


def test_equals_that_of_torch(product):
    product, x = product
    for rows in (x, x[0], x[0, :1], x[0, 0], x[:, :5], x.transpose(0, 1)):
        wanted = F.linear(rows, product.weight, product.bias)
        torch.testing.assert_close(product(rows), wanted)
        with torch.inference_mode():
            torch.testing.assert_close(product(rows), wanted)


@torch.inference_mode()
def test_few_rows_are_answered_as_many(product):
    product, x = product
    whole = product(x)
    for n in range(1, x.shape[1] + 1):
        assert product(x[1, :n]).equal(whole[1, :n])
        assert product(x[1, -n:]).equal(whole[1, -n:])


def test_gradients_are_those_of_torch(product):
    product, x = product
    rows = x[0, :3].requires_grad_()
    (found,) = torch.autograd.grad(product(rows).square().sum(), rows)
    plain = F.linear(rows, product.weight, product.bias)
    (wanted,) = torch.autograd.grad(plain.square().sum(), rows)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("columns", [12, 24, 36, 72])
@torch.inference_mode()
def test_threads_share_narrow_products_alike(columns, request):
    request.addfinalizer(lambda: torch.set_num_threads(1))
    generator = torch.Generator().manual_seed(0)
    product, x = Linear(4, columns), torch.randn(3008, 4, generator=generator)
    alone = product(x[:16])
    torch.set_num_threads(4)
    whole = product(x)
    assert product(x[:16]).equal(whole[:16])
    assert alone.equal(whole[:16])
    # How threads share what follows depends on how it lies.
    assert whole.is_contiguous()
