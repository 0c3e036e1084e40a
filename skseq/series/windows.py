"""Windows of series: gathered from flat storage, and encoded for networks."""

from dataclasses import dataclass

import numpy as np

from skseq.saved import Saved, is_count, is_flag, is_positive_count, require

# Minimum scale of a window, relative to the spread of its series: the scale of a constant
# window must not be 0.
MIN_RELATIVE_SCALE = 0.1
# The mean of a window with this many counts has the same weight as that of its series: it
# has a relative standard error of 14% or more.
PRIOR_COUNTS = 50
# Changes larger than this many typical ones are jumps, which count as this many.
MAX_REGULAR = 3.0
# Minimum of the typical change, relative to that of the series.
MIN_RELATIVE_MEDIAN = 0.5


def gather_steps(
    storage, panel, series, origins, before, after, *, columns=None, ends=None
):
    """Return the steps around each origin, NaN where the series has no step.

    The result is (n_windows, before + after, ...) from `storage`, an array (n_steps_total,
    ...) of the panel: `values`, `covariates` or a column of one. Shapes: series and origins
    (n_windows,), where an origin is the number of steps before the first forecast step.

    With `columns` (n_windows,), one column of `storage` is returned for each window,
    without its axis. Steps from `ends` (n_series,) on, by default the lengths of the
    series, are NaN.
    """
    ends = panel.lengths if ends is None else ends
    steps = origins[:, None] + np.arange(-before, after)  # (n_windows, before + after)
    exists = (steps >= 0) & (steps < ends[series][:, None])
    rows = np.where(exists, panel.starts[series][:, None] + steps, 0)
    if columns is None:
        gathered = storage.take(rows, axis=0)
    else:
        gathered = storage[rows, columns[:, None]]
    gathered[~exists] = np.nan
    return gathered


def find_starts(panel, series, origins):
    """Return the step after the last observed value before each origin.

    This is the first step that must be forecast: missing values before the origin have to
    be forecast as well. Shapes: series (n_windows,), origins and result (n_windows,
    n_targets). An origin without an observed value before it is returned unchanged.
    """
    starts = origins.copy()
    rows = panel.starts[series][:, None] + np.maximum(origins, 1) - 1
    missing = np.isnan(panel.values[rows, np.arange(panel.n_targets)])
    for i, column in np.argwhere(missing & (origins > 0)):
        past = panel.targets(series[i])[: origins[i, column], column]
        observed = np.flatnonzero(~np.isnan(past))
        if len(observed):
            starts[i, column] = observed[-1] + 1
    return starts


def find_usable(panel, series, columns, origins, horizon):
    """Return whether windows have an observed last value and a value to forecast.

    Forecasts start after an observed value, so other windows are neither trained on nor
    scored. All arrays are (n_windows,).
    """
    around = panel, series, origins
    last = gather_steps(panel.values, *around, 1, 0, columns=columns)
    future = gather_steps(panel.values, *around, 0, horizon, columns=columns)
    return ~np.isnan(last[:, 0]) & ~np.isnan(future).all(axis=1)


@dataclass(frozen=True)
class EncodedWindows:
    """Windows that are normalized one by one."""

    # Inputs of the network, (n_windows, context_length); 0 where a value is missing.
    changes: np.ndarray
    levels: np.ndarray
    observed: np.ndarray  # (n_windows, context_length), whether the value is not missing
    base: np.ndarray  # (n_windows, horizon), the value that encoded targets are relative to
    scale: np.ndarray  # (n_windows, 1), unit of encoded targets: the typical change
    error_unit: np.ndarray  # (n_windows, 1), unit of errors, which jumps do not increase

    def encode(self, targets):
        """Return targets of shape (n_windows, horizon) on the scale of the network."""
        return (targets - self.base) / self.scale

    def decode(self, outputs):
        """Return network outputs (n_windows, horizon) on the scale of the series."""
        return outputs * self.scale + self.base


