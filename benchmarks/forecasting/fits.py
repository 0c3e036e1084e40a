"""One cell of the table with one seed: fit, forecast, measure."""

import numpy as np
from skorch.callbacks import Callback

import skseq
from skseq.forecasting import rolling

from ..engine.grid import read_clocks
from .models import BASELINES, LEVELS, NETWORKS, PEERS, VARIANTS
from .peers import fit_peer

# Errors of Naive2 on M4 weekly: OWA is relative to them.
M4_SMAPE, M4_MASE = 9.161, 2.777
# Windows forecast at once: more of a long horizon would fill the memory.
WINDOWS_AT_ONCE = 500
# Quantiles of the intervals: (lower, upper) of each level.
QUANTILES = [0.5 + sign * level / 200 for level in LEVELS for sign in (-1, 1)]
SECONDS = ("fit_seconds", "fit_cpu_seconds", "predict_seconds", "predict_cpu_seconds")


def measure(row, model, seed, splits, max_epochs, settings):
    """Return mean errors over the cutoffs of a row, seconds, and the last fit's size.

    `settings` is the record whose size and budget a network of another package is given.
    """
    if model in PEERS:
        results = [fit_peer(model, split, row, seed, settings) for split in splits]
    else:
        results = [_fit_own(model, split, row, seed, max_epochs) for split in splits]
    pairs = list(zip(splits, results, strict=True))
    errors = [measure_errors(s, r["point"], row.period or 1) for s, r in pairs]
    counts = [count_covered(s, r["bounds"]) for s, r in pairs]
    means = {name: float(np.mean([e[name] for e in errors])) for name in errors[0]}
    seconds = np.mean([result["seconds"] for result in results], axis=0)
    return {
        "score": means[row.metric],
        "figures": means,
        **{name: sum(c[name] for c in counts) for name in counts[0]},
        "n_fits": len(splits),
        "n_windows": sum(len(split.series) for split in splits),
        **dict(zip(SECONDS, seconds, strict=True)),
        **results[-1]["facts"],
    }


class UpdateCounter(Callback):
    """Counts the updates of all trainings of one fit."""

    def __init__(self):
        self.n_updates = 0

    def on_batch_end(self, net, training=None, **kwargs):
        """Count a training batch."""
        self.n_updates += bool(training)


def _fit_own(model, split, row, seed, max_epochs):
    """Fit a model of the package; return forecasts, seconds and facts."""
    counter, facts = UpdateCounter(), {}
    forecaster = _make_model(model, row, seed, max_epochs, counter)
    start = read_clocks()
    forecaster.fit(None, split.y)
    fitted = read_clocks()
    point, quantiles = forecast_windows(forecaster, split)
    forecast = read_clocks()
    ends = np.split(np.moveaxis(quantiles, -1, 0), len(LEVELS))  # (lower, upper) of each
    if model in NETWORKS:
        # past_steps: all steps that a forecast depends on, as differences need one more.
        names = "context_length_", "past_steps", "hidden_size", "num_layers", "patch_size_"
        facts = {name.rstrip("_"): int(getattr(forecaster, name)) for name in names}
        net = forecaster.net_
        facts |= {"batch_size": int(net.batch_size), "device": str(net.device)}
        facts["n_parameters"] = sum(p.numel() for p in net.module_.parameters())
        facts["n_updates"] = counter.n_updates
    bounds = dict(zip(LEVELS, ends, strict=True))
    seconds = (*(fitted - start), *(forecast - fitted))
    return {"point": point, "bounds": bounds, "seconds": seconds, "facts": facts}


def _make_model(model, row, seed, max_epochs, counter):
    if model == "Drift":
        return skseq.Drift(horizon=row.horizon)
    if model in BASELINES:
        period = BASELINES[model] or row.period
        return skseq.SeasonalNaive(horizon=row.horizon, period=period)
    parameters = row.parameters | VARIANTS.get(model, {})
    if max_epochs is not None:
        parameters["max_epochs"] = max_epochs
    return getattr(skseq, model.partition("-")[0] + "Forecaster")(
        horizon=row.horizon,
        period=row.period,
        device="cpu",
        callbacks=[counter],
        random_state=seed,
        **parameters,
    )


def forecast_windows(forecaster, split):
    """Forecast every window from the observations before it.

    `update` and `predict` at each origin would give the same, but with a call for each of
    thousands of windows, and with intervals that follow the errors of the test part.
    Returns forecasts (n_windows, horizon, n_targets), and quantiles along a further axis.
    """
    for i, (values, n) in enumerate(zip(split.whole, split.n_fitted, strict=True)):
        new = values[n:]
        for panel in (forecaster.observed_, forecaster.coded_):
            panel.add_steps(i, new, np.empty((len(new), 0)))
    output = rolling.Output(QUANTILES)
    parts = []
    for first in range(0, len(split.series), WINDOWS_AT_ONCE):
        some = slice(first, first + WINDOWS_AT_ONCE)
        windows = split.series[some], split.origins[some], split.series[some]
        args = forecaster, forecaster.coded_, *windows, output
        parts.append(rolling.forecast_windows(*args))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def measure_errors(split, point, period):
    """Return the mean errors of point forecasts (n_windows, horizon, n_targets).

    They are computed without `skseq.metrics`, as a check of it.
    MASE is relative to the error of the values one `period` earlier in the fitted rows;
    series that are constant there are left out of it.
    """
    truth = split.read_truth()
    if point.shape != truth.shape or not np.isfinite(point).all():
        raise ValueError(
            f"Expected finite forecasts of shape {truth.shape}, got shape {point.shape} "
            f"with {np.isnan(point).sum()} NaN."
        )
    error, size = np.abs(truth - point), np.abs(truth) + np.abs(point)
    share = np.divide(200 * error, size, out=np.zeros_like(error), where=size > 0)
    share[np.isnan(error)] = np.nan
    fitted = split.read_fitted()
    naive = np.array([np.nanmean(np.abs(v[period:] - v[:-period])) for v in fitted])
    unit = np.where(naive > 0, naive, np.nan)[split.series]
    mase, smape = np.nanmean(np.nanmean(error, axis=(1, 2)) / unit), np.nanmean(share)
    return {
        "MAE": float(np.nanmean(error)),
        "MSE": float(np.nanmean(error**2)),
        "MASE": float(mase),
        "sMAPE": float(smape),
        "OWA": float((smape / M4_SMAPE + mase / M4_MASE) / 2),
    }


def count_covered(split, bounds):
    """Return how many values are within their intervals.

    `bounds` maps a coverage in percent to (lower, upper), arrays of the forecasts' shape.
    """
    truth = split.read_truth()
    counts = {"n_values": int(np.isfinite(truth).sum())}
    for level, (lower, upper) in bounds.items():
        # Comparisons with NaN are False.
        counts[f"covered_{level}"] = int(((lower <= truth) & (truth <= upper)).sum())
    return counts
