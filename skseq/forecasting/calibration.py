"""How far forecasts were off on held-out steps, and what intervals follow from it."""

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from skseq.saved import Saved, is_finite, is_numbers, require

# With this many held-out windows a step of the horizon has quantiles of its own; with
# fewer, all steps share theirs, each in units of its own spread.
OWN_QUANTILES = 200
# A series' own spread counts as much as that of all once it has this many windows.
SHRINKAGE = 10
# How fast the spread of a series follows new errors: about the last 20 matter.
FORGETTING = 0.05
# A held-out window has several steps: even one alone says more than a single error.
FEWEST_WINDOWS = 2
# No level is further out than a normal score of 8.
OUTERMOST_LEVEL = 1e-15
# One error beyond this many spreads says no more than one of this size.
LARGEST_SCORE = 50.0


class Calibration(Saved):
    """Held-out errors of forecasts as standard scores.

    Split conformal prediction: where errors on held-out steps are exchangeable with
    those to come, a quantile of theirs with the finite-sample correction covers what it
    claims (Vovk et al., 2005; Lei et al., 2018, https://arxiv.org/abs/1604.04173). The
    score of an error is its size in units of its window for a forecaster of one number,
    and the normal score of its level for one of distributions (Chernozhukov et al., 2021,
    https://arxiv.org/abs/1909.07889); it is divided by the spread of its step of the
    horizon and of its series. Errors of windows that overlap hang together, and few of
    them may all be small by chance: levels are moved outward as a t distribution is wider
    than a normal one, with a degree of freedom for each window that overlaps no other
    (Student, 1908). The spread of a series follows new errors, so that intervals
    widen and narrow under drift (in the spirit of Gibbs & Candes, 2021,
    https://arxiv.org/abs/2106.00170).

    Parameters
    ----------
    scores : ndarray of shape (n_origins, n_targets, horizon)
        Scores of held-out windows, NaN where nothing was observed.
    series : ndarray of int of shape (n_origins,)
        The series of each window.
    n_series : int
        Number of series.
    """

    saved_name = "calibration"
    saved_attributes = ("paths", "steps", "factors", "n_disjoint")

    def __init__(self, scores, series, n_series):
        horizon = scores.shape[2]
        flat = scores.reshape(-1, horizon)
        self.steps = fill_spreads(_spread(flat, axis=0))  # (horizon,)
        scaled = scores / self.steps
        counts = _count_windows(scores, series, n_series)
        self.factors = _measure_series(scaled, series, counts)
        paths = scaled / self.factors[series][:, :, None]
        # How many windows, of all series and targets, would not overlap.
        self.n_disjoint = float(((counts[counts > 0] - 1) / horizon + 1).sum())
        self._keep(paths)

    def _keep(self, paths):
        """Keep paths (n_origins, n_targets, horizon), and their errors in order."""
        self.horizon = paths.shape[2]
        self.paths = paths
        self.sorted = [np.sort(_present(paths[:, :, h])) for h in range(self.horizon)]
        self.pooled = np.sort(_present(paths))

    def __repr__(self):
        n = len(self.paths)
        return f"{type(self).__name__}({n} window{'s' * (n != 1)})"

    @property
    def is_empty(self):
        """Whether nothing was held out to learn from."""
        return len(self.pooled) == 0

    def score(self, level, series, targets):
        """Return the score (n_windows, horizon) below which a share `level` of errors lies."""
        level = widen_level(level, self.n_disjoint)
        own = [conformal_quantile(self._errors_of(h), level) for h in range(self.horizon)]
        return self.scale(np.array(own), series, targets)

    def scale(self, scores, series, targets):
        """Return scores (..., horizon) of windows in units of their step and series."""
        return scores * self.steps * self._factors(series, targets)[:, None]

    def draw(self, n, generator):
        """Draw whole paths of errors: (n, n_targets, horizon).

        What went wrong together then goes wrong together again: steps and targets keep
        their dependence (the Schaake shuffle: Clark et al., 2004), and each step has the
        quantiles that `score` tells.
        """
        paths = self._widen_paths()
        paths = paths[np.isfinite(paths).all(axis=(1, 2))]
        if len(paths) == 0:  # too short a stretch for one whole path
            pooled = self._widen(self.pooled)
            return generator.choice(pooled, size=(n, *self.paths.shape[1:]))
        return paths[generator.integers(0, len(paths), n)]

    def _widen_paths(self):
        """Return paths with each error moved to where its level is looked for."""
        result = np.full_like(self.paths, np.nan)
        for h in range(self.horizon):
            errors, seen = self._errors_of(h), np.isfinite(self.paths[:, :, h])
            places = np.searchsorted(errors, self.paths[:, :, h][seen])
            result[:, :, h][seen] = self._widen(errors)[places]
        return result

    def _widen(self, errors):
        """Return the quantiles that take the place of sorted errors."""
        return conformal_quantile(errors, _levels_of_ranks(len(errors), self.n_disjoint))

    def _errors_of(self, h):
        """Return the sorted errors that quantiles of a step rest on."""
        own = self.sorted[h]
        return own if len(own) >= OWN_QUANTILES else self.pooled

    def follow(self, scores, series, targets):
        """Let the spread of one series follow new scores (n_steps,) of one window."""
        factor = self._factors(series, targets)
        for h, score in enumerate(scores[: self.horizon]):
            if np.isfinite(score):
                score = np.clip(score, -LARGEST_SCORE, LARGEST_SCORE)
                square = (score / self.steps[h]) ** 2
                factor = np.sqrt((1 - FORGETTING) * factor**2 + FORGETTING * square)
        self.factors[series, targets] = factor

    def grow(self, n_series):
        """Make room for more series, whose spread is that of all until they err."""
        more = n_series - len(self.factors)
        if more > 0:
            fill = np.ones((more, self.factors.shape[1]))
            self.factors = np.concatenate([self.factors, fill])

    def _factors(self, series, targets):
        return self.factors[series, targets]

    @classmethod
    def from_state(cls, paths, steps, factors, n_disjoint):
        """Return the calibration of a state; raise ValueError if the state is invalid."""
        valid = is_numbers(paths, None, None, None)
        valid = valid and is_finite(steps, paths.shape[2]) and (steps >= 0).all()
        valid = valid and is_finite(factors, None, paths.shape[1]) and (factors >= 0).all()
        valid = valid and type(n_disjoint) is float and 0 <= n_disjoint < np.inf
        require(valid, "the held-out errors are invalid")
        self = object.__new__(cls)
        self.steps, self.factors, self.n_disjoint = steps, factors, n_disjoint
        self._keep(paths)
        return self


