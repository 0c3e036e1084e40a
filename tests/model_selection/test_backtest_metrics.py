"""Tests of the scores of backtest."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, median_absolute_error

from skseq.exceptions import UndefinedMetricWarning
from skseq.metrics import (
    interval_coverage,
    mean_absolute_scaled_error,
    root_mean_squared_scaled_error,
    symmetric_mean_absolute_percentage_error,
    weighted_quantile_loss,
    winkler_score,
)
from skseq.model_selection import PanelTimeSeriesSplit, backtest

from .cases import Recorder, make_panel, make_series

CV = PanelTimeSeriesSplit(2, test_size=3)


def largest_error(y_true, y_pred):
    return np.max(np.abs(y_true - y_pred))


def select_cutoff(result, y, cutoff):
    """Return the forecasts of a cutoff with the index of y, and y up to the cutoff."""
    frame = result[result["cutoff"] == cutoff]
    keys = [name for name in ("series", "time") if name in frame]
    index = pd.Index(frame["time"])
    if len(keys) > 1:
        index = pd.MultiIndex.from_frame(frame[keys])
    times = y.index.get_level_values(-1)
    return frame.set_axis(index), y[times <= cutoff]


@pytest.mark.parametrize("make", [make_series, make_panel])
def test_metrics_by_name_and_by_function(make):
    X, y = make()
    y[::7] = np.nan
    result = backtest(
        Recorder(period=2),
        X,
        y,
        cv=CV,
        quantiles=[0.1, 0.5, 0.9],
        metrics=[
            "mae", "mse", "rmse", "mase", "rmsse", "smape", "wql", "coverage", "width",
            "winkler", median_absolute_error, largest_error,
        ],
    )  # fmt: skip
    assert result.scores.index.name == "cutoff"
    for cutoff, scores in result.scores.iterrows():
        frame, before = select_cutoff(result, y, cutoff)
        frame = frame[frame["y"].notna()]
        errors = np.abs(frame["y"] - frame["forecast"])
        true, forecast = frame["y"], frame["forecast"]
        quantiles = frame[["q0.1", "q0.5", "q0.9"]].to_numpy()
        expected = {
            "mae": errors.mean(),
            "mse": (errors**2).mean(),
            "rmse": np.sqrt((errors**2).mean()),
            "mase": mean_absolute_scaled_error(true, forecast, y_train=before, period=2),
            "rmsse": root_mean_squared_scaled_error(
                true, forecast, y_train=before, period=2
            ),
            "smape": symmetric_mean_absolute_percentage_error(true, forecast),
            "wql": weighted_quantile_loss(true, quantiles, quantiles=[0.1, 0.5, 0.9]),
            "coverage": interval_coverage(true, quantiles[:, [0, 2]]),
            "width": 0.8,
            "winkler": winkler_score(true, quantiles[:, [0, 2]], coverage=0.8),
            "median_absolute_error": errors.median(),
            "largest_error": errors.max(),
        }
        assert list(scores.index) == list(expected)
        for name, value in expected.items():
            assert scores[name] == pytest.approx(value, rel=1e-9), name


def test_interval_has_the_outermost_quantiles_in_any_order():
    X, y = make_series()
    metrics = ["coverage", "width", "winkler"]
    scores = [
        backtest(Recorder(), X, y, cv=CV, quantiles=quantiles, metrics=metrics).scores
        for quantiles in ([0.1, 0.9], [0.9, 0.5, 0.1])
    ]
    pd.testing.assert_frame_equal(*scores)
    np.testing.assert_allclose(scores[0]["width"], 0.8)


def test_partial_overrides_parameters():
    X, y = make_series()
    metrics = {
        "one": partial(mean_absolute_scaled_error, period=1),
        "three": partial(mean_absolute_scaled_error, period=3),
        "own": "mase",
    }
    scores = backtest(Recorder(period=3), X, y, cv=CV, metrics=metrics).scores
    assert list(scores) == ["one", "three", "own"]
    assert (scores["three"] == scores["own"]).all()
    assert (scores["one"] != scores["own"]).all()


def test_default_period_is_one():
    X, y = make_series()
    metrics = {"one": partial(mean_absolute_scaled_error, period=1), "own": "mase"}
    scores = backtest(Recorder(), X, y, cv=CV, metrics=metrics).scores
    assert (scores["one"] == scores["own"]).all()


def test_scale_uses_the_training_rows_of_the_split():
    X, y = make_series()
    cv = PanelTimeSeriesSplit(2, test_size=3, max_train_size=4)
    result = backtest(Recorder(), X, y, cv=cv, metrics=["mase"])
    frame, before = select_cutoff(result, y, y.index[13])
    expected = mean_absolute_scaled_error(
        frame["y"], frame["forecast"], y_train=before.iloc[-4:]
    )
    assert result.scores["mase"].iloc[0] == pytest.approx(expected)


def test_cutoff_without_observed_values_has_nan_scores():
    X, y = make_series()
    y.iloc[-3:] = np.nan
    scores = backtest(Recorder(), X, y, cv=CV, metrics=["mae", "mase"]).scores
    assert scores.iloc[0].notna().all()
    assert scores.iloc[1].isna().all()


def test_targets_are_scored_separately():
    X, y = make_series()
    both = pd.DataFrame({"p": y, "q": 3 * y})
    both.iloc[-2:, 0] = np.nan

    class Twice(Recorder):
        def predict(self, X):
            return np.column_stack([super().predict(X)] * 2)

    scores = backtest(Twice(), X, both, cv=CV, metrics=["mae", "mase"]).scores
    for name in both:
        alone = backtest(Recorder(), X, both[name], cv=CV, metrics=["mae", "mase"]).scores
        actual = scores.xs(name, level="target")
        pd.testing.assert_frame_equal(actual, alone)


NAMES = ["mae", "mase", "rmsse", "smape", "wql"]


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_series_is_left_out_of_scaled_errors(value, n_jobs):
    X, y = make_panel([0, 0])
    y["b"] = value
    settings = {"cv": CV, "quantiles": [0.1, 0.9], "n_jobs": n_jobs}
    with pytest.warns(UndefinedMetricWarning, match="The series 'b' never changes") as seen:
        result = backtest(Recorder(), X, y, metrics=NAMES, **settings)
    assert {warning.filename for warning in seen} == {__file__}
    assert len(result) == 2 * 2 * 3
    assert result.scores.notna().all(axis=None)
    for cutoff, scores in result.scores.iterrows():
        frame, before = select_cutoff(result, y, cutoff)
        pair = frame["y"].loc[["a"]], frame["forecast"].loc[["a"]]
        assert scores["mase"] == mean_absolute_scaled_error(*pair, y_train=before)
        assert scores["rmsse"] == root_mean_squared_scaled_error(*pair, y_train=before)


def test_forecasts_are_returned_if_a_metric_is_undefined():
    X, y = make_panel([0, 0])
    y[:] = 0.0

    def broken(y_true, y_pred):
        raise RuntimeError("no luck")

    def vector(y_true, y_pred):
        return np.zeros(3)

    metrics = [*NAMES, broken, vector]
    with pytest.warns(UndefinedMetricWarning) as seen:
        result = backtest(Recorder(), X, y, cv=CV, metrics=metrics, quantiles=[0.1, 0.9])
    assert len(result) == 2 * 2 * 3
    assert result["forecast"].notna().all()
    assert result.scores[["mae", "smape"]].notna().all(axis=None)
    assert result.scores.drop(columns=["mae", "smape"]).isna().all(axis=None)
    messages = {str(warning.message) for warning in seen}
    assert any("'mase' is NaN for the forecasts from" in text for text in messages)
    assert any("'broken' is NaN" in text and "no luck" in text for text in messages)


class TestErrors:
    def check(self, message, metrics, quantiles=None):
        with pytest.raises(ValueError, match=message):
            backtest(
                Recorder(), *make_series(), cv=CV, metrics=metrics, quantiles=quantiles
            )

    def test_unknown_name(self):
        self.check(r"Unknown metric 'mape'\. Pass a function .*'mae', 'mase'", ["mape"])

    @pytest.mark.parametrize("name", ["wql", "coverage", "winkler", "width"])
    def test_missing_quantiles(self, name):
        self.check(rf"{name!r} needs quantiles\. Set quantiles=", [name])

    @pytest.mark.parametrize("quantiles", [[0.5], [0.1, 0.5], [0.1, 0.95]])
    def test_quantiles_without_a_central_interval(self, quantiles):
        self.check(
            r"'winkler' needs a central interval.*Got quantiles=\[0", ["winkler"], quantiles
        )

    def test_repeated_name(self):
        twice = [partial(mean_absolute_scaled_error, period=k) for k in (1, 2)]
        self.check(
            "metrics contains 'mean_absolute_scaled_error' twice. Pass a dict", twice
        )
        self.check("metrics contains 'mae' twice", ["mae", "mae"])

    def test_metrics_are_validated_before_fitting(self):
        fitted = []

        class Never(Recorder):
            def fit(self, X, y):
                fitted.append(X)
                return super().fit(X, y)

        with pytest.raises(ValueError, match="Unknown metric"):
            backtest(Never(), *make_series(), cv=CV, metrics=[mean_absolute_error, "no"])
        assert not fitted
