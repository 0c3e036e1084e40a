"""Row-independent matrix products."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from skseq.networks.kernels.padding import COLUMN_MULTIPLE, ROW_MULTIPLE, pad_features


class Linear(nn.Linear):
    """A :class:`torch.nn.Linear` whose rows do not depend on each other, to the last bit.

    Without gradients they do not depend on the number of rows either. See
    :mod:`skseq.networks.kernels.padding`.
    """

    def forward(self, x):
        """Map (..., in) to (..., out)."""
        x, weight, bias = pad_features(x), pad_features(self.weight), self.bias
        *shape, inner = x.shape
        rows, columns = math.prod(shape), len(weight)
        # In an export the number of rows is a symbol.
        if torch.is_grad_enabled() or not isinstance(rows, int):
            return F.linear(x, weight, bias)
        padded = x
        if missing := -rows % ROW_MULTIPLE:
            padded = F.pad(x.reshape(rows, inner), (0, 0, 0, missing))
        if missing := -columns % COLUMN_MULTIPLE:
            weight = F.pad(weight, (0, 0, 0, missing))
            # The addition makes the result contiguous: how threads share the operations
            # that follow depends on that.
            product = F.linear(padded, weight)[..., :columns] + bias
        else:
            product = F.linear(padded, weight, bias)
        return product if padded is x else product[:rows].view(*shape, columns)

    def export(self, graph, x):
        """Add the product to an ONNX graph; return the name of the result."""
        x = graph.add("MatMul", x, graph.constant(self.weight.T))
        return graph.add("Add", x, graph.constant(self.bias))