def widen_level(level, n_windows):
    """Return the level to ask for where the spread is known from so few windows."""
    score = stdtrit(max(n_windows, FEWEST_WINDOWS), level)
    return np.clip(ndtr(score), OUTERMOST_LEVEL, 1 - OUTERMOST_LEVEL)


@lru_cache(maxsize=8)
def _levels_of_ranks(n, n_windows):
    """Return the widened levels of n sorted errors: most steps, and all draws, share them."""
    return widen_level(np.arange(1, n + 1) / (n + 1), n_windows)


def conformal_quantile(errors, level):
    """Return the quantile of sorted errors, pushed outward as a finite sample demands.

    The error with rank ceil((n + 1) level) bounds a share `level` of errors to come from
    above; mirrored for the lower half. Where so few errors cannot say, the outermost one is
    extended as a bell's tail would be.
    """
    n, below = len(errors), level < 0.5
    upper = np.where(below, 1 - level, level)
    rank = np.ceil((n + 1) * upper - 1e-9).astype(np.int64)
    kept = np.minimum(rank, n)
    inside = np.where(below, errors[n - kept], errors[kept - 1])
    outermost = np.where(below, min(errors[0], 0.0), max(errors[-1], 0.0))
    reach = ndtri(n / (n + 1)) if n > 1 else ndtri(0.75)
    beyond = outermost * np.maximum(ndtri(upper) / reach, 1.0)
    return np.where(rank <= n, inside, beyond)


def fill_spreads(spreads):
    """Return spreads with unknown ones filled: those after it grow as a random walk's."""
    known = np.flatnonzero(np.isfinite(spreads) & (spreads > 0))
    if len(known) == 0:
        return np.sqrt(np.arange(1, len(spreads) + 1.0))
    nearest = known[np.abs(known[:, None] - np.arange(len(spreads))).argmin(axis=0)]
    steps = np.arange(1, len(spreads) + 1)
    return spreads[nearest] * np.sqrt(steps / (nearest + 1))


def _count_windows(scores, series, n_series):
    """Return how many windows of each series and target have an observation."""
    counts = np.zeros((n_series, scores.shape[1]))
    np.add.at(counts, series, np.isfinite(scores).any(axis=2))
    return counts


def _measure_series(scaled, series, counts):
    """Return the spread of each series and target, shrunk towards that of all.

    On the scale of logarithms, where twice and half are alike.
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
    present = np.isfinite(errors)
    count = np.maximum(present.sum(axis=axis), 1)
    return np.sqrt((np.where(present, errors, 0.0) ** 2).sum(axis=axis) / count)


def _present(errors):
    return errors[np.isfinite(errors)]
