"""The training loop with one target per step, and a head and a loss for it."""

import numpy as np
import torch
from torch.nn import functional as F

from skseq import Sequences
from skseq.inputs import InputScaler
from skseq.networks import Head, InputLayers, Network, RecurrentEncoder, collect_steps
from skseq.networks.masks import step_mask
from skseq.sequences import SequenceTargets
from skseq.tasks.losses import Loss
from skseq.training import SequenceDataset, SequenceNet

CPU = torch.device("cpu")


class StepHead(Head):
    """A linear map of every state."""

    def __init__(self, width, n_outputs):
        super().__init__()
        self.pooled_width = width
        self.linear = torch.nn.Linear(width, n_outputs)

    def forward(self, states, lengths=None, x=None):
        return self.linear(states)

    def pool(self, states, lengths=None):
        return states.mean(dim=1)

    def collect(self, parts, n):
        return collect_steps(parts, n)

    def describe(self, n_tokens):
        return []

    def export(self, graph, steps):
        raise TypeError("this head is not exported")


class StepSquaredError(Loss):
    """The mean squared error over the steps of a sequence."""

    def forward(self, outputs, targets, lengths=None):
        mask = step_mask(lengths, outputs.shape[1])
        errors = ((outputs - targets) ** 2).mean(dim=2) * mask
        return errors.sum(dim=1) / lengths

    def score(self, outputs, targets, lengths=None):
        return -float(self(outputs, targets, lengths).mean())


def make_dataset(lengths, seed=0):
    """Return sequences whose target is the sum of the features so far."""
    rng = np.random.default_rng(seed)
    X = Sequences(rng.normal(size=(sum(lengths), 2)).astype(np.float32), lengths)
    parts = [np.cumsum(x.sum(axis=1, keepdims=True), axis=0) for x in X]
    scaler = InputScaler.fit(X, scale=False, mask_missing=False)
    return SequenceDataset(X, scaler, SequenceTargets.concatenate(parts))


def make_net(**params):
    torch.manual_seed(0)
    encoder = RecurrentEncoder(torch.nn.GRU, 2, 16)
    network = Network(InputLayers(2), encoder, StepHead(16, 1))
    params = {"lr": 0.02, "batch_size": 8, **params}
    return SequenceNet(network, StepSquaredError(), **params).initialize()


def test_outputs_are_one_array_for_each_sequence():
    lengths = [3, 9, 1, 5, 9]
    net, data = make_net(), make_dataset(lengths)
    found = net.outputs(data)
    assert [part.shape for part in found] == [(n, 1) for n in lengths]
    for i, part in enumerate(found):
        alone = net.outputs(make_dataset(lengths).take(np.array([i])))[0]
        np.testing.assert_allclose(part, alone, atol=1e-6)


def test_training_learns_a_target_for_each_step():
    lengths = list(np.random.default_rng(1).integers(2, 9, size=64))
    net, data = make_net(), make_dataset(lengths)
    net.train(data, None, 60)
    assert net.history[-1, "train_loss"] < 0.1 * net.history[0, "train_loss"]
    errors = [
        ((found - data.targets.pad(np.array([i]))[0][0]) ** 2).mean()
        for i, found in enumerate(net.outputs(data))
    ]
    assert np.mean(errors) < 0.1 * net.history[0, "train_loss"]


def test_validation_uses_the_lengths_of_targets():
    net, data = make_net(), make_dataset([3, 8, 5] * 8)
    net.train(data, make_dataset([7, 2, 4, 4], seed=1), 2)
    last = net.history[-1]
    assert last["valid_loss"] == -last["valid_score"] > 0


def test_padding_of_targets_does_not_change_the_loss():
    """The loss of a batch is the mean of the losses of its sequences alone."""
    lengths = [2, 7, 4]
    net, data = make_net(batch_size=3, lr=1e-12), make_dataset(lengths)
    net.train(data, None, 1)
    expected = [
        F.mse_loss(
            torch.from_numpy(net.outputs(data)[i]),
            torch.from_numpy(data.targets.pad(np.array([i]))[0][0]),
        ).item()
        for i in range(3)
    ]
    np.testing.assert_allclose(net.history[0, "train_loss"], np.mean(expected), rtol=1e-5)
