"""A convolutional stem, and batch normalization over the real steps of a batch."""

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.exporting import export_shrunk_steps, export_zero_padding
from skseq.networks.kernels.convolution import Convolution
from skseq.networks.layers import Layer, count_kernel_elements
from skseq.networks.masks import shrink_lengths, step_mask, zero_padding

# Steps of the kernels that detect shapes in long sequences.
SCALES = (5, 9, 19, 39)
# The part of a sequence that a kernel covers at most. Longer kernels memorize sequences.
MAX_COVERAGE = 1 / 4


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


class StemLayer(nn.Module):
    """Parallel convolutions, batch normalization, if any, and GELU.

    Parameters
    ----------
    n_features : int
        Number of features of a step.
    width : int
        Number of channels of the result. They are divided among the kernels.
    kernel_sizes : sequence of int
        Steps of each kernel.
    stride : int
        1, or 2 to halve the number of steps.
    normalize : bool
        Whether to normalize the result of the convolutions, which else have a bias.
    residual : bool
        Whether to add the input before GELU. If its shape differs, it is mapped by a
        kernel of one step and normalized (He et al., 2016, https://arxiv.org/abs/1512.03385).
    """

    def __init__(self, n_features, width, kernel_sizes, stride, *, normalize, residual):
        super().__init__()
        self.width = width
        self.stride = stride
        n = len(kernel_sizes)
        widths = [width // n + (i < width % n) for i in range(n)]
        self.convolutions = nn.ModuleList(
            make_convolution(n_features, part, size, stride, bias=not normalize)
            for part, size in zip(widths, kernel_sizes, strict=True)
            if part
        )
        self.norm = MaskedBatchNorm(width) if normalize else None
        self.residual = residual
        self.shortcut = self.shortcut_norm = None
        if residual and (stride > 1 or n_features != width):
            self.shortcut = make_convolution(n_features, width, 1, stride, bias=False)
            self.shortcut_norm = MaskedBatchNorm(width)

    def center_kernels(self):
        """Subtract from each kernel its mean over time."""
        with torch.no_grad():
            for convolution in self.convolutions:
                weight = convolution.weight  # (width, n_features, kernel_size)
                weight -= weight.mean(dim=2, keepdim=True)

    def forward_parts(self, parts):
        """Return states and lengths of each part of one batch, normalized together."""
        # Kernels reach into the padding, which must be zero.
        inputs = [zero_padding(*part) for part in parts]
        lengths = [None if n is None else shrink_lengths(n, self.stride) for _, n in parts]
        states = [self._convolve(x) for x in inputs]
        if self.norm is not None:
            states = self.norm.forward_parts(list(zip(states, lengths, strict=True)))
        if self.residual:
            if self.shortcut is not None:
                inputs = [convolve(self.shortcut, x) for x in inputs]
                inputs = self.shortcut_norm.forward_parts(
                    list(zip(inputs, lengths, strict=True))
                )
            states = [x + y for x, y in zip(states, inputs, strict=True)]
        return [(F.gelu(x), n) for x, n in zip(states, lengths, strict=True)]

    def _convolve(self, x):
        """Apply all kernels to (batch, time, n_features): (batch, new_time, width)."""
        states = [convolve(convolution, x) for convolution in self.convolutions]
        return states[0] if len(states) == 1 else torch.cat(states, dim=2)

    def export(self, graph, steps):
        """Add the layer to an ONNX graph; return its states as `Steps`."""
        inputs = export_zero_padding(graph, steps)
        states = [export_convolution(graph, c, inputs) for c in self.convolutions]
        x = states[0] if len(states) == 1 else graph.add("Concat", *states, axis=2)
        if self.norm is not None:
            x = self.norm.export(graph, x)
        if self.residual:
            if self.shortcut is not None:
                inputs = export_convolution(graph, self.shortcut, inputs)
                inputs = self.shortcut_norm.export(graph, inputs)
            x = graph.add("Add", x, inputs)
        return export_shrunk_steps(graph, graph.add("Gelu", x), steps, self.stride)


class ConvolutionalStem(nn.Module):
    """Convolutions over time, which detect local patterns and can shorten the sequence.

    A layer is a convolution, batch normalization and GELU. The kernels have 7, 5, 3, 3, ...
    steps, as in the fully convolutional network of Wang et al. (2017,
    https://arxiv.org/abs/1611.06455). If the sequence is to be shortened, the first layers
    have stride 2: overlapping kernels lose less than patches (Xiao et al., 2021,
    https://arxiv.org/abs/2106.14881).

    With `scales`, the first layer has kernels of several sizes (Ismail Fawaz et al., 2020,
    https://arxiv.org/abs/1909.04939) and the others are residual. Each kernel starts
    with mean zero over time, as in ROCKET (Dempster et al., 2020,
    https://arxiv.org/abs/1910.13051): it responds to changes and not to the level, which
    would hide small shapes.

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
    scales : sequence of int, default=None
        Steps of the kernels of the first layer, to detect shapes of these lengths.
    normalize : bool, default=True
        Whether layers have batch normalization. It blurs levels, because the statistics are
        those of a batch. Required by `scales`.

    Attributes
    ----------
    stride : int
        Factor by which the number of steps shrinks: a power of 2.
    """

    def __init__(
        self,
        n_features,
        width,
        num_layers,
        shrink=1,
        *,
        scales=None,
        normalize=True,
    ):
        super().__init__()
        self.width = width
        self.stride = 1
        self.layers = nn.ModuleList()
        for k in range(num_layers):
            stride = 2 if 2 * self.stride <= shrink else 1
            self.stride *= stride
            is_first = k == 0
            sizes = scales if scales and is_first else (max(7 - 2 * k, 3),)
            layer = StemLayer(
                n_features if is_first else width,
                width,
                sizes,
                stride,
                normalize=normalize,
                residual=bool(scales) and not is_first,
            )
            if scales:
                layer.center_kernels()
            self.layers.append(layer)

    def forward(self, x, lengths=None):
        """Return states (batch, ceil(time / stride), width) and their lengths."""
        return self.forward_parts([(x, lengths)])[0]

    def forward_parts(self, parts):
        """Return states and lengths of each part of one batch, normalized together."""
        for layer in self.layers:
            parts = layer.forward_parts(parts)
        return parts

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps."""
        layers = []
        for k, layer in enumerate(self.layers):
            n_steps = shrink_lengths(n_steps, layer.stride)
            flops = 2 * n_steps * count_kernel_elements(layer)
            shape = n_steps, self.width
            layers.append(Layer(f"stem.{k}", "Conv1d", shape, [layer], flops))
        return layers

    def export(self, graph, steps):
        """Add the layers to an ONNX graph; return their states as `Steps`."""
        for layer in self.layers:
            steps = layer.export(graph, steps)
        return steps


def choose_scales(n_steps):
    """Return the sizes of kernels that detect shapes in sequences of `n_steps` steps."""
    longest = max(int(n_steps * MAX_COVERAGE) | 1, SCALES[0])  # odd
    return sorted({min(size, longest) for size in SCALES})


def make_convolution(n_features, width, kernel_size, stride, *, bias):
    """Return a convolution whose output has `1 / stride` as many steps as its input."""
    return nn.Conv1d(
        n_features,
        width,
        kernel_size,
        stride=stride,
        padding=kernel_size // 2,
        bias=bias,
    )


def export_convolution(graph, convolution, x):
    """Add a convolution of (batch, time, features) to an ONNX graph; return its result."""
    x = graph.add("Transpose", x, perm=[0, 2, 1])
    padding, stride = convolution.padding[0], convolution.stride[0]
    constants = [graph.constant(convolution.weight)]
    if convolution.bias is not None:
        constants.append(graph.constant(convolution.bias))
    x = graph.add("Conv", x, *constants, pads=[padding, padding], strides=[stride])
    return graph.add("Transpose", x, perm=[0, 2, 1])


def convolve(convolution, x):
    """Apply a convolution to (batch, time, features).

    With a kernel that has many more steps than the batch, the last bit of oneDNN's result
    depends on the row. Therefore shorter batches are padded to the size of the kernel. Its
    gradients are slow with strides.
    """
    n_steps, kernel_size = x.shape[1], convolution.kernel_size[0]
    if isinstance(n_steps, int) and n_steps < kernel_size:  # a symbol in an export
        x = F.pad(x, (0, 0, 0, kernel_size - n_steps))
    stride = convolution.stride[0]
    if stride > 1 and x.requires_grad and x.device.type == "cpu":
        states = Convolution.apply(x, convolution.weight, convolution.bias, stride)
    else:
        states = convolution(x.transpose(1, 2)).transpose(1, 2)
    return states[:, : shrink_lengths(n_steps, stride)]
