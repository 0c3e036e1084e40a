"""Tests of backtest with the forecasters of skseq."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import Drift, GRUForecaster, SeasonalNaive
from skseq.metrics import mean_absolute_scaled_error
from skseq.model_selection import PanelTimeSeriesSplit, backtest

from .cases import make_panel, make_series, make_splitter


def make_network():
    return GRUForecaster(
        horizon=3, context_length=6, hidden_size=4, max_epochs=1, random_state=0
    )


def make_seasonal_series(n_steps=40):
    X, y = make_series(n_steps)
    return X, y + np.tile([0.0, 30.0, -30.0, 10.0], n_steps // 4)


def test_seasonal_naive_values():
    X, y = make_seasonal_series()
    cv = make_splitter(2, test_size=5)
    result = backtest(SeasonalNaive(period=4), X, y, cv=cv, metrics=["mase"])
    for cutoff, start in zip(result.scores.index, (30, 35), strict=True):
        assert cutoff == y.index[start - 1]
        frame = result[result["cutoff"] == cutoff]
        expected = y.to_numpy()[[start - 4, start - 3, start - 2, start - 1, start - 4]]
        np.testing.assert_array_equal(frame["forecast"], expected)
        score = mean_absolute_scaled_error(
            y[start : start + 5], expected, y_train=y[:start], period=4
        )
        assert result.scores.loc[cutoff, "mase"] == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize("form", ["frame", "array"])
@pytest.mark.parametrize("model", [SeasonalNaive(period=4), Drift()])
def test_naive_forecasters_do_not_depend_on_refit(model, form):
    X, y = make_seasonal_series()
    given = (X, y) if form == "frame" else (X.to_numpy(), y.to_numpy())
    frames = [
        backtest(model, *given, cv=make_splitter(4), refit=refit)
        for refit in (True, False, 2)
    ]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    pd.testing.assert_frame_equal(frames[0], frames[2])


@pytest.mark.parametrize("refit", [True, False])
def test_network_in_a_pipeline(refit):
    X, y = make_seasonal_series()
    piped = make_pipeline(StandardScaler().set_output(transform="pandas"), make_network())
    result = backtest(
        piped, X, y, cv=make_splitter(2, test_size=3), refit=refit, quantiles=[0.1, 0.9]
    )
    scaler = StandardScaler().set_output(transform="pandas")
    model = make_network().fit(scaler.fit_transform(X[:34]), y[:34])
    first, second = (scaler.transform(X[rows]) for rows in (slice(34, 37), slice(37, 40)))
    np.testing.assert_array_equal(result["forecast"][:3], model.predict(first))
    quantiles = model.predict_quantiles(first, [0.1, 0.9])
    np.testing.assert_array_equal(result[["q0.1", "q0.9"]][:3], quantiles)
    if refit:
        model = make_network().fit(scaler.fit_transform(X[:37]), y[:37])
        second = scaler.transform(X[37:])
    else:
        model.update(first, y[34:37])
    np.testing.assert_array_equal(result["forecast"][3:], model.predict(second))


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
@pytest.mark.parametrize("output", ["default", "pandas"])
def test_gap_with_a_pipeline_that_drops_the_index(output):
    X, y = make_seasonal_series()
    piped = make_pipeline(
        StandardScaler().set_output(transform=output), SeasonalNaive(period=4)
    )
    frame = backtest(piped, X, y, cv=make_splitter(2, gap=3))
    # There are 33 and 35 training rows; the test rows are steps 4 and 5 after them.
    expected = y.to_numpy()[[32, 29, 34, 31]]
    np.testing.assert_array_equal(frame["forecast"], expected)


def test_panel_with_a_late_series():
    X, y = make_panel([0, 0, 9], n_steps=14)
    cv = PanelTimeSeriesSplit(3, test_size=2)
    result = backtest(SeasonalNaive(), X, y, cv=cv, refit=False, metrics=["mae"])
    # Series c starts on day 10. The cutoffs are days 8, 10 and 12.
    counts = result.groupby(["cutoff", "series"]).size().unstack()
    assert counts["a"].tolist() == [2, 2, 2]
    assert counts["c"].fillna(0).tolist() == [0, 2, 2]
    last = y.groupby("series").shift(1)
    ahead = result[result["step"] == 1]
    keys = pd.MultiIndex.from_frame(ahead[["series", "time"]])
    np.testing.assert_array_equal(ahead["forecast"], last[keys])
    # Every series increases by one per step.
    assert result.scores["mae"].tolist() == [1.5, 1.5, 1.5]
