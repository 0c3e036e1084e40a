"""Mixtures of sequences and of their targets."""

import functools
from dataclasses import replace
from numbers import Real

import numpy as np
import torch
from scipy import stats
from sklearn.utils._param_validation import Interval

from skseq.augmentation.base import Augmentation
from skseq.augmentation.values import join

# Number of quantiles between which the shares of mixtures are interpolated.
N_QUANTILES = 1025


class Mixup(Augmentation):
    """Replace each sequence by a mixture with another one (Zhang et al., 2018).

    Pass it as the parameter `augmentation` of a classifier or a regressor. In each epoch,
    each sequence of a batch is mixed with a random sequence of the batch: its values are
    `share * own + (1 - share) * other`, with a share from 0.5 to 1. So are targets that are
    numbers. For labels, the losses of both are mixed in the same way, which equals the
    cross-entropy of mixed probabilities. Sample weights apply to both.

    A mixture has the length of the sequence itself, whose values stay unchanged after the
    end of the other one. Missing values stay missing; where only the other value is
    missing, the own one stays unchanged. `Mixup` does not support categorical features and
    step estimators.

    Parameters
    ----------
    alpha : float, default=0.2
        Parameter of the beta distribution of the shares: large values mix in equal shares.
        At 0, nothing changes.

    See Also
    --------
    skseq.preprocessing.TimeWarp : Change the speed.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz (2018). mixup: Beyond Empirical Risk
    Minimization. ICLR. https://arxiv.org/abs/1710.09412

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.preprocessing import Mixup
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = GRUClassifier(augmentation=Mixup(alpha=0.4), max_epochs=2, random_state=0)
    >>> clf.fit(X, y).predict(X[:2]).shape
    (2,)
    """

    saved_name = "augmentation: mixup"

    _parameter_constraints = {"alpha": [Interval(Real, 0, 100, closed="both")]}

    def __init__(self, *, alpha=0.2):
        self.alpha = alpha

    def _check_layout(self, layout, owner):
        remedy = "Use TimeWarp(), Scale() or Jitter() instead"
        if layout.predicts_steps:
            raise ValueError(
                f"augmentation={self!r} mixes the targets of sequences, but {owner} "
                f"predicts a target for every step. {remedy}."
            )
        if layout.n_ids:
            raise ValueError(
                f"augmentation={self!r} cannot mix categories, but X has categorical "
                f"features. {remedy} if X also has numeric ones, else augmentation=None."
            )

    def _augment(self, batch, layout, generator):
        if not self.alpha:
            return batch
        n, device = len(batch), batch.x.device
        partners = torch.randperm(n, generator=generator, device=device)
        shares = draw_shares(n, float(self.alpha), generator, device)
        x = mix_values(batch, layout, partners, 1 - shares[:, None, None])
        weights = batch.weights
        if layout.predicts_numbers:
            targets = batch.targets
            columns = shares.view(-1, *[1] * (targets.ndim - 1))
            targets = torch.lerp(targets[partners], targets, columns)
            if weights is not None:
                weights = torch.lerp(weights[partners], weights, shares)
            return replace(batch, x=x, targets=targets, weights=weights)
        others = 1 - shares
        if weights is not None:
            shares, others = shares * weights, others * weights[partners]
        return replace(
            batch,
            x=x,
            weights=shares,
            other_targets=batch.targets[partners],
            other_weights=others,
        )


def mix_values(batch, layout, partners, amounts):
    """Return x with a part of the difference to the partners added to numeric values.

    `amounts` (batch, 1, 1) are the shares of the partners.
    """
    x, lengths = batch.x, batch.lengths
    numeric, rest = layout.split(x)
    change = (numeric[partners] - numeric) * amounts
    missing = layout.find_missing(x)
    if missing is not None:
        change.masked_fill_(missing | missing[partners], 0.0)
    if lengths is not None:
        steps = torch.arange(x.shape[1], device=x.device)
        ended = steps >= lengths[partners][:, None]  # (batch, time)
        change.masked_fill_(ended[:, :, None], 0.0)
    return join(change.add_(numeric), rest)


def draw_shares(n, alpha, generator, device):
    """Return n shares from 0.5 to 1: the larger one of a beta-distributed pair."""
    table = torch.from_numpy(_tabulate_shares(alpha)).to(device)
    places = torch.rand(n, generator=generator, device=device) * (N_QUANTILES - 1)
    below = places.long().clamp_(max=N_QUANTILES - 2)
    return torch.lerp(table[below], table[below + 1], places - below)


@functools.cache
def _tabulate_shares(alpha):
    """Return quantiles of the larger share: (N_QUANTILES,) in float32."""
    levels = np.linspace(0.5, 1.0, N_QUANTILES)
    return stats.beta.ppf(levels, alpha, alpha).astype(np.float32)
