"""Patches: several steps become one token."""

from torch import nn
from torch.nn import functional as F

from skseq.networks.exporting import export_shrunk_steps, export_zero_padding
from skseq.networks.kernels.linear import Linear
from skseq.networks.layers import Layer, count_matrix_elements
from skseq.networks.masks import shrink_lengths, zero_padding


class Patches(nn.Module):
    """Turn every `patch_size` steps into one token by a linear map.

    Parameters
    ----------
    n_features : int
        Number of features of a step.
    width : int
        Size of a token.
    patch_size : int
        Steps of a patch. The last patch of a sequence is filled up with zeros.
    """

    def __init__(self, n_features, width, patch_size):
        super().__init__()
        self.width = width
        self.patch_size = patch_size
        self.project = Linear(n_features * patch_size, width)

    def forward(self, x, lengths=None):
        """Return tokens (batch, ceil(time / patch_size), width) and their lengths."""
        batch, n_steps, _ = x.shape
        x = zero_padding(x, lengths)
        n_patches = -(-n_steps // self.patch_size)
        x = F.pad(x, (0, 0, 0, n_patches * self.patch_size - n_steps))
        tokens = self.project(x.reshape(batch, n_patches, -1))
        if lengths is not None:
            lengths = shrink_lengths(lengths, self.patch_size)
        return tokens, lengths

    def describe(self, n_steps):
        """Return the layer, for one sequence of `n_steps` steps."""
        n_tokens = shrink_lengths(n_steps, self.patch_size)
        flops = 2 * n_tokens * count_matrix_elements(self.project)
        return [Layer("patches", "Patches", (n_tokens, self.width), [self], flops)]

    def export(self, graph, steps):
        """Add the patches to an ONNX graph; return them as `Steps`."""
        x = export_zero_padding(graph, steps)
        n_steps = graph.add("Gather", graph.add("Shape", x), graph.integers(1))
        size, zero = graph.integers(self.patch_size), graph.integers(0)
        missing = graph.add("Mod", graph.add("Neg", n_steps), size)
        pads = graph.add("Concat", zero, zero, zero, zero, missing, zero, axis=0)
        x = graph.add("Pad", x, pads)
        x = graph.add("Reshape", x, graph.integers(0, -1, self.project.in_features))
        tokens = self.project.export(graph, x)
        return export_shrunk_steps(graph, tokens, steps, self.patch_size)
