"""Forecast rows: past rows from the block before them, future rows block by block."""

from dataclasses import dataclass

import numpy as np

from skseq.forecasting.windows import cross_targets
from skseq.series import Panel, gather_steps


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

    Steps beyond the horizon are forecast in blocks. Each block takes the forecasts of the
    previous blocks as observations. The spread of a block is added to that at the end of
    the previous block, as for independent errors.

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
    n_targets = forecaster.coded_.n_targets
    result = np.full((len(request.steps), n_targets, output.width), np.nan)
    is_future = request.steps >= 0
    if is_future.any():
        values = forecast_future(forecaster, request.numbers, request.future, output)
        places = np.searchsorted(request.numbers, request.series[is_future])
        result[is_future] = values[places, request.steps[is_future]]
    if not is_future.all():
        rows = np.flatnonzero(~is_future)
        result[rows] = forecast_past(forecaster, request, rows, output)
    if output.n_samples is not None:
        return np.moveaxis(result, 2, 0)
    return result[:, :, 0] if output.levels is None else result


def forecast_future(forecaster, numbers, future, output):
    """Forecast steps after the last observation of some series, given by their numbers.

    `future` are their covariates (n_series, n_steps, n_covariates). Returns an array
    (n_series, n_steps, n_targets, width).
    """
    past, horizon = forecaster.past_steps, forecaster.horizon_
    n_steps, n_targets = future.shape[1], forecaster.coded_.n_targets
    n_blocks = -(-n_steps // horizon)
    panel = _extend_panel(forecaster, numbers, future, n_blocks * horizon, output.n_copies)
    n = panel.n_series
    observed = panel.values.reshape(n, -1, n_targets)  # a view
    sources = np.repeat(numbers, output.n_copies)
    width = 1 if output.n_samples else output.width
    result = np.empty((n, n_blocks * horizon, n_targets, width))
    variance = np.zeros((n, n_targets, width))  # at the end of the previous block
    for block in range(n_blocks):
        origin = past + block * horizon
        point, values = forecast_windows(
            forecaster, panel, np.arange(n), np.full(n, origin), sources, output
        )
        if output.levels is not None:
            deviation = values - point[..., None]  # (n, horizon, targets, width)
            total = np.sign(deviation) * np.sqrt(variance[:, None] + deviation**2)
            variance += deviation[:, -1] ** 2
            values = forecaster._to_support(point[..., None] + total)
        result[:, block * horizon : (block + 1) * horizon] = values
        observed[:, origin : origin + horizon] = (
            values[..., 0] if output.n_samples else point
        )
    result = result[:, :n_steps]
    if output.n_samples:
        result = result.reshape(len(numbers), output.n_copies, n_steps, n_targets)
        return np.moveaxis(result, 1, 3)
    return result


def _extend_panel(forecaster, numbers, future, n_steps, n_copies):
    """Return a panel of the last past steps of series, and n_steps missing steps.

    The panel has n_copies of each series.
    """
    coded, past = forecaster.coded_, forecaster.past_steps
    origins = coded.lengths[numbers]
    values = gather_steps(coded.values, coded, numbers, origins, past, 0)
    inputs = gather_steps(coded.covariates, coded, numbers, origins, past, 0)
    missing = np.full((len(numbers), n_steps, coded.n_targets), np.nan)
    values = np.concatenate([values, missing], axis=1)
    future = future.copy()
    # X may hold past-only columns of future steps. Later blocks must not read them.
    future[:, :, : forecaster.reader_.table.n_past] = np.nan
    fill = np.full((len(numbers), n_steps - future.shape[1], future.shape[2]), np.nan)
    inputs = np.concatenate([inputs, future, fill], axis=1)
    return stack_series(
        np.repeat(values, n_copies, axis=0), np.repeat(inputs, n_copies, axis=0)
    )


def stack_series(values, covariates):
    """Return a panel of series of equal length: (n_series, n_steps, ...)."""
    n, length = values.shape[:2]
    steps = [array.reshape(n * length, -1) for array in (values, covariates)]
    return Panel(*steps, np.full(n, length), np.zeros(n), range(n))


def forecast_past(forecaster, request, rows, output):
    """Forecast past rows from the end of the block before: (n_rows, n_targets, width)."""
    horizon, coded = forecaster.horizon_, forecaster.coded_
    series, steps = request.series[rows], request.steps[rows]
    lengths = coded.lengths[series]
    origins = lengths + steps // horizon * horizon
    places = steps + lengths - origins
    result = np.full((len(rows), coded.n_targets, output.width), np.nan)
    known = np.flatnonzero(origins >= forecaster.context_length_)
    if len(known) == 0:
        return result
    windows, which = np.unique(
        np.column_stack([series[known], origins[known]]), axis=0, return_inverse=True
    )
    series, origins = np.repeat(windows, output.n_copies, axis=0).T
    _, values = forecast_windows(forecaster, coded, series, origins, series, output)
    if output.n_samples:
        values = values.reshape(-1, output.n_copies, *values.shape[1:3])
        values = np.moveaxis(values, 1, 3)
    result[known] = values[which.ravel(), places[known]]
    return result


def forecast_windows(forecaster, panel, series, origins, sources, output):
    """Forecast the horizon from each origin, for all targets; see `_forecast_windows`.

    Returns the point forecasts (n_windows, horizon, n_targets), and the output
    (n_windows, horizon, n_targets, width), which is a single path for sample paths.
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
        return point, arrange(path)[..., None]
    quantiles = [
        arrange(forecast.at(calibration.score(level, sources, columns)))
        for level in output.levels
    ]
    return point, np.stack(quantiles, axis=-1)


def score_windows(forecaster, panel, series, origins):
    """Return the scores of the errors of windows: (n_windows, n_targets, horizon).

    They are NaN where the panel has no value.
    """
    horizon, n_targets = forecaster.horizon_, panel.n_targets
    if len(series) == 0:
        return np.empty((0, n_targets, horizon))
    future = gather_steps(panel.values, panel, series, origins, 0, horizon)
    future = future.transpose(0, 2, 1).reshape(-1, horizon)
    series, columns, origins = cross_targets(series, origins, n_targets)
    forecast = forecaster._forecast_windows(panel, series, columns, origins, series)
    return forecast.scores(future).reshape(-1, n_targets, horizon)
