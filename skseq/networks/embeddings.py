"""Embeddings of categorical features."""

import torch
from torch import nn

from skseq.networks.dropout import Dropout
from skseq.networks.layers import Layer

# Standard deviation of new embeddings. Rare categories move only a little in training, so
# that large initial values would be noise.
INITIAL_DEVIATION = 0.1


class UnknownDropout(Dropout):
    """Replace random categories by the unknown one during training.

    Parameters
    ----------
    rates : array-like of shape (n_rows,)
        Probability of each category to be replaced. Rows beyond are never passed.
    unknown : int
        The row that replaces others.
    """

    rates: torch.Tensor

    def __init__(self, rates, unknown):
        super().__init__(0.0)
        self.unknown = unknown
        # It follows from the vocabulary, so it is not part of the weights.
        rates = torch.as_tensor(rates, dtype=torch.float32)
        self.register_buffer("rates", rates, persistent=False)

    def forward(self, ids):
        """Replace ids of any shape."""
        if not self.training:
            return ids
        replaced = torch.bernoulli(self.rates[ids], generator=self.generator)
        return ids.masked_fill(replaced.bool(), self.unknown)

    def extra_repr(self):
        """Show the number of categories."""
        return f"n_rows={len(self.rates)}"


class CategoryEmbedding(nn.Module):
    """Embedding of a categorical feature.

    The first id of a step is that of its category. If categories are words, those of their
    parts follow, whose embeddings are added (Bojanowski et al., 2017,
    https://arxiv.org/abs/1607.04606). Row 0 of both tables is for padding. Gradients are
    sparse, so that an update does not touch the rows of other categories.

    Parameters
    ----------
    n_rows : int
        Number of rows of the table of categories.
    width : int
        Size of an embedding.
    unknown : int
        The row of unknown categories.
    rates : array-like of shape (n_rows,)
        Probability with which training replaces each category by the unknown one.
    n_parts : int, default=0
        Number of parts of a word.
    n_buckets : int, default=0
        Number of rows of the table of parts.
    """

    def __init__(self, n_rows, width, unknown, rates, n_parts=0, n_buckets=0):
        super().__init__()
        self.n_columns = 1 + n_parts
        self.width = width
        self.dropout = UnknownDropout(rates, unknown)
        self.table = nn.Embedding(n_rows, width, padding_idx=0, sparse=True)
        self.parts = None
        if n_parts:
            self.parts = nn.EmbeddingBag(
                n_buckets, width, mode="sum", padding_idx=0, sparse=True
            )
        with torch.no_grad():
            for weight in self.parameters():
                weight.normal_(std=INITIAL_DEVIATION)
                weight[0] = 0.0
            # Until it is trained, an unknown category is an average one.
            self.table.weight[unknown] = 0.0

    def forward(self, ids):
        """Return the embeddings (batch, time, width) of ids (batch, time, n_columns)."""
        shape, ids = ids.shape[:2], ids.flatten(0, 1).long()
        x = self.table(self.dropout(ids[:, 0]))  # (batch * time, width)
        if self.parts is not None:
            x = x + self.parts(ids[:, 1:])
        return x.view(*shape, self.width)

    def export(self, graph, ids):
        """Add the embedding to an ONNX graph; return the name of its output."""
        ids = graph.cast(ids, "int64")
        first = graph.add("Gather", ids, graph.integer(0), axis=2)
        x = graph.add("Gather", graph.constant(self.table.weight), first, axis=0)
        if self.parts is None:
            return x
        bounds = (graph.integers(n) for n in (1, self.n_columns, 2))
        parts = graph.add("Slice", ids, *bounds)
        parts = graph.add("Gather", graph.constant(self.parts.weight), parts, axis=0)
        parts = graph.add("ReduceSum", parts, graph.integers(2), keepdims=0)
        return graph.add("Add", x, parts)


class StepEmbedding(nn.Module):
    """Replaces the ids of categorical features in a batch by their embeddings.

    Parameters
    ----------
    n_features : int
        Number of columns. The first ones are numeric features, which stay the same.
    categories : sequence of tuple
        The parameters of the :class:`CategoryEmbedding` of each categorical feature, whose
        ids are the last columns.
    dropout : float, default=0.0
        Probability with which training zeroes each number of an embedding.

    Attributes
    ----------
    width : int
        Number of numeric columns plus the sizes of all embeddings.
    """

    def __init__(self, n_features, categories, dropout=0.0):
        super().__init__()
        self.dropout = Dropout(dropout)
        self.embeddings = nn.ModuleList(CategoryEmbedding(*part) for part in categories)
        n_columns = [e.n_columns for e in self.embeddings]
        n_numeric = n_features - sum(n_columns)
        self.sizes = [n_numeric, *n_columns]
        self.widths = [n_numeric, *(e.width for e in self.embeddings)]
        self.width = sum(self.widths)

    def forward(self, x):
        """Return steps (batch, time, width) of x (batch, time, columns)."""
        numeric, *ids = x.split(self.sizes, dim=2)
        parts = [e(part) for e, part in zip(self.embeddings, ids, strict=True)]
        return torch.cat([numeric, self.dropout(torch.cat(parts, dim=2))], dim=2)

    def describe(self, n_steps):
        """Return a list of :class:`Layer` for one sequence of `n_steps` steps."""
        return [
            Layer(f"embedding.{k}", "Embedding", (n_steps, e.width), [e], 0)
            for k, e in enumerate(self.embeddings)
        ]

    def export(self, graph, steps):
        """Add the embeddings to an ONNX graph; return them as `Steps`."""
        sizes = graph.integers(*self.sizes)
        n_parts = len(self.sizes)
        numeric, *ids = graph.add("Split", steps.x, sizes, n_outputs=n_parts, axis=2)
        parts = [
            e.export(graph, part) for e, part in zip(self.embeddings, ids, strict=True)
        ]
        return steps._replace(x=graph.add("Concat", numeric, *parts, axis=2))
