"""Networks as ONNX graphs, operator by operator.

The graph is written by hand, not traced: ONNX has the recurrences of torch as operators
that know lengths, and a graph so written is small, quiet and the same with every torch.
"""

from skseq.export.graph import Graph
from skseq.export.layers import ENCODERS, add_network, add_scaling

__all__ = ["ENCODERS", "Graph", "add_network", "add_scaling"]
