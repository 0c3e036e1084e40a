"""ForecastDisplay.from_estimator draws forecasts, history and observations."""

import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.dates import num2date
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skseq import SeasonalNaive
from skseq.inspection import ForecastDisplay
from skseq.model_selection import PanelTimeSeriesSplit

from .cases import PERIOD, columns, edges, fit, labels, make_panel, make_series, xy


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


@pytest.mark.parametrize("kind", ["dates", "zoned", "periods", "numbers"])
def test_draws_lines_and_intervals(kind):
    y = make_series(kind=kind)
    model = fit(y[:-9])
    X = columns(y[-9:])
    display = ForecastDisplay.from_estimator(model, X, y[-9:])
    index = y.index.to_timestamp() if kind == "periods" else y.index
    index = index.tz_localize(None) if kind == "zoned" else index
    (line,) = display.forecast_lines_
    for drawn, times, values in (
        (line, index[-9:], model.predict(X)),
        (display.actual_line_, index[-9:], y[-9:]),
        (display.history_line_, index[-45:-9], y[-45:-9]),
    ):
        at, height = xy(drawn)
        np.testing.assert_array_equal(at, times)
        np.testing.assert_array_equal(height, values)
    assert len(display.bands_) == 3
    for band, coverage in zip(display.bands_, (0.95, 0.8, 0.5), strict=True):
        expected = model.predict_interval(X, coverage)
        np.testing.assert_allclose(edges(band), expected)


def test_labels():
    y = make_series()
    display = ForecastDisplay.from_estimator(fit(y[:-9]), columns(y[-9:]), y[-9:])
    intervals = ["95% interval", "80% interval", "50% interval"]
    assert labels(display.ax_) == ["history", *intervals, "forecast", "actual"]
    assert display.ax_.get_ylabel() == "load (MW)"
    assert display.ax_.get_xlabel() == "time"
    assert display.ax_.get_title() == ""
    shown = num2date(display.ax_.get_xlim()[0])
    assert shown.year == 2024


def test_narrower_intervals_are_darker():
    y = make_series()
    display = ForecastDisplay.from_estimator(fit(y[:-9]), columns(y[-9:]))
    alphas = [band.get_alpha() for band in display.bands_]
    assert alphas == sorted(alphas)
    widths = [np.ptp(edges(band), axis=1).mean() for band in display.bands_]
    assert widths == sorted(widths, reverse=True)


def test_without_observations():
    y = make_series()
    display = ForecastDisplay.from_estimator(fit(y[:-9]), columns(y[-9:]))
    assert display.actual_line_ is None
    assert "actual" not in labels(display.ax_)


def test_missing_values_of_y_are_not_drawn():
    y = make_series()
    y.iloc[-3] = np.nan
    model = fit(y[:-9])
    display = ForecastDisplay.from_estimator(model, columns(y[-9:]), y[-9:])
    assert len(xy(display.actual_line_)[0]) == 8


def test_past_rows_show_observations_of_the_forecaster():
    y = make_series()
    display = ForecastDisplay.from_estimator(fit(y), columns(y[-9:]))
    np.testing.assert_array_equal(xy(display.actual_line_)[1], y[-9:])
    np.testing.assert_array_equal(xy(display.history_line_)[1], y[-45:-9])


@pytest.mark.parametrize(("n_history", "expected"), [(0, 0), (7, 7), (1000, 51)])
def test_n_history_sets_the_length_of_the_history(n_history, expected):
    y = make_series()
    display = ForecastDisplay.from_estimator(
        fit(y[:-9]), columns(y[-9:]), n_history=n_history
    )
    assert len(display.history) == expected
    assert (display.history_line_ is None) == (expected == 0)


def test_X_none_forecasts_the_next_steps():
    for kind in ("dates", "periods", "numbers"):
        y = make_series(kind=kind)
        model = fit(y[:-6])
        display = ForecastDisplay.from_estimator(model, None)
        expected = ForecastDisplay.from_estimator(model, columns(y[-6:]))
        pd.testing.assert_frame_equal(display.forecasts, expected.forecasts)
    panel = make_panel()
    display = ForecastDisplay.from_estimator(fit(panel), None, series="south")
    assert len(display.forecasts) == 6


