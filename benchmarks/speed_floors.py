"""What a comparison cannot go below: the kernels of torch that our side calls, alone.

Neither loop nor batches, losses and updates: what is left is torch's, and all but Keras
pay for it too, but for the clearing of pages, which our training is spared. Of one
sequence, our network alone, without reading and checking it.
"""

import torch
from skseq.networks.recurrent import initialise_recurrent
from skseq.training.allocation import keep_freed_memory
from torch import nn
from torch.nn import functional as F

from skseq.sequences.reading import read_sequences
from skseq.training import SequenceDataset


def prepare_kernels(workload):
    """Return a function that runs what our training runs of torch's, or None.

    Only the LSTM and the Transformer have such kernels; the recurrences of the vanilla RNN
    and the GRU are our own.
    """
    n_updates = workload.n_epochs * -(-workload.n_sequences // workload.batch_size)
    if workload.architecture == "LSTM" and workload.shortest is None:
        shape = workload.batch_size, workload.n_steps, workload.n_features
        return prepare_lstm(shape, workload.hidden_size, n_updates)
    if workload.architecture == "Transformer" and workload.shortest is None:
        return _prepare_transformer(workload, n_updates)
    return None


def prepare_lstm(shape, hidden_size, n_updates):
    """Return a function that runs torch's LSTM forward and backward, n_updates times."""
    layer = nn.LSTM(shape[2], hidden_size, batch_first=True)
    initialise_recurrent(layer)  # else gradients vanish into numbers slow to compute
    x = torch.randn(shape)

    def run():
        with keep_freed_memory():
            for _ in range(n_updates):
                layer(x)[0][:, -1].sum().backward()

    return run


def _prepare_transformer(workload, n_updates, num_layers=2, num_heads=4):
    batch, n_steps, hidden = workload.batch_size, workload.n_steps, workload.hidden_size
    steps = [torch.randn(batch, n_steps, hidden, requires_grad=True) for _ in range(3)]
    inner = torch.randn(batch, n_steps, 2 * hidden, requires_grad=True)
    heads = [x.detach().view(batch, n_steps, num_heads, -1).transpose(1, 2) for x in steps]
    for head in heads:
        head.requires_grad_()
    # Query, key and value together; out of the heads; into and out of the inner layer.
    inputs = (steps[0], steps[0], steps[0], inner)
    weights = [
        torch.randn(columns, x.shape[-1], requires_grad=True)
        for x, columns in zip(inputs, (3 * hidden, hidden, 2 * hidden, hidden), strict=True)
    ]

    def run_block():
        yield from (F.linear(x, w) for x, w in zip(inputs, weights, strict=True))
        yield F.scaled_dot_product_attention(*heads)
        yield F.gelu(inner)
        yield F.layer_norm(steps[0], (hidden,))
        yield F.layer_norm(steps[1], (hidden,))

    def run():
        with keep_freed_memory():
            for _ in range(n_updates * num_layers):
                for out in run_block():
                    out.backward(out.detach())

    return run


def prepare_network(estimator, X, repeats):
    """Return a function that asks our network alone for the answers to X."""
    module = estimator.net_.module_
    sequences = read_sequences(X)[0]
    dataset = SequenceDataset(
        sequences, estimator.scaler_, common_length=estimator.common_length_
    )
    _, batch = next(dataset.prediction_batches(torch.device("cpu")))

    @torch.inference_mode()
    def run():
        for _ in range(repeats):
            module(batch.x, batch.lengths)

    return run
