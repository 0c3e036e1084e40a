"""The loss of a conditional random field."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from skseq import Sequences
from skseq.inputs import InputScaler
from skseq.networks import (
    CRFHead,
    InputLayers,
    Network,
    RecurrentEncoder,
    best_path,
    log_marginals,
    log_normalizer,
    unpack_chain,
)
from skseq.sequences import SequenceTargets
from skseq.tasks.crf import UNLABELED, CRFLoss, count_transitions
from skseq.training import SequenceDataset, SequenceNet

N_CLASSES = 3


def draw(lengths, seed=0):
    """Return random outputs of a head, and labels of which some are missing."""
    generator = torch.Generator().manual_seed(seed)
    shape = len(lengths), N_CLASSES + 2 + max(lengths), N_CLASSES
    outputs = torch.randn(shape, generator=generator, dtype=torch.float64)
    outputs[:, : N_CLASSES + 2] = outputs[0, : N_CLASSES + 2].clone()
    labels = torch.randint(-1, N_CLASSES, (shape[0], max(lengths)), generator=generator)
    return outputs, labels, torch.tensor(lengths)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 99))
def test_likelihood_of_partly_labelled_sequences(lengths, seed):
    """It is the product of the conditional probabilities of the labels, one by one."""
    outputs, labels, n = draw(lengths, seed)
    chain = unpack_chain(outputs)
    found = CRFLoss()(outputs, labels, n)
    for i, k in enumerate(lengths):
        alone = chain._replace(emissions=chain.emissions[i : i + 1, :k].clone())
        log_likelihood = 0.0
        for t, label in enumerate(labels[i, :k].tolist()):
            if label < 0:
                continue
            log_likelihood += log_marginals(alone, n[i : i + 1])[0, t, label]
            others = [c for c in range(N_CLASSES) if c != label]
            alone.emissions[0, t, others] = -1e5  # given this label
        assert found[i].item() == pytest.approx(-float(log_likelihood), abs=1e-8)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 99))
def test_complete_labels_equal_the_general_case(lengths, seed):
    outputs, labels, n = draw(lengths, seed)
    labels = labels.abs()
    # A further sequence without labels selects the general algorithm.
    more = torch.cat([labels, torch.full_like(labels[:1], -1)])
    found = CRFLoss()(torch.cat([outputs, outputs[:1]]), more, torch.cat([n, n[:1]]))
    torch.testing.assert_close(CRFLoss()(outputs, labels, n), found[:-1])
    assert found[-1] == 0


def test_loss_and_score_do_not_depend_on_padding():
    outputs, labels, n = draw([4, 2, 5])
    loss, score = CRFLoss()(outputs, labels, n), CRFLoss().score(outputs, labels, n)
    for i, k in enumerate(n):
        outputs[i, N_CLASSES + 2 + k :] = float("nan")
        labels[i, k:] = 2 - labels[i, k:]
    assert CRFLoss()(outputs, labels, n).equal(loss)
    assert CRFLoss().score(outputs, labels, n) == score


def test_without_lengths_no_step_is_padding():
    outputs, labels, n = draw([4, 4])
    assert CRFLoss()(outputs, labels).equal(CRFLoss()(outputs, labels, n))


def test_score_is_the_accuracy_of_labelled_steps():
    outputs, labels, n = draw([4, 1])
    decoded = best_path(unpack_chain(outputs), n)
    labels = decoded.clone()
    labels[0, 1] = -1
    labels[0, 2] = (labels[0, 2] + 1) % N_CLASSES
    assert CRFLoss().score(outputs, labels, n) == pytest.approx(3 / 4)


def test_score_without_labels_is_undefined():
    outputs, labels, n = draw([4, 1])
    assert math.isnan(CRFLoss().score(outputs, torch.full_like(labels, -1), n))


def test_sequences_without_labels_have_no_gradient():
    outputs, labels, n = draw([3])
    outputs.requires_grad_()
    labels[:] = -1
    CRFLoss()(outputs, labels, n).sum().backward()
    torch.testing.assert_close(outputs.grad, torch.zeros_like(outputs.grad))


class CrossEntropyOfSteps(CRFLoss):
    """The same loss with all transitions 0: a softmax at each step."""

    def forward(self, outputs, targets, lengths=None):
        extra = outputs.shape[2] + 2
        emissions = outputs[:, extra:]
        shared = torch.zeros_like(outputs[:, :extra])
        return super().forward(torch.cat([shared, emissions], dim=1), targets, lengths)


def make_alternating(n_sequences, seed):
    """Return labels 0 and 1 that alternate, of which only the first step is informative."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, 9, size=n_sequences)
    X, y = [], []
    for n in lengths:
        labels = (rng.integers(2) + np.arange(n)) % 2
        x = rng.normal(size=(n, 1)).astype(np.float32)
        x[0] = 6 * labels[0] - 3
        X.append(x)
        y.append(labels)
    return Sequences(np.concatenate(X), lengths), SequenceTargets.concatenate(y)


