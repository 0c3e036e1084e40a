"""Measure how far back forecasts depend on past observations."""

import numpy as np

from skseq.forecasting.rolling import Output, forecast_windows, stack_series
from skseq.series import gather_steps

# Largest number of windows to forecast, over all series.
MAX_WINDOWS = 256


def measure_forecast_memory(forecaster, max_horizon, generator):
    """Return the effect of each past step on forecasts, beginning with the last step.

    A step is replaced by another step of the same window. Its effect is the mean absolute
    change of the forecasts in units of the spread of each series, as a fraction of the
    change if all steps are replaced. All effects are 0 if that change is 0.
    """
    coded = forecaster.coded_.drop_missing_ends()
    past, horizon = forecaster.past_steps, forecaster.horizon_
    series, origins = select_windows(coded.lengths, past, horizon)
    # Known covariates are available, because these windows end before the last observation.
    values = gather_steps(coded.values, coded, series, origins, past, horizon)
    inputs = gather_steps(coded.covariates, coded, series, origins, past, horizon)
    n = len(values)

    def forecast(values):
        panel, ends = stack_series(values, inputs), np.full(n, past)
        args = forecaster, panel, np.arange(n), ends, series
        return forecast_windows(*args, Output())[0]

    before = forecast(values)  # (n_windows, horizon, n_targets)
    reach = np.minimum(origins, past)
    sources = past - 1 - (generator.uniform(size=(n, past)) * reach[:, None]).astype(int)
    replacements = np.take_along_axis(values, sources[:, :, None], axis=1)

    def measure_change(steps):
        changed = values.copy()
        changed[:, steps] = replacements[:, steps]
        change = np.abs(forecast(changed) - before) / forecaster.spreads_[series][:, None]
        return np.nanmean(change, axis=(1, 2))  # (n_windows,)

    total = measure_change(slice(past)).mean()
    effects = np.zeros(int(min(past, reach.max(), max_horizon or past)))
    if total > 0:
        for distance in range(len(effects)):
            change = measure_change(past - 1 - distance)[reach > distance]
            effects[distance] = change.mean() / total
    return effects


def select_windows(lengths, past, horizon):
    """Return series and origins of the latest windows whose future is observed."""
    # A series without a window with a complete past gets its last window.
    max_count = max(MAX_WINDOWS // len(lengths), 1)
    last = np.maximum(lengths - horizon, 1)
    counts = np.clip(last - past + 1, 1, max_count)
    series = np.repeat(np.arange(len(lengths)), counts)
    offsets = np.concatenate([np.arange(count) for count in counts])
    return series, last[series] - offsets
