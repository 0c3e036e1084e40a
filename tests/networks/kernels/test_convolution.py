"""The convolution as a matrix product equals that of torch, forward and backward."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from skseq.networks.kernels import convolution
from skseq.networks.kernels.convolution import Convolution


@pytest.mark.parametrize("chunk_size", [1, 200, convolution.CHUNK_SIZE])
@given(
    n_sequences=st.integers(1, 5),
    extra=st.integers(0, 9),
    kernel_size=st.integers(1, 7),
    stride=st.integers(1, 3),
    has_bias=st.booleans(),
)
def test_equals_the_convolution_of_torch(
    chunk_size, n_sequences, extra, kernel_size, stride, has_bias
):
    generator = torch.Generator().manual_seed(extra)

    def draw(*shape):
        x = torch.randn(shape, generator=generator, dtype=torch.float64)
        return x.requires_grad_()

    x, weight = draw(n_sequences, kernel_size + extra, 3), draw(4, 3, kernel_size)
    bias = draw(4) if has_bias else None
    expected = F.conv1d(
        x.transpose(1, 2), weight, bias, stride=stride, padding=kernel_size // 2
    ).transpose(1, 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "CHUNK_SIZE", chunk_size)
        states = Convolution.apply(x, weight, bias, stride)
        torch.testing.assert_close(states, expected)
        tensors = [x, weight] if bias is None else [x, weight, bias]
        change = torch.randn(states.shape, generator=generator, dtype=torch.float64)
        gradients = torch.autograd.grad(states, tensors, change)
    for mine, other in zip(
        gradients, torch.autograd.grad(expected, tensors, change), strict=True
    ):
        torch.testing.assert_close(mine, other)
