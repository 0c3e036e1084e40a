"""Convolutions over time, as matrix products forward and backward."""

import torch
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from skseq.networks.kernels.chunks import CHUNK_SIZE, as_forward, in_float32


class Convolution(torch.autograd.Function):
    """A convolution over time whose gradients take half the time of oneDNN's.

    Its arguments are x (batch, time, features), the weight (width, features, kernel_size)
    and the bias (width,) or None of torch, and the stride. The input is padded with
    `kernel_size // 2` zeros on both sides. It returns (batch, new_time, width).

    The steps that a kernel reads are copied to a row of a matrix, for some sequences at a
    time, so that the matrix stays in the cache.
    """

    @staticmethod
    @in_float32
    def forward(ctx, x, weight, bias, stride):
        """Multiply the steps of each position by the kernels."""
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.has_bias = stride, bias is not None
        rows = flatten_kernels(weight).T
        parts = [
            torch.matmul(columns, rows)
            if bias is None
            else torch.addmm(bias, columns, rows)
            for columns in copy_columns(x, weight.shape[2], stride)
        ]
        return torch.cat(parts).view(len(x), -1, len(weight))

    @staticmethod
    @once_differentiable
    @as_forward
    def backward(ctx, grad_states):
        """Return the gradients of x, weight and bias."""
        x, weight = ctx.saved_tensors
        width, n_features, kernel_size = weight.shape
        n_steps, padding = grad_states.shape[1], kernel_size // 2
        grad_states = grad_states.reshape(-1, width)
        rows, grad_rows = flatten_kernels(weight), None
        grad_x = x.new_zeros(len(x), x.shape[1] + 2 * padding, n_features)
        first = 0  # of the positions in the block
        for columns in copy_columns(x, kernel_size, ctx.stride):
            grad = grad_states[first : first + len(columns)]
            sequences = slice(first // n_steps, (first + len(columns)) // n_steps)
            first += len(columns)
            product = grad.T @ columns
            grad_rows = product if grad_rows is None else grad_rows.add_(product)
            grad_columns = (grad @ rows).view(-1, n_steps, kernel_size, n_features)
            for k in range(kernel_size):
                last = k + (n_steps - 1) * ctx.stride + 1
                grad_x[sequences, k : last : ctx.stride] += grad_columns[:, :, k]
        grad_weight = grad_rows.view(width, kernel_size, n_features).transpose(1, 2)
        grad_bias = grad_states.sum(dim=0) if ctx.has_bias else None
        return grad_x[:, padding : padding + x.shape[1]], grad_weight, grad_bias, None


def flatten_kernels(weight):
    """Return the kernels (width, features, kernel_size) as (width, kernel_size * features)."""
    return weight.transpose(1, 2).flatten(1)


def copy_columns(x, kernel_size, stride):
    """Yield the steps that the kernels read, (positions, kernel_size * features), in order.

    A block has all positions of one or more sequences.
    """
    x = F.pad(x, (0, 0, kernel_size // 2, kernel_size // 2)).contiguous()
    n_steps = (x.shape[1] - kernel_size) // stride + 1
    shape = n_steps, kernel_size * x.shape[2]
    n = max(1, CHUNK_SIZE // (shape[0] * shape[1]))
    windows = x.as_strided((len(x), *shape), (x.stride(0), stride * x.shape[2], 1))
    for block in windows.split(n):
        yield block.reshape(-1, shape[1])
