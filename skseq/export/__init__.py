"""Export to ONNX.

Graphs are written operator by operator, not traced: the recurrences of ONNX take lengths,
and the file is small and the same with every version of torch. Each layer adds itself to a
graph by its method `export`.
"""

from skseq.export.graph import Graph

__all__ = ["Graph"]
