"""Estimators as ONNX models, for programs without Python or torch."""

import numpy as np

from skseq.export import ENCODERS, Graph, add_network, add_scaling
from skseq.persistence import replace_file


def export_estimator(estimator, path):
    """Write a fitted estimator as an ONNX model."""
    module = estimator.net_.module_
    if type(module.encoder) not in ENCODERS:
        raise TypeError(
            f"to_onnx knows the RNN, LSTM, GRU and Transformer of skseq only, but "
            f"{type(estimator).__name__} was built with {module.encoder.name}; "
            "export net_.module_ by torch.onnx.export."
        )
    graph = Graph()
    steps = add_scaling(graph, estimator.scaler_, "values", "lengths")
    outputs = estimator._export_outputs(graph, add_network(graph, module, steps))
    n_features = len(estimator.scaler_.mean)
    inputs = {
        "values": (np.float32, ["batch", "time", n_features]),
        "lengths": (np.int64, ["batch"]),
    }
    names = getattr(estimator, "feature_names_in_", None)
    notes = {
        "estimator": type(estimator).__name__,
        "classes": getattr(estimator, "classes_", np.array([])).tolist(),
        "feature_names": None if names is None else [str(name) for name in names],
    }
    data = graph.serialize(type(estimator).__name__, inputs, outputs, notes)
    replace_file(path, data)
