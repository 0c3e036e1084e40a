"""Losses of forecasters, and conversion of outputs to forecasts.

Outputs are (batch, horizon * n_outputs). Targets are (batch, horizon, 2): the value in the
unit of its window (NaN if it is missing), and this unit.
"""

import math
from abc import abstractmethod

import numpy as np
import torch
from scipy import stats
from torch.distributions import NegativeBinomial, Normal, StudentT
from torch.nn import functional as F

from skseq.tasks.losses import Loss

# Minimum of the positive parameters of a distribution.
MIN_POSITIVE = 1e-3
# Softplus of this is 1.
ZERO_POINT = math.log(math.e - 1)


class ForecastLoss(Loss):
    """Base class of the losses: the mean over the steps that are not missing."""

    n_outputs = 1  # of the network per step
    has_quantiles = False  # whether the outputs determine quantiles
    is_count = False  # whether targets are counts, from which no level is subtracted

    def forward(self, outputs, targets, lengths=None):
        values, units = targets.unbind(dim=2)
        present = ~torch.isnan(values)
        outputs = outputs.view(*values.shape, self.n_outputs)
        losses = self.elementwise(outputs, torch.nan_to_num(values), units)
        return (losses * present).sum(dim=1) / present.sum(dim=1).clamp(min=1)

    def score(self, outputs, targets, lengths=None):
        """Return R2 of the point forecasts; NaN if it is undefined."""
        values, units = targets.unbind(dim=2)
        present = ~torch.isnan(values)
        outputs = outputs.view(*values.shape, self.n_outputs).numpy()
        point = torch.from_numpy(self.point(outputs, units.numpy()))
        error = point - torch.nan_to_num(values)
        deviation = torch.nan_to_num(values - values[present].mean())
        total = float((deviation**2 * present).sum())
        return 1 - float((error**2 * present).sum()) / total if total else float("nan")

    @abstractmethod
    def elementwise(self, outputs, values, units):
        """Return the loss of each step (batch, horizon), of values and their units."""

    def point(self, outputs, units=None):
        """Return the point forecast (n, horizon) of outputs (n, horizon, n_outputs)."""
        return outputs[..., 0]


class AbsoluteErrorLoss(ForecastLoss):
    """Absolute error, minimized by the median."""

    def elementwise(self, outputs, values, units):
        return (outputs[..., 0] - values).abs()


class SquaredErrorLoss(ForecastLoss):
    """Half the squared error, minimized by the mean."""

    def elementwise(self, outputs, values, units):
        return 0.5 * (outputs[..., 0] - values) ** 2


class HuberLoss(ForecastLoss):
    """Huber loss: squared for errors below the unit of a window, linear above."""

    def elementwise(self, outputs, values, units):
        return F.huber_loss(outputs[..., 0], values, reduction="none")


class DistributionLoss(ForecastLoss):
    """Base class of losses whose outputs determine a distribution per step."""

    has_quantiles = True

    @abstractmethod
    def quantile(self, outputs, level, units=None):
        """Return the quantile (n, horizon) of a level, or of one level for each value."""

    @abstractmethod
    def level(self, outputs, values, units=None):
        """Return the level of each value (n, horizon)."""

    def point(self, outputs, units=None):
        """Return the median (n, horizon)."""
        return self.quantile(outputs, 0.5, units)


class QuantileLoss(DistributionLoss):
    """Pinball loss of several quantiles (Koenker & Bassett, 1978), which do not cross.

    The middle output is a quantile. The others are steps to the neighboring quantiles,
    which softplus makes positive. The levels `quantiles` increase, between 0 and 1.
    """

    def __init__(self, quantiles):
        super().__init__()
        self.quantiles = tuple(quantiles)
        self.n_outputs = len(self.quantiles)

    def elementwise(self, outputs, values, units):
        levels = outputs.new_tensor(self.quantiles)
        error = values[..., None] - self.stack(outputs)
        return torch.maximum(levels * error, (levels - 1) * error).mean(dim=-1)

    def stack(self, outputs):
        """Return quantiles (..., n_quantiles) in increasing order."""
        middle = self.n_outputs // 2
        center = outputs[..., middle : middle + 1]
        up = softplus(outputs[..., middle + 1 :]).cumsum(dim=-1)
        down = softplus(outputs[..., :middle]).flip(-1).cumsum(dim=-1).flip(-1)
        return torch.cat([center - down, center, center + up], dim=-1)

    def quantile(self, outputs, level, units=None):
        known = self.stack(torch.from_numpy(outputs)).numpy()
        return _interpolate(known, np.asarray(self.quantiles), level)

    def level(self, outputs, values, units=None):
        known = self.stack(torch.from_numpy(outputs)).numpy()
        return _locate(known, np.asarray(self.quantiles), values)


