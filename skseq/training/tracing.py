"""What a trained network does on sequences: its states, attention and gradients."""

from dataclasses import dataclass

import torch

from skseq.training.devices import autocast


@dataclass
class Trace:
    """What a network did on sequences, token by token.

    Each list has an array for each sequence, in the order of X, without padding.

    Attributes
    ----------
    states : list of ndarray of shape (n_tokens_i, width)
        Hidden states of the last layer, which are pooled. At the end of the second axis
        stand `backward_width` features that were computed backward in time.
    backward_width : int
        0 but for a bidirectional network.
    attention : list of ndarray of shape (n_layers, n_heads, n_tokens_i, n_tokens_i)
        How much each token (third axis) attends to each (last axis, sum 1); or None.
    pooling_weights : list of ndarray of shape (n_heads, n_tokens_i)
        How much each token counts in attention pooling (sum 1); or None.
    gradients : list of ndarray of shape (n_layers, n_tokens_i, width)
        Gradient of the loss of each sequence at its states; or None.
    token_steps : int
        Steps that a token stands for; the last one of a sequence for what is left.
    """

    states: list
    backward_width: int = 0
    attention: list | None = None
    pooling_weights: list | None = None
    gradients: list | None = None
    token_steps: int = 1


def trace_states(net, dataset):
    """Return the hidden states of the last layer."""
    return collect(net, dataset, lambda module, x, lengths: module.trace(x, lengths))


def trace_attention(net, dataset):
    """Return the attention between tokens."""

    def ask(module, x, lengths):
        tokens, lengths = module.read(x, lengths)
        return module.encoder.attention(tokens, lengths).moveaxis(3, 1), lengths

    parts = collect(net, dataset, ask)  # (tokens, layers, heads, padded tokens)
    return [part[..., : len(part)].transpose(1, 2, 0, 3) for part in parts]


def trace_pooling(net, dataset):
    """Return the weights of attention pooling."""

    def ask(module, x, lengths):
        states, lengths = module.trace(x, lengths)
        return module.pooling.weights(states, lengths), lengths

    return [part.T for part in collect(net, dataset, ask)]


def trace_gradients(net, dataset):
    """Return the gradient of each sequence's loss at the states of each layer.

    Everything is computed in float32; the gradients of the weights stay as they are.
    """
    device, found = torch.device(net.device), [None] * len(dataset)
    net._set_training(False)
    # The caller may be in a mode without gradients.
    with torch.inference_mode(False), torch.enable_grad():
        for rows, batch in dataset.prediction_batches(device):
            outputs, probes, lengths = net.module_.probe(batch.x, batch.lengths)
            targets, target_lengths = dataset.targets.pad(rows)
            targets = torch.from_numpy(targets).to(device)
            losses = net.criterion_(outputs[: len(rows)], targets, target_lengths)
            (gradient,) = torch.autograd.grad(losses.sum(), probes)
            keep(found, rows, gradient.permute(1, 2, 0, 3), lengths)
    return [part.swapaxes(0, 1) for part in found]


def collect(net, dataset, ask):
    """Return what a question about padded batches has for an answer in each sequence.

    Parameters
    ----------
    net : SequenceNet
        Who is asked.
    dataset : SequenceDataset
        The sequences.
    ask : callable
        Given module, batch and lengths it returns a tensor (batch, tokens, ...), and
        how many tokens of each sequence are real.

    Returns
    -------
    list of ndarray of shape (n_tokens_i, ...), float32
        In the order of the dataset.
    """
    device, found = torch.device(net.device), [None] * len(dataset)
    net._set_training(False)
    with torch.inference_mode(), autocast(device, net.precision):
        for rows, batch in dataset.prediction_batches(device):
            keep(found, rows, *ask(net.module_, batch.x, batch.lengths))
    return found


def keep(found, rows, answer, lengths):
    """Store what is real of an answer (batch, tokens, ...) in the rows' places."""
    answer = answer.float().cpu().numpy()
    if lengths is None:  # all tokens are real
        lengths = torch.full((len(answer),), answer.shape[1])
    for place, (row, length) in enumerate(zip(rows, lengths.tolist(), strict=False)):
        found[row] = answer[place, :length].copy()
