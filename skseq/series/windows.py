"""Windows of series: cut out of flat storage, and measured from what they end with."""

from dataclasses import dataclass

import numpy as np


def gather_steps(storage, panel, series, origins, before, after):
    """Return the steps around origins; NaN where a series has none.

    Parameters
    ----------
    storage : ndarray of shape (n_steps_total, ...)
        `panel.values`, `panel.covariates` or a column of one of them.
    panel : Panel
        Says where each series lies.
    series : ndarray of int of shape (n_windows,)
        The series of each window.
    origins : ndarray of int of shape (n_windows,)
        How many steps of the series lie before what is forecast.
    before, after : int
        Steps to return before and from each origin on.

    Returns
    -------
    ndarray of shape (n_windows, before + after, ...)
    """
    places = origins[:, None] + np.arange(-before, after)
    inside = (places >= 0) & (places < panel.lengths[series][:, None])
    rows = np.where(inside, panel.starts[series][:, None] + places, 0)
    steps = storage.take(rows, axis=0)
    steps[~inside] = np.nan
    return steps


@dataclass(frozen=True)
class CodedWindows:
    """Windows on a scale of their own.

    Attributes
    ----------
    inputs : ndarray of shape (n_windows, context_length)
        What the network reads; 0 where a value is missing.
    observed : ndarray of bool of shape (n_windows, context_length)
        Where it is not.
    base : ndarray of shape (n_windows, horizon)
        What forecasts are measured from.
    scale : ndarray of shape (n_windows, 1)
        The unit in which they are measured.
    """

    inputs: np.ndarray
    observed: np.ndarray
    base: np.ndarray
    scale: np.ndarray

    def code(self, targets):
        """Return what the network should answer for values (n_windows, horizon)."""
        return (targets - self.base) / self.scale

    def decode(self, answers):
        """Return the values that answers (n_windows, horizon, ...) stand for."""
        extra = (slice(None), slice(None), *[None] * (answers.ndim - 2))
        return answers * self.scale[extra] + self.base[extra]


@dataclass(frozen=True)
class WindowCoder:
    """Measures windows from their own last level and by their own spread.

    A network that was trained on one level knows nothing of another one, and trends and
    level shifts are the rule in series. So every window is given as differences from its
    level, in units of its spread, and forecasts are given back in the same way (reversible
    normalisation: Kim et al., 2022, https://openreview.net/forum?id=cGDAkQo1C0p). With a
    season, differences are taken from one season before, and forecasts are measured from
    the last one seen.

    Parameters
    ----------
    context_length, horizon : int
        Steps that are read, and that are forecast.
    lag : int, default=0
        Steps of the season that differences are taken over; 0 for none.
    first : bool, default=False
        Whether the network reads changes from step to step instead of levels.
    level : {"last", "mean", None}, default="last"
        What windows are measured from.
    by_window : bool, default=True
        Whether a window is measured by its own spread; else by that of its series.
    """

    context_length: int
    horizon: int
    lag: int = 0
    first: bool = False
    level: str | None = "last"
    by_window: bool = True

    @property
    def before(self):
        """Steps of the past that a window needs."""
        return self.context_length + self.lag + self.first

    def code(self, past, spread):
        """Code the past of windows.

        Parameters
        ----------
        past : ndarray of shape (n_windows, before)
            Values, NaN where missing.
        spread : ndarray of shape (n_windows,)
            The typical step of each window's series, above 0.

        Returns
        -------
        CodedWindows
        """
        base = self._continue(past)
        if self.lag:
            past = past[:, self.lag :] - past[:, : -self.lag]
        offset = self._find_level(past)
        base = base + offset
        if self.first:
            inputs = np.diff(past, axis=1)
        else:
            inputs = past - offset
        inputs = inputs[:, -self.context_length :]
        observed = ~np.isnan(inputs)
        inputs = np.where(observed, inputs, 0.0)
        scale = self._find_scale(inputs, observed, spread)
        return CodedWindows(inputs / scale, observed, base, scale)

    def _continue(self, past):
        """Return the last season repeated (n_windows, horizon); 0 without a season."""
        if not self.lag:
            return np.zeros((len(past), self.horizon))
        return repeat_season(past, self.lag, self.horizon)

    def _find_level(self, past):
        if self.level == "last":
            return last_observed(past)[:, None]
        if self.level == "mean":
            count = np.maximum((~np.isnan(past)).sum(axis=1), 1)
            return (np.nansum(past, axis=1) / count)[:, None]
        return np.zeros((len(past), 1))

    def _find_scale(self, inputs, observed, spread):
        if not self.by_window:
            return spread[:, None]
        count = np.maximum(observed.sum(axis=1), 1)
        own = np.sqrt((inputs**2).sum(axis=1) / count)
        # A window that happens to stand still must not blow up what follows.
        return np.maximum(own, LEAST_SPREAD * spread)[:, None]


# The least spread of a window, as a share of that of its series.
LEAST_SPREAD = 0.1


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
