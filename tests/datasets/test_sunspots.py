"""load_sunspots returns one value per year and documents the cycle correctly."""

import numpy as np
import pandas as pd

from skseq.datasets import load_sunspots


def test_index_has_every_year():
    y = load_sunspots().y
    assert y.index.equals(pd.period_range("1700", "2008", freq="Y"))
    assert y.index.freqstr == "Y-DEC"
    assert len(y) == 309
    assert y.dtype == np.float64


def test_values():
    y = load_sunspots().y
    assert (y["1700"], y["2008"], y.min(), y.max()) == (5, 2.9, 0, 190.2)
    assert str(y.idxmax()) == "1957"
    assert round(y.sum(), 1) == 15373.4
    # The end of the Maunder minimum, and the Dalton minimum.
    assert y.index[y == 0].astype(str).tolist() == ["1711", "1712", "1810"]


def test_cycle_lengths_are_as_documented():
    sunspots = load_sunspots()
    y = sunspots.y.to_numpy()
    # A minimum is the last year with the lowest value within four years on either side.
    minima = [
        i
        for i in range(4, len(y) - 4)
        if y[i] == y[i - 4 : i + 5].min() and y[i] < y[i + 1]
    ]
    lengths = np.diff(minima)
    assert (lengths.min(), lengths.max()) == (9, 14)
    assert round(lengths.mean()) == sunspots.period
    assert "nine to fourteen" in load_sunspots.__doc__
