"""ForecastResidualDisplay draws residuals over the horizon and over time."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from skseq import GRUClassifier, SeasonalNaive
from skseq.inspection import ForecastResidualDisplay
from skseq.model_selection import PanelTimeSeriesSplit, backtest

from . import cases

draw = ForecastResidualDisplay.from_backtest
from_estimator = ForecastResidualDisplay.from_estimator


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def run(y, n_splits=6, **options):
    cv = PanelTimeSeriesSplit(n_splits=n_splits, test_size=6)
    forecaster = SeasonalNaive(period=cases.PERIOD, horizon=6)
    return backtest(forecaster, None, y, cv=cv, **options)


@pytest.mark.parametrize("kind", ["dates", "zoned", "periods", "numbers"])
def test_residuals_of_a_backtest(kind):
    result = run(cases.make_series(kind=kind))
    display = draw(result)
    residuals = (result["y"] - result["forecast"]).to_numpy()
    for panel in ("horizon", "time"):
        np.testing.assert_allclose(display.points_[panel].get_ydata(), residuals)
    steps, means = cases.xy(display.lines_["horizon"])
    np.testing.assert_array_equal(steps, np.arange(1, 7))
    np.testing.assert_allclose(means, residuals.reshape(6, 6).mean(axis=0))
    by_cutoff = cases.xy(display.lines_["time"])[1]
    np.testing.assert_allclose(by_cutoff, residuals.reshape(6, 6).mean(axis=1))
    assert display.axes_["horizon"].get_xlabel() == "step of the horizon"
    label = "time step" if kind == "numbers" else "time"
    assert display.axes_["time"].get_xlabel() == label


def test_bands_hold_the_middle_residuals():
    result = run(cases.make_series())
    display = draw(result)
    residuals = (result["y"] - result["forecast"]).to_numpy().reshape(6, 6)
    for band, levels in zip(display.bands_, [(0.1, 0.9), (0.25, 0.75)], strict=True):
        expected = np.quantile(residuals, levels, axis=0).T
        np.testing.assert_allclose(cases.edges(band), expected)
    labels = [text.get_text() for text in display.legend_.get_texts()]
    assert labels[-2:] == ["80% of residuals", "50% of residuals"]


def test_few_residuals_have_no_bands():
    assert draw(run(cases.make_series(), n_splits=4)).bands_ == []


def test_selects_series():
    y = cases.make_panel()
    result = run(y)
    together = draw(result)
    assert len(together.residuals) == 3 * 36
    assert together.figure_.get_suptitle() == "3 series"
    south = draw(result, series="south")
    part = pd.DataFrame(result)[result["series"] == "south"]
    expected = part["y"] - part["forecast"]
    np.testing.assert_allclose(south.residuals["residual"], expected)
    assert south.figure_.get_suptitle() == "south"
    with pytest.raises(ValueError, match="series='east' is not one of the 3 series"):
        draw(result, series="east")


def test_selects_targets():
    y = cases.make_series()
    result = run(pd.DataFrame({"load": y, "price": -y}))
    with pytest.raises(ValueError, match="2 targets: pass target=.*'load', 'price'"):
        draw(result)
    display = draw(result, target="price")
    assert display.axes_["horizon"].get_ylabel() == "residual of price"
    np.testing.assert_allclose(
        display.residuals["residual"], -draw(result, target="load").residuals["residual"]
    )


def test_leaves_out_missing_observations():
    y = cases.make_series()
    y.iloc[-3:] = np.nan
    assert len(draw(run(y)).residuals) == 33


@pytest.mark.parametrize("kind", ["dates", "periods", "numbers"])
def test_from_estimator(kind):
    y = cases.make_series(kind=kind)
    forecaster = cases.fit(y[:-9])
    X = cases.columns(y)[-6:]
    display = from_estimator(forecaster, X, y[-6:])
    expected = y[-6:] - forecaster.predict(X)
    np.testing.assert_allclose(display.residuals["residual"], expected)
    np.testing.assert_array_equal(display.residuals["step"], np.arange(4, 10))
    assert display.axes_["horizon"].get_ylabel() == "residual of load (MW)"


def test_from_estimator_without_covariates():
    y = cases.make_series()
    forecaster = SeasonalNaive(period=cases.PERIOD, horizon=6).fit(None, y[:-6])
    display = from_estimator(forecaster, None, y[-6:])
    arrays = SeasonalNaive(period=cases.PERIOD, horizon=6).fit(None, y[:-6].to_numpy())
    other = from_estimator(arrays, None, y[-6:].to_numpy())
    for column in ("step", "residual"):
        np.testing.assert_allclose(display.residuals[column], other.residuals[column])


def test_from_estimator_of_a_panel():
    y = cases.make_panel()
    is_test = y.index.get_level_values(-1) >= y.index.get_level_values(-1)[-6]
    forecaster = cases.fit(y[~is_test])
    X = cases.columns(y)[is_test]
    display = from_estimator(forecaster, X, y[is_test])
    expected = y[is_test] - forecaster.predict(X)
    np.testing.assert_allclose(display.residuals["residual"], expected)
    assert display.series_name == "3 series"
    south = from_estimator(forecaster, X, y[is_test], series="south")
    np.testing.assert_allclose(south.residuals["residual"], expected["south"])
    part = from_estimator(forecaster, X[:6], y[is_test][:6])
    assert part.series_name == "north"


def test_draws_on_a_given_figure():
    figure = pyplot.figure()
    assert draw(run(cases.make_series())).plot(figure).axes_["time"].figure is figure


def test_invalid_arguments_raise():
    y = cases.make_series()
    result = run(y)
    with pytest.raises(ValueError, match="no column 'cutoff': pass the result"):
        draw(cases.columns(y))
    with pytest.raises(ValueError, match="series='a', but the backtest has no column"):
        draw(result, series="a")
    empty = pd.DataFrame(result).assign(y=np.nan)
    with pytest.raises(ValueError, match="no residuals: y is missing"):
        draw(empty)
    forecaster = cases.fit(y[:-6])
    with pytest.raises(ValueError, match="which the forecaster has observed"):
        from_estimator(forecaster, cases.columns(y)[-8:], y[-8:])
    with pytest.raises(ValueError, match="y is None"):
        from_estimator(forecaster, cases.columns(y)[-6:], None)
    with pytest.raises(ValueError, match="y has 5 rows, but 6 are forecast"):
        from_estimator(forecaster, cases.columns(y)[-6:], y[-5:])
    classifier = GRUClassifier(max_epochs=1).fit([[1.0], [2.0]], [0, 1])
    with pytest.raises(TypeError, match="Use a forecaster of skseq"):
        from_estimator(classifier, [[1.0]], [0])
