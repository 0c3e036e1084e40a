"""How far forecasts were off on held-out steps, and what intervals follow from it."""

import numpy as np
from scipy.stats import norm

# With this many held-out windows a step of the horizon has quantiles of its own; with
# fewer, all steps share theirs, each in units of its own spread.
OWN_QUANTILES = 200
# A series' own spread counts as much as that of all once it has this many windows.
SHRINKAGE = 10
# How fast the spread of a series follows new errors: about the last 20 matter.
FORGETTING = 0.05
# One error beyond this many spreads says no more than one of this size.
LARGEST_SCORE = 50.0


class Calibration:
    """Held-out errors of forecasts as standard scores.

    Split conformal prediction: where errors on held-out steps are exchangeable with
    those to come, a quantile of theirs with the finite-sample correction covers what it
    claims (Vovk et al., 2005; Lei et al., 2018, https://arxiv.org/abs/1604.04173). The
    score of an error is its size in units of its window for a forecaster of one number,
    and the normal score of its level for one of distributions (Chernozhukov et al., 2021,
    https://arxiv.org/abs/1909.07889); it is divided by the spread of its step of the
    horizon and of its series. The spread of a series follows new errors, so that intervals
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

    def __init__(self, scores, series, n_series):
        horizon = scores.shape[2]
        flat = scores.reshape(-1, horizon)
        self.steps = fill_spreads(_spread(flat, axis=0))  # (horizon,)
        scaled = scores / self.steps
        self.factors = _measure_series(scaled, series, n_series)
        paths = scaled / self.factors[series][:, :, None]
        self._keep(paths)

    @classmethod
    def restore(cls, paths, steps, factors):
        """Return the calibration that has these attributes."""
        self = object.__new__(cls)
        self.steps, self.factors = steps, factors
        self._keep(paths)
        return self

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
        own = np.empty(self.horizon)
        for h, errors in enumerate(self.sorted):
            errors = errors if len(errors) >= OWN_QUANTILES else self.pooled
            own[h] = conformal_quantile(errors, level)
        return self.scale(own, series, targets)

    def scale(self, scores, series, targets):
        """Return scores (..., horizon) of windows in units of their step and series."""
        return scores * self.steps * self._factors(series, targets)[:, None]

    def draw(self, n, generator):
        """Draw whole paths of errors: (n, n_targets, horizon).

        What went wrong together then goes wrong together again: steps and targets keep
        their dependence (the Schaake shuffle: Clark et al., 2004).
        """
        complete = np.isfinite(self.paths).all(axis=(1, 2))
        paths = self.paths[complete]
        if len(paths) == 0:  # too short a stretch for one whole path
            return generator.choice(self.pooled, size=(n, *self.paths.shape[1:]))
        return paths[generator.integers(0, len(paths), n)]

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


def conformal_quantile(errors, level):
    """Return the quantile of sorted errors, pushed outward as a finite sample demands.

    The error with rank ceil((n + 1) level) bounds a share `level` of errors to come from
    above; mirrored for the lower half. Where so few errors cannot say, the outermost one is
    extended as a bell's tail would be.
    """
    n = len(errors)
    if level < 0.5:
        return -conformal_quantile(-errors[::-1], 1 - level)
    rank = np.ceil((n + 1) * level - 1e-9)
    if rank <= n:
        return errors[int(rank) - 1]
    reach = norm.ppf(n / (n + 1)) if n > 1 else norm.ppf(0.75)
    return max(errors[-1], 0.0) * max(norm.ppf(level) / reach, 1.0)


def fill_spreads(spreads):
    """Return spreads with unknown ones filled: those after it grow as a random walk's."""
    known = np.flatnonzero(np.isfinite(spreads) & (spreads > 0))
    if len(known) == 0:
        return np.sqrt(np.arange(1, len(spreads) + 1.0))
    nearest = known[np.abs(known[:, None] - np.arange(len(spreads))).argmin(axis=0)]
    steps = np.arange(1, len(spreads) + 1)
    return spreads[nearest] * np.sqrt(steps / (nearest + 1))


def _measure_series(scaled, series, n_series):
    """Return the spread of each series and target, shrunk towards that of all.

    On the scale of logarithms, where twice and half are alike.
    """
    n_targets = scaled.shape[1]
    logs, counts = np.zeros((n_series, n_targets)), np.zeros((n_series, n_targets))
    for i in np.unique(series):
        own = scaled[series == i].swapaxes(0, 1)  # (targets, windows, horizon)
        counts[i] = np.isfinite(own).any(axis=2).sum(axis=1)
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
