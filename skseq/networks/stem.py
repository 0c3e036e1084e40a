"""A convolutional stem, and batch normalization over the real steps of a batch."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.layers import Layer
from skseq.networks.masks import shrink_lengths, step_mask, zero_padding


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalisation over the real steps of a padded batch.

    While training, mean and variance are those of the real steps, so that padding
    does not dilute them (Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167).
    Afterwards the running ones are used, and no sequence depends on another.

    Attributes
    ----------
    add : callable or None
        Returns the sum of a tensor over all processes that share a batch, whose steps are
        then normalised together. None: this process has the whole batch.
    """

    add = None

    def forward(self, x, lengths=None):
        """Normalise (batch, time, width)."""
        if not self.training or lengths is None:
            steps = x.flatten(0, 1)  # (batch * time, width)
            return self.normalise(steps).view_as(x)
        real = step_mask(lengths, x.shape[1])
        out = x.new_zeros(x.shape)
        out[real] = self.normalise(x[real]).to(x.dtype)
        return out

    def normalise(self, steps):
        """Normalise (n_steps, width); one step alone has no variance to divide by."""
        if self.training and self.add is not None:
            return self.normalise_together(steps)
        if self.training and len(steps) > 1:
            return super().forward(steps)
        return F.batch_norm(
            steps, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )

    def normalise_together(self, steps):
        """Normalise (n_steps, width) by mean and variance over all processes."""
        n = self.add(steps.new_tensor(float(len(steps))))
        mean = self.add(steps.sum(dim=0)) / n
        # A second round, for the digits that a difference of squares would lose.
        variance = self.add(((steps - mean) ** 2).sum(dim=0)) / n
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * n / (n - 1), self.momentum)
        return (steps - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias


class ConvolutionalStem(nn.Module):
    """Convolutions over time, which see local shapes and can shorten the sequence.

    Each layer is a convolution, batch normalisation and GELU, with kernels of 7, 5, 3,
    3, ... steps: after the fully convolutional network of Wang et al. (2017,
    https://arxiv.org/abs/1611.06455). Where tokens are to stand for several steps, the
    first layers move in steps of two; overlapping kernels lose less than patches cut
    side by side (Xiao et al., 2021, https://arxiv.org/abs/2106.14881).

    Parameters
    ----------
    n_features : int
        Features of the input.
    width : int
        Channels of every layer.
    num_layers : int
        Convolutions on top of each other.
    shrink : int, default=1
        By how much the number of steps may shrink, at most.

    Attributes
    ----------
    stride : int
        By how much the number of steps shrinks: a power of 2.
    """

    def __init__(self, n_features, width, num_layers, shrink=1):
        super().__init__()
        self.width = width
        self.stride = 1
        self.convolutions = nn.ModuleList()
        for k in range(num_layers):
            step = 2 if 2 * self.stride <= shrink else 1
            self.stride *= step
            kernel_size = max(7 - 2 * k, 3)
            self.convolutions.append(
                nn.Conv1d(
                    n_features if k == 0 else width,
                    width,
                    kernel_size,
                    stride=step,
                    padding=kernel_size // 2,
                    bias=False,  # the norm that follows has one
                )
            )
        self.norms = nn.ModuleList(MaskedBatchNorm(width) for _ in range(num_layers))

    def forward(self, x, lengths=None):
        """Return states (batch, ceil(time / stride), width) and their lengths."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            # Padding must be zero before each layer: a kernel reaches into it.
            x = convolve(convolution, zero_padding(x, lengths))
            if lengths is not None:
                lengths = shrink_lengths(lengths, convolution.stride[0])
            x = F.gelu(norm(x, lengths))
        return x, lengths

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps."""
        layers = []
        for k, (convolution, norm) in enumerate(
            zip(self.convolutions, self.norms, strict=True)
        ):
            n_steps = shrink_lengths(n_steps, convolution.stride[0])
            shape, flops = (n_steps, self.width), 2 * n_steps * convolution.weight.numel()
            layers.append(Layer(f"stem.{k}", "Conv1d", shape, [convolution, norm], flops))
        return layers


def convolve(convolution, x):
    """Apply a convolution to (batch, time, features).

    oneDNN answers some rows of a batch otherwise than others, in the last bit, where a
    kernel has far more steps than the batch. So it gets no shorter ones than its kernel.
    """
    n_steps, kernel_size = x.shape[1], convolution.kernel_size[0]
    if isinstance(n_steps, int) and n_steps < kernel_size:  # in an export it is a symbol
        x = F.pad(x, (0, 0, 0, kernel_size - n_steps))
    states = convolution(x.transpose(1, 2)).transpose(1, 2)
    return states[:, : shrink_lengths(n_steps, convolution.stride[0])]
