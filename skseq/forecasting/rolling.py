"""Forecast rows: past rows from the block before them, future rows block by block."""

from dataclasses import dataclass

import numpy as np

from skseq.forecasting.filling import (
    count_read_steps,
    fill_gaps,
    fill_windows,
    find_gaps,
)
from skseq.forecasting.limits import find_constants, find_limits
from skseq.forecasting.predictions import DistributionForecast, PointForecast
from skseq.forecasting.targets import inverse_values
from skseq.forecasting.validation import check_n_blocks
from skseq.forecasting.windows import cross_targets
from skseq.series import Panel, find_starts, find_usable, gather_steps

# Number of values of sample paths that are computed at once.
SAMPLED_ERRORS = 2**20
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
    def width(self):
        """Number of values of each row and target."""
        return self.n_samples or len(self.levels or [0])


def forecast_rows(forecaster, request, output):
    """Return the points (n_rows, n_targets) of a request, or the output, on the scale of y.

    The output is (n_rows, n_targets, width). It is NaN for rows without enough past.
    Constant series are forecast exactly.
    """
    values = roll_forward(forecaster, request, output)
    transformer, observed = forecaster.target_transformer_, forecaster.observed_
    limits = find_limits(transformer, observed.values)
    values = inverse_values(transformer, values, axis=1, limits=limits)
    series, places = np.unique(request.series, return_inverse=True)
    constants = find_constants(observed, series)[places][:, :, None]
    values = np.where(np.isnan(constants) | np.isnan(values), values, constants)
    return values[:, :, 0] if output.is_point else values


