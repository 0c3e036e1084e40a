"""How what estimators learned is written and read: a record for each kind of object.

What is read is checked here, once: nothing behind this door looks at it again.
"""

import numpy as np
import pandas as pd

from skseq.forecasting.calibration import Calibration
from skseq.inputs import CovariateScaler, InputScaler
from skseq.persistence import TIMES, TRANSFORMERS, record, require
from skseq.series import Clock, Panel, TableReader, WindowCoder

# A series begins no further from the first tick than this.
FURTHEST_TICK = 2**62


def is_numbers(array, *shape, dtype=np.float64):
    """Return whether a value is an array of some shape; None stands for any length."""
    return (
        type(array) is np.ndarray
        and array.dtype == dtype
        and array.ndim == len(shape)
        and all(w in (None, n) for n, w in zip(array.shape, shape, strict=True))
    )


def is_count(value, least=0):
    """Return whether a value is a whole number from some least one on."""
    is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return is_whole and value >= least


def _take(*names):
    return lambda thing: {name: getattr(thing, name) for name in names}


def _check_scales(mean, scale):
    require(is_numbers(mean, None) and is_numbers(scale, len(mean)), "a scaler is damaged")
    require(np.isfinite(mean).all() and (scale > 0).all(), "a scaler is damaged")


def _build_input_scaler(mean, scale, mask_missing):
    _check_scales(mean, scale)
    require(type(mask_missing) is bool, "a scaler is damaged")
    return InputScaler(mean, scale, mask_missing)


def _build_covariate_scaler(mean, scale, n_past, mask_missing):
    _check_scales(mean, scale)
    require(type(mask_missing) is bool, "a scaler is damaged")
    require(is_count(n_past) and n_past <= len(mean), "a scaler is damaged")
    return CovariateScaler(mean, scale, n_past, mask_missing)


def _build_coder(context_length, horizon, lag, only_changes, level, unit):
    fits = is_count(context_length, 1) and is_count(horizon, 1) and is_count(lag)
    fits = fits and type(only_changes) is bool and level in ("last", "mean", None)
    fits = fits and unit in ("window", "series")
    require(fits, "what measures windows is damaged")
    return WindowCoder(context_length, horizon, lag, only_changes, level, unit)


def _build_clock(anchor, step, example):
    if isinstance(example, pd.PeriodIndex):
        fits = isinstance(anchor, pd.Period) and step == example.freq == anchor.freq
    elif isinstance(example, pd.DatetimeIndex):
        is_step = isinstance(step, (pd.Timedelta, pd.tseries.offsets.BaseOffset))
        fits = is_step and isinstance(anchor, pd.Timestamp)
        fits = fits and (anchor.tz is None) == (example.tz is None)
        fits = fits and anchor + step > anchor
    else:
        is_whole = isinstance(example, pd.Index) and example.dtype.kind in "iu"
        fits = is_whole and type(anchor) is int and is_count(step, 1)
    require(fits and len(example) == 0, "the time index is damaged")
    return Clock(anchor, step, example)


def _take_panel(panel):
    names = ("values", "covariates", "lengths", "first_ticks", "ids", "clock")
    return _take(*names)(panel.take(np.arange(panel.n_series)))


def _build_panel(values, covariates, lengths, first_ticks, ids, clock):
    complaint = "the observed series are damaged"
    require(is_numbers(values, None, None) and values.shape[1] > 0, complaint)
    require(is_numbers(covariates, len(values), None), complaint)
    require(type(ids) is list and 0 < len(ids) == len(set(ids)), complaint)
    for whole in (lengths, first_ticks):
        require(is_numbers(whole, len(ids), dtype=np.int64), complaint)
    # None longer than all: then their sum is no overflow.
    require(((lengths >= 0) & (lengths <= len(values))).all(), complaint)
    require(lengths.sum() == len(values), complaint)
    is_near = (first_ticks > -FURTHEST_TICK) & (first_ticks < FURTHEST_TICK)
    require(is_near.all(), complaint)
    require(clock is None or isinstance(clock, Clock), complaint)
    if clock is not None:
        ends = int(first_ticks.min()), int((first_ticks + lengths).max()) - 1
        require(all(map(clock.can_represent, ends)), "the time index is damaged")
    return Panel(values, covariates, lengths, first_ticks, ids, clock)


def _build_reader(
    series, is_used, columns, positions, n_past, n_static, index_names, **given
):
    complaint = "what reads tables is damaged"
    require(series is None or type(series) is str, complaint)
    require(type(is_used) is bool and type(columns) is list, complaint)
    require(type(positions) is list and len(positions) == len(columns), complaint)
    require(all(is_count(place) for place in positions), complaint)
    require(is_count(n_past) and is_count(n_static), complaint)
    require(n_past + n_static <= len(columns), complaint)
    require(index_names is None or type(index_names) is list, complaint)
    reader = TableReader(
        series, is_used=is_used, columns=columns, positions=positions, **given
    )
    reader.n_past, reader.n_static, reader.index_names = n_past, n_static, index_names
    return reader


def _build_calibration(paths, steps, factors, n_disjoint):
    complaint = "the held-out errors are damaged"
    require(is_numbers(paths, None, None, None), complaint)
    n_targets, horizon = paths.shape[1:]
    require(is_numbers(steps, horizon) and is_numbers(factors, None, n_targets), complaint)
    require((steps >= 0).all() and (factors >= 0).all(), complaint)
    require(type(n_disjoint) is float and n_disjoint >= 0, complaint)
    return Calibration.restore(paths, steps, factors, n_disjoint)


RECORDS = (
    *TIMES,
    *TRANSFORMERS,
    record(
        "input scaler",
        InputScaler,
        _take("mean", "scale", "mask_missing"),
        _build_input_scaler,
    ),
    record(
        "covariate scaler",
        CovariateScaler,
        _take("mean", "scale", "n_past", "mask_missing"),
        _build_covariate_scaler,
    ),
    record(
        "window coder",
        WindowCoder,
        _take("context_length", "horizon", "lag", "only_changes", "level", "unit"),
        _build_coder,
    ),
    record("clock", Clock, _take("anchor", "step", "example"), _build_clock),
    record("panel", Panel, _take_panel, _build_panel),
    record(
        "table reader",
        TableReader,
        _take(
            "series",
            "past_columns",
            "static_columns",
            "is_used",
            "columns",
            "positions",
            "n_past",
            "n_static",
            "index_names",
        ),
        _build_reader,
    ),
    record(
        "calibration",
        Calibration,
        _take("paths", "steps", "factors", "n_disjoint"),
        _build_calibration,
    ),
)
