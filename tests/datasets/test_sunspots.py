"""Sunspots: one number for each year, and the cycle that is told of."""

import numpy as np
import pandas as pd

from skseq.datasets import load_sunspots


def test_every_year_is_there_once():
    y = load_sunspots().y
    assert y.index.equals(pd.period_range("1700", "2008", freq="Y"))
    assert y.index.freqstr == "Y-DEC"
    assert len(y) == 309
    assert y.dtype == np.float64


def test_figures():
    y = load_sunspots().y
    assert (y["1700"], y["2008"], y.min(), y.max()) == (5, 2.9, 0, 190.2)
    assert str(y.idxmax()) == "1957"
    assert round(y.sum(), 1) == 15373.4
    # The Maunder minimum was just over, the Dalton minimum at its deepest.
    assert y.index[y == 0].astype(str).tolist() == ["1711", "1712", "1810"]


def test_cycles_take_nine_to_fourteen_years_and_eleven_most_often():
    sunspots = load_sunspots()
    y = sunspots.y.to_numpy()
    # A minimum is the last of the lowest years within four years on both sides.
    minima = [
        i
        for i in range(4, len(y) - 4)
        if y[i] == y[i - 4 : i + 5].min() and y[i] < y[i + 1]
    ]
    lengths = np.diff(minima)
    assert (lengths.min(), lengths.max()) == (9, 14)
    assert round(lengths.mean()) == sunspots.period
    assert "nine to fourteen" in load_sunspots.__doc__
