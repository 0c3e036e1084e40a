"""Errors of short-term forecasts of all rows of series, at once or one by one."""

import numpy as np

from skseq.series import Panel

# Standardized values of the past are bounded by this size, so that one huge value does not
# dominate the forecasts of the rows after it.
MAX_INPUT = 30.0
# Minimum of usual errors, for series that are forecast without error.
MIN_USUAL = 1e-3
# The standard deviation of normally distributed errors in units of their mean size.
NORMAL_RATIO = np.sqrt(np.pi / 2)
# Number of windows that are forecast at once.
WINDOWS_AT_ONCE = 2**14


def find_limits(usual_levels):
    """Return the bounds of the channels (n_channels,) as input of forecasts.

    A channel that is constant in training stays so: forecasts cannot depend on it.
    """
    return np.where(usual_levels > MIN_USUAL, MAX_INPUT, 0.0)


def fill_past(values, limits):
    """Return a copy of the rows (n_rows, n_channels) of a series as input of forecasts.

    A missing value is replaced by the last observed one, or else by the median, 0. Absolute
    values are at most `limits` (n_channels,).
    """
    is_known = ~np.isnan(values)
    rows = np.where(is_known, np.arange(len(values))[:, None], 0)
    np.maximum.accumulate(rows, axis=0, out=rows)
    filled = np.nan_to_num(np.take_along_axis(values, rows, axis=0))
    return np.clip(filled, -limits, limits)


def pad_past(panel, n_past, limits):
    """Return the panel of `fill_past` of each series after `n_past` copies of its first row.

    So forecasts of the first rows have a complete past.
    """
    parts = []
    for i in range(panel.n_series):
        filled = fill_past(panel.targets(i), limits)
        parts += [np.repeat(filled[:1], n_past, axis=0), filled]
    values = np.concatenate(parts)
    empty = np.empty((len(values), 0))
    return Panel(values, empty, panel.lengths + n_past, panel.first_ticks, panel.ids)