def test_accepts_arrays():
    y = make_series()
    model = SeasonalNaive(period=PERIOD, horizon=6).fit(None, y[:-9].to_numpy())
    X = np.empty((9, 0))
    display = ForecastDisplay.from_estimator(model, X, y[-9:].to_numpy())
    at, height = xy(display.forecast_lines_[0])
    np.testing.assert_array_equal(at, np.arange(51, 60))
    np.testing.assert_array_equal(height, model.predict(X))
    np.testing.assert_array_equal(xy(display.actual_line_)[1], y[-9:])
    np.testing.assert_array_equal(xy(display.history_line_)[0], np.arange(15, 51))
    assert display.ax_.get_xlabel() == "time step"
    assert display.ax_.get_ylabel() == "y"
    assert ForecastDisplay.from_estimator(model, None).forecasts["time"].iloc[0] == 51


def test_array_X_after_y_with_dates():
    y = make_series()
    model = SeasonalNaive(period=PERIOD, horizon=6).fit(None, y[:-9])
    display = ForecastDisplay.from_estimator(model, np.empty((9, 0)))
    assert display.forecasts["time"].tolist() == list(y.index[-9:])


def test_single_step_is_drawn_as_a_dot_and_bars():
    y = make_series()
    model = fit(y[:-1])
    display = ForecastDisplay.from_estimator(model, columns(y[-1:]), coverage=[0.8])
    (band,) = display.bands_
    ((x_low, low), (x_high, high)) = band.get_segments()[0]
    assert x_low == x_high
    expected = model.predict_interval(columns(y[-1:]), 0.8).iloc[0]
    np.testing.assert_allclose([low, high], expected)
    assert display.forecast_lines_[0].get_marker() == "o"


def test_selects_a_series_of_a_panel():
    y = make_panel()
    times = y.index.get_level_values(1)
    late = times > times[50]
    model = fit(y[~late])
    display = ForecastDisplay.from_estimator(
        model, columns(y[late]), y[late], series="south"
    )
    one = fit(3 * make_series()[:51])
    np.testing.assert_array_equal(
        xy(display.forecast_lines_[0])[1], one.predict(columns(make_series()[51:]))
    )
    np.testing.assert_array_equal(xy(display.actual_line_)[1], y["south"][51:])
    np.testing.assert_array_equal(xy(display.history_line_)[1], y["south"][15:51])
    assert display.ax_.get_title() == "south"


def test_missing_or_unknown_series_raises():
    y = make_panel()
    model = fit(y)
    message = (
        "The forecaster has 3 series: pass series=..., one of 'north', 'south', 'west'"
    )
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_estimator(model, columns(y))
    with pytest.raises(
        ValueError, match="series='east' is not one of the 3 series: 'north'"
    ):
        ForecastDisplay.from_estimator(model, columns(y), series="east")
    only = columns(y).loc[["north"]]
    with pytest.raises(ValueError, match="X has no rows of the series 'south'"):
        ForecastDisplay.from_estimator(model, only, series="south")


def test_message_lists_few_of_many_series():
    y = pd.concat({f"shop {i}": make_series(20) for i in range(40)})
    with pytest.raises(ValueError, match=r"has 40 series.*'shop 4', \.\.\.\.$"):
        ForecastDisplay.from_estimator(fit(y), None)


def test_selects_a_target():
    y = make_series()
    both = pd.DataFrame({"p": y, "q": -2 * y})
    model = SeasonalNaive(period=PERIOD).fit(columns(y[:-9]), both[:-9])
    X = columns(y[-9:])
    display = ForecastDisplay.from_estimator(model, X, both[-9:], target="q")
    np.testing.assert_array_equal(xy(display.actual_line_)[1], both["q"][-9:])
    np.testing.assert_array_equal(xy(display.forecast_lines_[0])[1], model.predict(X)["q"])
    expected = model.predict_interval(X, 0.95)["q"]
    np.testing.assert_allclose(edges(display.bands_[0]), expected)
    assert display.ax_.get_ylabel() == "q"
    by_number = ForecastDisplay.from_estimator(model, X, target=1)
    pd.testing.assert_frame_equal(by_number.forecasts, display.forecasts)
    message = "has 2 targets: pass target=..., one of 'p', 'q'"
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_estimator(model, X)


