"""A convolutional stem, and batch normalization over the real steps of a batch."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.exporting import export_shrunk_steps, export_zero_padding
from skseq.networks.layers import Layer
from skseq.networks.masks import shrink_lengths, step_mask, zero_padding


class MaskedBatchNorm(nn.BatchNorm1d):
    """Batch normalization over the real steps of a padded batch.

    In training, mean and variance are those of the real steps; padding does not dilute
    them (Ioffe & Szegedy, 2015, https://arxiv.org/abs/1502.03167). In prediction the
    running statistics are used, and sequences do not depend on each other.

    Attributes
    ----------
    add : callable or None
        Returns the sum of a tensor over all processes that share a batch, whose steps are
        then normalized together. None if this process has the whole batch.
    """

    add = None

    def forward(self, x, lengths=None):
        """Normalize (batch, time, width)."""
        return self.forward_parts([(x, lengths)])[0]

    def forward_parts(self, parts):
        """Normalize the parts of one batch by common statistics.

        Each part is (batch, time, width) with lengths (batch,) or None. Returns a list.
        """
        masks = [
            step_mask(lengths, x.shape[1])
            if self.training and lengths is not None
            else None
            for x, lengths in parts
        ]
        steps = [  # (n_steps, width)
            x.flatten(0, 1) if real is None else x[real]
            for (x, _), real in zip(parts, masks, strict=True)
        ]
        if len(steps) == 1:
            steps = [self._normalize(steps[0])]
        else:
            steps = self._normalize(torch.cat(steps)).split([len(part) for part in steps])
        return [
            _fill_steps(x, real, part)
            for (x, _), real, part in zip(parts, masks, steps, strict=True)
        ]

    def _normalize(self, steps):
        """Normalize (n_steps, width). A single step has no variance."""
        if self.training and self.add is not None:
            return self._normalize_in_processes(steps)
        if self.training and len(steps) > 1:
            return super().forward(steps)
        return F.batch_norm(
            steps, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )

    def _normalize_in_processes(self, steps):
        """Normalize (n_steps, width) by mean and variance over all processes."""
        n = self.add(steps.new_tensor(float(len(steps))))
        mean = self.add(steps.sum(dim=0)) / n
        # A second sum, because a difference of squares would lose precision.
        variance = self.add(((steps - mean) ** 2).sum(dim=0)) / n
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * n / (n - 1), self.momentum)
        return (steps - mean) * (variance + self.eps).rsqrt() * self.weight + self.bias

    def export(self, graph, x):
        """Add the normalization by running statistics to an ONNX graph."""
        factor = self.weight / (self.running_var.double() + self.eps).sqrt()
        shift = self.bias - self.running_mean * factor
        x = graph.add("Mul", x, graph.constant(factor))
        return graph.add("Add", x, graph.constant(shift))


def _fill_steps(x, real, steps):
    """Return steps (n_steps, width) in the shape of x; padding is 0.

    `real` (batch, time) says which steps of x are real, or is None for all.
    """
    if real is None:
        return steps.view_as(x)
    out = x.new_zeros(x.shape)
    out[real] = steps.to(x.dtype)
    return out


class ConvolutionalStem(nn.Module):
    """Convolutions over time, which detect local patterns and can shorten the sequence.

    A layer is a convolution, batch normalization and GELU. The kernels have 7, 5, 3, 3, ...
    steps, as in the fully convolutional network of Wang et al. (2017,
    https://arxiv.org/abs/1611.06455). If the sequence is to be shortened, the first layers
    have stride 2: overlapping kernels lose less than patches (Xiao et al., 2021,
    https://arxiv.org/abs/2106.14881).

    Parameters
    ----------
    n_features : int
        Number of features of a step.
    width : int
        Channels of every layer.
    num_layers : int
        Number of layers.
    shrink : int, default=1
        Maximum factor by which the number of steps shrinks.

    Attributes
    ----------
    stride : int
        Factor by which the number of steps shrinks: a power of 2.
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
                    bias=False,  # the normalization has one
                )
            )
        self.norms = nn.ModuleList(MaskedBatchNorm(width) for _ in range(num_layers))

    def forward(self, x, lengths=None):
        """Return states (batch, ceil(time / stride), width) and their lengths."""
        return self.forward_parts([(x, lengths)])[0]

    def forward_parts(self, parts):
        """Return states and lengths of each part of one batch, normalized together."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            # Kernels reach into the padding, which must be zero before each layer.
            states = [convolve(convolution, zero_padding(*part)) for part in parts]
            lengths = [
                None if n is None else shrink_lengths(n, convolution.stride[0])
                for _, n in parts
            ]
            states = norm.forward_parts(list(zip(states, lengths, strict=True)))
            parts = [(F.gelu(x), n) for x, n in zip(states, lengths, strict=True)]
        return parts

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

    def export(self, graph, steps):
        """Add the layers to an ONNX graph; return their states as `Steps`."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = graph.add("Transpose", export_zero_padding(graph, steps), perm=[0, 2, 1])
            padding, stride = convolution.padding[0], convolution.stride[0]
            weight = graph.constant(convolution.weight)
            x = graph.add("Conv", x, weight, pads=[padding, padding], strides=[stride])
            x = graph.add("Transpose", x, perm=[0, 2, 1])
            x = graph.add("Gelu", norm.export(graph, x))
            steps = export_shrunk_steps(graph, x, steps, stride)
        return steps


def convolve(convolution, x):
    """Apply a convolution to (batch, time, features).

    With a kernel that has many more steps than the batch, the last bit of oneDNN's result
    depends on the row. Therefore shorter batches are padded to the size of the kernel.
    """
    n_steps, kernel_size = x.shape[1], convolution.kernel_size[0]
    if isinstance(n_steps, int) and n_steps < kernel_size:  # a symbol in an export
        x = F.pad(x, (0, 0, 0, kernel_size - n_steps))
    states = convolution(x.transpose(1, 2)).transpose(1, 2)
    return states[:, : shrink_lengths(n_steps, convolution.stride[0])]
