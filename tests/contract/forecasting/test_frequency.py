"""The index of forecasts has the frequency of y."""

import numpy as np
import pandas as pd
import pytest

from skseq import SeasonalNaive, load

from .cases import make, one_of_each

ALIASES = ["D", "2D", "B", "2B", "h", "6h", "24h", "min", "15min", "90s", "s", "ms"]
ALIASES += ["W", "W-SUN", "W-WED", "2W-MON", "MS", "ME", "2MS", "BMS", "BME", "SMS"]
ALIASES += ["QS", "QS-NOV", "QE", "QE-FEB", "YS", "YS-JUL", "YE", "YE-JUN"]
CALENDAR = ["D", "2D", "h", "W-SUN", "MS", "QE", "24h"]
PERIODS = ["D", "h", "W-SUN", "W-WED", "M", "2M", "Q", "Q-NOV", "Y", "15min"]
OFFSETS = [
    pd.offsets.Week(),
    pd.DateOffset(days=1),
    pd.DateOffset(months=1),
    pd.offsets.CDay(holidays=["2020-01-06"]),
]


def check_frequency(cls, index):
    """Assert that forecasts and y have one frequency, and so has their concatenation."""
    y = pd.Series(np.arange(40.0), index)
    future = make(cls).fit(None, y[:30]).forecast(10)
    pd.testing.assert_index_equal(future.index, index[30:], exact=True)
    assert future.index.freq == index.freq
    assert pd.concat([y[:30], future]).index.freq == index.freq


@pytest.mark.parametrize("freq", [*ALIASES, *OFFSETS], ids=str)
def test_dates(freq):
    check_frequency(SeasonalNaive, pd.date_range("2020-01-01", periods=40, freq=freq))


@pytest.mark.parametrize("freq", CALENDAR)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_dates_with_a_time_zone(freq, zone):
    """Daylight saving time begins and ends in the range of some of them."""
    index = pd.date_range("2020-03-10", periods=40, freq=freq, tz=zone)
    check_frequency(SeasonalNaive, index)


@pytest.mark.parametrize("freq", PERIODS)
def test_periods(freq):
    check_frequency(SeasonalNaive, pd.period_range("2020-01-01", periods=40, freq=freq))


@one_of_each
def test_every_kind_of_forecaster(cls):
    check_frequency(cls, pd.date_range("2020-01-01", periods=40, freq="W-SUN"))


@pytest.mark.parametrize("freq", ["D", "W-SUN", "h", "MS"])
def test_frequency_of_an_index_without_one_is_inferred(freq):
    index = pd.date_range("2020-01-01", periods=40, freq=freq)
    y = pd.Series(np.arange(30.0), pd.DatetimeIndex(index[:30], freq=None))
    future = make(SeasonalNaive).fit(None, y).forecast(10)
    pd.testing.assert_index_equal(future.index, index[30:])
    assert future.index.freq == index.freq


def test_after_an_update():
    index = pd.date_range("2020-01-01", periods=40, freq="2D")
    y = pd.Series(np.arange(40.0), index)
    forecaster = make(SeasonalNaive).fit(None, y[:20]).update(None, y[20:30])
    assert forecaster.forecast(3).index.freq == index.freq
    later = forecaster.predict(index[33:])
    assert later.index.freq == index.freq


@pytest.mark.parametrize("freq", [*ALIASES, *OFFSETS[:3]], ids=str)
def test_saved_forecaster(freq, tmp_path):
    y = pd.Series(np.arange(30.0), pd.date_range("2020-01-01", periods=30, freq=freq))
    forecaster = make(SeasonalNaive).fit(None, y)
    forecaster.save(tmp_path / "model")
    found = load(tmp_path / "model").forecast(5)
    pd.testing.assert_series_equal(found, forecaster.forecast(5), check_freq=True)
