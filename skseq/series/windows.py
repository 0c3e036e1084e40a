"""Windows of series: cut out of flat storage, and measured from what they end with."""

from dataclasses import dataclass

import numpy as np


def gather_steps(
    storage, panel, series, origins, before, after, *, columns=None, ends=None
):
    """Return the steps around each origin, NaN where the series has no step.

    Parameters
    ----------
    storage : ndarray of shape (n_steps_total, ...)
        `panel.values`, `panel.covariates` or a column of one of them.
    panel : Panel
        The starts and lengths of the series in `storage`.
    series : ndarray of int of shape (n_windows,)
        Series of each window.
    origins : ndarray of int of shape (n_windows,)
        Number of steps of the series before the first forecast step.
    before, after : int
        Number of steps to return before each origin, and from it on.
    columns : ndarray of int of shape (n_windows,), default=None
        Column of `storage` to return for each window. By default all columns.
    ends : ndarray of int of shape (n_series,), default=None
        Steps of each series from this one on are NaN. By default `panel.lengths`.

    Returns
    -------
    ndarray of shape (n_windows, before + after, ...)
        Without the axis of columns if `columns` is given.
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


@dataclass(frozen=True)
class EncodedWindows:
    """Windows on a scale of their own.

    Attributes
    ----------
    changes, levels : ndarray of shape (n_windows, context_length)
        What the network reads; 0 where a value is missing.
    observed : ndarray of bool of shape (n_windows, context_length)
        Where it is not.
    base : ndarray of shape (n_windows, horizon)
        What forecasts are measured from.
    scale : ndarray of shape (n_windows, 1)
        The unit in which they are measured: the typical change of the window.
    distance : ndarray of shape (n_windows, 1)
        The typical distance of the window from its level: errors grow with it.
    """

    changes: np.ndarray
    levels: np.ndarray
    observed: np.ndarray
    base: np.ndarray
    scale: np.ndarray
    distance: np.ndarray

    def encode(self, targets):
        """Return what the network should answer for values (n_windows, horizon)."""
        return (targets - self.base) / self.scale

    def decode(self, answers):
        """Return the values that answers (n_windows, horizon) stand for."""
        return answers * self.scale + self.base


@dataclass(frozen=True)
class WindowCoder:
    """Measures windows from their own last level and by their own changes.

    A network that was trained on one level knows nothing of another one, and trends and
    level shifts are the rule in series. So every window is given as changes from step to
    step and as distances from its level, each in units of its own, and forecasts are given
    back in the same way (reversible normalisation: Kim et al., 2022,
    https://openreview.net/forum?id=cGDAkQo1C0p). With a season, differences are taken from
    one season before, and forecasts are measured from the last one seen.

    Parameters
    ----------
    context_length, horizon : int
        Steps that are read, and that are forecast.
    lag : int, default=0
        Steps of the season that differences are taken over; 0 for none.
    only_changes : bool, default=False
        Whether levels are withheld from the network.
    level : {"last", "mean", None}, default="last"
        What windows are measured from. Without one, values themselves are read in
        place of changes.
    unit : {"window", "series"}, default="window"
        Whether windows are measured in units of their own, or of their series.
    """

    context_length: int
    horizon: int
    lag: int = 0
    only_changes: bool = False
    level: str | None = "last"
    unit: str = "window"

    @property
    def before(self):
        """Steps of the past that a window needs."""
        return self.context_length + self.lag + 1

    def encode(self, past, spread):
        """Code the past of windows.

        Parameters
        ----------
        past : ndarray of shape (n_windows, before)
            Values, NaN where missing.
        spread : ndarray of shape (n_windows,)
            The typical change of each window's series, above 0; its standard deviation,
            if that is the unit.

        Returns
        -------
        EncodedWindows
        """
        base = np.zeros((len(past), self.horizon))
        if self.lag:
            base = repeat_season(past, self.lag, self.horizon)
            past = past[:, self.lag :] - past[:, : -self.lag]
        level = self._find_level(past)
        levels = past[:, 1:] - level
        changes = levels if self.level is None else np.diff(past, axis=1)
        observed = ~np.isnan(levels)
        if self.unit == "series":
            scale = spread[:, None]
            distance = _standardise(levels, spread)[1]
            changes, levels = (np.nan_to_num(x) / scale for x in (changes, levels))
        else:
            changes, scale = _standardise(changes, spread)
            levels, distance = _standardise(levels, spread)
            # Where nothing happened for a while, errors are still as large as changes are.
            distance = np.maximum(distance, spread[:, None])
        if self.only_changes:
            levels = np.zeros_like(levels)
        # Nothing follows from a past of which nothing is known.
        base = np.where(observed.any(axis=1, keepdims=True), base + level, np.nan)
        return EncodedWindows(changes, levels, observed, base, scale, distance)

    def _find_level(self, past):
        if self.level == "last":
            return last_observed(past)[:, None]
        if self.level == "mean":
            count = np.maximum((~np.isnan(past)).sum(axis=1), 1)
            return (np.nansum(past, axis=1) / count)[:, None]
        return np.zeros((len(past), 1))


# The least unit of a window, as a share of the typical change of its series.
LEAST_SPREAD = 0.1


def _standardise(values, spread):
    """Return values in units of their root mean square, 0 where missing; and that unit."""
    observed = ~np.isnan(values)
    values = np.where(observed, values, 0.0)
    count = np.maximum(observed.sum(axis=1), 1)
    own = np.sqrt((values**2).sum(axis=1) / count)
    # A window that happens to stand still must not blow up what follows.
    scale = np.maximum(own, LEAST_SPREAD * spread)[:, None]
    return values / scale, scale


def last_observed(past):
    """Return the last value of each row that is not missing; 0 if all are."""
    present = ~np.isnan(past)
    place = past.shape[1] - 1 - present[:, ::-1].argmax(axis=1)
    last = past[np.arange(len(past)), place]
    return np.where(present.any(axis=1), last, 0.0)


def repeat_season(past, period, horizon):
    """Repeat the last season of each row.

    Parameters
    ----------
    past : ndarray of shape (n_windows, n_steps)
        Values, NaN where missing: the one a season before, or the last one, stands in.
    period : int
        Steps of a season.
    horizon : int
        Steps to return.

    Returns
    -------
    ndarray of shape (n_windows, horizon)
    """
    season = past[:, -period:].copy()
    if season.shape[1] < period:
        fill = np.full((len(past), period - season.shape[1]), np.nan)
        season = np.concatenate([fill, season], axis=1)
    for shift in range(2 * period, past.shape[1] + 1, period):
        older = past[:, -shift : past.shape[1] - shift + period]
        season = np.where(np.isnan(season), older, season)
    season = np.where(np.isnan(season), last_observed(past)[:, None], season)
    return np.tile(season, -(-horizon // period))[:, :horizon]
