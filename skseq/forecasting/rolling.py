"""Forecast rows: past rows from the block before them, future rows block by block."""

from dataclasses import dataclass

import numpy as np

from skseq.forecasting.filling import (
    count_read_steps,
    fill_gaps,
    fill_windows,
    find_gaps,
)
from skseq.forecasting.validation import check_n_blocks
from skseq.forecasting.windows import cross_targets
from skseq.series import Panel, find_starts, find_usable, gather_steps

# Approximate maximum number of values of series that are forecast together.
MAX_VALUES = 2**24


@dataclass(frozen=True)
class Output:
    """The requested output for each row: point forecast, quantiles or sample paths."""

    levels: list | None = None  # of the quantiles
    n_samples: int | None = None  # number of paths
    generator: np.random.Generator | None = None  # source of the paths

    @property
    def is_point(self):
        """Whether only the point forecast is returned."""
        return self.levels is None and self.n_samples is None

    @property
    def n_copies(self):
        """Number of copies of each series to forecast: one for each path."""
        return self.n_samples or 1

    @property
    def width(self):
        """Number of values of each row and target."""
        return self.n_samples or len(self.levels or [0])


def roll_forward(forecaster, request, output):
    """Forecast the rows of a request.

    Missing values at the end of a series are forecast like the steps after it: forecasts of
    each target start after its last observed value. Steps beyond the horizon are forecast
    in blocks. Each block takes the forecasts of the previous blocks as observations. The
    spread of a block is added to that at the end of the previous block, as for independent
    errors.

    Returns an array (n_rows, n_targets) of points, (n_rows, n_targets, n_levels) of
    quantiles or (n_samples, n_rows, n_targets) of paths, on the scale of
    `forecaster.coded_`. It is NaN for rows without enough past.
    """
    if not output.is_point and forecaster.calibration_.is_empty:
        raise ValueError(
            f"{type(forecaster).__name__} has no held-out errors to calibrate intervals, "
            "because the series are too short. Pass longer series, or use a smaller "
            "horizon."
        )
    coded, numbers = forecaster.coded_, request.numbers
    places = np.searchsorted(numbers, request.series)
    ends = np.repeat(coded.lengths[numbers][:, None], coded.n_targets, axis=1)
    starts = find_starts(coded, numbers, ends)  # (n_series, n_targets)
    steps = request.steps[:, None] + (ends - starts)[places]  # (n_rows, n_targets)
    result = np.full((*steps.shape, output.width), np.nan)
    is_future = steps >= 0
    if is_future.any():
        needed = np.zeros(len(numbers), dtype=np.int64)
        np.maximum.at(needed, places, steps.max(axis=1) + 1)
        check_n_blocks(int(needed.max()), forecaster.horizon_)
        values = forecast_future(forecaster, request, starts, needed, output)
        rows, columns = np.nonzero(is_future)
        result[rows, columns] = values[places[rows], steps[rows, columns], columns]
    if not is_future.all():
        rows = np.flatnonzero(~is_future.all(axis=1))
        ends = starts[places[rows]]
        past = forecast_past(forecaster, request.series[rows], ends, steps[rows], output)
        result[rows] = np.where(is_future[rows][:, :, None], result[rows], past)
    if output.n_samples is not None:
        return np.moveaxis(result, 2, 0)
    return result[:, :, 0] if output.levels is None else result


def forecast_future(forecaster, request, starts, needed, output):
    """Forecast steps of the series of a request from `starts` (n_series, n_targets) on.

    At least `needed` (n_series,) steps of each series are forecast. Returns an array
    (n_series, n_steps, n_targets, width).
    """
    numbers, (n, n_targets) = request.numbers, starts.shape
    lengths = forecaster.coded_.lengths[numbers]
    result = np.full((n, needed.max(), n_targets, output.width), np.nan)
    n_values = (forecaster.past_steps + needed) * n_targets * output.n_copies
    # Series of similar numbers of steps are forecast together.
    order = np.argsort(needed, kind="stable")
    order = order[needed[order] > 0]
    parts = np.cumsum(n_values[order]) // MAX_VALUES
    for rows in np.split(order, np.flatnonzero(np.diff(parts)) + 1):
        which = numbers[rows], lengths[rows], starts[rows], needed[rows], output
        values = roll_blocks(forecaster, *which, request.future[rows])
        n_steps = min(values.shape[1], result.shape[1])
        result[rows, :n_steps] = values[:, :n_steps]
    return result


