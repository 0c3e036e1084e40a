"""What an estimator shows of its network."""

import pandas as pd

from skseq.training.tracing import (
    Trace,
    trace_attention,
    trace_gradients,
    trace_pooling,
    trace_states,
)


def read_trace(estimator, data, *, gradients, attention):
    """Return what the network of an estimator does on a dataset."""
    net, module = estimator.net_, estimator.net_.module_
    encoder, head = module.encoder, module.head
    if attention and not (encoder.has_attention or head.has_weights):
        raise ValueError(
            f"attention=True, but {type(estimator).__name__} with "
            f"pooling={estimator.pooling!r} has no attention; take pooling='attention' or a "
            "Transformer."
        )
    if gradients and not encoder.has_probes:
        raise TypeError(
            "gradients at hidden states are known for the RNN, LSTM, GRU and Transformer of "
            f"skseq only, but {type(estimator).__name__} was built with "
            f"{encoder.name}; without gradients trace gives its states."
        )
    return Trace(
        trace_states(net, data),
        encoder.backward_width,
        attention=trace_attention(net, data)
        if attention and encoder.has_attention
        else None,
        pooling_weights=trace_pooling(net, data)
        if attention and head.has_weights
        else None,
        gradients=trace_gradients(net, data) if gradients else None,
        token_steps=module.token_steps,
    )


def tabulate_layers(layers):
    """Return a table with a row for each layer, and one for the total."""
    rows = []
    for name, kind, shape, modules, flops in layers:
        parameters = [p for module in modules for p in module.parameters()]
        kept = [b for module in modules for b in module.buffers()]
        rows.append(
            {
                "layer": name,
                "kind": kind,
                "output_shape": shape,
                "parameters": sum(p.numel() for p in parameters),
                "bytes": sum(t.numel() * t.element_size() for t in parameters + kept),
                "flops": pd.NA if flops is None else flops,
            }
        )
    table = pd.DataFrame(rows).set_index("layer")
    table["flops"] = table["flops"].astype("Int64")
    total = {name: table[name].sum() for name in ("parameters", "bytes")}
    total["flops"] = table["flops"].sum(skipna=False)
    table.loc["total"] = {"kind": "", "output_shape": "", **total}
    return table.astype({"parameters": "int64", "bytes": "int64", "flops": "Int64"})
