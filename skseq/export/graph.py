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

    def scan(self, body, state, slices, *, state_shape, reverse=False):
        """Add a loop over the first axis of some tensors; return its stacked outputs.

        Parameters
        ----------
        body : callable
            Called with the names of the state and of the slices of one step. Adds the nodes
            of the step and returns the names of the next state, and of the output.
        state : str
            The state before the first step, float32.
        slices : dict
            From the name of each tensor (time, ...) to its dtype and the shape of a slice,
            in which strings are dimensions of any size.
        state_shape : list
            Shape of the state.
        reverse : bool, default=False
            Whether the loop starts at the last step. The outputs are in the order of the
            slices nevertheless.
        """
        helper, outer = self.onnx.helper, self.nodes
        forms = {self._name("state"): (np.float32, state_shape)}
        forms |= {self._name("slice"): form for form in slices.values()}
        self.nodes = []
        try:
            results = body(*forms)
            nodes = self.nodes
        finally:
            self.nodes = outer
        inner = helper.make_graph(
            nodes,
            self._name("body"),
            self._describe(forms),
            [helper.make_empty_tensor_value_info(name) for name in results],
        )
        direction = [int(reverse)]
        _, stacked = self.add(
            "Scan",
            state,
            *slices,
            n_outputs=2,
            body=inner,
            num_scan_inputs=len(slices),
            scan_input_directions=direction * len(slices),
            scan_output_directions=direction,
        )
        return stacked

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
        graph = helper.make_graph(
            self.nodes,
            name,
            self._describe(inputs),
            self._describe(outputs),
            self.constants,
        )
        opset = helper.make_opsetid("", OPSET)
        model = helper.make_model(graph, opset_imports=[opset], producer_name="skseq")
        model.ir_version = IR_VERSION
        helper.set_model_props(model, {k: json.dumps(v) for k, v in metadata.items()})
        return model.SerializeToString()

    def _describe(self, tensors):
        """Return the forms of tensors, given a dict as of `serialize`."""
        helper = self.onnx.helper
        return [
            helper.make_tensor_value_info(
                key, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape
            )
            for key, (dtype, shape) in tensors.items()
        ]

    def _name(self, what):
        self._count += 1
        return f"{what}_{self._count}"
