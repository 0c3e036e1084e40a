"""What augmentations make of a batch."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from skseq.augmentation import Layout
from skseq.augmentation.parameters import AugmentationChain
from skseq.networks.masks import step_mask
from skseq.preprocessing import Crop, Jitter, Mixup, Scale, TimeWarp
from skseq.training import Batch

ALL = [TimeWarp(), Scale(), Jitter(), Crop(), Mixup()]
NO_CHANGE = [
    TimeWarp(speed=1),
    Scale(spread=0),
    Jitter(noise=0),
    Crop(fraction=1),
    Mixup(alpha=0),
]
LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=6)
NUMBERS, INDICATORS, IDS = slice(0, 2), slice(2, 4), slice(4, 5)
LABELS = Layout(2, has_indicators=True, n_ids=1)
NUMERIC = Layout(2, has_indicators=True)

each = pytest.mark.parametrize("augmentation", ALL, ids=lambda a: type(a).__name__)


def make_batch(lengths, layout=LABELS, seed=0):
    """Return a batch with missing values and, by the layout, ids of categories."""
    random = np.random.default_rng(seed)
    lengths = np.array(lengths)
    n, n_steps = len(lengths), lengths.max()
    missing = random.random((n, n_steps, 2)) < 0.3
    numbers = np.where(missing, 0, random.normal(size=missing.shape))
    ids = random.integers(1, 9, (n, n_steps, layout.n_ids))
    x = np.concatenate([numbers, missing, ids], axis=2).astype(np.float32)
    ends = np.minimum(np.arange(n_steps), lengths[:, None] - 1)
    x = np.take_along_axis(x, ends[:, :, None], axis=1)
    is_equal = (lengths == n_steps).all()
    return Batch(
        torch.from_numpy(x),
        None if is_equal else torch.from_numpy(lengths),
        torch.from_numpy(random.integers(0, 3, n)),
    )


def make_ramps(lengths, columns):
    """Return a batch whose numbers are the position of a step."""
    lengths = torch.as_tensor(lengths)
    ramp = torch.arange(int(lengths.max())).float().expand(len(lengths), -1)
    ramp = torch.minimum(ramp, lengths[:, None] - 1)[:, :, None]
    return Batch(ramp.repeat(1, 1, columns), lengths, target_lengths=lengths)


def augment(augmentations, batch, layout, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return AugmentationChain(augmentations, layout).augment(batch, generator)


@each
@given(lengths=LENGTHS, seed=st.integers(0, 99))
def test_changed_batch_is_valid(augmentation, lengths, seed):
    layout = NUMERIC if isinstance(augmentation, Mixup) else LABELS
    batch = make_batch(lengths, layout, seed)
    before = copy.deepcopy(batch)
    found = augment([augmentation], batch, layout, seed)
    assert torch.equal(batch.x, before.x)  # batches are views of gathered data
    assert found.n_rows == batch.n_rows
    assert found.x.shape == batch.x.shape
    assert found.x.dtype == torch.float32
    real = np.array(lengths) if found.lengths is None else found.lengths.numpy()
    assert ((real >= 1) & (real <= lengths)).all()
    for x, length, old in zip(found.x, real, batch.x, strict=True):
        assert (x[length:] == x[length - 1]).all()
        # A value is missing or not; nothing in between.
        assert set(x[:, INDICATORS].unique().tolist()) <= {0.0, 1.0}
        assert (x[:, NUMBERS][x[:, INDICATORS] == 1] == 0).all()
        assert set(x[:, IDS].unique().tolist()) <= set(old[:, IDS].unique().tolist())


@pytest.mark.parametrize("augmentation", NO_CHANGE, ids=lambda a: type(a).__name__)
@pytest.mark.parametrize("lengths", [[7, 7, 7], [3, 7, 1]])
def test_no_strength_changes_nothing(augmentation, lengths):
    batch = make_batch(lengths)
    found = augment([augmentation], batch, LABELS)
    assert torch.equal(found.x, batch.x)
    assert found.lengths is batch.lengths
    assert found.targets is batch.targets
    assert found.weights is None


@each
def test_generator_determines_the_changes(augmentation):
    batch = make_batch([20, 12, 20], NUMERIC)
    first, same, other = (augment([augmentation], batch, NUMERIC, s).x for s in (1, 1, 2))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert not torch.equal(first, batch.x)


def test_rows_are_changed_independently():
    batch = make_ramps([30, 30], 1)
    for augmentation in (TimeWarp(), Scale(), Jitter(), Crop()):
        first, second = augment([augmentation], batch, Layout(1)).x
        assert not torch.allclose(first, second)


def test_list_is_applied_in_order():
    batch = make_ramps([30], 1)
    found = augment([Scale(spread=0.5), Jitter(noise=1e-3)], batch, Layout(1)).x[0, 1:, 0]
    factors = found / torch.arange(1, 30)
    assert 0.49 < factors.min() < factors.max() < 1.51
    assert factors.std() > 0


class TestTimeWarp:
    """Steps move in time; ends and length stay."""

    @given(
        lengths=st.lists(st.integers(2, 60), min_size=1, max_size=5),
        speed=st.floats(1.01, 3),
        n_segments=st.integers(1, 70),
    )
    def test_speed_is_bounded(self, lengths, speed, n_segments):
        batch = make_ramps(lengths, 1)
        warp = TimeWarp(speed=speed, n_segments=n_segments)
        found = augment([warp], batch, Layout(1))
        assert found.lengths is batch.lengths
        for x, length in zip(found.x[:, :, 0], lengths, strict=True):
            assert x[0] == 0
            torch.testing.assert_close(x[length - 1], torch.tensor(length - 1.0))
            speeds = x[:length].diff()
            assert (speeds > speed**-2 - 1e-3).all()
            assert (speeds < speed**2 + 1e-3).all()

    def test_numbers_are_interpolated(self):
        batch = make_ramps([40], 2)
        batch.x[:, :, 1] = 3 * batch.x[:, :, 0] + 1
        x = augment([TimeWarp()], batch, Layout(2)).x[0]
        torch.testing.assert_close(x[:, 1], 3 * x[:, 0] + 1)
        assert (x[:, 0] % 1 > 1e-3).any()

    def test_categories_stay_with_their_steps(self):
        batch = make_ramps([40, 25], 2)
        x = augment([TimeWarp()], batch, Layout(1, n_ids=1)).x
        torch.testing.assert_close(x[:, :, 1], x[:, :, 0].round(), atol=0.51, rtol=0)
        assert (x[:, :, 1] % 1 == 0).all()


class TestStepTargets:
    """Targets of steps move with the steps."""

    @given(seed=st.integers(0, 99), kind=st.sampled_from([TimeWarp, Crop]))
    def test_numbers(self, seed, kind):
        batch = make_ramps([40, 25], 1)
        # A weight, then a target that is twice the position.
        batch.targets = torch.cat([torch.ones_like(batch.x), 2 * batch.x], dim=2)
        layout = Layout(1, predicts_numbers=True, predicts_steps=True)
        found = augment([kind()], batch, layout, seed)
        assert torch.equal(found.target_lengths, found.lengths)
        for x, targets, n in zip(found.x, found.targets, found.lengths, strict=True):
            torch.testing.assert_close(targets[:n, 1:], 2 * x[:n])
            assert (targets[:n, 0] == 1).all()

    @given(seed=st.integers(0, 99), kind=st.sampled_from([TimeWarp, Crop]))
    def test_labels(self, seed, kind):
        batch = make_ramps([40, 25], 1)
        batch.targets = (batch.x[:, :, 0] // 5).long()
        layout = Layout(1, predicts_steps=True)
        found = augment([kind()], batch, layout, seed)
        expected = ((found.x[:, :, 0] + 0.5).floor() // 5).long()
        near_half = (found.x[:, :, 0] % 1 - 0.5).abs() < 1e-3
        is_real = step_mask(found.lengths, 40)
        assert ((found.targets == expected) | near_half | ~is_real).all()

    @given(seed=st.integers(0, 99), numbers=st.booleans())
    def test_unlabeled_steps_stay_unlabeled(self, seed, numbers):
        batch = make_ramps([40], 1)
        is_known = (batch.x // 5) % 2 == 0
        targets = torch.where(is_known, batch.x + 100, 0.0)
        batch.targets = torch.cat([is_known.float(), targets], dim=2)
        layout = Layout(1, predicts_numbers=numbers, predicts_steps=True)
        weights, values = augment([TimeWarp()], batch, layout, seed).targets[0].T
        assert set(weights.tolist()) <= {0.0, 1.0}
        assert 0.2 < weights.mean() < 0.8
        # A target is never a mixture with the 0 of an unknown one.
        assert (values[weights == 1] >= 100).all()


def test_crop_keeps_consecutive_steps():
    lengths = torch.full((3000,), 20)
    found = augment([Crop(fraction=0.5)], make_ramps(lengths, 1), Layout(1))
    assert (found.lengths.min(), found.lengths.max()) == (10, 20)
    starts = found.x[:, 0, 0]
    assert (starts.min(), starts.max()) == (0, 10)
    for x, n in zip(found.x[:, :, 0], found.lengths, strict=True):
        assert (x[:n].diff() == 1).all()


class TestMixup:
    """Sequences and targets are mixed in the same shares."""

    def test_numbers(self):
        values = torch.arange(1.0, 9)
        batch = Batch(values[:, None, None].repeat(1, 5, 1), targets=10 * values[:, None])
        batch.weights = values / 4
        found = augment([Mixup(alpha=1)], batch, Layout(1, predicts_numbers=True))
        torch.testing.assert_close(found.targets, 10 * found.x[:, 0])
        torch.testing.assert_close(found.weights, found.x[:, 0, 0] / 4)
        assert not torch.allclose(found.targets, batch.targets)

    @pytest.mark.parametrize("weighted", [False, True])
    def test_loss_of_labels_is_that_of_mixed_probabilities(self, weighted):
        labels = torch.arange(8) % 3
        one_hot = F.one_hot(labels, 3).float()
        batch = Batch(one_hot[:, None].repeat(1, 4, 1), targets=labels)
        found = augment([Mixup(alpha=1)], batch, Layout(3))
        logits = torch.randn(8, 3, generator=torch.Generator().manual_seed(0))
        losses = F.cross_entropy(logits, found.targets, reduction="none") * found.weights
        others = F.cross_entropy(logits, found.other_targets, reduction="none")
        losses = losses + others * found.other_weights
        # The values of x are the probabilities.
        expected = F.cross_entropy(logits, found.x[:, 0], reduction="none")
        torch.testing.assert_close(losses, expected)
        if weighted:
            batch.weights = torch.arange(1.0, 9)
            again = augment([Mixup(alpha=1)], batch, Layout(3))
            torch.testing.assert_close(again.weights, found.weights * batch.weights)
            ratio = again.other_weights / found.other_weights
            found_labels = batch.targets[(ratio.round() - 1).long()]
            known = found.other_weights > 1e-3
            assert torch.equal(found_labels[known], again.other_targets[known])

    def test_own_share_is_at_least_a_half_and_follows_alpha(self):
        batch = Batch(torch.zeros(4000, 1, 1), targets=torch.zeros(4000).long())
        means = []
        for alpha in (0.1, 1.0, 50.0):
            weights = augment([Mixup(alpha=alpha)], batch, Layout(1)).weights
            assert 0.5 <= weights.min() <= weights.max() <= 1
            means.append(float(weights.mean()))
        assert means[0] > 0.9
        assert means[1] == pytest.approx(0.75, abs=0.01)  # uniform from 0.5 to 1
        assert means[2] < 0.6

    def test_values_after_the_end_of_the_other_stay(self):
        batch = Batch(torch.zeros(2, 6, 1), torch.tensor([2, 6]), torch.tensor([0, 1]))
        batch.x[1] = 1.0
        for seed in range(20):
            x = augment([Mixup(alpha=50)], batch, Layout(1), seed).x[:, :, 0]
            assert (x[1, 2:] == 1).all()
            if x[1, 0] != 1:
                break
        assert (x[:, :2] > 0.1).all()
        assert (x[:, :2] < 0.9).all()