def test_accepts_pipelines_and_searches():
    y = make_series()
    X = columns(y).assign(step=np.arange(60.0))
    model = SeasonalNaive(period=PERIOD, horizon=6)
    expected = ForecastDisplay.from_estimator(model.fit(X[:-9], y[:-9]), X[-9:])
    to_frame = StandardScaler().set_output(transform="pandas")
    piped = make_pipeline(to_frame, SeasonalNaive(period=PERIOD, horizon=6))
    search = GridSearchCV(piped, {}, cv=PanelTimeSeriesSplit(2))
    for wrapped in (piped, search):
        display = ForecastDisplay.from_estimator(wrapped.fit(X[:-9], y[:-9]), X[-9:])
        pd.testing.assert_frame_equal(display.forecasts, expected.forecasts)
        pd.testing.assert_series_equal(display.history, expected.history)


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
def test_pipeline_without_index_is_checked():
    y = make_series()
    X = columns(y).assign(step=np.arange(60.0))
    model = make_pipeline(StandardScaler(), SeasonalNaive(period=PERIOD))
    model.fit(X[:-9], y[:-9])
    expected = SeasonalNaive(period=PERIOD).fit(X[:-9], y[:-9]).predict(X[-9:])
    display = ForecastDisplay.from_estimator(model, X[-9:])
    np.testing.assert_array_equal(display.forecasts["forecast"], expected)
    with pytest.raises(ValueError, match="would take the row of 2024-02-09 .* set_output"):
        ForecastDisplay.from_estimator(model, X[10:20])


def test_accepts_transformed_targets_without_intervals():
    y = make_series()
    X = columns(y)
    wrapped = TransformedTargetRegressor(
        SeasonalNaive(period=PERIOD), transformer=FunctionTransformer(np.log, np.exp)
    ).fit(X[:-9], y[:-9])
    with pytest.raises(TypeError, match="hides predict_quantiles of SeasonalNaive"):
        ForecastDisplay.from_estimator(wrapped, X[-9:])
    display = ForecastDisplay.from_estimator(wrapped, X[-9:], coverage=())
    assert display.bands_ == []
    np.testing.assert_allclose(xy(display.history_line_)[1], y[-45:-9])
    np.testing.assert_allclose(xy(display.forecast_lines_[0])[1], wrapped.predict(X[-9:]))


def test_unfitted_or_other_estimators_raise():
    y = make_series()
    X = columns(y).assign(step=np.arange(60.0))
    for model in (SeasonalNaive(), make_pipeline(StandardScaler(), SeasonalNaive())):
        with pytest.raises(NotFittedError):
            ForecastDisplay.from_estimator(model, X)
    with pytest.raises(TypeError, match="LinearRegression has no attribute observed_"):
        ForecastDisplay.from_estimator(LinearRegression().fit(X, y), X)


def test_invalid_parameters_raise():
    y = make_series()
    model = fit(y)
    with pytest.raises(
        ValueError, match=r"coverage must contain .* coverage=\[0\.5, 0\.95\]\."
    ):
        ForecastDisplay.from_estimator(model, columns(y), coverage=[50, 95])
    with pytest.raises(ValueError, match="'n_history' parameter .* Got -1 instead"):
        ForecastDisplay.from_estimator(model, columns(y), n_history=-1)


def test_y_of_different_length_raises():
    y = make_series()
    model = fit(y[:-9])
    message = r"y has 60 rows, but 9 are forecast: .*y\.loc\[X\.index\]"
    with pytest.raises(ValueError, match=message):
        ForecastDisplay.from_estimator(model, columns(y[-9:]), y)
    with pytest.raises(ValueError, match="y has 9 rows, but 6 are forecast"):
        ForecastDisplay.from_estimator(model, None, y[-9:])


def test_plot_draws_again_on_other_axes():
    y = make_series()
    display = ForecastDisplay.from_estimator(fit(y[:-9]), columns(y[-9:]))
    figure, (_, ax) = pyplot.subplots(1, 2)
    assert display.plot(ax, line_kw={"color": "C3", "linestyle": "--"}) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    (line,) = display.forecast_lines_
    assert line.get_color() == "C3"
    assert line.get_linestyle() == "--"


def test_draws_on_given_axes():
    y = make_series()
    _, ax = pyplot.subplots()
    display = ForecastDisplay.from_estimator(fit(y), columns(y), ax=ax)
    assert display.ax_ is ax
    assert len(pyplot.get_fignums()) == 1


@pytest.mark.parametrize("method", ["from_estimator", "from_backtest", "plot"])
def test_missing_matplotlib_raises(method, monkeypatch):
    y = make_series()
    model = fit(y[:-9])
    display = ForecastDisplay.from_estimator(model, columns(y[-9:]))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    calls = {
        "from_estimator": lambda: ForecastDisplay.from_estimator(model, columns(y)),
        "from_backtest": lambda: ForecastDisplay.from_backtest(None),
        "plot": display.plot,
    }
    with pytest.raises(ImportError, match=r"pip install 'skseq\[plot\]'"):
        calls[method]()
