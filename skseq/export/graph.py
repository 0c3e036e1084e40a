"""A graph of ONNX operators that is built node by node."""

import json

import numpy as np
import torch

from skseq.extras import import_extra

# Versions of the operators and of the format. The oldest onnxruntime that the extra allows
# reads both.
OPSET, IR_VERSION = 20, 10


class Graph:
    """Nodes and constants of a model. Tensors are identified by their names."""

    def __init__(self):
        self.onnx = import_extra("onnx", "onnx", "to_onnx")
        self.nodes = []
        self.constants = []
        self._count = 0

    def constant(self, values, dtype="float32"):
        """Add a constant: a tensor, or an array of numbers or strings. Return its name."""
        if isinstance(values, torch.Tensor):
            values = values.detach().cpu()
        name = self._name("constant")
        array = np.asarray(values, dtype=dtype)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def integer(self, value):
        """Add an integer, int64 of shape (); return its name."""
        return self.constant(value, "int64")

    def integers(self, *values):
        """Add a list of integers, for example a shape; return its name."""
        return self.constant(values, "int64")

    def add(self, operator, *inputs, n_outputs=1, **attributes):
        """Add a node; return the name of its output, or a list of names."""
        outputs = [self._name(operator) for _ in range(n_outputs)]
        node = self.onnx.helper.make_node(operator, inputs, outputs, **attributes)
        self.nodes.append(node)
        return outputs[0] if n_outputs == 1 else outputs

    def cast(self, x, dtype):
        """Add a conversion to a dtype of numpy; return the name of its output."""
        kind = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", x, to=kind)

    def rename(self, x, name):
        """Add an output of the model; return its name."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [x], [name]))
        return name

    def serialize(self, name, inputs, outputs, metadata):
        """Return the model as bytes.

        `inputs` and `outputs` map the name of a tensor to its dtype and shape, in which
        strings are dimensions of any size. `metadata` is stored as JSON.
        """
        helper = self.onnx.helper

        def describe(tensors):
            return [
                helper.make_tensor_value_info(
                    key, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape
                )
                for key, (dtype, shape) in tensors.items()
            ]

        graph = helper.make_graph(
            self.nodes, name, describe(inputs), describe(outputs), self.constants
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="skseq")
        model.ir_version = IR_VERSION
        helper.set_model_props(model, {k: json.dumps(v) for k, v in metadata.items()})
        return model.SerializeToString()

    def _name(self, what):
        self._count += 1
        return f"{what}_{self._count}"