@dataclass(frozen=True)
class WindowCoder(Saved):
    """Normalize each window by its last level and its typical change.

    A network does not generalize to levels that it has not been trained on, and most series
    have trends and level shifts. So the network reads each window as changes from step to
    step and as distances from the window's level, each divided by their root mean square,
    and forecasts are transformed back (reversible normalization: Kim et al., 2022,
    https://openreview.net/forum?id=cGDAkQo1C0p). With a season, seasonal differences are
    encoded, and forecasts are relative to the last observed season.

    Parameters
    ----------
    context_length, horizon : int
        Number of steps that are read, and that are forecast.
    lag : int, default=0
        Number of steps of the season to difference over; 0 for no differencing.
    only_changes : bool, default=False
        Whether to replace the levels by 0.
    level : {"last", "mean", "count", None}, default="last"
        The level of a window: its last value, its mean, or 0. If None or `"count"`, the
        values themselves replace the changes. The unit of counts is their mean.
    unit : {"window", "series"}, default="window"
        Whether to divide by the root mean square of the window, or by the spread of the
        series.
    """

    saved_name = "window coder"

    context_length: int
    horizon: int
    lag: int = 0
    only_changes: bool = False
    level: str | None = "last"
    unit: str = "window"

    @property
    def before(self):
        """Number of past steps that `encode` needs."""
        return self.context_length + self.lag + 1

    def encode(self, past, spread):
        """Return the EncodedWindows of past values, (n_windows, before), NaN where missing.

        `spread` is the positive typical change of each window's series, (n_windows,); its
        standard deviation if `unit="series"`.
        """
        base = np.zeros((len(past), self.horizon))
        if self.lag:
            base = repeat_season(past, self.lag, self.horizon)
            past = past[:, self.lag :] - past[:, : -self.lag]
        level = self._find_level(past)  # (n_windows, 1)
        observed = ~np.isnan(past[:, 1:])
        if self.unit == "series":
            scale = distance = error_unit = spread[:, None]
        else:
            scale, distance, error_unit = self._measure_units(past, level, spread)
        filled = past if observed.all() else interpolate_gaps(past)
        levels = filled[:, 1:] - level
        changes = np.diff(filled, axis=1) if self.has_level else levels
        changes, levels = np.nan_to_num(changes) / scale, np.nan_to_num(levels) / distance
        if self.only_changes:
            levels = np.zeros_like(levels)
        # A window without any value has no forecast.
        base = np.where(observed.any(axis=1, keepdims=True), base + level, np.nan)
        return EncodedWindows(changes, levels, observed, base, scale, error_unit)

    def _measure_units(self, past, level, spread):
        """Return the units of changes, levels and errors of windows: (n_windows, 1) each.

        They are measured on observed values only.
        """
        changes, levels = _change_from_observed(past), past[:, 1:] - level
        error_unit = measure_regular_distance(changes, spread)
        if not self.has_level:
            changes = levels
        scale, distance = (_measure_unit(x, spread) for x in (changes, levels))
        if self.level == "count":
            scale = _measure_rate(changes, spread)
        return scale, distance, error_unit

    @property
    def has_level(self):
        """Whether a level is subtracted from windows."""
        return self.level in ("last", "mean")

    def _find_level(self, past):
        if self.level == "last":
            return last_observed(past)[:, None]
        if self.level == "mean":
            count = np.maximum((~np.isnan(past)).sum(axis=1), 1)
            return (np.nansum(past, axis=1) / count)[:, None]
        return np.zeros((len(past), 1))

    @classmethod
    def from_state(cls, context_length, horizon, lag, only_changes, level, unit):
        """Create the coder from a state; raise ValueError if the state is invalid."""
        valid = is_positive_count(context_length) and is_positive_count(horizon)
        valid = valid and is_count(lag) and is_flag(only_changes)
        valid = valid and level in ("last", "mean", "count", None)
        valid = valid and unit in ("window", "series")
        require(valid, "the description of windows is invalid")
        return cls(context_length, horizon, lag, only_changes, level, unit)


def _measure_rate(counts, rate):
    """Return the mean (n_windows, 1) of observed counts, shrunk toward that of the series.

    `rate` (n_windows,) are the means of the series. The mean of few counts is uncertain, and
    forecasts that multiply it block by block would drift.
    """
    observed = ~np.isnan(counts)
    total = np.where(observed, np.abs(counts), 0.0).sum(axis=1)
    n = observed.sum(axis=1) + PRIOR_COUNTS / rate
    return ((total + PRIOR_COUNTS) / n)[:, None]


