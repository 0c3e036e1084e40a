"""A graph of ONNX operators that grows node by node."""

import json

import numpy as np

from skseq.extras import import_extra

# What the operators mean; both are older than the oldest onnxruntime that the extra takes.
OPSET, IR_VERSION = 20, 10


class Graph:
    """Nodes and constants of a model; tensors go by their names."""

    def __init__(self):
        self.onnx = import_extra("onnx", "onnx", "to_onnx")
        self.nodes = []
        self.constants = []
        self._count = 0

    def constant(self, values, dtype=np.float32):
        """Add numbers or strings; return their name."""
        values = np.asarray(values, dtype=dtype)
        name = self._name("constant")
        self.constants.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def whole(self, *values):
        """Add a list of whole numbers, as of a shape; return its name."""
        return self.constant(values, np.int64)

    def add(self, operator, *inputs, n_outputs=1, **attributes):
        """Add a node; return the name of its output, or a list of them."""
        outputs = [self._name(operator) for _ in range(n_outputs)]
        node = self.onnx.helper.make_node(operator, inputs, outputs, **attributes)
        self.nodes.append(node)
        return outputs[0] if n_outputs == 1 else outputs

    def cast(self, x, dtype):
        """Add a change of type; return the name of its output."""
        kind = self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", x, to=kind)

    def rename(self, x, name):
        """Add an output of the model; return its name."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [x], [name]))
        return name

    def serialize(self, name, inputs, outputs, notes):
        """Return the model as bytes.

        Parameters
        ----------
        name : str
            What it is called.
        inputs, outputs : dict
            From a name to a numpy type and a shape, whose strings are any lengths.
        notes : dict
            Kept as JSON in the model's metadata.
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
        helper.set_model_props(model, {k: json.dumps(v) for k, v in notes.items()})
        return model.SerializeToString()

    def _name(self, what):
        self._count += 1
        return f"{what}_{self._count}"
