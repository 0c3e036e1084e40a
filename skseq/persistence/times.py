"""Time stamps, steps between them and their indices, as plain values."""

import datetime
import zoneinfo

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from skseq.persistence.values import Codec, NotPlainError, record, require

UNITS = ("s", "ms", "us", "ns")


def _take_zone(zone):
    """Return a time zone as the name of a place, or as seconds."""
    if zone is None:
        return None
    name = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if isinstance(name, str):
        return name
    offset = zone.utcoffset(None)
    if offset is None:
        raise NotPlainError(zone)
    return offset.total_seconds()


def _build_zone(zone):
    if isinstance(zone, str):
        return zoneinfo.ZoneInfo(zone)
    if zone is None:
        return None
    if zone == 0:
        return datetime.UTC
    return datetime.timezone(datetime.timedelta(seconds=zone))


def _take_timestamp(stamp):
    number = int(stamp.asm8.view(np.int64))
    return {"number": number, "unit": stamp.unit, "zone": _take_zone(stamp.tz)}


def _build_timestamp(number, unit, zone):
    require(unit in UNITS, "a time has no unit")
    stamp = pd.Timestamp(np.datetime64(number, unit))
    zone = _build_zone(zone)
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(zone)


def _take_timedelta(step):
    return {"number": int(step.asm8.view(np.int64)), "unit": step.unit}


def _build_timedelta(number, unit):
    require(unit in UNITS, "a duration has no unit")
    return pd.Timedelta(np.timedelta64(number, unit))


def _take_offset(offset):
    if type(offset) is pd.DateOffset:
        return {"n": offset.n, "normalize": offset.normalize, "parts": offset.kwds}
    try:
        if to_offset(offset.freqstr) == offset:
            return offset.freqstr
    except (TypeError, ValueError):
        pass
    raise NotPlainError(offset)


def _build_offset(content):
    if isinstance(content, str):
        return to_offset(content)
    parts = content["parts"]
    require(all(type(value) is int for value in parts.values()), "a step is damaged")
    return pd.DateOffset(content["n"], bool(content["normalize"]), **parts)


def _take_datetimes(index):
    return {
        "numbers": index.asi8,
        "unit": index.unit,
        "zone": _take_zone(index.tz),
        "freq": index.freq,
        "name": index.name,
    }


def _build_datetimes(numbers, unit, zone, freq, name):
    require(unit in UNITS and numbers.dtype == np.int64, "an index is damaged")
    index = pd.DatetimeIndex(numbers.view(f"M8[{unit}]"), name=name)
    zone = _build_zone(zone)
    if zone is not None:
        index = index.tz_localize("UTC").tz_convert(zone)
    index.freq = freq
    return index


def _build_periods(ordinals, freq, name):
    return pd.PeriodIndex.from_ordinals(ordinals, freq=freq, name=name)


def _build_index(numbers, name):
    require(numbers.dtype.kind in "iu" and numbers.ndim == 1, "an index is damaged")
    return pd.Index(numbers, name=name)


def _measure_range(start, stop, step, name):
    # It takes none by itself, but all of it where somebody goes through it.
    return 8 * len(range(start, stop, step))


def _take_index(index):
    if index.dtype.kind not in "iu":
        raise NotPlainError(index)
    return {"numbers": index.to_numpy(), "name": index.name}


TIMES = (
    record("timestamp", pd.Timestamp, _take_timestamp, _build_timestamp),
    record("timedelta", pd.Timedelta, _take_timedelta, _build_timedelta),
    record(
        "period",
        pd.Period,
        lambda period: {"ordinal": period.ordinal, "freq": period.freqstr},
        lambda ordinal, freq: pd.Period(ordinal=ordinal, freq=freq),
    ),
    Codec(
        "offset", pd.tseries.offsets.BaseOffset, _take_offset, _build_offset, family=True
    ),
    record("datetimes", pd.DatetimeIndex, _take_datetimes, _build_datetimes),
    record(
        "periods",
        pd.PeriodIndex,
        lambda index: {"ordinals": index.asi8, "freq": index.freqstr, "name": index.name},
        _build_periods,
    ),
    record(
        "range",
        pd.RangeIndex,
        lambda i: {"start": i.start, "stop": i.stop, "step": i.step, "name": i.name},
        pd.RangeIndex,
        _measure_range,
    ),
    record("index", pd.Index, _take_index, _build_index),
)
