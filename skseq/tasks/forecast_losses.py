"""What a forecaster's outputs mean, and the loss that teaches it.

Outputs are (batch, horizon * n_outputs), targets (batch, horizon, 2): the value in units
of its window, NaN where it is missing, and that unit.
"""

import numpy as np
import torch
from scipy import stats
from torch import nn
from torch.distributions import NegativeBinomial, Normal, StudentT
from torch.nn import functional as F

# Where a distribution asks for a positive number it is at least this much.
LEAST = 1e-3


class ForecastLoss(nn.Module):
    """Base of the losses: the mean over the steps that are there.

    Attributes
    ----------
    n_outputs : int
        Numbers that the network gives for each step.
    has_quantiles : bool
        Whether outputs say more than one number for each step.
    counts : bool
        Whether they are about counts, for which windows are not measured from a level.
    """

    n_outputs = 1
    has_quantiles = False
    counts = False

    def forward(self, outputs, targets, lengths=None):
        """Return (batch,)."""
        values, units = targets.unbind(dim=2)
        present = ~torch.isnan(values)
        outputs = outputs.view(*values.shape, self.n_outputs)
        losses = self.elementwise(outputs, torch.nan_to_num(values), units)
        return (losses * present).sum(dim=1) / present.sum(dim=1).clamp(min=1)

    def score(self, outputs, targets, lengths=None):
        """Return the share of the spread of the targets that the forecasts explain."""
        values, units = targets.unbind(dim=2)
        present = ~torch.isnan(values)
        outputs = outputs.view(*values.shape, self.n_outputs).numpy()
        point = torch.from_numpy(self.point(outputs, units.numpy()))
        error = point - torch.nan_to_num(values)
        around = torch.nan_to_num(values - values[present].mean())
        spread = float((around**2 * present).sum())
        return 1 - float((error**2 * present).sum()) / spread if spread else float("nan")

    def point(self, outputs, units=None):
        """Return the forecast (n, horizon) of outputs (n, horizon, n_outputs)."""
        return outputs[..., 0]


class AbsoluteForecastError(ForecastLoss):
    """The absolute error; its best answer is the median."""

    def elementwise(self, outputs, values, units):
        """Return (batch, horizon)."""
        return (outputs[..., 0] - values).abs()


class SquaredForecastError(ForecastLoss):
    """Half the squared error; its best answer is the mean."""

    def elementwise(self, outputs, values, units):
        """Return (batch, horizon)."""
        return 0.5 * (outputs[..., 0] - values) ** 2


class HuberForecastError(ForecastLoss):
    """Squared for errors below the unit of a window, absolute above."""

    def elementwise(self, outputs, values, units):
        """Return (batch, horizon)."""
        return F.huber_loss(outputs[..., 0], values, reduction="none")


class QuantileForecast(ForecastLoss):
    """Several quantiles at once (Koenker & Bassett, 1978), which never cross.

    The output in the middle is a quantile itself, each one beside it a positive step away.

    Parameters
    ----------
    quantiles : sequence of float
        Increasing, between 0 and 1.
    """

    has_quantiles = True

    def __init__(self, quantiles):
        super().__init__()
        self.quantiles = tuple(quantiles)
        self.n_outputs = len(self.quantiles)

    def elementwise(self, outputs, values, units):
        """Return (batch, horizon)."""
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

    def point(self, outputs, units=None):
        """Return the median (n, horizon)."""
        return self.quantile(outputs, 0.5, units)

    def quantile(self, outputs, level, units=None):
        """Return one quantile (n, horizon) for level(s) between 0 and 1."""
        known = self.stack(torch.from_numpy(outputs)).numpy()
        return _interpolate(known, np.asarray(self.quantiles), level)

    def level(self, outputs, values, units=None):
        """Return the level at which each value (n, horizon) lies."""
        known = self.stack(torch.from_numpy(outputs)).numpy()
        return _locate(known, np.asarray(self.quantiles), values)


class DistributionForecast(ForecastLoss):
    """A distribution for each step, by the likelihood of what came."""

    has_quantiles = True

    def elementwise(self, outputs, values, units):
        """Return (batch, horizon)."""
        return -self.distribution(outputs, units).log_prob(self.scale_up(values, units))

    def scale_up(self, values, units):
        """Return values in the unit in which the distribution is."""
        return values

    def point(self, outputs, units=None):
        """Return the median (n, horizon)."""
        return self.quantile(outputs, 0.5, units)

    def quantile(self, outputs, level, units=None):
        """Return one quantile (n, horizon) for level(s) between 0 and 1."""
        return self.frozen(outputs, units).ppf(level)

    def level(self, outputs, values, units=None):
        """Return the level at which each value (n, horizon) lies."""
        return self.frozen(outputs, units).cdf(values)


