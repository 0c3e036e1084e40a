"""The layers in front of the encoder: embedding, stem, then patches."""

from torch import nn

from skseq.networks.kernels.padding import ROW_MULTIPLE
from skseq.networks.masks import shrink_lengths


class InputLayers(nn.Module):
    """Maps the steps of sequences to tokens.

    Parameters
    ----------
    n_features : int
        Number of features of a step; not used with an embedding.
    stem : ConvolutionalStem or None
        Convolutions over time.
    patches : Patches or None
        Applied after the stem.
    n_steps : int or None
        If given, only the first `n_steps` steps are read: the past of windows, which also
        contain the future. None of these steps may be padding.
    embedding : StepEmbedding or None
        Applied to the steps first.

    Attributes
    ----------
    width : int
        Size of a token.
    token_steps : int
        Number of steps that become one token.
    row_multiple : int
        As in :class:`Encoder`; convolutions need padded rows.
    """

    def __init__(self, n_features, stem=None, patches=None, n_steps=None, embedding=None):
        super().__init__()
        self.embedding = embedding
        self.stem = stem
        self.patches = patches
        self.n_steps = n_steps
        self.width = n_features if embedding is None else embedding.width
        self.token_steps = self.row_multiple = 1
        if stem is not None:
            self.width, self.token_steps = stem.width, stem.stride
            self.row_multiple = ROW_MULTIPLE
        if patches is not None:
            self.width = patches.width
            self.token_steps *= patches.patch_size

    def forward(self, x, lengths=None):
        """Return tokens (batch, n_tokens, width) and their lengths, or None."""
        return self.forward_parts([(x, lengths)])[0]

    def forward_parts(self, parts):
        """Return tokens and lengths of each part of one batch.

        Batch normalization takes its statistics over all parts.
        """
        if self.n_steps is not None:
            parts = [(x[:, : self.n_steps], None) for x, _ in parts]
        return self.forward_embedded([(self.embed(x), lengths) for x, lengths in parts])

    def embed(self, x):
        """Return steps (batch, time, width) of a batch (batch, time, columns)."""
        return x if self.embedding is None else self.embedding(x)

    def forward_embedded(self, parts):
        """Return what `forward_parts` does, given steps after the embedding."""
        if self.stem is not None:
            parts = self.stem.forward_parts(parts)
        if self.patches is not None:
            parts = [self.patches(*part) for part in parts]
        return parts

    def make_step(self):
        """Return a function from one step (batch, n_features) to its token (batch, width).

        Raises TypeError if a token depends on several steps.
        """
        if self.stem is not None or self.patches is not None:
            raise TypeError("A stem and patches cannot run step by step.")
        embedding = self.embedding
        if embedding is None:
            return lambda x_t: x_t
        return lambda x_t: embedding(x_t[:, None])[:, 0]

    def count_tokens(self, n_steps):
        """Return the number of tokens of a sequence of `n_steps` steps."""
        if self.n_steps is not None:
            n_steps = self.n_steps
        return shrink_lengths(n_steps, self.token_steps)

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps."""
        if self.n_steps is not None:
            n_steps = self.n_steps
        layers = []
        if self.embedding is not None:
            layers += self.embedding.describe(n_steps)
        if self.stem is not None:
            layers += self.stem.describe(n_steps)
            n_steps = shrink_lengths(n_steps, self.stem.stride)
        if self.patches is not None:
            layers += self.patches.describe(n_steps)
        return layers

    def export(self, graph, steps):
        """Add the layers to an ONNX graph; return the tokens as `Steps`."""
        if self.embedding is not None:
            steps = self.embedding.export(graph, steps)
        if self.stem is not None:
            steps = self.stem.export(graph, steps)
        if self.patches is not None:
            steps = self.patches.export(graph, steps)
        return steps