def list_origins(lengths, first):
    """Return the series and origins from `first` (n_series,) to the last row of each."""
    counts = np.maximum(lengths - first, 0)
    series = np.repeat(np.arange(len(lengths)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return series, first[series] + within


def measure_forecast_errors(forecast, panel, past, n_past, usual_errors, usual_levels):
    """Return the mean errors of all forecasts of each row: (n_rows, n_channels).

    Forecasts from fewer than `n_past` rows are inaccurate. They are used only for the first
    `n_past` rows of each series, whose errors are at most those of their level.

    Parameters
    ----------
    forecast : callable
        Maps a panel, series and origins to forecasts (n_windows, horizon, n_channels).
    panel, past : Panel
        The standardized series, and the result of `pad_past`.
    n_past : int
        Number of rows that a forecast reads, and that were padded.
    usual_errors : ndarray of shape (horizon, n_channels)
        Unit of the errors.
    usual_levels : ndarray of shape (n_channels,)
        Unit of the distance of the first rows from the median. The very first one has no
        forecast.
    """
    total = np.zeros_like(panel.values)
    counts = np.zeros((len(total), 1))
    series, origins = list_origins(panel.lengths, np.ones_like(panel.lengths))
    for first in range(0, len(series), WINDOWS_AT_ONCE):
        part = slice(first, first + WINDOWS_AT_ONCE)
        windows = series[part], origins[part]
        points = forecast(past, windows[0], windows[1] + n_past)
        rows, left = panel.starts[windows[0]] + windows[1], panel.lengths[windows[0]]
        left = left - windows[1]
        for lead in range(points.shape[1]):
            used = left > lead
            used &= (windows[1] >= n_past) | (windows[1] + lead < n_past)
            places = rows[used] + lead
            errors = np.abs(panel.values[places] - points[used, lead])
            total[places] += errors / usual_errors[lead]
            counts[places] += 1
    errors = total / np.maximum(counts, 1)
    series, steps = list_origins(np.minimum(panel.lengths, n_past), 0 * panel.lengths)
    early = panel.starts[series] + steps
    levels = np.abs(panel.values[early]) / usual_levels
    is_first = (steps == 0)[:, None]
    errors[early] = np.where(is_first, levels, np.minimum(levels, errors[early]))
    return errors


def measure_usual_errors(forecast, panel, held_out, n_past, horizon):
    """Return the usual errors of forecasts of held-out last rows, and usual levels.

    `held_out` (n_series,) is the number of these rows. The results are (horizon,
    n_channels) and (n_channels,).
    """
    levels = to_units(average(np.abs(panel.values)))
    past = pad_past(panel, n_past, find_limits(levels))
    first = np.maximum(panel.lengths - held_out, 1)
    series, origins = list_origins(panel.lengths, first)
    points = forecast(past, series, origins + n_past)
    rows, left = panel.starts[series] + origins, panel.lengths[series] - origins
    usual = np.full((horizon, panel.n_targets), np.nan)
    for lead in range(horizon):
        inside = left > lead
        errors = np.abs(panel.values[rows[inside] + lead] - points[inside, lead])
        usual[lead] = average(errors)
        if lead:  # few rows are held out
            usual[lead] = np.where(np.isnan(usual[lead]), usual[lead - 1], usual[lead])
    return to_units(usual), levels


def average(values):
    """Return the mean of each column without missing values; NaN if all are missing."""
    counts = (~np.isnan(values)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / np.where(counts, counts, np.nan)


def to_units(sizes):
    """Return positive units from mean sizes of errors, which may be NaN."""
    return np.maximum(np.nan_to_num(sizes, nan=1.0) * NORMAL_RATIO, MIN_USUAL)


class RowErrors:
    """Errors of rows that arrive one by one, equal to those of `measure_forecast_errors`.

    Parameters are those of `measure_forecast_errors`; `ids` are the names of the series.
    """

    def __init__(self, forecast, ids, n_past, usual_errors, usual_levels):
        self.forecast = forecast
        self.ids = ids
        self.usual_errors, self.usual_levels = usual_errors, usual_levels
        shape = len(ids), usual_errors.shape[1]
        self.n_past, self.limits = n_past, find_limits(usual_levels)
        self.past = np.zeros((shape[0], n_past + 1, shape[1]))
        self.n_read = np.zeros(shape[0], dtype=np.int64)
        # The forecasts of the last rows: those made k + 1 rows before are at position k.
        horizon = len(usual_errors)
        self.points = np.zeros((shape[0], horizon, horizon, shape[1]))

    def reset(self, series):
        """Start new series at some positions."""
        self.n_read[series] = 0

    def measure(self, values):
        """Return the errors of the next row of each series: (n_series, n_channels)."""
        horizon = len(self.usual_errors)
        leads = np.arange(horizon)
        points = self.points[:, leads, leads]  # (n_series, horizon, n_channels)
        errors = np.abs(values[:, None] - points) / self.usual_errors
        n_read = self.n_read[:, None]
        is_early = n_read < self.n_past
        is_used = (leads < n_read) & (is_early | (leads <= n_read - self.n_past))
        is_used = is_used[:, :, None]
        errors = np.where(is_used, errors, 0.0).sum(axis=1)
        errors /= np.maximum(is_used.sum(axis=1), 1)
        levels, is_first = np.abs(values) / self.usual_levels, n_read == 0
        errors = np.where(is_early & ~is_first, np.minimum(levels, errors), errors)
        errors = np.where(is_first, levels, errors)
        errors[np.isnan(values)] = np.nan
        self._read(values, is_first)
        return errors

    def _read(self, values, is_first):
        """Add a row of each series to the past, and forecast from it."""
        n_series, n_steps, n_channels = self.past.shape
        previous = np.where(is_first, 0.0, self.past[:, -1])
        row = np.where(
            np.isnan(values), previous, np.clip(values, -self.limits, self.limits)
        )
        shifted = np.concatenate([self.past[:, 1:], row[:, None]], axis=1)
        self.past = np.where(is_first[:, :, None], row[:, None], shifted)
        flat = self.past.reshape(-1, n_channels)
        lengths, zeros = np.full(n_series, n_steps), np.zeros(n_series, dtype=np.int64)
        panel = Panel(flat, np.empty((len(flat), 0)), lengths, zeros, self.ids)
        new = self.forecast(panel, np.arange(n_series), lengths)
        self.points = np.concatenate([new[:, None], self.points[:, :-1]], axis=1)
        self.n_read = self.n_read + 1
