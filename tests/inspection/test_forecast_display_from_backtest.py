"""ForecastDisplay.from_backtest draws forecasts and observations."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from skseq import SeasonalNaive
from skseq.inspection import ForecastDisplay
from skseq.model_selection import PanelTimeSeriesSplit, backtest

from .cases import PERIOD, columns, edges, labels, make_panel, make_series, xy


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def run_backtest(y):
    return backtest(
        SeasonalNaive(period=PERIOD, horizon=6),
        columns(y),
        y,
        cv=PanelTimeSeriesSplit(3, test_size=6),
        quantiles=[0.1, 0.3, 0.5, 0.9],
    )


@pytest.fixture(scope="module", name="result")
def _result():
    return run_backtest(make_series())


def test_draws_all_cutoffs_by_default(result):
    display = ForecastDisplay.from_backtest(result)
    assert len(display.forecast_lines_) == 3
    drawn = np.concatenate([xy(line)[1] for line in display.forecast_lines_])
    np.testing.assert_array_equal(drawn, result["forecast"])
    np.testing.assert_array_equal(xy(display.actual_line_)[1], make_series()[-18:])
    assert display.history_line_ is None
    # Only 0.1 and 0.9 form an interval; each label occurs once in the legend.
    assert len(display.bands_) == 3
    assert labels(display.ax_) == ["80% interval", "forecast", "actual"]
    np.testing.assert_allclose(edges(display.bands_[1]), result[["q0.1", "q0.9"]][6:12])


def test_y_adds_the_history(result):
    y = make_series()
    display = ForecastDisplay.from_backtest(result, y)
    np.testing.assert_array_equal(xy(display.history_line_)[1], y[-42:-18])
    np.testing.assert_array_equal(xy(display.actual_line_)[1], y[-18:])
    assert display.ax_.get_ylabel() == "load (MW)"
    short = ForecastDisplay.from_backtest(result, y, n_history=5)
    assert len(short.history) == 5


def test_y_adds_observations_between_forecasts(result):
    y = make_series()
    first, _, last = result["cutoff"].unique()
    display = ForecastDisplay.from_backtest(result, y, cutoffs=[first, last])
    np.testing.assert_array_equal(xy(display.actual_line_)[1], y[-18:])
    alone = ForecastDisplay.from_backtest(result, cutoffs=[first, last])
    np.testing.assert_array_equal(xy(alone.actual_line_)[1], np.r_[y[-18:-12], y[-6:]])


def test_selects_cutoffs(result):
    display = ForecastDisplay.from_backtest(result, cutoffs=["2024-03-17"])
    (line,) = display.forecast_lines_
    np.testing.assert_array_equal(xy(line)[1], result["forecast"][6:12])
    message = (
        "cutoffs: '2024-03-18' is not one of the 3 cutoffs .* 2024-03-11 .* to 2024-03-23"
    )
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_backtest(result, cutoffs=["2024-03-18"])


def test_selects_a_series_of_a_panel():
    y = make_panel()
    result = run_backtest(y)
    display = ForecastDisplay.from_backtest(result, y, series="west")
    np.testing.assert_array_equal(xy(display.actual_line_)[1], y["west"][-18:])
    np.testing.assert_array_equal(xy(display.history_line_)[1], y["west"][-42:-18])
    assert display.ax_.get_title() == "west"
    with pytest.raises(
        ValueError, match="The backtest has 3 series: pass series=.* 'north'"
    ):
        ForecastDisplay.from_backtest(result)


def test_selects_a_series_with_a_tuple_name():
    y = pd.concat({"shop": make_panel()})
    display = ForecastDisplay.from_backtest(run_backtest(y), y, series=("shop", "west"))
    expected = y[("shop", "west")]
    np.testing.assert_array_equal(xy(display.actual_line_)[1], expected[-18:])


def test_selects_a_target():
    y = make_series()
    both = pd.DataFrame({"p": y, "q": -2 * y})
    result = backtest(
        SeasonalNaive(period=PERIOD), columns(y), both, cv=PanelTimeSeriesSplit(2)
    )
    display = ForecastDisplay.from_backtest(result, both, target="q")
    np.testing.assert_array_equal(xy(display.actual_line_)[1], both["q"][-40:])
    assert display.ax_.get_ylabel() == "q"


def test_series_of_a_single_series_raises(result):
    with pytest.raises(ValueError, match="series='a', but the backtest has no column"):
        ForecastDisplay.from_backtest(result, series="a")


def test_accepts_arrays():
    y = make_series().to_numpy()
    cv = PanelTimeSeriesSplit(2, test_size=6)
    result = backtest(SeasonalNaive(period=PERIOD, horizon=6), None, y, cv=cv)
    display = ForecastDisplay.from_backtest(result, y)
    np.testing.assert_array_equal(xy(display.actual_line_)[0], np.arange(48, 60))
    np.testing.assert_array_equal(xy(display.history_line_)[1], y[24:48])
