"""The trace of a network, and the table of its layers."""

from numbers import Integral

import pandas as pd

from skseq.quoting import quote
from skseq.training.tracing import (
    Trace,
    trace_attention,
    trace_gradients,
    trace_pooling,
    trace_states,
)


def read_trace(estimator, data, *, gradients, attention):
    """Return the :class:`Trace` of a fitted estimator's network on a dataset.

    The dataset is a SequenceDataset or WindowDataset, with targets if `gradients`. Raises
    TypeError if the encoder has no gradients, and ValueError if there is no attention.
    """
    net, module = estimator.net_, estimator.net_.module_
    encoder, head, name = module.encoder, module.head, type(estimator).__name__
    if attention and not (encoder.has_attention or head.has_weights):
        has_pooling = "pooling" in estimator.get_params(deep=False)
        raise ValueError(
            f"attention=True, but the network of {name} has no attention. Use a Transformer"
            f"{' or pooling=' + repr('attention') if has_pooling else ''}."
        )
    if gradients and not encoder.has_probes:
        raise TypeError(
            "Gradients of hidden states need an encoder with a method probe, but the "
            f"encoder of {name}, {encoder.name}, has none. Call trace without gradients."
        )
    has_layers, has_pooling = encoder.has_attention, head.has_weights
    return Trace(
        trace_states(net, data),
        encoder.backward_width,
        attention=trace_attention(net, data) if attention and has_layers else None,
        pooling_weights=trace_pooling(net, data) if attention and has_pooling else None,
        gradients=trace_gradients(net, data) if gradients else None,
        token_steps=module.token_steps,
    )


def tabulate_layers(network, n_timesteps):
    """Return a table with one row for each layer of a network, and the total.

    The layers are those for one sequence of `n_timesteps` steps.
    """
    if not isinstance(n_timesteps, Integral) or n_timesteps < 1:
        raise ValueError(
            "n_timesteps should be a whole number of steps, at least 1. Got "
            f"{quote(n_timesteps)} instead."
        )
    rows = []
    for layer in network.describe(int(n_timesteps)):
        parameters = [p for module in layer.modules for p in module.parameters()]
        buffers = [b for module in layer.modules for b in module.buffers()]
        rows.append(
            {
                "layer": layer.name,
                "kind": layer.kind,
                "output_shape": layer.output_shape,
                "parameters": sum(p.numel() for p in parameters),
                "bytes": sum(t.numel() * t.element_size() for t in parameters + buffers),
                "flops": pd.NA if layer.flops is None else layer.flops,
            }
        )
    table = pd.DataFrame(rows).set_index("layer")
    table["flops"] = table["flops"].astype("Int64")
    total = {name: table[name].sum() for name in ("parameters", "bytes")}
    total["flops"] = table["flops"].sum(skipna=False)
    table.loc["total"] = {"kind": "", "output_shape": "", **total}
    return table.astype({"parameters": "int64", "bytes": "int64", "flops": "Int64"})
