"""Lower bounds of a comparison: the kernels of torch that skseq calls, run alone.

They leave out loop, batches, losses and updates. For the prediction of one sequence the
bound is the network alone, without reading and validating X.
"""

from unittest import mock

import torch
from torch import nn
from torch.nn import functional as F

from .workloads import NUM_HEADS, NUM_LAYERS


def prepare_kernels(workload):
    """Return a function that runs the kernels of a fit, or None.

    Only the LSTM and the Transformer call such kernels; the recurrences of the vanilla RNN
    and the GRU are skseq's own.
    """
    n_updates = workload.n_epochs * -(-workload.n_sequences // workload.batch_size)
    if workload.min_steps is not None or workload.dropout:
        return None
    if workload.architecture == "LSTM":
        shape = workload.batch_size, workload.n_steps, workload.n_features
        return prepare_lstm(shape, workload.hidden_size, n_updates)
    if workload.architecture == "Transformer":
        return _prepare_transformer(workload, n_updates)
    return None


def prepare_lstm(shape, hidden_size, n_updates):
    """Return a function that runs torch's LSTM forward and backward, n_updates times."""
    layer = nn.LSTM(shape[2], hidden_size, batch_first=True)
    # With torch's initial weights gradients vanish into denormal numbers, which are slow.
    for gate in layer.weight_hh_l0.data.chunk(4):
        nn.init.orthogonal_(gate)
    nn.init.ones_(layer.bias_hh_l0.data[hidden_size : 2 * hidden_size])  # forget gate
    x = torch.randn(shape)

    def run():
        for _ in range(n_updates):
            layer(x)[0][:, -1].sum().backward()

    return run


def prepare_cell(workload, steps):
    """Return a function that labels steps (n_steps, n_features) by torch's LSTMCell."""
    cell = nn.LSTMCell(workload.n_features, workload.hidden_size)
    head = nn.Linear(workload.hidden_size, workload.n_classes)

    @torch.inference_mode()
    def step(x_t, state):
        state = cell(x_t, state)
        return head(state[0]).argmax(dim=1), state

    def run():
        state = None
        for x_t in torch.from_numpy(steps).float()[:, None].unbind():
            _, state = step(x_t, state)

    return run


def _prepare_transformer(workload, n_updates):
    batch, n_steps, hidden = workload.batch_size, workload.n_steps, workload.hidden_size

    def make(*shape):
        return torch.randn(shape, requires_grad=True)

    x, y = make(batch, n_steps, hidden), make(batch, n_steps, hidden)
    inner = make(batch, n_steps, 2 * hidden)
    # Query, key and value, with the memory layout of split heads.
    split = batch, n_steps, NUM_HEADS, hidden // NUM_HEADS
    heads = [torch.randn(split).transpose(1, 2).requires_grad_() for _ in range(3)]
    # Query, key and value together; out of the heads; into and out of the inner layer.
    inputs, widths = (x, x, x, inner), (3 * hidden, hidden, 2 * hidden, hidden)
    weights = [make(n, part.shape[-1]) for part, n in zip(inputs, widths, strict=True)]

    def run_block():
        yield from (F.linear(part, w) for part, w in zip(inputs, weights, strict=True))
        yield F.scaled_dot_product_attention(*heads)
        yield F.gelu(inner)
        yield F.layer_norm(x, (hidden,))
        yield F.layer_norm(y, (hidden,))

    def run():
        for _ in range(n_updates * NUM_LAYERS):
            for out in run_block():
                out.backward(out.detach())

    return run


def prepare_network(estimator, X, repeats):
    """Return a function that calls the network with the input that `predict(X)` gives it."""
    module = estimator.net_.module_
    with mock.patch.object(module, "forward", wraps=module.forward) as forward:
        estimator.predict(X)

    @torch.inference_mode()
    def run():
        for _ in range(repeats):
            module(*forward.call_args.args)

    return run
