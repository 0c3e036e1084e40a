"""Calibrate prediction intervals by the errors of forecasts on held-out steps."""

from copy import copy
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit
from scipy.stats import norm, rankdata

from skseq.saved import Saved, is_finite, is_numbers, require

# With at least this many held-out errors a step of the horizon has its own quantiles. With
# fewer, all steps share them, scaled by the spread of each step.
MIN_OWN_QUANTILES = 200
# With this many windows, the spread of a series has the same weight as that of all series.
SHRINKAGE = 10
# Weight of a new error in the spread of its series: about the last 20 errors count.
UPDATE_RATE = 0.05
# A window has several steps, so even one window counts as this many independent errors.
MIN_WINDOWS = 2
# Levels are clipped to this distance from 0 and 1, a normal score of about 8.
MIN_LEVEL = 1e-15
# Scores are clipped to this size before they update the spread of a series.
MAX_SCORE = 50.0


class Calibration(Saved):
    """Standardized errors of forecasts on held-out steps.

    Intervals follow split conformal prediction: if held-out and future errors are
    exchangeable, a quantile of the held-out errors with a finite-sample correction has
    the claimed coverage (Vovk et al., 2005; Lei et al., 2018,
    https://arxiv.org/abs/1604.04173). The score of an error is its size in units of the
    window for point forecasts, and the normal score of its level for distributions
    (Chernozhukov et al., 2021, https://arxiv.org/abs/1909.07889). Scores are divided by
    the spread of their step of the horizon and of their series.

    Errors of overlapping windows are dependent, and a few of them may all be small by
    chance. So the normal quantile of a level is replaced by that of a t distribution with
    one degree of freedom for each window that overlaps no other (Student, 1908). The
    spread of a series is updated by new errors, so that intervals adapt to drift (in the
    spirit of Gibbs & Candes, 2021, https://arxiv.org/abs/2106.00170).

    `scores` (n_origins, n_targets, horizon) are those of held-out windows, NaN where the
    value is missing; `series` (n_origins,) are the series of the windows.
    """

    saved_name = "calibration"

    def __init__(self, scores, series, n_series):
        horizon = scores.shape[2]
        flat = scores.reshape(-1, horizon)
        self.steps = fill_spreads(_spread(flat, axis=0))  # (horizon,)
        scaled = scores / self.steps
        # Number of windows of each series and target with an observed step.
        counts = np.zeros((n_series, scores.shape[1]))
        np.add.at(counts, series, np.isfinite(scores).any(axis=2))
        self.factors = _measure_factors(scaled, series, counts)  # (n_series, n_targets)
        # Number of windows of all series and targets that do not overlap.
        self.n_disjoint = float(((counts[counts > 0] - 1) / horizon + 1).sum())
        self._set_paths(scaled / self.factors[series][:, :, None])

    def _set_paths(self, paths):
        """Set the paths (n_origins, n_targets, horizon) and their sorted errors."""
        self.horizon = paths.shape[2]
        self.paths = paths
        self.sorted = [np.sort(_present(paths[:, :, h])) for h in range(self.horizon)]
        self.pooled = np.sort(_present(paths))

    def __repr__(self):
        n = len(self.paths)
        return f"{type(self).__name__}({n} window{'s' * (n != 1)})"

    @property
    def is_empty(self):
        """Whether there is no held-out error."""
        return len(self.pooled) == 0

    def score(self, level, series, columns):
        """Return the scores below which a fraction `level` of errors lies.

        They are (n_windows, horizon); `series` and `columns` are (n_windows,).
        """
        level = widen_level(level, self.n_disjoint)
        own = [conformal_quantile(self._errors_of(h), level) for h in range(self.horizon)]
        return self.scale(np.array(own), series, columns)

    def scale(self, scores, series, columns):
        """Multiply standardized scores (..., horizon) by the spread of step and series."""
        return scores * self.steps * self.factors[series, columns][:, None]

    def draw(self, n, generator):
        """Draw n paths of standardized scores: (n, n_targets, horizon).

        Each path is that of one held-out window, so steps and targets keep their
        dependence (the Schaake shuffle: Clark et al., 2004). Each step has the quantiles
        that `score` returns.
        """
        paths = self._widen_paths()
        paths = paths[np.isfinite(paths).all(axis=(1, 2))]
        if len(paths) == 0:  # no window is complete
            pooled = self._widen(self.pooled)
            return generator.choice(pooled, size=(n, *self.paths.shape[1:]))
        return paths[generator.integers(0, len(paths), n)]

    def _widen_paths(self):
        """Return the paths with each error replaced by the quantile of its rank."""
        result = np.full_like(self.paths, np.nan)
        for h in range(self.horizon):
            errors, present = self._errors_of(h), np.isfinite(self.paths[:, :, h])
            ranks = np.searchsorted(errors, self.paths[:, :, h][present])
            result[:, :, h][present] = self._widen(errors)[ranks]
        return result

    def _widen(self, errors):
        """Return the quantiles of the widened levels of sorted errors."""
        return conformal_quantile(errors, _levels_of_ranks(len(errors), self.n_disjoint))

    def _errors_of(self, h):
        """Return the sorted errors from which the quantiles of a step are computed."""
        own = self.sorted[h]
        return own if len(own) >= MIN_OWN_QUANTILES else self.pooled

    def update(self, scores, series, column):
        """Update the spread of one series and target by scores (n_steps,) of one window."""
        factor = self.factors[series, column]
        for h, score in enumerate(scores[: self.horizon]):
            if np.isfinite(score):
                score = np.clip(score, -MAX_SCORE, MAX_SCORE)
                square = (score / self.steps[h]) ** 2
                factor = np.sqrt((1 - UPDATE_RATE) * factor**2 + UPDATE_RATE * square)
        self.factors[series, column] = factor

    def add_series(self, n_series):
        """Extend to n_series series. New series have the common spread until updated."""
        n_new = n_series - len(self.factors)
        if n_new > 0:
            ones = np.ones((n_new, self.factors.shape[1]))
            self.factors = np.concatenate([self.factors, ones])

    def take(self, numbers):
        """Return the calibration of some series, given by their numbers."""
        other = copy(self)
        other.factors = self.factors[numbers]
        return other

    @classmethod
    def from_state(cls, paths, steps, factors, n_disjoint):
        """Create the calibration from a state; raise ValueError if the state is invalid."""
        valid = is_numbers(paths, None, None, None)
        valid = valid and is_finite(steps, paths.shape[2]) and (steps >= 0).all()
        valid = valid and is_finite(factors, None, paths.shape[1]) and (factors >= 0).all()
        valid = valid and type(n_disjoint) is float and 0 <= n_disjoint < np.inf
        require(valid, "the held-out errors are invalid")
        self = object.__new__(cls)
        self.steps, self.factors, self.n_disjoint = steps, factors, n_disjoint
        self._set_paths(paths)
        return self


