"""The loaders of time series share one return format."""

import pandas as pd
import pytest

from skseq.datasets import (
    load_airline,
    load_co2,
    load_m1_yearly,
    load_nyc_departures,
    load_sunspots,
)

every_loader = pytest.mark.parametrize(
    ("load", "period", "unit"),
    [
        (load_airline, 12, "thousands of passengers"),
        (load_co2, 12, "ppm"),
        (load_m1_yearly, 1, ""),
        (load_nyc_departures, 24, "flights per hour"),
        (load_sunspots, 11, "sunspot number"),
    ],
)


@every_loader
def test_bunch(load, period, unit):
    bunch = load()
    assert isinstance(bunch.y, pd.Series)
    pd.testing.assert_frame_equal(bunch.frame, bunch.y.to_frame())
    assert (bunch.period, bunch.unit) == (period, unit)
    title, underline = bunch.DESCR.splitlines()[:2]
    assert underline == "-" * len(title)
    assert "LICENSES.md" in bunch.DESCR


@every_loader
def test_X_has_an_index_but_no_columns(load, period, unit):
    X, y = load(return_X_y=True)
    assert isinstance(X, pd.DataFrame)
    assert X.shape == (len(y), 0)
    assert X.index.equals(y.index)
    pd.testing.assert_series_equal(y, load().y)


@every_loader
def test_changing_the_result_does_not_affect_other_results(load, period, unit):
    bunch = load()
    bunch.y.iloc[0] = -99.0
    assert bunch.frame.iloc[0, 0] != -99.0
    assert load().y.iloc[0] != -99.0


@every_loader
def test_invalid_arguments_raise(load, period, unit):
    with pytest.raises(ValueError, match=r"'return_X_y' parameter of .* Got 'yes'"):
        load(return_X_y="yes")
    with pytest.raises(TypeError, match="positional"):
        load(True)
