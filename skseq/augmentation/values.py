"""Augmentations that change the values of steps."""

from dataclasses import replace
from numbers import Real

import torch
from sklearn.utils._param_validation import Interval

from skseq.augmentation.base import Augmentation


class Scale(Augmentation):
    """Multiply the features of each sequence by random factors.

    Pass it as the parameter `augmentation` of a sequence or step estimator. In each epoch,
    each numeric feature of each sequence gets a new factor. Values are multiplied after
    they have been standardized over the training steps. Missing values stay missing.

    Parameters
    ----------
    spread : float, default=0.1
        The factors are drawn uniformly from `1 - spread` to `1 + spread`. At 0, nothing
        changes.

    See Also
    --------
    skseq.preprocessing.Jitter : Add noise.
    skseq.preprocessing.TimeWarp : Change the speed.

    Examples
    --------
    >>> from skseq import GRUClassifier
    >>> from skseq.datasets import load_japanese_vowels
    >>> from skseq.preprocessing import Scale
    >>> X, y = load_japanese_vowels(split="train", return_X_y=True)
    >>> clf = GRUClassifier(augmentation=Scale(spread=0.2), max_epochs=2, random_state=0)
    >>> clf.fit(X, y).predict(X[:2]).shape
    (2,)
    """

    saved_name = "augmentation: scale"

    _parameter_constraints = {"spread": [Interval(Real, 0, 1, closed="left")]}

    def __init__(self, *, spread=0.1):
        self.spread = spread

    def _augment(self, batch, layout, generator):
        if not self.spread:
            return batch
        numeric, others = layout.split(batch.x)
        shape = len(numeric), 1, layout.n_numeric
        factors = torch.rand(shape, generator=generator, device=numeric.device)
        factors = factors.mul_(2 * self.spread).add_(1 - self.spread)
        return replace(batch, x=join(numeric * factors, others))


class Jitter(Augmentation):
    """Add normally distributed noise to all values.

    Pass it as the parameter `augmentation` of a sequence or step estimator. Each epoch has
    new noise. It is added to the values after they have been standardized. Missing values
    stay missing.

    Parameters
    ----------
    noise : float, default=0.03
        Standard deviation of the noise, in units of the standard deviation of the feature
        over all training steps; with `scale=False` of the estimator, in units of the
        feature. At 0, nothing changes.

    See Also
    --------
    skseq.preprocessing.Scale : Multiply features by random factors.
    skseq.preprocessing.TimeWarp : Change the speed.

    Examples
    --------
    >>> from skseq import GRURegressor
    >>> from skseq.datasets import load_seattle_weather
    >>> from skseq.preprocessing import Jitter
    >>> X, y = load_seattle_weather(split="train", return_X_y=True)
    >>> model = GRURegressor(augmentation=Jitter(noise=0.1), max_epochs=2, random_state=0)
    >>> model.fit(X, y).predict(X[:3]).shape
    (3,)
    """

    saved_name = "augmentation: jitter"

    _parameter_constraints = {"noise": [Interval(Real, 0, None, closed="left")]}

    def __init__(self, *, noise=0.03):
        self.noise = noise

    def _augment(self, batch, layout, generator):
        if not self.noise:
            return batch
        numeric, others = layout.split(batch.x)
        noise = torch.randn(numeric.shape, generator=generator, device=numeric.device)
        noise *= self.noise
        missing = layout.find_missing(batch.x)
        if missing is not None:
            noise.masked_fill_(missing, 0.0)
        return replace(batch, x=join(noise.add_(numeric), others))


def join(numeric, others):
    """Return the columns of a batch: numeric ones, then the others."""
    return torch.cat([numeric, others], dim=2) if others.shape[2] else numeric
