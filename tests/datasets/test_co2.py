"""load_co2 returns every week or month, and keeps missing values."""

import math
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import load_co2

MISSING_MONTHS = ["1958-06", "1958-10", "1964-02", "1964-03", "1964-04"]


def test_weekly_series_has_every_week():
    y = load_co2(frequency="weekly").y
    assert y.index.equals(pd.date_range("1958-03-29", "2001-12-29", freq="W-SAT"))
    assert y.index.freqstr == "W-SAT"
    assert (len(y), int(y.isna().sum())) == (2284, 59)
    assert (y.iloc[0], y.iloc[-1], y.min(), y.max()) == (316.1, 371.5, 313, 373.9)
    assert y.dtype == np.float64


def test_monthly_series_has_every_month():
    y = load_co2().y
    assert y.index.equals(pd.period_range("1958-03", "2001-12", freq="M"))
    assert y.index.freqstr == "M"
    assert y.index[y.isna()].astype(str).tolist() == MISSING_MONTHS
    assert y.dtype == np.float64


def test_monthly_values_are_means_of_the_measured_weeks():
    text = (files("skseq.datasets") / "data" / "co2.csv").read_text()
    measured = {}
    for line in text.splitlines()[1:]:
        date, value = line.split(",")
        measured.setdefault(f"{date[:4]}-{date[4:6]}", []).extend(
            [float(value)] if value else []
        )
    y = load_co2().y
    assert list(measured) == y.index.astype(str).tolist()
    for month, values in measured.items():
        if values:
            assert y[month] == pytest.approx(math.fsum(values) / len(values), rel=1e-14)
        else:
            assert np.isnan(y[month])


def test_documented_range():
    y = load_co2().y
    assert f"{y.min():.1f} to {y.max():.2f}" in load_co2.__doc__


@pytest.mark.parametrize(("frequency", "period"), [("monthly", 12), ("weekly", 52)])
def test_period_matches_the_season(frequency, period):
    co2 = load_co2(frequency=frequency)
    assert co2.period == period
    # Values one year apart are much closer than values half a year apart.
    half, whole = (
        (co2.y - co2.y.shift(steps)).abs().median() for steps in (period // 2, period)
    )
    assert whole < half / 2


def test_unknown_frequency_raises():
    with pytest.raises(ValueError, match="'frequency' parameter of load_co2 .*'daily'"):
        load_co2(frequency="daily")
