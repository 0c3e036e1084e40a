"""load_nyc_departures returns the hourly counts of three airports in 2013."""

import numpy as np
import pandas as pd

from skseq.datasets import load_nyc_departures

HOURS = pd.date_range("2013-01-01", "2013-12-31 23:00", freq="h")


def table():
    """Return the data with one column per airport."""
    return load_nyc_departures().y.unstack("series")


def test_every_airport_has_every_hour():
    y = load_nyc_departures().y
    assert y.index.names == ["series", "time"]
    assert y.index.is_unique
    assert y.index.is_monotonic_increasing
    assert y.index.unique("series").tolist() == ["EWR", "JFK", "LGA"]
    for airport in ("EWR", "JFK", "LGA"):
        assert y.loc[airport].index.tolist() == HOURS.tolist()
    assert y.dtype == np.float64


def test_total_number_of_flights():
    y = load_nyc_departures().y
    assert table().sum().tolist() == [117596, 109413, 101509]
    assert (y.min(), y.max()) == (0, 38)
    # The first flight of the year left Newark at 5:17.
    first = table().loc["2013-01-01 00:00":"2013-01-01 05:00"]
    assert first.sum(axis=1).tolist()[:5] == [0] * 5
    assert first["EWR"].iloc[-1] > 0


def test_hours_are_local_time():
    by_hour = table().groupby(HOURS.hour).mean().sum(axis=1)
    assert by_hour.loc[1:4].max() < 1  # night
    assert by_hour.loc[6:20].min() > 40  # day
    # The clocks changed in these hours. No flight may be lost or counted twice.
    assert (table().loc[["2013-03-10 02:00", "2013-11-03 01:00"]] == 0).all(axis=None)


def test_fewest_flights_are_on_saturdays_and_in_storms():
    days = table().sum(axis=1).resample("D").sum()
    by_weekday = days.groupby(days.index.weekday).mean()
    assert by_weekday.idxmin() == 5
    fewest = days.nsmallest(4).index.strftime("%m-%d").tolist()
    assert fewest == ["02-09", "02-08", "12-14", "11-28"]


def test_documented_errors_of_the_seasonal_naive_forecast():
    departures = load_nyc_departures()
    day, week = (
        f"{(table() - table().shift(steps)).abs().stack().mean():.2f}"
        for steps in (departures.period, 168)
    )
    text = " ".join(load_nyc_departures.__doc__.split())
    assert f"{day} flights with the same hour of the previous day, and {week} with" in text
    text = " ".join(departures.DESCR.split())
    assert f"{day} flights with the same hour of the previous day, and {week} with" in text
