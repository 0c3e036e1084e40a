"""Calibrate the growth of errors beyond the horizon by forecasts rolled over past windows."""

import numpy as np
from sklearn.isotonic import isotonic_regression

from skseq.forecasting.calibration import (
    SHRINKAGE,
    Calibration,
    count_disjoint,
    count_windows,
    fill_spreads,
    measure_factors,
    measure_spread,
)
from skseq.forecasting.rolling import extend_panel, roll_points
from skseq.forecasting.windows import cross_targets
from skseq.saved import is_finite, is_numbers, is_positive_count, require
from skseq.series import find_usable, gather_steps

# Forecasts are rolled over at most this many blocks, or this many steps if that is longer.
MAX_BLOCKS, MAX_STEPS = 8, 48
# Maximum number of windows, and of the forecasts, errors and read steps of all of them.
MAX_WINDOWS = 512
MAX_FORECASTS, MAX_ERRORS, MAX_READ = 8192, 2**18, 2**26
# Number of steps of windows that are forecast at once.
STEPS_AT_ONCE = 2**20
# A path is continued by a path whose rank differs from its own by at most this fraction.
NEIGHBORS = 0.05


class RolledCalibration(Calibration):
    """Standardized errors of forecasts that are rolled beyond the horizon.

    Beyond the horizon, each block of a forecast takes the previous blocks as observations.
    How errors then grow depends on the series: not at all for independent noise, with the
    square root of the number of steps for a random walk. It is measured by forecasts that
    are rolled over past windows in the same way. Beyond the measured steps, errors continue
    to grow with the same power of the number of steps.

    The network was trained on some of these windows. The errors of steps that it was not
    trained on determine the spread within the horizon, and correct the spread beyond it.
    The spread does not decrease from block to block.

    `errors` (n_windows, n_targets, n_steps) are those of rolled windows, NaN where the value
    is missing. `unseen`, of the same shape, is True for values that the network was not
    trained on. `series` and `origins` (n_windows,) identify the windows. `held_out`
    (n_held_out, n_targets, block) are the errors within the horizon of held-out windows, of
    the series `held_out_series`. Errors are in units of their windows.
    """

    saved_name = "rolled calibration"

    def __init__(
        self, errors, unseen, series, origins, held_out, held_out_series, n_series
    ):
        self.block = held_out.shape[2]
        if not np.isfinite(errors[:, :, self.block :]).any():  # no window is long enough
            errors, series = held_out, held_out_series
            unseen, origins = np.isfinite(held_out), np.zeros(len(series), np.int64)
        within = measure_spread(held_out.reshape(-1, self.block), axis=0)
        n_disjoint = len(np.unique(series)) * errors.shape[1]
        beyond = _measure_growth(errors, unseen, self.block, n_disjoint)
        self.steps = fill_spreads(np.concatenate([within, beyond]))
        _make_increasing(self.steps.reshape(-1, self.block))
        counts = count_windows(held_out, held_out_series, n_series)
        scaled = held_out / self.steps[: self.block]
        self.factors = measure_factors(scaled, held_out_series, counts)
        self.n_disjoint = float(count_disjoint(counts, self.block).sum())
        self._count_origins(series, origins, errors.shape[1])
        self._set_paths(errors / self.steps / self.factors[series][:, :, None])

    def _count_origins(self, series, origins, n_targets):
        """Set `span`, the steps from the first to the last origins, and `n_runs`.

        Both are sums over series and targets; `n_runs` is the number of these.
        """
        names = np.unique(series)
        spans = [np.ptp(origins[series == i]) for i in names]
        self.span = float(sum(spans) * n_targets)
        self.n_runs = float(len(names) * n_targets)

    def _count_disjoint(self, n_steps):
        counts = self.span / np.arange(1, n_steps + 1) + self.n_runs
        return np.minimum(counts, self.n_disjoint)  # the other windows are training data

    def _list_steps(self, n_steps):
        known = self.horizon
        if n_steps <= known:
            return self.steps[:n_steps]
        steps = np.arange(known, n_steps)
        # Later blocks repeat the last one, multiplied by the growth.
        places = known - self.block + (steps - known) % self.block
        growth = ((steps + 1) / (places + 1)) ** self._measure_power()
        return np.concatenate([self.steps, self.steps[places] * growth])

    def _measure_power(self):
        """Return the exponent with which errors grow with the number of steps."""
        n_blocks = self.horizon // self.block
        if n_blocks > 1:
            blocks = self.steps.reshape(n_blocks, self.block)
            first, last = np.sqrt((blocks[[0, -1]] ** 2).mean(axis=1))
            power = np.log(last / first) / np.log(2 * n_blocks - 1)
        elif self.block > 1:
            power = np.log(self.steps[-1] / self.steps[0]) / np.log(self.block)
        else:
            power = 0.5
        return np.clip(power, 0.0, 1.0)

    def _draw_ranks(self, ranks, n, generator, n_steps):
        """Return the ranks of n paths; long ones are continued by the end of similar paths.

        A path is similar if its errors one block earlier have about the same rank.
        """
        n_paths, block = len(ranks), self.block
        rows = generator.integers(0, n_paths, n)
        parts = [ranks[rows]]
        if n_steps > self.horizon > block:
            ends = ranks[:, :, -1].mean(axis=1)
            order = np.argsort(ranks[:, :, -1 - block].mean(axis=1), kind="stable")
            places = np.argsort(np.argsort(ends, kind="stable"), kind="stable")
            reach = max(1, int(NEIGHBORS * n_paths))
        for _ in range(self.horizon, n_steps, block):
            if self.horizon > block:
                jumps = generator.integers(-reach, reach + 1, n)
                rows = order[np.clip(places[rows] + jumps, 0, n_paths - 1)]
            else:
                rows = generator.integers(0, n_paths, n)
            parts.append(ranks[rows][:, :, -block:])
        return np.concatenate(parts, axis=2)[:, :, :n_steps]

    @classmethod
    def from_state(cls, paths, steps, factors, block, n_disjoint, span, n_runs):
        """Return the calibration of a state; raise ValueError if the state is invalid."""
        valid = is_numbers(paths, None, None, None) and is_positive_count(block)
        valid = valid and paths.shape[2] > 0 and paths.shape[2] % block == 0
        valid = valid and is_finite(steps, paths.shape[2]) and (steps > 0).all()
        valid = valid and is_finite(factors, None, paths.shape[1]) and (factors >= 0).all()
        for number in (n_disjoint, span, n_runs):
            valid = valid and type(number) is float and 0 <= number < np.inf
        require(valid, "the errors of rolled forecasts are invalid")
        self = object.__new__(cls)
        self.steps, self.factors = steps, factors
        self.block, self.n_disjoint = block, n_disjoint
        self.span, self.n_runs = span, n_runs
        self._set_paths(paths)
        return self


