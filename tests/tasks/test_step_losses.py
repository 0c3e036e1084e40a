"""Losses over steps: sums over labeled steps, with weights, without padding."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss, r2_score

from skseq.tasks.losses import BinaryCrossEntropy, CrossEntropy, SquaredError
from skseq.tasks.step_losses import StepClassLoss, StepLoss, StepNumberLoss

LOSSES = {
    "classes": (StepClassLoss(CrossEntropy()), 3, 1),
    "two classes": (StepLoss(BinaryCrossEntropy()), 1, 1),
    "several labels": (StepLoss(BinaryCrossEntropy()), 3, 3),
    "numbers": (StepNumberLoss(SquaredError()), 2, 2),
}


def make_batch(kind, lengths, seed=0):
    """Return outputs, targets with random weights, and lengths."""
    _, n_outputs, n_targets = LOSSES[kind]
    rng = np.random.default_rng(seed)
    n, longest = len(lengths), max(lengths)
    outputs = rng.normal(size=(n, longest, n_outputs))
    targets = rng.integers(0, 2, size=(n, longest, n_targets))
    weights = rng.integers(0, 3, size=(n, longest, 1))
    targets = np.concatenate([weights, targets], axis=2)
    return (
        torch.tensor(outputs, dtype=torch.float32),
        torch.tensor(targets, dtype=torch.float32),
        torch.tensor(lengths),
    )


@pytest.mark.parametrize("kind", LOSSES)
@settings(max_examples=25, deadline=None)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5), seed=st.integers(0, 9))
def test_loss_is_the_weighted_sum_over_the_steps_of_each_sequence(kind, lengths, seed):
    loss = LOSSES[kind][0]
    outputs, targets, sizes = make_batch(kind, lengths, seed)
    found = loss(outputs, targets, sizes)
    for i, length in enumerate(lengths):
        steps = [
            loss(outputs[i : i + 1, t : t + 1], targets[i : i + 1, t : t + 1])
            for t in range(length)
        ]
        torch.testing.assert_close(found[i], torch.cat(steps).sum())
    # Padding may have any values, and outputs may have more of it than targets.
    wide = torch.cat([outputs, torch.full_like(outputs, 7.0)], dim=1)
    torch.testing.assert_close(loss(wide, targets, sizes), found)


@pytest.mark.parametrize("kind", LOSSES)
def test_steps_without_weight_have_no_gradient(kind):
    loss = LOSSES[kind][0]
    outputs, targets, sizes = make_batch(kind, [4, 6])
    outputs.requires_grad_()
    loss(outputs, targets, sizes).sum().backward()
    is_counted = (targets[:, :, 0] > 0) & (torch.arange(6) < sizes[:, None])
    assert ((outputs.grad != 0).any(dim=2) == is_counted).all()


def test_classes_equal_the_log_loss_of_scikit_learn():
    loss = LOSSES["classes"][0]
    outputs, targets, _ = make_batch("classes", [6, 6])
    weights, labels = (targets[..., k].ravel().numpy() for k in (0, 1))
    proba = outputs.double().softmax(dim=2).reshape(-1, 3).numpy()
    expected = log_loss(
        labels, proba, sample_weight=weights, normalize=False, labels=[0, 1, 2]
    )
    np.testing.assert_allclose(float(loss(outputs, targets).sum()), expected, rtol=1e-5)


def test_score_is_that_of_the_labelled_steps():
    outputs, targets, sizes = make_batch("numbers", [2, 6])
    is_counted = (targets[:, :, 0] > 0) & (torch.arange(6) < sizes[:, None])
    expected = r2_score(targets[..., 1:][is_counted], outputs[is_counted])
    found = LOSSES["numbers"][0].score(outputs, targets, sizes)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