class NormalForecast(DistributionForecast):
    """A normal distribution."""

    n_outputs = 2

    def distribution(self, outputs, units):
        """Return the torch distribution."""
        return Normal(outputs[..., 0], softplus(outputs[..., 1]) + LEAST)

    def frozen(self, outputs, units):
        """Return the scipy distribution."""
        d = self.distribution(torch.from_numpy(outputs), units)
        return stats.norm(d.loc.numpy(), d.scale.numpy())


class StudentTForecast(DistributionForecast):
    """A Student t distribution: outliers pull it less."""

    n_outputs = 3

    def distribution(self, outputs, units):
        """Return the torch distribution; more than two degrees of freedom."""
        freedom = 2 + softplus(outputs[..., 2]) + LEAST
        return StudentT(freedom, outputs[..., 0], softplus(outputs[..., 1]) + LEAST)

    def frozen(self, outputs, units):
        """Return the scipy distribution."""
        d = self.distribution(torch.from_numpy(outputs), units)
        return stats.t(d.df.numpy(), d.loc.numpy(), d.scale.numpy())


class NegativeBinomialForecast(DistributionForecast):
    """A negative binomial distribution, for counts (Salinas et al., 2020)."""

    n_outputs = 2
    counts = True

    def distribution(self, outputs, units):
        """Return the torch distribution of the counts themselves."""
        mean = softplus(outputs[..., 0]) * units + LEAST
        spread = softplus(outputs[..., 1]) + LEAST  # variance: mean + spread * mean^2
        return NegativeBinomial(1 / spread, logits=(mean * spread).log())

    def scale_up(self, values, units):
        """Return counts."""
        return (values * units).round().clamp(min=0)

    def frozen(self, outputs, units):
        """Return the scipy distribution, in units of the window."""
        counts = self.distribution(
            torch.from_numpy(outputs), torch.from_numpy(units.astype(np.float32))
        )
        n = counts.total_count.numpy().astype(np.float64)
        # 1 - probs would lose what is left of it where counts are high.
        p = torch.sigmoid(-counts.logits.double()).numpy()
        return _ScaledCounts(stats.nbinom(n, p), units)


class _ScaledCounts:
    """A distribution of counts, measured in units of each window."""

    def __init__(self, counts, units):
        self.counts = counts
        self.units = units

    def ppf(self, level):
        return self.counts.ppf(level) / self.units

    def cdf(self, values):
        # Between its two sides a count's level is anything; the middle is taken.
        counts = np.round(values * self.units)
        return 0.5 * (self.counts.cdf(counts) + self.counts.cdf(counts - 1))


def _interpolate(known, levels, level):
    """Return quantiles at levels between (and a little beyond) those that are known."""
    level = np.broadcast_to(np.asarray(level, dtype=np.float64), known.shape[:-1])
    k = np.clip(np.searchsorted(levels, level, side="right"), 1, max(len(levels) - 1, 1))
    if len(levels) == 1:
        return known[..., 0]
    # In normal scores the tails beyond the outermost quantiles run on as a bell's.
    score = stats.norm.ppf(np.clip(level, 1e-6, 1 - 1e-6))
    scores = stats.norm.ppf(levels)
    low = np.take_along_axis(known, (k - 1)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(known, k[..., None], axis=-1)[..., 0]
    share = (score - scores[k - 1]) / (scores[k] - scores[k - 1])
    return low + share * (high - low)


def _locate(known, levels, values):
    """Return the level at which values lie, the inverse of `_interpolate`."""
    if len(levels) == 1:
        return np.where(values < known[..., 0], levels[0] / 2, (1 + levels[0]) / 2)
    k = np.clip((known <= values[..., None]).sum(axis=-1), 1, len(levels) - 1)
    scores = stats.norm.ppf(levels)
    low = np.take_along_axis(known, (k - 1)[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(known, k[..., None], axis=-1)[..., 0]
    share = (values - low) / np.maximum(high - low, 1e-12)
    return stats.norm.cdf(scores[k - 1] + share * (scores[k] - scores[k - 1]))


def softplus(x):
    """Return log(1 + exp(x)), alike wherever a number stands.

    `torch.nn.functional.softplus` answers otherwise, in the last bit, where one thread's
    part of a tensor ends and another's begins.
    """
    return -F.logsigmoid(-x)
