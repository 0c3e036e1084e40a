"""Codecs of time stamps, durations, periods and offsets of pandas."""

import datetime
import zoneinfo

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset

from skseq.persistence.codecs import Codec, NotPlainError, check_type, make_codec
from skseq.saved import is_flag, require

UNITS = ("s", "ms", "us", "ns")
# The time that pandas takes to parse text grows with the square of its length.
MAX_OFFSET_LENGTH = 40


def _zone_to_state(zone):
    """Return a time zone as its name or as its offset in seconds."""
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
    if zone == 0:
        return datetime.UTC
    return datetime.timezone(datetime.timedelta(seconds=zone))


def _timestamp_to_state(stamp):
    number = int(stamp.asm8.view(np.int64))
    return {"number": number, "unit": stamp.unit, "zone": _zone_to_state(stamp.tz)}


def _build_timestamp(number, unit, zone):
    require(unit in UNITS, "a time stamp has no unit")
    stamp = pd.Timestamp(np.datetime64(number, unit))
    return stamp if zone is None else stamp.tz_localize("UTC").tz_convert(_build_zone(zone))


def _timedelta_to_state(step):
    return {"number": int(step.asm8.view(np.int64)), "unit": step.unit}


def _build_timedelta(number, unit):
    require(unit in UNITS, "a duration has no unit")
    return pd.Timedelta(np.timedelta64(number, unit))


def _check_length(freq):
    require(len(freq) <= MAX_OFFSET_LENGTH, "an offset is too long")
    return freq


def _offset_to_state(offset):
    if type(offset) is pd.offsets.Week and offset.weekday is None:  # "W" is W-SUN
        return {"n": offset.n, "normalize": offset.normalize, "parts": "week"}
    if type(offset) is pd.DateOffset:
        return {"n": offset.n, "normalize": offset.normalize, "parts": offset.kwds}
    try:
        if _build_offset(offset.freqstr) == offset:
            return offset.freqstr
    except (TypeError, ValueError):
        pass
    raise NotPlainError(offset)


def _build_offset(content):
    if isinstance(content, str):
        return to_offset(_check_length(content))
    n, normalize, parts = (content[name] for name in ("n", "normalize", "parts"))
    if parts == "week":
        return pd.offsets.Week(n, normalize)
    valid = is_flag(normalize) and all(type(value) is int for value in parts.values())
    require(valid, "an offset is invalid")
    return pd.DateOffset(n, normalize, **parts)


def _build_period(ordinal, freq):
    return pd.Period(ordinal=ordinal, freq=_check_length(check_type(freq, str)))


TIMES = (
    make_codec("timestamp", pd.Timestamp, _timestamp_to_state, _build_timestamp),
    make_codec("timedelta", pd.Timedelta, _timedelta_to_state, _build_timedelta),
    make_codec(
        "period",
        pd.Period,
        lambda period: {"ordinal": period.ordinal, "freq": period.freqstr},
        _build_period,
    ),
    Codec("offset", BaseOffset, _offset_to_state, _build_offset, subclasses=True),
)
