"""States, attention and gradients of a trained network."""

from dataclasses import dataclass

import torch

from skseq.networks import collect_steps
from skseq.training.devices import autocast


@dataclass
class Trace:
    """Hidden states, attention weights and gradients of the tokens of sequences.

    Each list has one array for each sequence, in the order of X, without padding.

    Attributes
    ----------
    states : list of ndarray of shape (n_tokens_i, width)
        Hidden states of the last layer, which are pooled. The last `backward_width`
        features were computed backward in time.
    backward_width : int
        0 except for bidirectional networks.
    attention : list of ndarray of shape (n_layers, n_heads, n_tokens_i, n_tokens_i) or None
        Weights with which each token (third axis) attends to the tokens (last axis, sum 1).
    pooling_weights : list of ndarray of shape (n_heads, n_tokens_i) or None
        Weight of each token in attention pooling (sum 1).
    gradients : list of ndarray of shape (n_layers, n_tokens_i, width) or None
        Gradient of the loss of each sequence with respect to its states.
    token_steps : int
        Number of steps of a token. The last token of a sequence may have fewer.
    """

    states: list
    backward_width: int = 0
    attention: list | None = None
    pooling_weights: list | None = None
    gradients: list | None = None
    token_steps: int = 1


def trace_states(net, dataset):
    """Return the hidden states of the last layer."""
    return compute_steps(net, dataset, net.module_.encode)


def trace_attention(net, dataset):
    """Return the attention between tokens."""

    def compute(x, lengths):
        weights, lengths = net.module_.attention(x, lengths)
        return weights.moveaxis(3, 1), lengths

    parts = compute_steps(net, dataset, compute)  # (tokens, layers, heads, padded tokens)
    return [part[..., : len(part)].transpose(1, 2, 0, 3) for part in parts]


def trace_pooling(net, dataset):
    """Return the weights of attention pooling."""
    return [part.T for part in compute_steps(net, dataset, net.module_.weights)]


def trace_gradients(net, dataset):
    """Return the gradient of each sequence's loss with respect to the states of each layer.

    Everything is computed in float32. The gradients of the parameters do not change.
    """
    device = torch.device(net.device)
    net._set_training(False)

    def compute(rows, batch):
        outputs, probes, lengths = net.module_.probe(batch.x, batch.lengths)
        targets, target_lengths = dataset.targets.pad(rows)
        targets = torch.from_numpy(targets).to(device)
        if target_lengths is not None:
            target_lengths = torch.from_numpy(target_lengths).to(device)
        losses = net.criterion_(outputs, targets, target_lengths)
        (gradient,) = torch.autograd.grad(losses.sum(), probes)
        return rows, gradient.permute(1, 2, 0, 3), lengths

    # The caller may have disabled gradients.
    with torch.inference_mode(False), torch.enable_grad():
        parts = (compute(*part) for part in dataset.prediction_batches(device))
        gradients = collect_steps(parts, len(dataset))
    return [gradient.numpy().swapaxes(0, 1) for gradient in gradients]


def compute_steps(net, dataset, function):
    """Apply a function to padded batches; return an array (n_tokens_i, ...) for each
    sequence.

    The function maps a batch and its lengths to a tensor (batch, tokens, ...), and the
    number of tokens of each sequence or None. Results are float32, in the order of the
    dataset.
    """
    device = torch.device(net.device)
    net._set_training(False)
    with torch.inference_mode(), autocast(device, net.precision):
        parts = (
            (rows, *function(batch.x, batch.lengths))
            for rows, batch in dataset.prediction_batches(device)
        )
        parts = ((rows, steps.float(), lengths) for rows, steps, lengths in parts)
        return [steps.numpy() for steps in collect_steps(parts, len(dataset))]