class StepwiseEncoder(RecurrentEncoder):
    """Without memory: the state of a step depends on this step only."""

    def forward(self, x, lengths=None):
        batch, n_steps, width = x.shape
        states = super().forward(x.reshape(batch * n_steps, 1, width))
        return states.view(batch, n_steps, -1)


@pytest.mark.parametrize(
    ("loss", "expected"), [(CRFLoss, True), (CrossEntropyOfSteps, False)]
)
def test_transitions_are_learned(loss, expected):
    """Without memory, only transitions can tell which label follows."""
    sequences, targets = make_alternating(64, seed=0)
    scaler = InputScaler.fit(sequences, scale=False, mask_missing=False)
    data = SequenceDataset(sequences, scaler, targets)
    torch.manual_seed(0)
    encoder = StepwiseEncoder(nn.GRU, 1, 8)
    network = Network(InputLayers(1), encoder, CRFHead(8, 2))
    net = SequenceNet(network, loss(), lr=0.05, batch_size=16).initialize()
    net.train(data, None, 20)
    outputs, _ = SequenceTargets.concatenate(net.outputs(data)).pad(np.arange(64))
    labels, lengths = targets.pad(np.arange(64))
    accuracy = CRFLoss().score(
        torch.from_numpy(outputs), torch.from_numpy(labels), torch.from_numpy(lengths)
    )
    assert (accuracy > 0.98) == expected


def test_loss_of_a_uniform_chain():
    """All labels are equally likely: log(n_classes) for each labeled step."""
    outputs = torch.zeros(1, N_CLASSES + 2 + 4, N_CLASSES)
    labels = torch.tensor([[0, -1, 2, 1]])
    loss = CRFLoss()(outputs, labels, torch.tensor([4]))
    assert loss.item() == pytest.approx(3 * math.log(N_CLASSES))
    chain = unpack_chain(outputs)
    total = log_normalizer(chain, torch.tensor([4])).item()
    assert total == pytest.approx(4 * math.log(N_CLASSES))


def count_slowly(targets, weights, n_classes):
    """Return the counts of transitions, one by one."""
    counts = np.zeros((n_classes + 1, n_classes + 1))
    mean = np.repeat(weights, targets.lengths).mean()
    for start, n, weight in zip(targets.starts, targets.lengths, weights, strict=True):
        labels = [n_classes, *targets.values[start : start + n], n_classes]
        for a, b in itertools.pairwise(labels):
            if a != UNLABELED and b != UNLABELED:
                counts[a, b] += weight / mean
    return counts


@pytest.mark.parametrize("weighted", [False, True])
def test_transitions_are_counted(weighted):
    rng = np.random.default_rng(0)
    parts = [rng.integers(-1, N_CLASSES, size=n) for n in (4, 1, 7, 2, 9)]
    # Views of some sequences in another order, as early stopping takes them.
    targets = SequenceTargets.concatenate(parts).take(np.array([3, 0, 4, 1]))
    weights = np.array([0.5, 2.0, 1.0, 3.0], dtype=np.float32) if weighted else None
    found = count_transitions(targets, weights, N_CLASSES)
    given = np.ones(4) if weights is None else weights.astype(float)
    np.testing.assert_allclose(found, count_slowly(targets, given, N_CLASSES))