class Likelihood(DistributionLoss):
    """Base class of negative log likelihoods."""

    @abstractmethod
    def distribution(self, outputs, units):
        """Return the torch distribution of each step."""

    @abstractmethod
    def frozen(self, outputs, units):
        """Return the scipy distribution of each step, in the unit of the window."""

    def elementwise(self, outputs, values, units):
        return -self.distribution(outputs, units).log_prob(self.scale_up(values, units))

    def scale_up(self, values, units):
        """Return values in the unit of the distribution."""
        return values

    def quantile(self, outputs, level, units=None):
        return self.frozen(outputs, units).ppf(level)

    def level(self, outputs, values, units=None):
        return self.frozen(outputs, units).cdf(values)


class NormalLikelihood(Likelihood):
    """Normal distribution."""

    n_outputs = 2

    def distribution(self, outputs, units):
        return Normal(outputs[..., 0], softplus(outputs[..., 1]) + MIN_POSITIVE)

    def frozen(self, outputs, units):
        d = self.distribution(torch.from_numpy(outputs), units)
        return stats.norm(d.loc.numpy(), d.scale.numpy())


class StudentTLikelihood(Likelihood):
    """Student t distribution, which is less sensitive to outliers."""

    n_outputs = 3

    def distribution(self, outputs, units):
        freedom = 2 + softplus(outputs[..., 2]) + MIN_POSITIVE  # the variance is finite
        return StudentT(freedom, outputs[..., 0], softplus(outputs[..., 1]) + MIN_POSITIVE)

    def frozen(self, outputs, units):
        d = self.distribution(torch.from_numpy(outputs), units)
        return stats.t(d.df.numpy(), d.loc.numpy(), d.scale.numpy())


class NegativeBinomialLikelihood(Likelihood):
    """Negative binomial distribution, for counts (Salinas et al., 2020).

    The point forecast is the mean. The median of rare counts is 0, however many occur.
    """

    n_outputs = 2
    is_count = True

    def distribution(self, outputs, units):
        # Outputs of 0 stand for a mean of one unit.
        mean = softplus(outputs[..., 0] + ZERO_POINT) * units + MIN_POSITIVE
        # The variance is mean + spread * mean^2.
        spread = softplus(outputs[..., 1]) + MIN_POSITIVE
        return NegativeBinomial(1 / spread, logits=(mean * spread).log())

    def point(self, outputs, units=None):
        """Return the mean (n, horizon), in the unit of the window."""
        return softplus(torch.from_numpy(outputs[..., 0]) + ZERO_POINT).numpy()

    def scale_up(self, values, units):
        return (values * units).round().clamp(min=0)

    def frozen(self, outputs, units):
        """Return the distribution of counts in the unit of the window."""
        counts = self.distribution(
            torch.from_numpy(outputs), torch.from_numpy(units.astype(np.float32))
        )
        n = counts.total_count.numpy().astype(np.float64)
        # 1 - probs would be inaccurate for high counts.
        p = torch.sigmoid(-counts.logits.double()).numpy()
        return _ScaledCounts(stats.nbinom(n, p), units)


class _ScaledCounts:
    """A distribution of counts divided by the unit of each window."""

    def __init__(self, counts, units):
        self.counts = counts
        self.units = units

    def ppf(self, level):
        return self.counts.ppf(level) / self.units

    def cdf(self, values):
        # The distribution jumps at a count: the middle of the jump is its level.
        counts = np.round(values * self.units)
        return 0.5 * (self.counts.cdf(counts) + self.counts.cdf(counts - 1))


def _interpolate(known, levels, level):
    """Return quantiles by interpolation of known ones, linear in normal scores.

    Levels outside the known ones are extrapolated, as for a normal distribution.
    """
    shape = np.broadcast_shapes(np.shape(level), known.shape[:-1])
    level = np.broadcast_to(np.asarray(level, dtype=np.float64), shape)
    known = np.broadcast_to(known, (*shape, known.shape[-1]))
    k = np.clip(np.searchsorted(levels, level, side="right"), 1, max(len(levels) - 1, 1))
    if len(levels) == 1:
        return known[..., 0]
    score = stats.norm.ppf(np.clip(level, 1e-6, 1 - 1e-6))
    scores = stats.norm.ppf(levels)
    low = np.take_along_axis(known, (k - 1)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(known, k[..., None], axis=-1)[..., 0]
    weight = (score - scores[k - 1]) / (scores[k] - scores[k - 1])
    return low + weight * (high - low)


def _locate(known, levels, values):
    """Return the levels of values, the inverse of `_interpolate`."""
    if len(levels) == 1:
        return np.where(values < known[..., 0], levels[0] / 2, (1 + levels[0]) / 2)
    k = np.clip((known <= values[..., None]).sum(axis=-1), 1, len(levels) - 1)
    scores = stats.norm.ppf(levels)
    low = np.take_along_axis(known, (k - 1)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(known, k[..., None], axis=-1)[..., 0]
    weight = (values - low) / np.maximum(high - low, 1e-12)
    return stats.norm.cdf(scores[k - 1] + weight * (scores[k] - scores[k - 1]))


def softplus(x):
    """Return log(1 + exp(x)), independent of the position in the tensor.

    The last bit of `torch.nn.functional.softplus` depends on how threads split the tensor.
    """
    return -F.logsigmoid(-x)
