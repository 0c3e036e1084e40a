"""load_airline returns the values of Box and Jenkins for every month."""

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import load_airline


def test_index_has_every_month_of_twelve_years():
    y = load_airline().y
    assert y.index.equals(pd.period_range("1949-01", "1960-12", freq="M"))
    assert y.index.freqstr == "M"
    assert y.dtype == np.float64
    assert y.name == "passengers"


def test_values_match_the_book():
    y = load_airline().y
    assert y.loc["1949"].tolist() == [
        112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118,
    ]  # fmt: skip
    assert y.loc["1960"].tolist() == [
        417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
    ]  # fmt: skip
    assert (y.sum(), y.min(), y.max(), y.median()) == (40363, 104, 622, 265.5)
    assert "104 to 622" in load_airline.__doc__


def test_documented_error_of_the_seasonal_naive_forecast():
    airline = load_airline()
    errors = airline.y - airline.y.shift(airline.period)
    error = f"{errors.loc['1960'].abs().mean():.1f}"
    assert f"error is {error} thousand" in load_airline.__doc__
    assert f"error of {error} thousand" in " ".join(airline.DESCR.split())


def test_values_match_aeon():
    datasets = pytest.importorskip("aeon.datasets")
    assert load_airline().y.tolist() == datasets.load_airline().ravel().tolist()
