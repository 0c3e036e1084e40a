"""Forecasters of other packages: statsforecast, neuralforecast and darts.

Networks are given the size and budget of a fitted forecaster of skseq (hidden size, layers,
context, horizon, windows per update, number of updates) and its loss, the absolute error.
Everything else has the default of the package.
"""

import tempfile
from functools import cache, partial

import numpy as np
import pandas as pd

from ..engine import peers
from ..engine.grid import read_clocks
from .data import Split
from .models import LEVELS


def fit_peer(model, split, row, seed, settings):
    """Fit a model of another package; return forecasts, seconds and facts.

    `settings` is the record whose size and budget a network is given.
    """
    with peers.keep_quiet() as folder:
        _warm_up(model)
        return FITS[model](split, settings or {"period": row.period or 1}, seed, folder)


@cache
def _warm_up(model):
    """Fit something small, so that imports, compilation and first calls are not timed."""
    values = [np.sin(np.arange(30.0))[:, None], np.arange(30.0)[::-1, None]]
    lengths = np.array([26, 26])
    split = Split(None, values, lengths, np.array([0, 1]), lengths, 4)
    small = {"past_steps": 8, "hidden_size": 4, "num_layers": 1, "n_updates": 2}
    with tempfile.TemporaryDirectory() as folder:
        FITS[model](split, {**small, "batch_size": 4, "period": 4}, 0, folder)


def _fit_statsforecast(name, split, settings, seed, folder):
    """Fit each series on its own, with missing values interpolated."""
    from statsforecast import models

    points, bounds, seconds = [], [], np.zeros(4)
    for past in split.read_past():
        values = pd.Series(past[:, 0]).interpolate(limit_direction="both").to_numpy()
        model = getattr(models, name)(season_length=settings["period"])
        start = read_clocks()
        model.fit(values)
        fitted = read_clocks()
        found = model.predict(split.horizon, level=list(LEVELS))
        seconds = seconds + [*(fitted - start), *(read_clocks() - fitted)]
        points.append(found["mean"])
        bounds.append([(found[f"lo-{level}"], found[f"hi-{level}"]) for level in LEVELS])
    point = np.array(points)[..., None]  # (window, horizon, 1)
    ends = np.moveaxis(np.array(bounds)[..., None], 0, 2)  # (level, 2, window, horizon, 1)
    bounds = dict(zip(LEVELS, ends, strict=True))
    return {"point": point, "bounds": bounds, "seconds": seconds, "facts": {}}


def _fit_neuralforecast(split, settings, seed, folder):
    start = read_clocks()
    series = [values[:, 0] for values in split.read_fitted()]
    forecaster, model, updates = peers.fit_neuralforecast(
        "GRU", settings, split.horizon, series, seed, folder
    )
    fitting = read_clocks() - start
    # Each window is a series of its own, with the steps that the network looks at.
    past = [values[-settings["past_steps"] :, 0] for values in split.read_past()]
    found = forecaster.predict(peers.make_table(past))
    forecasting = read_clocks() - start - fitting
    point = found.sort_values(["unique_id", "ds"])["GRU"].to_numpy()
    point = point.reshape(-1, split.horizon)
    return _collect(point, fitting, forecasting, model, len(updates), settings)


def _fit_darts(split, settings, seed, folder, **more):
    """Fit darts as its documentation recommends: series scaled to [0, 1], float32."""
    from darts import TimeSeries
    from darts.dataprocessing.transformers import Scaler

    past_steps = settings["past_steps"]
    start = read_clocks()
    scaler = Scaler()
    series = [TimeSeries.from_values(values) for values in split.read_fitted()]
    scaled = [one.astype(np.float32) for one in scaler.fit_transform(series)]
    scaled = [one for one in scaled if len(one) >= past_steps + split.horizon]
    model, updates = peers.fit_darts(
        "GRU", settings, split.horizon, scaled, seed, folder, **more
    )
    fitting = read_clocks() - start
    owners = [int(i) for i in split.series]
    # Series that are shorter than a window get their first value repeated in front.
    missing = [max(past_steps - len(values), 0) for values in split.read_past()]
    pairs = zip(missing, split.read_past(), strict=True)
    past = [np.pad(v[-past_steps:], ((n, 0), (0, 0)), "edge") for n, v in pairs]
    past = [TimeSeries.from_values(values) for values in past]
    past = [one.astype(np.float32) for one in scaler.transform(past, series_idx=owners)]
    found = model.predict(split.horizon, series=past, verbose=False)
    found = scaler.inverse_transform(found, series_idx=owners)
    forecasting = read_clocks() - start - fitting
    point = np.stack([one.values()[:, 0] for one in found])
    return _collect(point, fitting, forecasting, model.model, len(updates), settings)


def _collect(point, fitting, forecasting, module, n_updates, settings):
    """Return forecasts (n_windows, horizon), seconds and facts of a network."""
    facts = {name: settings[name] for name in ("batch_size", "past_steps")}
    facts["n_parameters"] = sum(p.numel() for p in module.parameters())
    facts |= {"n_updates": n_updates, "device": "cpu"}
    seconds = (*fitting, *forecasting)
    return {"point": point[:, :, None], "bounds": {}, "seconds": seconds, "facts": facts}


FITS = {
    "AutoETS": partial(_fit_statsforecast, "AutoETS"),
    "AutoARIMA": partial(_fit_statsforecast, "AutoARIMA"),
    "neuralforecast-GRU": _fit_neuralforecast,
    "darts-GRU": _fit_darts,
    # Each window is scaled by its own level and spread, as in the other packages.
    "darts-GRU-RINorm": partial(_fit_darts, use_reversible_instance_norm=True),
}
