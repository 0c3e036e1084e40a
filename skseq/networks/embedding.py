"""What stands in front of a network: a convolutional stem, and patches."""

from torch import nn
from torch.nn import functional as F

from skseq.networks.masks import zero_padding


class ConvolutionalStem(nn.Module):
    """Convolutions over time that keep the number of steps.

    Parameters
    ----------
    n_features : int
        Features of the input.
    width : int
        Channels of every layer.
    num_layers : int
        Convolutions on top of each other.
    kernel_size : int, default=7
        Steps that a convolution sees, odd.
    """

    def __init__(self, n_features, width, num_layers, kernel_size=7):
        super().__init__()
        self.width = width
        self.convolutions = nn.ModuleList(
            nn.Conv1d(
                n_features if k == 0 else width,
                width,
                kernel_size,
                padding=kernel_size // 2,
            )
            for k in range(num_layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(num_layers))

    def forward(self, x, lengths=None):
        """Return (batch, time, width)."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            # Padding must be zero before each layer: a kernel reaches into it.
            x = zero_padding(x, lengths)
            x = convolution(x.transpose(1, 2)).transpose(1, 2)
            x = F.gelu(norm(x))
        return x


class Patches(nn.Module):
    """Turn every `patch_size` steps into one token by a strided convolution.

    Parameters
    ----------
    n_features : int
        Features of the input.
    width : int
        Size of a token.
    patch_size : int
        Steps of a patch. The last patch of a sequence is filled up with zeros.
    """

    def __init__(self, n_features, width, patch_size):
        super().__init__()
        self.width = width
        self.patch_size = patch_size
        self.project = nn.Linear(n_features * patch_size, width)

    def forward(self, x, lengths=None):
        """Return tokens (batch, ceil(time / patch_size), width) and their lengths."""
        batch, n_steps, n_features = x.shape
        x = zero_padding(x, lengths)
        n_patches = -(-n_steps // self.patch_size)
        x = F.pad(x, (0, 0, 0, n_patches * self.patch_size - n_steps))
        tokens = self.project(x.reshape(batch, n_patches, -1))
        if lengths is not None:
            lengths = (lengths + self.patch_size - 1) // self.patch_size
        return tokens, lengths
