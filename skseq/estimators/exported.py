"""Fitted sequence estimators as ONNX models."""

import numpy as np

from skseq.export import Graph
from skseq.networks import export_sequences
from skseq.persistence import replace_file


def export_estimator(estimator, path):
    """Write a fitted classifier or regressor to a file as an ONNX model.

    Raises TypeError if the encoder has no method `export`.
    """
    graph, name = Graph(), type(estimator).__name__
    inputs, x = estimator.scaler_.export(graph)
    steps = export_sequences(graph, x, "lengths")
    outputs = estimator.net_.module_.export(graph, steps)
    outputs = estimator._export_outputs(graph, outputs)
    inputs["lengths"] = np.int64, ["batch"]
    names = getattr(estimator, "feature_names_in_", None)
    metadata = {
        "estimator": name,
        "classes": getattr(estimator, "classes_", np.array([])).tolist(),
        "feature_names": None if names is None else [str(name) for name in names],
    }
    if estimator.scaler_.vocabularies:
        metadata["vocabularies"] = [v.describe() for v in estimator.scaler_.vocabularies]
    model = graph.serialize(name, inputs, outputs, metadata)
    replace_file(path, model, example="model.onnx")
