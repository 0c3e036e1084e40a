"""ONNX graphs of encoders that no estimator exports."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from skseq.export import Graph
from skseq.networks import RecurrentEncoder, TransformerEncoder, export_sequences


def run_graph(encoder, x, lengths):
    """Return the states that onnxruntime computes."""
    graph = Graph()
    steps = encoder.export(graph, export_sequences(graph, "x", "lengths"))
    graph.rename(steps.x, "states")
    model = graph.serialize(
        "encoder",
        {"x": ("float32", ["batch", "time", x.shape[2]]), "lengths": ("int64", ["batch"])},
        {"states": ("float32", ["batch", "time", encoder.width])},
        {},
    )
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (states,) = session.run(None, {"x": x.numpy(), "lengths": lengths.numpy()})
    return states


@pytest.mark.parametrize(
    "encoder",
    [
        TransformerEncoder(3, 8, num_heads=2, causal=True),
        TransformerEncoder(3, 5, num_heads=1, positions="sinusoidal", causal=True),
        RecurrentEncoder(nn.LSTM, 3, 4, num_layers=2),
        RecurrentEncoder(nn.GRU, 3, 4, bidirectional=True),
    ],
    ids=["rotary", "sinusoidal", "LSTM", "GRU"],
)
def test_states_equal_those_of_onnxruntime(encoder):
    generator = torch.Generator().manual_seed(0)
    for parameter in encoder.eval().parameters():
        parameter.data.normal_(0, 0.4, generator=generator)
    x, lengths = torch.randn(3, 6, 3, generator=generator), torch.tensor([6, 1, 4])
    with torch.no_grad():
        expected = encoder(x, lengths).numpy()
    states = run_graph(encoder, x, lengths)
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(
            states[row, :length], expected[row, :length], rtol=0, atol=1e-5
        )