def _measure_growth(errors, unseen, block, n_disjoint):
    """Return the spread of errors at each step beyond the horizon, 0 where unknown.

    The ratio of the errors of unseen values to those of all values corrects the spread.
    """
    beyond, unseen = errors[:, :, block:], unseen[:, :, block:]
    if beyond.shape[2] == 0:
        return np.empty(0)
    steps = measure_spread(beyond.reshape(-1, beyond.shape[2]), axis=0)
    known = unseen & np.isfinite(beyond) & (steps > 0)
    if not known.any():
        return steps
    scaled = beyond / np.where(steps > 0, steps, 1.0)
    ratio = measure_spread(scaled[known], axis=0)
    if ratio > 0:
        steps = steps * ratio ** (n_disjoint / (n_disjoint + SHRINKAGE))
    return steps


def _make_increasing(blocks):
    """Scale blocks of spreads (n_blocks, block) in place, so that they do not decrease.

    The first block stays as it is. The others are changed as little as possible.
    """
    sizes = np.sqrt((blocks**2).mean(axis=1))
    if len(blocks) > 1:
        increasing = np.maximum(isotonic_regression(sizes[1:]), sizes[0])
        blocks[1:] *= (increasing / sizes[1:])[:, None]


def choose_rolled_windows(lengths, first, past, horizon, n_targets):
    """Return series and origins of windows to roll forecasts over, and number of blocks.

    At least one step beyond the horizon is observed in each window. The first origins of
    series are `first` (n_series,). A forecast reads `past` steps.
    """
    longest = int((lengths - first).max()) // (2 * horizon)
    n_blocks = min(max(longest, 1), max(MAX_BLOCKS, -(-MAX_STEPS // horizon)))
    counts = np.maximum(lengths - horizon - first, 0)
    if n_blocks == 1:
        counts[:] = 0
    n_windows = min(
        MAX_FORECASTS // (n_blocks * n_targets),
        MAX_ERRORS // (n_blocks * horizon * n_targets),
        MAX_READ // (n_blocks * (past + n_blocks * horizon) * n_targets),
        MAX_WINDOWS,
    )
    total = int(counts.sum())
    n_windows = min(max(n_windows, 1), total)
    kept = np.unique(np.linspace(0, max(total - 1, 0), n_windows).astype(int))
    ends = np.cumsum(counts)
    series = np.searchsorted(ends, kept, side="right")
    origins = first[series] + kept - (ends - counts)[series]
    return series, origins, n_blocks


def measure_rolled(forecaster, panel, first, ends, held_out, errors):
    """Return the RolledCalibration of forecasts that are rolled over the past.

    Windows start at `first` (n_series,). The network was trained on the steps before `ends`
    (n_series,). `held_out` are the series and origins of the windows whose `errors`
    `score_windows` returned.
    """
    horizon, n_targets = forecaster.horizon_, panel.n_targets
    past = forecaster.past_steps
    windows = choose_rolled_windows(panel.lengths, first, past, horizon, n_targets)
    series, origins, n_blocks = windows
    n_steps = n_blocks * horizon
    rolled = np.full((len(series), n_targets, n_steps), np.nan)
    size = max(1, STEPS_AT_ONCE // (past + n_steps))
    for start in range(0, len(series), size):
        rows = slice(start, start + size)
        rolled[rows] = _roll_past(forecaster, panel, series[rows], origins[rows], n_steps)
    targets = origins[:, None, None] + np.arange(n_steps)
    unseen = np.broadcast_to(targets >= ends[series][:, None, None], rolled.shape)
    held_out_series = held_out[0]
    return RolledCalibration(
        rolled, unseen, series, origins, errors, held_out_series, panel.n_series
    )


def _roll_past(forecaster, panel, series, origins, n_steps):
    """Return the errors of windows of any number of steps: (n_windows, n_targets, n_steps).

    They are NaN for windows whose last value is missing.
    """
    n_targets, horizon = panel.n_targets, forecaster.horizon_
    past = forecaster.past_steps
    future = gather_steps(panel.values, panel, series, origins, 0, n_steps)
    starts = np.repeat(origins[:, None], n_targets, axis=1)
    around = series, origins, starts, past, n_steps, None
    extended = extend_panel(forecaster, *around)
    starts = np.full(starts.shape, past)
    needed = np.full(len(series), n_steps)
    block, point = roll_points(forecaster, extended, starts, series, needed)
    units = block.windows.units.reshape(-1, n_targets, 1)
    errors = np.swapaxes(future - point, 1, 2) / units
    usable = find_usable(panel, *cross_targets(series, origins, n_targets), horizon)
    errors[~usable.reshape(-1, n_targets)] = np.nan
    return errors