def _measure_unit(values, spread):
    """Return the root mean square (n_windows, 1) of the values that are not missing.

    It is at least a fraction of the spread (n_windows,).
    """
    observed = ~np.isnan(values)
    count = np.maximum(observed.sum(axis=1), 1)
    squares = np.where(observed, values, 0.0) ** 2
    root_mean_square = np.sqrt(squares.sum(axis=1) / count)
    return np.maximum(root_mean_square, MIN_RELATIVE_SCALE * spread)[:, None]


def _change_from_observed(past):
    """Return the change of each value from the last observed one, NaN where missing.

    Without missing values it is the change from step to step: (n_windows, n_steps - 1).
    """
    before = np.maximum.accumulate(
        np.where(np.isnan(past), -1, np.arange(past.shape[1])), axis=1
    )[:, :-1]
    previous = np.take_along_axis(past, np.maximum(before, 0), axis=1)
    return past[:, 1:] - np.where(before < 0, np.nan, previous)


def interpolate_gaps(past):
    """Interpolate missing values between observed ones linearly in time.

    The changes over a gap then add up to the observed change. Values before the first and
    after the last observed one stay NaN.
    """
    steps, observed = np.arange(past.shape[1]), ~np.isnan(past)
    before = np.maximum.accumulate(np.where(observed, steps, -1), axis=1)
    after = np.where(observed, steps, len(steps))[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    gaps = np.nonzero(~observed & (before >= 0) & (after < len(steps)))
    rows, left, right = gaps[0], before[gaps], after[gaps]
    weight = (gaps[1] - left) / (right - left)
    filled = past.copy()
    filled[gaps] = (1 - weight) * past[rows, left] + weight * past[rows, right]
    return filled


def measure_regular_distance(changes, spread):
    """Return the root mean square distance of windows from their ends, without jumps.

    It is the unit of the errors of forecasts, (n_windows, 1), which grow with the distance.
    Jumps are limited, because a jump would increase both the errors of the windows before
    it and the unit of the windows after it, and intervals would grow with its square.

    `changes` (n_windows, n_steps) are NaN where missing. `spread` (n_windows,) is the
    positive typical change of each window's series, which is the smallest unit.
    """
    sizes, spread = np.abs(changes), spread[:, None]
    observed = ~np.isnan(sizes)
    count = observed.sum(axis=1, keepdims=True)
    middle = np.maximum((count - 1) // 2, 0)
    median = np.take_along_axis(np.sort(sizes, axis=1), middle, axis=1)  # NaN is last
    largest = MAX_REGULAR * np.maximum(np.nan_to_num(median), MIN_RELATIVE_MEDIAN * spread)
    regular = np.where(observed, np.clip(changes, -largest, largest), 0.0)
    # The distance of the step before each change.
    distances = np.where(observed, np.cumsum(regular[:, ::-1], axis=1)[:, ::-1], 0.0)
    mean = (distances**2).sum(axis=1, keepdims=True) / np.maximum(count, 1)
    return np.maximum(np.sqrt(mean), spread)


def last_observed(past):
    """Return the last value of each row that is not missing; 0 if all are."""
    observed = ~np.isnan(past)
    column = past.shape[1] - 1 - observed[:, ::-1].argmax(axis=1)
    last = past[np.arange(len(past)), column]
    return np.where(observed.any(axis=1), last, 0.0)


def repeat_season(past, period, horizon):
    """Repeat the last `period` steps of past, (n_windows, n_steps), over the horizon.

    A missing value is replaced by the value one or more seasons before, or else by the last
    value.
    """
    season = past[:, -period:].copy()
    if season.shape[1] < period:
        missing = np.full((len(past), period - season.shape[1]), np.nan)
        season = np.concatenate([missing, season], axis=1)
    for shift in range(2 * period, past.shape[1] + 1, period):
        older = past[:, -shift : past.shape[1] - shift + period]
        season = np.where(np.isnan(season), older, season)
    season = np.where(np.isnan(season), last_observed(past)[:, None], season)
    return np.tile(season, -(-horizon // period))[:, :horizon]