def roll_blocks(forecaster, series, origins, starts, needed, output, future=None):
    """Forecast windows of any number of steps, block by block.

    Shapes: series (n_windows,); origins (n_windows,), the first steps with unknown
    past-only covariates; starts (n_windows, n_targets), the first steps to forecast; needed
    (n_windows,), the number of steps; future (n_windows, n_steps, n_covariates), covariates
    after the end of the series. Returns an array (n_windows, n_steps, n_targets, width).
    """
    horizon, n_copies = forecaster.horizon_, output.n_copies
    n_blocks = -(-int(needed.max()) // horizon)
    before = forecaster.past_steps + max(int((origins[:, None] - starts).max()), 0)
    after = max(int((starts - origins[:, None]).max()) + n_blocks * horizon, 0)
    around = series, origins, starts, before, after, future
    panel = _copy_series(_extend_panel(forecaster, *around), n_copies)
    starts = np.repeat(starts - origins[:, None] + before, n_copies, axis=0)
    sources, needed = np.repeat(series, n_copies), np.repeat(needed, n_copies)
    n, n_targets = starts.shape
    width = 1 if output.n_samples else output.width
    result = np.full((n, n_blocks * horizon, n_targets, width), np.nan)
    variance = np.zeros((n, n_targets, width))  # at the end of the previous block
    for first in range(0, n_blocks * horizon, horizon):
        rows = np.flatnonzero(needed > first)
        at = starts[rows] + first
        point, values = forecast_windows(forecaster, panel, rows, at, sources[rows], output)
        if output.levels is not None:
            deviation = values - point[..., None]  # (n, horizon, targets, width)
            total = np.sign(deviation) * np.sqrt(variance[rows, None] + deviation**2)
            variance[rows] += deviation[:, -1] ** 2
            values = forecaster._to_support(point[..., None] + total)
        result[rows, first : first + horizon] = values
        set_steps(panel, rows, at, values[..., 0] if output.n_samples else point)
    if output.n_samples:
        result = result.reshape(len(series), n_copies, -1, n_targets)
        return np.moveaxis(result, 1, 3)
    return result


def set_steps(panel, series, origins, values):
    """Set the steps of a panel from origins on to values (n_windows, horizon, n_targets).

    Shapes: series (n_windows,), origins (n_windows, n_targets).
    """
    first = panel.starts[series][:, None] + origins
    steps = first[:, None, :] + np.arange(values.shape[1])[:, None]
    panel.values[steps, np.arange(panel.n_targets)] = values


def _extend_panel(forecaster, series, origins, starts, before, after, future):
    """Return a panel of windows: the steps around their origins, without gaps.

    Values from `starts` on are missing. Steps after the end of the series have the
    covariates `future`.
    """
    panel = _cut_panel(forecaster, series, origins, starts, before, after, future)
    if not forecaster.fills_gaps or len(find_gaps(panel)[0]) == 0:
        return panel
    extra = count_read_steps(forecaster) - forecaster.past_steps
    longer = before + extra
    panel = _cut_panel(forecaster, series, origins, starts, longer, after, future)
    fill_gaps(forecaster, panel, series)
    shape = len(series), extra + before + after, -1
    parts = (steps.reshape(shape)[:, extra:] for steps in (panel.values, panel.covariates))
    return stack_series(*parts)


def _cut_panel(forecaster, series, origins, starts, before, after, future):
    """Return the panel of `_extend_panel` with its gaps."""
    coded = forecaster.coded_
    around = coded, series, origins, before, after
    values = gather_steps(coded.values, *around)
    is_later = np.arange(-before, after)[:, None] >= (starts - origins[:, None])[:, None, :]
    values[is_later] = np.nan
    inputs = gather_steps(coded.covariates, *around)
    if future is not None:
        inputs[:, before : before + future.shape[1]] = future[:, :after]
    # X may hold past-only columns of future steps. Later blocks must not read them.
    inputs[:, before:, : forecaster.reader_.table.n_past] = np.nan
    return stack_series(values, inputs)


def _copy_series(panel, n_copies):
    """Return n_copies of each series of a panel of series of equal length."""
    if n_copies == 1:
        return panel
    shape = panel.n_series, panel.lengths[0], -1
    steps = (array.reshape(shape) for array in (panel.values, panel.covariates))
    return stack_series(*(np.repeat(array, n_copies, axis=0) for array in steps))


def stack_series(values, covariates):
    """Return a panel of series of equal length: (n_series, n_steps, ...)."""
    n, length = values.shape[:2]
    steps = [array.reshape(n * length, -1) for array in (values, covariates)]
    return Panel(*steps, np.full(n, length), np.zeros(n), range(n))


def forecast_past(forecaster, series, ends, steps, output):
    """Forecast past rows from the end of the block before.

    Shapes: series (n_rows,), ends and steps (n_rows, n_targets). Steps are relative to
    `ends`. Returns an array (n_rows, n_targets, width).
    """
    horizon = forecaster.horizon_
    steps = np.minimum(steps, -1)
    origins = ends + steps // horizon * horizon
    result = np.full((*steps.shape, output.width), np.nan)
    is_known = origins >= forecaster.context_length_
    rows = np.flatnonzero(is_known.any(axis=1))
    if len(rows) == 0:
        return result
    windows, which = np.unique(
        np.column_stack([series[rows], origins[rows]]), axis=0, return_inverse=True
    )
    values = forecast_blocks(forecaster, windows[:, 0], windows[:, 1:], output)
    places = (steps % horizon)[rows]
    values = values[which.ravel()[:, None], places, np.arange(steps.shape[1])]
    result[rows] = np.where(is_known[rows][:, :, None], values, np.nan)
    return result


def forecast_blocks(forecaster, series, origins, output):
    """Forecast the horizon from past origins: (n_windows, horizon, n_targets, width).

    Shapes: series (n_windows,), origins (n_windows, n_targets).
    """
    horizon, coded = forecaster.horizon_, forecaster.coded_
    starts = find_starts(coded, series, origins)
    gaps = origins - starts
    is_complete = (gaps == 0).all(axis=1)
    result = np.empty((len(series), horizon, coded.n_targets, output.width))
    rows = np.flatnonzero(is_complete)
    if len(rows):
        sources = np.repeat(series[rows], output.n_copies)
        panel, *where = fill_windows(forecaster, coded, series[rows], origins[rows])
        where = (np.repeat(x, output.n_copies, axis=0) for x in where)
        _, values = forecast_windows(forecaster, panel, *where, sources, output)
        if output.n_samples:
            values = values.reshape(-1, output.n_copies, *values.shape[1:3])
            values = np.moveaxis(values, 1, 3)
        result[rows] = values
    rows = np.flatnonzero(~is_complete)
    if len(rows):  # missing values before an origin are forecast, too
        needed = gaps[rows].max(axis=1) + horizon
        which = series[rows], origins[rows].min(axis=1), starts[rows], needed
        values = roll_blocks(forecaster, *which, output)
        steps = gaps[rows][:, None, :] + np.arange(horizon)[:, None]
        columns = np.arange(coded.n_targets)
        result[rows] = values[np.arange(len(rows))[:, None, None], steps, columns]
    return result


def forecast_windows(forecaster, panel, series, origins, sources, output):
    """Forecast the horizon from each origin, for all targets; see `_forecast_windows`.

    Origins are (n_windows,), or (n_windows, n_targets). Returns the point forecasts
    (n_windows, horizon, n_targets), and the output (n_windows, horizon, n_targets, width),
    which is a single path for sample paths.
    """
    n_targets = panel.n_targets
    n, sources = len(series), np.repeat(sources, n_targets)
    series, columns, origins = cross_targets(series, origins, n_targets)
    forecast = forecaster._forecast_windows(panel, series, columns, origins, sources)
    calibration = forecaster._get_calibration()

    def arrange(values):  # (n * targets, horizon) -> (n, horizon, targets)
        return values.reshape(n, n_targets, -1).transpose(0, 2, 1)

    point = arrange(forecast.point)
    if output.is_point:
        return point, point[..., None]
    if output.n_samples:
        scores = calibration.draw(n, output.generator).reshape(len(series), -1)
        path = forecast.at(calibration.scale(scores, sources, columns))
        return point, arrange(forecaster._to_support(path))[..., None]
    quantiles = [
        arrange(forecast.at(calibration.score(level, sources, columns)))
        for level in output.levels
    ]
    return point, np.stack(quantiles, axis=-1)


def score_windows(forecaster, panel, series, origins):
    """Return the scores of the errors of windows: (n_windows, n_targets, horizon).

    They are NaN where the panel has no value, and for windows whose last value is missing.
    Origins are (n_windows,), or (n_windows, n_targets).
    """
    horizon, n_targets = forecaster.horizon_, panel.n_targets
    windows = cross_targets(series, origins, n_targets)
    scores = np.full((len(windows[0]), horizon), np.nan)
    rows = np.flatnonzero(find_usable(panel, *windows, horizon))
    if len(rows):
        sources, columns, origins = (x[rows] for x in windows)
        around = panel, sources, origins, 0, horizon
        future = gather_steps(panel.values, *around, columns=columns)
        panel, series, origins = fill_windows(forecaster, panel, sources, origins[:, None])
        where = series, columns, origins[:, 0], sources
        scores[rows] = forecaster._forecast_windows(panel, *where).scores(future)
    return scores.reshape(-1, n_targets, horizon)
