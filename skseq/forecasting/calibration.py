"""Calibrate prediction intervals by the errors of forecasts on held-out steps."""

from copy import copy

import numpy as np
from scipy.special import ndtr, ndtri, polygamma, stdtrit
from scipy.stats import rankdata

from skseq.saved import Saved, is_finite, is_numbers, require

# With at least this many held-out errors a step of the horizon has its own quantiles. With
# fewer, all steps share them, scaled by the spread of each step.
MIN_OWN_QUANTILES = 200
# Number of disjoint windows at which signed and absolute errors have equal weight.
SHRINKAGE = 10
# Weight of a new error in the spread of its series: about the last 20 errors count.
UPDATE_RATE = 0.05
# A window has several steps, so even one window counts as this many independent errors.
MIN_WINDOWS = 2
# Overlapping windows, compared with disjoint ones only, reduce the variance of an estimated
# variance by a third (Lo & MacKinlay, 1988).
OVERLAP_GAIN = 1.5
# Levels are clipped to this distance from 0 and 1, a normal score of about 8.
MIN_LEVEL = 1e-15
# Scores are clipped to this size before they update the spread of a series.
MAX_SCORE = 50.0
# Levels of the quantiles from which sample paths are drawn.
SAMPLE_LEVELS = (np.arange(1000) + 0.5) / 1000


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
    1.5 degrees of freedom for each disjoint window (Student, 1908). By chance, the errors
    of a few windows may also have the same sign. Each error is therefore also counted with
    the opposite sign, as in split conformal prediction with absolute errors. The weight of
    the observed signs grows with the number of windows. New errors update the spread of a
    series, so that intervals adapt to drift (in the spirit of Gibbs & Candes, 2021,
    https://arxiv.org/abs/2106.00170).

    `scores` (n_origins, n_targets, horizon) are those of held-out windows, NaN where the
    value is missing; `series` (n_origins,) are the series of the windows.
    """

    saved_name = "calibration"

    def __init__(self, scores, series, n_series):
        horizon = scores.shape[2]
        flat = scores.reshape(-1, horizon)
        self.steps = fill_spreads(measure_spread(flat, axis=0))  # (horizon,)
        scaled = scores / self.steps
        counts = count_windows(scores, series, n_series)
        self.factors = measure_factors(scaled, series, counts)  # (n_series, n_targets)
        # Number of windows of all series and targets that do not overlap.
        self.n_disjoint = float(count_disjoint(counts, horizon).sum())
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

    def score(self, levels, series, columns, n_steps=None):
        """Return the quantiles of scores at given levels: (n_levels, n_windows, n_steps).

        Shapes: levels (n_levels,); `series` and `columns`, the series and the target of
        each window, (n_windows,). `n_steps` is by default the horizon.
        """
        errors = self._list_quantiles(np.asarray(levels), n_steps or self.horizon)
        return self.scale(errors[:, None], series, columns)

    def scale(self, errors, series, columns):
        """Multiply standardized errors (..., n_steps) by the spread of step and series."""
        steps = self._list_steps(errors.shape[-1])
        return errors * steps * self.factors[series, columns][:, None]

    def draw(self, n, generator, n_steps=None):
        """Draw n paths of indices into `SAMPLE_LEVELS`: (n, n_targets, n_steps).

        At each step, all levels are equally likely. A path has the ranks of the errors of
        one held-out window, so steps and targets keep their dependence (the Schaake
        shuffle: Clark et al., 2004).
        """
        n_steps = n_steps or self.horizon
        ranks = self._rank_paths(min(n_steps, self.horizon))
        if len(ranks) == 0:  # no window is complete
            size = n, self.paths.shape[1], n_steps
            return generator.integers(0, len(SAMPLE_LEVELS), size)
        drawn = self._draw_ranks(ranks, n, generator, n_steps)
        # Each rank is a range of levels. A path has the same position in all its ranges.
        levels = (drawn - generator.random((n, 1, 1))) / len(ranks)
        numbers = (levels * len(SAMPLE_LEVELS)).astype(np.int64)
        return np.minimum(numbers, len(SAMPLE_LEVELS) - 1)

    def standardize(self, drawn):
        """Return the standardized errors at drawn indices of levels (..., n_steps)."""
        n_steps = drawn.shape[-1]
        table = self._list_quantiles(SAMPLE_LEVELS, n_steps)  # (n_levels, n_steps)
        return table[drawn, np.arange(n_steps)]

    def _rank_paths(self, n_steps):
        """Return the ranks of errors at each step, (n_paths, n_targets, n_steps)."""
        paths = self.paths[:, :, :n_steps]
        complete = paths[np.isfinite(paths).all(axis=(1, 2))]
        return rankdata(complete, axis=0, method="ordinal")

    def _draw_ranks(self, ranks, n, generator, n_steps):
        """Return the ranks (n, n_targets, n_steps) of n paths."""
        return ranks[generator.integers(0, len(ranks), n)]

    def _list_quantiles(self, levels, n_steps):
        """Return the quantiles of standardized errors: (n_levels, n_steps)."""
        counts = self._count_disjoint(n_steps)
        quantiles = [
            self._find_quantiles(self._errors_of(h), levels, counts[h])
            for h in range(n_steps)
        ]
        return np.stack(quantiles, axis=1)

    def _find_quantiles(self, errors, levels, n_disjoint):
        """Return weighted means of the quantiles of signed and of absolute errors."""
        levels = widen_level(levels, OVERLAP_GAIN * n_disjoint)
        weight = n_disjoint**2 / (n_disjoint**2 + SHRINKAGE**2)
        signed = conformal_quantile(errors, levels)
        return weight * signed + (1 - weight) * symmetric_quantile(errors, levels)

    def _list_steps(self, n_steps):
        """Return the spread of each step: (n_steps,)."""
        return self.steps

    def _count_disjoint(self, n_steps):
        """Return the number of windows that do not overlap, for each step: (n_steps,)."""
        return np.full(n_steps, self.n_disjoint)

    def _errors_of(self, h):
        """Return the sorted errors from which the quantiles of a step are computed."""
        own = self.sorted[h] if h < self.horizon else self.pooled
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

    def score(self, levels, series, columns):
        """Return the normal scores of levels: (n_levels, n_windows, horizon)."""
        shape = len(levels), len(series), self.calibration.horizon
        return np.broadcast_to(ndtri(np.asarray(levels))[:, None, None], shape)

    def scale(self, scores, series, columns):
        """Return the scores unchanged."""
        return scores

    def draw(self, n, generator, n_steps=None):
        """Draw n paths of indices into `SAMPLE_LEVELS`, as for held-out errors."""
        return self.calibration.draw(n, generator, n_steps)

    def standardize(self, drawn):
        """Return the normal scores at drawn indices of levels."""
        return ndtri(SAMPLE_LEVELS)[drawn]


def widen_level(level, n_windows):
    """Return the level to use if the spread is estimated from n_windows windows."""
    score = stdtrit(np.maximum(n_windows, MIN_WINDOWS), level)
    return np.clip(ndtr(score), MIN_LEVEL, 1 - MIN_LEVEL)


def conformal_quantile(errors, level):
    """Return the quantile of sorted errors with the finite-sample correction.

    The error of rank ceil((n + 1) level) bounds a fraction `level` of the errors from
    above. Levels below 0.5 use the mirrored rule. If the sample is too small for a level,
    its outermost error is extrapolated by the tail of a normal distribution.
    """
    n, is_lower = len(errors), level < 0.5
    upper = np.where(is_lower, 1 - level, level)
    rank = _find_rank(n, upper)
    kept = np.minimum(rank, n)
    inside = np.where(is_lower, errors[n - kept], errors[kept - 1])
    outermost = np.where(is_lower, min(errors[0], 0.0), max(errors[-1], 0.0))
    reach = ndtri(n / (n + 1)) if n > 1 else ndtri(0.75)
    beyond = outermost * np.maximum(ndtri(upper) / reach, 1.0)
    return np.where(rank <= n, inside, beyond)


def symmetric_quantile(errors, level):
    """Return the quantile of errors that have both signs with equal probability.

    The quantiles of two levels around 0.5 are an interval of absolute errors, which has the
    finite-sample correction of `conformal_quantile`.
    """
    sizes, n = np.sort(np.abs(errors)), len(errors)
    upper = np.maximum(level, 1 - level)
    rank = _find_rank(n, 2 * upper - 1)
    kept = np.clip(rank, 1, n)
    beyond = sizes[-1] * np.maximum(ndtri(upper) / ndtri((n + 0.5) / (n + 1)), 1.0)
    size = np.where(rank <= n, np.where(rank > 0, sizes[kept - 1], 0.0), beyond)
    return np.sign(level - 0.5) * size


def _find_rank(n, level):
    """Return the rank of the error that bounds a fraction of n + 1 errors from above."""
    return np.ceil((n + 1) * level - 1e-9).astype(np.int64)


def fill_spreads(spreads):
    """Fill unknown spreads from the nearest known one, scaled as for a random walk."""
    known = np.flatnonzero(np.isfinite(spreads) & (spreads > 0))
    if len(known) == 0:
        return np.sqrt(np.arange(1, len(spreads) + 1.0))
    nearest = known[np.abs(known[:, None] - np.arange(len(spreads))).argmin(axis=0)]
    steps = np.arange(1, len(spreads) + 1)
    return spreads[nearest] * np.sqrt(steps / (nearest + 1))


def count_windows(scores, series, n_series):
    """Return the number of windows with an observed step, for each series and target."""
    counts = np.zeros((n_series, scores.shape[1]))
    np.add.at(counts, series, np.isfinite(scores).any(axis=2))
    return counts


def measure_factors(scaled, series, counts):
    """Return the spread of each series and target, shrunk toward the common spread.

    Shrinkage is on the logarithmic scale, where a factor of 2 weighs as much as one of 0.5.
    It is stronger if chance explains more of the differences between series, given the
    numbers of their disjoint windows (empirical Bayes: Efron & Morris, 1973).
    """
    n_targets, horizon = scaled.shape[1:]
    logs = np.zeros(counts.shape)
    for i in np.unique(series):
        own = scaled[series == i].swapaxes(0, 1)  # (targets, windows, horizon)
        spread = measure_spread(own.reshape(n_targets, -1), axis=1)
        logs[i] = np.log(np.where(spread > 0, spread, 1.0))
    weights = count_disjoint(counts, horizon)
    # Variance of the logarithm of the root mean square of independent normal errors.
    chance = polygamma(1, np.maximum(weights, 1.0) / 2) / 4
    total = max(weights.sum(), 1.0)
    center = (weights * logs).sum() / total
    variance = (weights * ((logs - center) ** 2 - chance)).sum() / total
    variance = max(variance, 0.0)
    share = np.where(weights > 0, variance / (variance + chance), 0.0)
    return np.exp(share * logs + (1 - share) * center)


def count_disjoint(counts, horizon):
    """Return the number of disjoint windows among successive ones."""
    return np.where(counts > 0, (counts - 1) / horizon + 1, 0.0)


def measure_spread(errors, axis):
    """Return the root mean square of the errors that are not missing."""
    present = np.isfinite(errors)
    count = np.maximum(present.sum(axis=axis), 1)
    return np.sqrt((np.where(present, errors, 0.0) ** 2).sum(axis=axis) / count)


def _present(errors):
    return errors[np.isfinite(errors)]