def roll_forward(forecaster, request, output):
    """Forecast the rows of a request on the scale of `forecaster.coded_`.

    Missing values at the end of a series are forecast like the steps after it: forecasts of
    each target start after its last observed value. Steps beyond the horizon are forecast
    in blocks. Each block takes the forecasts of the previous blocks as observations.
    Intervals and paths add the errors of past forecasts, which were made in the same way.

    Returns an array (n_rows, n_targets, width).
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
    return result


def forecast_future(forecaster, request, starts, needed, output):
    """Forecast steps of the series of a request from `starts` (n_series, n_targets) on.

    At least `needed` (n_series,) steps of each series are forecast. Returns an array
    (n_series, n_steps, n_targets, width).
    """
    numbers, (n, n_targets) = request.numbers, starts.shape
    lengths = forecaster.coded_.lengths[numbers]
    result = np.full((n, needed.max(), n_targets, output.width), np.nan)
    n_values = (forecaster.past_steps + needed) * n_targets * output.width
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
    n_blocks = -(-int(needed.max()) // forecaster.horizon_)
    before = forecaster.past_steps + max(int((origins[:, None] - starts).max()), 0)
    after = int((starts - origins[:, None]).max()) + n_blocks * forecaster.horizon_
    around = series, origins, starts, before, max(after, 0), future
    panel = extend_panel(forecaster, *around)
    starts = starts - origins[:, None] + before
    block, point = roll_points(forecaster, panel, starts, series, needed)
    return add_errors(forecaster, block, point, output)


def roll_points(forecaster, panel, starts, sources, needed):
    """Forecast a panel from starts (n_series, n_targets) on, and store the forecasts in it.

    Returns the forecasts of the first block and the points of all, (n_series, n_steps,
    n_targets), which are NaN where they are not needed.
    """
    horizon, n = forecaster.horizon_, panel.n_series
    n_steps = -(-int(needed.max()) // horizon) * horizon
    points = np.full((n, n_steps, panel.n_targets), np.nan)
    for first in range(0, n_steps, horizon):
        rows = np.flatnonzero((needed > first) | (first == 0))
        at = starts[rows] + first
        block = Block.forecast(forecaster, panel, rows, at, sources[rows])
        points[rows, first : first + horizon] = block.point
        set_steps(panel, rows, at, block.point)
        if first == 0:
            start = block
    return start, points


def set_steps(panel, series, origins, values):
    """Set the steps of a panel from origins on to values (n_windows, horizon, n_targets).

    Shapes: series (n_windows,), origins (n_windows, n_targets).
    """
    first = panel.starts[series][:, None] + origins
    steps = first[:, None, :] + np.arange(values.shape[1])[:, None]
    panel.values[steps, np.arange(panel.n_targets)] = values


def extend_panel(forecaster, series, origins, starts, before, after, future):
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
    """Return the panel of `extend_panel` with its gaps."""
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


def stack_series(values, covariates):
    """Return a panel of series of equal length: (n_series, n_steps, ...)."""
    n, length = values.shape[:2]
    steps = [array.reshape(n * length, -1) for array in (values, covariates)]
    return Panel(*steps, np.full(n, length), np.zeros(n), range(n))


def forecast_past(forecaster, series, ends, steps, output):
    """Forecast past rows, each from the end of the preceding block.

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
        panel, *where = fill_windows(forecaster, coded, series[rows], origins[rows])
        values = forecast_windows(forecaster, panel, *where, series[rows], output)[1]
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
    (n_windows, horizon, n_targets), and the output (n_windows, horizon, n_targets, width).
    """
    block = Block.forecast(forecaster, panel, series, origins, sources)
    return block.point, add_errors(forecaster, block, block.point, output)


@dataclass(frozen=True)
class Block:
    """The forecast of one horizon of all targets of some windows."""

    windows: PointForecast | DistributionForecast  # (n * n_targets, horizon)
    sources: np.ndarray  # (n * n_targets,), numbers of the series of the windows
    columns: np.ndarray  # (n * n_targets,), targets of the windows
    n_targets: int

    @classmethod
    def forecast(cls, forecaster, panel, series, origins, sources):
        """Forecast the windows from origins (n,) or (n, n_targets) of a panel."""
        n_targets = panel.n_targets
        sources = np.repeat(sources, n_targets)
        windows = cross_targets(series, origins, n_targets)
        forecast = forecaster._forecast_windows(panel, *windows, sources)
        return cls(forecast, sources, windows[1], n_targets)

    @property
    def point(self):
        """The point forecasts: (n, horizon, n_targets)."""
        return self.arrange(self.windows.point)

    def arrange(self, values):
        """Return values (..., n * n_targets, n_steps) as (..., n, n_steps, n_targets)."""
        values = values.reshape(*values.shape[:-2], -1, self.n_targets, values.shape[-1])
        return np.swapaxes(values, -1, -2)


def add_errors(forecaster, block, point, output):
    """Return the output (n, n_steps, n_targets, width) of points (n, n_steps, n_targets).

    Errors within the horizon are those of `block`, the forecast of the first steps. Errors
    beyond it are those of rolled forecasts.
    """
    if output.is_point:
        return point[..., None]
    n_steps = point.shape[1]
    within, beyond = forecaster._get_calibration(), forecaster.rolled_
    which = block.sources, block.columns
    result = np.empty((*point.shape, output.width))
    if output.levels is not None:
        scores = [within.score(output.levels, *which)]
        if n_steps > forecaster.horizon_:
            scores.append(beyond.score(output.levels, *which, n_steps))
        _set_values(forecaster, block, point, result, scores)
        return result
    n = len(point)
    size = max(1, SAMPLED_ERRORS // max(point.size, 1))  # paths at once
    for first in range(0, output.n_samples, size):
        paths = result[..., first : first + size]
        n_paths = paths.shape[-1]
        drawn = [within]
        if n_steps > forecaster.horizon_:
            drawn.append(beyond)
        levels = drawn[-1].draw(n_paths * n, output.generator, n_steps)
        levels = levels.reshape(n_paths, -1, n_steps)  # (n_paths, n * n_targets, n_steps)
        horizon = forecaster.horizon_
        parts = levels[..., :horizon], levels
        scores = [
            calibration.scale(calibration.standardize(part), *which)
            for calibration, part in zip(drawn, parts, strict=False)
        ]
        _set_values(forecaster, block, point, paths, scores)
    return result


def _set_values(forecaster, block, point, result, scores):
    """Set a result (n, n_steps, n_targets, width) to the values that have given scores.

    `scores` has those within the horizon and, if there are more steps, those of all steps:
    (width, n * n_targets, n_steps) each.
    """
    horizon = forecaster.horizon_
    values = block.arrange(block.windows.at(scores[0]))  # (width, n, horizon, n_targets)
    result[:, :horizon] = np.moveaxis(values, 0, -1)
    if len(scores) > 1:
        errors = block.arrange(scores[1][..., horizon:] * block.windows.units)
        errors = np.moveaxis(errors, 0, -1)
        result[:, horizon:] = point[:, horizon:, :, None] + errors
    result[...] = forecaster._to_support(result)


def score_windows(forecaster, panel, series, origins):
    """Return the scores and the errors of windows: (n_windows, n_targets, horizon) each.

    They are NaN where the panel has no value, and for windows whose last value is missing.
    Errors are in units of their window. Origins are (n_windows,), or (n_windows,
    n_targets).
    """
    horizon, n_targets = forecaster.horizon_, panel.n_targets
    windows = cross_targets(series, origins, n_targets)
    scores, errors = np.full((2, len(windows[0]), horizon), np.nan)
    rows = np.flatnonzero(find_usable(panel, *windows, horizon))
    if len(rows):
        sources, columns, origins = (x[rows] for x in windows)
        around = panel, sources, origins, 0, horizon
        future = gather_steps(panel.values, *around, columns=columns)
        panel, series, origins = fill_windows(forecaster, panel, sources, origins[:, None])
        where = series, columns, origins[:, 0], sources
        forecast = forecaster._forecast_windows(panel, *where)
        scores[rows], errors[rows] = forecast.scores(future), forecast.errors(future)
    shape = -1, n_targets, horizon
    return scores.reshape(shape), errors.reshape(shape)
