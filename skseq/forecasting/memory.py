"""How far back forecasts depend on what was observed."""

import numpy as np

from skseq.forecasting.rolling import Form, answer_windows
from skseq.series import Panel, gather_steps

# Windows that are looked at, over all series.
MOST_WINDOWS = 256


def measure_memory(model, n_steps, generator):
    """Return how much a forecast changes when one step of its past is replaced.

    Parameters
    ----------
    model : SeriesEstimator
        Who forecasts.
    n_steps : int or None
        Farthest step to replace; by default the first one that a window needs.
    generator : numpy.random.RandomState
        Chooses what is put in: another step of the same window.

    Returns
    -------
    ndarray of shape (n_steps,)
        The mean absolute change, in units of each series, as a fraction of that when all
        steps are replaced; of the last step first. All 0 if nothing changes even then.
    """
    coded, past, horizon = model.coded_, model.past_steps, model.horizon_
    series, origins = choose_windows(coded.lengths, past, horizon)
    # What is known ahead is known for the steps that these windows forecast.
    values = gather_steps(coded.values, coded, series, origins, past, horizon)
    inputs = gather_steps(coded.covariates, coded, series, origins, past, horizon)
    n, length, n_targets = values.shape

    def forecast(values):
        panel = Panel(
            values.reshape(n * length, n_targets),
            inputs.reshape(n * length, -1),
            np.full(n, length),
            np.zeros(n),
            range(n),
        )
        ends = np.full(n, past)
        form = Form(None, None, None)
        return answer_windows(model, panel, np.arange(n), ends, series, form)[0]

    before = forecast(values)  # (n_windows, horizon, n_targets)
    reach = np.minimum(origins, past)
    sources = past - 1 - (generator.uniform(size=(n, past)) * reach[:, None]).astype(int)
    drawn = np.take_along_axis(values, sources[:, :, None], axis=1)

    def change(places):
        changed = values.copy()
        changed[:, places] = drawn[:, places]
        away = np.abs(forecast(changed) - before) / model.spreads_[series][:, None]
        return np.nanmean(away, axis=(1, 2))  # (n_windows,)

    whole = change(slice(past)).mean()
    effects = np.zeros(int(min(past, reach.max(), n_steps or past)))
    if whole > 0:
        for distance in range(len(effects)):
            effects[distance] = change(past - 1 - distance)[reach > distance].mean() / whole
    return effects


def choose_windows(lengths, past, horizon):
    """Return series and origins of windows whose future was observed, the latest ones.

    Those with a whole past, if a series has any; else its last one.
    """
    most = max(MOST_WINDOWS // len(lengths), 1)
    last = np.maximum(lengths - horizon, 1)
    counts = np.clip(last - past + 1, 1, most)
    series = np.repeat(np.arange(len(lengths)), counts)
    back = np.concatenate([np.arange(count) for count in counts])
    return series, last[series] - back