class UncalibratedQuantiles:
    """The quantiles of the network itself, without a correction by held-out errors.

    Has the methods of :class:`Calibration` that forecasts use. Only the ranks of held-out
    errors are used, to draw paths.
    """

    def __init__(self, calibration):
        self.calibration = calibration

    def score(self, level, series, columns):
        """Return the normal score of a level: (n_windows, horizon)."""
        return np.full((len(series), self.calibration.horizon), norm.ppf(level))

    def scale(self, scores, series, columns):
        """Return the scores unchanged."""
        return scores

    def draw(self, n, generator):
        """Draw n paths of scores: (n, n_targets, horizon).

        Ranks depend on each other as those of held-out errors do.
        """
        paths = self.calibration.draw(n, generator)
        ranks = rankdata(paths, axis=0, method="ordinal") - generator.random(paths.shape)
        return norm.ppf(np.clip(ranks / len(paths), 1e-6, 1 - 1e-6))


def widen_level(level, n_windows):
    """Return the level to use if the spread is estimated from n_windows windows."""
    score = stdtrit(max(n_windows, MIN_WINDOWS), level)
    return np.clip(ndtr(score), MIN_LEVEL, 1 - MIN_LEVEL)


@lru_cache(maxsize=8)
def _levels_of_ranks(n, n_windows):
    """Return the widened levels of n sorted errors. Most steps and draws share them."""
    return widen_level(np.arange(1, n + 1) / (n + 1), n_windows)


def conformal_quantile(errors, level):
    """Return the quantile of sorted errors with the finite-sample correction.

    The error of rank ceil((n + 1) level) bounds a fraction `level` of the errors from
    above. Levels below 0.5 use the mirrored rule. If the sample is too small for a level,
    its outermost error is extrapolated by the tail of a normal distribution.
    """
    n, is_lower = len(errors), level < 0.5
    upper = np.where(is_lower, 1 - level, level)
    rank = np.ceil((n + 1) * upper - 1e-9).astype(np.int64)
    kept = np.minimum(rank, n)
    inside = np.where(is_lower, errors[n - kept], errors[kept - 1])
    outermost = np.where(is_lower, min(errors[0], 0.0), max(errors[-1], 0.0))
    reach = ndtri(n / (n + 1)) if n > 1 else ndtri(0.75)
    beyond = outermost * np.maximum(ndtri(upper) / reach, 1.0)
    return np.where(rank <= n, inside, beyond)


def fill_spreads(spreads):
    """Fill unknown spreads from the nearest known one, scaled as for a random walk."""
    known = np.flatnonzero(np.isfinite(spreads) & (spreads > 0))
    if len(known) == 0:
        return np.sqrt(np.arange(1, len(spreads) + 1.0))
    nearest = known[np.abs(known[:, None] - np.arange(len(spreads))).argmin(axis=0)]
    steps = np.arange(1, len(spreads) + 1)
    return spreads[nearest] * np.sqrt(steps / (nearest + 1))


def _measure_factors(scaled, series, counts):
    """Return the spread of each series and target, shrunk towards the common spread.

    Shrinkage is on the logarithmic scale, where a factor of 2 weighs as much as one of 0.5.
    """
    n_targets = scaled.shape[1]
    logs = np.zeros(counts.shape)
    for i in np.unique(series):
        own = scaled[series == i].swapaxes(0, 1)  # (targets, windows, horizon)
        spread = _spread(own.reshape(n_targets, -1), axis=1)
        logs[i] = np.log(np.where(spread > 0, spread, 1.0))
    center = (counts * logs).sum() / max(counts.sum(), 1)
    share = counts / (counts + SHRINKAGE)
    return np.exp(share * logs + (1 - share) * center)


def _spread(errors, axis):
    """Return the root mean square of the errors that are not missing."""
    present = np.isfinite(errors)
    count = np.maximum(present.sum(axis=axis), 1)
    return np.sqrt((np.where(present, errors, 0.0) ** 2).sum(axis=axis) / count)


def _present(errors):
    return errors[np.isfinite(errors)]
