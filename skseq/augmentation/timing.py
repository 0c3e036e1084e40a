"""Augmentations that change the times of steps."""

import math
from numbers import Integral, Real

import torch
from sklearn.utils._param_validation import Interval

from skseq.augmentation.base import Augmentation
from skseq.augmentation.resampling import count_steps, resample


class TimeWarp(Augmentation):
    """Change the speed of sequences at random, smoothly over time (Um et al., 2017).

    Pass it as the parameter `augmentation` of a sequence or step estimator. In each epoch,
    each sequence gets a new speed, which changes over time: some parts become slower and
    others faster. The number of steps stays the same, as do the first and the last step.

    Numbers are interpolated linearly between two steps. Categorical features, labels of
    steps, and numbers next to a missing value are those of the nearest step. So missing
    values and unlabeled steps stay so, and targets of steps move with the steps. X needs at
    least one numeric feature.

    Parameters
    ----------
    speed : float, default=1.25
        Speeds are drawn from `1 / speed` to `speed`, uniformly on a logarithmic scale, and
        then divided by their mean over the sequence. At 1, nothing changes.
    n_segments : int, default=4
        Number of segments of equal length in a sequence. One speed is drawn at each end of
        a segment. The logarithm of the speed is linear in between.

    See Also
    --------
    skseq.preprocessing.Crop : Keep a random part of each sequence.
    skseq.preprocessing.Scale : Multiply features by random factors.

    References
    ----------
    T. T. Um et al. (2017). Data augmentation of wearable sensor data for Parkinson's
    disease monitoring using convolutional neural networks. ICMI.
    https://arxiv.org/abs/1706.00527

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.preprocessing import Jitter, TimeWarp
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> changes = [TimeWarp(speed=1.2), Jitter()]
    >>> clf = GRUClassifier(augmentation=changes, max_epochs=2, random_state=0)
    >>> clf.fit(X, y).predict(X[:2]).shape
    (2,)
    """

    saved_name = "augmentation: time warp"

    _parameter_constraints = {
        "speed": [Interval(Real, 1, 100, closed="both")],
        "n_segments": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, *, speed=1.25, n_segments=4):
        self.speed = speed
        self.n_segments = n_segments

    def _augment(self, batch, layout, generator):
        if self.speed == 1:
            return batch
        n, n_steps = batch.x.shape[:2]
        last = (count_steps(batch) - 1).clamp(min=1)[:, None]
        logs = torch.rand((n, self.n_segments + 1), generator=generator, device=last.device)
        logs = logs.mul_(2).sub_(1).mul_(math.log(self.speed))
        steps = torch.arange(n_steps, device=last.device)
        places = steps * (self.n_segments / last)  # (batch, time), in segments
        start = places.long().clamp_(max=self.n_segments - 1)
        speeds = torch.lerp(
            logs.gather(1, start), logs.gather(1, start + 1), (places - start).clamp_(max=1)
        ).exp_()
        # The speed of a step leads to the next one; that of the last one leads nowhere.
        speeds = speeds.masked_fill_(steps >= last, 0.0)
        passed = speeds.cumsum(dim=1)
        positions = (passed - speeds) * (last / passed[:, -1:])
        return resample(batch, positions, batch.lengths, layout)


class Crop(Augmentation):
    """Keep a random part of each sequence.

    Pass it as the parameter `augmentation` of a sequence or step estimator. In each epoch,
    a new part of consecutive steps is kept of each sequence, with the targets of these
    steps in step estimators. X may have features of any kind, such as text.

    Parameters
    ----------
    fraction : float, default=0.8
        Smallest share of the steps that are kept. Their number is drawn uniformly from
        this share, rounded up, to all steps. At 1, nothing changes.

    See Also
    --------
    skseq.preprocessing.TimeWarp : Change the speed.

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.preprocessing import Crop
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = GRUClassifier(augmentation=Crop(fraction=0.7), max_epochs=2, random_state=0)
    >>> clf.fit(X, y).predict(X[:2]).shape
    (2,)
    """

    saved_name = "augmentation: crop"

    _parameter_constraints = {"fraction": [Interval(Real, 0, 1, closed="right")]}

    def __init__(self, *, fraction=0.8):
        self.fraction = fraction

    def _check_layout(self, layout, owner):
        """Accept all features: steps are kept as they are."""

    def _augment(self, batch, layout, generator):
        if self.fraction == 1:
            return batch
        n, n_steps = batch.x.shape[:2]
        lengths = count_steps(batch)
        draws = torch.rand((2, n), generator=generator, device=lengths.device)
        fewest = (lengths * self.fraction).ceil_().long()
        # Rounding must not add steps.
        added = (draws[0] * (lengths - fewest + 1)).long()
        kept = torch.minimum(fewest + added, lengths).clamp_(min=1)
        spare = lengths - kept
        first = torch.minimum((draws[1] * (spare + 1)).long(), spare)
        positions = first[:, None] + torch.arange(n_steps, device=lengths.device)
        return resample(batch, positions, kept, layout)
