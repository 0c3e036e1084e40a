"""Tests of the data that backtest passes to a forecaster, and of its result."""

import os

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUForecaster
from skseq.model_selection import PanelTimeSeriesSplit, backtest

from .cases import (
    CALLS,
    Recorder,
    TwoTargets,
    calls_of,
    make_panel,
    make_series,
    make_small,
    make_splitter,
)


@pytest.fixture(autouse=True)
def clear_calls():
    CALLS.clear()


class TestPassedRows:
    @pytest.mark.parametrize("form", ["frame", "array", "y alone", "y alone, array"])
    def test_refit_at_every_cutoff(self, form):
        X, y = make_series()
        given = {
            "frame": (X, y),
            "array": (X.to_numpy(), y.to_numpy()),
            "y alone": (None, y),
            "y alone, array": (None, y.to_numpy()),
        }[form]
        result = backtest(Recorder(), *given, cv=make_splitter())
        for number, (seen, n_rows) in enumerate(
            zip(calls_of("fit"), (14, 16, 18), strict=True)
        ):
            np.testing.assert_array_equal(seen[1], y[:n_rows])
            predicted = calls_of("predict")[number]
            assert len(predicted[1]) == 2
            if "array" not in form:
                assert seen[0].equals(y.index[:n_rows])
                assert predicted[0].equals(y.index[n_rows : n_rows + 2])
        assert not calls_of("update")
        assert result["forecast"].tolist() == [14, 14, 16, 16, 18, 18]

    @pytest.mark.parametrize("form", ["frame", "array"])
    @pytest.mark.parametrize(
        ("refit", "order"),
        [
            (True, "fit fit fit fit"),
            (1, "fit fit fit fit"),
            (False, "fit update update update"),
            (2, "fit update fit update"),
            (3, "fit update update fit"),
            (9, "fit update update update"),
        ],
    )
    def test_fits_and_updates(self, form, refit, order):
        X, y = make_series()
        given = (X, y) if form == "frame" else (X.to_numpy(), y.to_numpy())
        result = backtest(Recorder(), *given, cv=make_splitter(4), refit=refit)
        events = [entry for entry in CALLS if entry[0] != "predict"]
        assert [name for name, _, _ in events] == order.split()
        for (name, _, seen), end in zip(events, (12, 14, 16, 18), strict=True):
            start = 0 if name == "fit" else end - 2
            np.testing.assert_array_equal(seen, y[start:end])
        # With fits and updates, the forecaster has seen the same number of rows.
        assert result["forecast"].tolist() == [12, 12, 14, 14, 16, 16, 18, 18]

    def test_update_passes_the_rows_of_all_series(self):
        X, y = make_panel([0, 0, 1])
        backtest(Recorder(), X, y, cv=make_splitter(2), refit=False)
        ((index, values),) = calls_of("update")
        expected = [(name, day) for name in "abc" for day in ("2024-01-09", "2024-01-10")]
        assert index.tolist() == [(name, pd.Timestamp(day)) for name, day in expected]
        np.testing.assert_array_equal(values, y[index])

    def test_update_passes_all_rows_between_cutoffs_despite_max_train_size(self):
        X, y = make_series()
        cv = make_splitter(2, test_size=4, max_train_size=3)
        backtest(Recorder(), X, y, cv=cv, refit=False)
        assert calls_of("fit")[0][0].equals(y.index[9:12])
        assert calls_of("update")[0][0].equals(y.index[12:16])

    def test_gap_is_forecast_and_dropped(self):
        X, y = make_series()
        result = backtest(Recorder(), X, y, cv=make_splitter(2, gap=3))
        assert [len(seen[1]) for seen in calls_of("fit")] == [13, 15]
        for predicted, start in zip(calls_of("predict"), (13, 15), strict=True):
            assert predicted[0].equals(y.index[start : start + 5])
        assert result["step"].tolist() == [4, 5, 4, 5]
        assert result["time"].tolist() == list(y.index[16:20])
        assert result["y"].tolist() == list(y[16:20])
        assert result["cutoff"].tolist() == [y.index[12]] * 2 + [y.index[14]] * 2

    def test_only_test_rows_are_in_the_result(self):
        X, y = make_series()
        result = backtest(Recorder(), X, y, cv=[(np.arange(10), np.array([15, 12]))])
        assert result["step"].tolist() == [3, 6]
        assert calls_of("predict")[0][0].equals(y.index[10:16])

    def test_forecaster_is_cloned(self):
        forecaster = Recorder()
        backtest(forecaster, *make_series(), cv=make_splitter())
        assert not hasattr(forecaster, "n_seen_")

    def test_forecasts_do_not_depend_on_later_observations(self):
        X, y = make_panel([0, 0, 1])
        times = y.index.get_level_values(1)
        cutoff = times.unique()[7]
        model = make_pipeline(StandardScaler(), Total())
        whole = backtest(model, X, y, cv=make_splitter(2), refit=False, quantiles=[0.5])
        changed = y.where(times <= cutoff, -1e6)
        other = backtest(
            model, X, changed, cv=make_splitter(2), refit=False, quantiles=[0.5]
        )
        first = whole["cutoff"] == cutoff
        assert first.sum() == 6
        drop = ["y"]
        pd.testing.assert_frame_equal(
            whole[first].drop(columns=drop),
            other[first].drop(columns=drop),
        )
        assert not whole.equals(other)


class Total(RegressorMixin, BaseEstimator):
    """Forecast a number that depends on all observations."""

    def fit(self, X, y):
        self.total_ = np.sum(np.asarray(y)) + np.sum(np.asarray(X))
        self.observed_ = object()
        return self

    def update(self, X, y):
        self.total_ += np.sum(np.asarray(y)) + np.sum(np.asarray(X))

    def predict(self, X):
        return self.total_ + np.asarray(X)[:, 0]

    def predict_quantiles(self, X, quantiles):
        return self.predict(X)[:, None] + quantiles


class TestResult:
    def test_one_series(self):
        X, y = make_series()
        result = backtest(Recorder(), X, y, cv=make_splitter(2), quantiles=[0.9, 0.1])
        expected = pd.DataFrame(
            {
                "cutoff": y.index[[15, 15, 17, 17]],
                "step": [1, 2, 1, 2],
                "time": y.index[16:],
                "y": y.to_numpy()[16:],
                "forecast": [16.0, 16.0, 18.0, 18.0],
                "q0.9": [16.9, 16.9, 18.9, 18.9],
                "q0.1": [16.1, 16.1, 18.1, 18.1],
            }
        )
        pd.testing.assert_frame_equal(result, expected, check_names=False)
        assert result.quantiles == [0.9, 0.1]
        assert result.scores.shape == (2, 0)

    def test_panel(self):
        X, y = make_panel([0, 0])
        result = backtest(Recorder(), X, y, cv=make_splitter(2))
        assert list(result) == ["cutoff", "series", "step", "time", "y", "forecast"]
        assert result["series"].tolist() == ["a", "a", "b", "b"] * 2
        assert result["step"].tolist() == [1, 2] * 4
        keys = pd.MultiIndex.from_frame(result[["series", "time"]])
        np.testing.assert_array_equal(result["y"], y[keys])

    def test_result_is_invariant_to_the_order_of_rows(self):
        X, y = make_panel([0, 0, 1])
        expected = backtest(Recorder(), X, y, cv=make_splitter(2))
        by_time = np.argsort(X.index.get_level_values(1), kind="stable")
        actual = backtest(Recorder(), X.iloc[by_time], y.iloc[by_time], cv=make_splitter(2))
        pd.testing.assert_frame_equal(actual, expected)

    def test_steps_are_counted_from_the_common_cutoff(self):
        X, y = make_panel([0, 0])
        rows = [i for i, (name, day) in enumerate(y.index) if (name, day.day) != ("b", 8)]
        frame = backtest(Recorder(), X.iloc[rows], y.iloc[rows], cv=make_splitter(2))
        assert frame["step"].tolist() == [1, 2] * 4

    def test_series_names_with_several_levels(self):
        X, y = make_panel([0, 0])
        deep_X, deep_y = pd.concat({"shop": X}), pd.concat({"shop": y})
        result = backtest(
            Recorder(), deep_X, deep_y, cv=make_splitter(1), metrics=["smape", "mase"]
        )
        names = [("shop", "a")] * 2 + [("shop", "b")] * 2
        assert result["series"].tolist() == names
        flat = backtest(Recorder(), X, y, cv=make_splitter(1), metrics=["smape", "mase"])
        np.testing.assert_array_equal(result.scores, flat.scores)

    def test_series_column_of_X(self):
        X, y = make_panel([0, 0])
        expected = backtest(Recorder(), X, y, cv=make_splitter(2), metrics=["mase"])
        column = X.reset_index("series")
        model = Recorder(series="series")
        numbers = column.assign(series=(column["series"] == "b").astype(int))
        actual = backtest(
            model, numbers, y.droplevel(0), cv=make_splitter(2), metrics=["mase"]
        )
        assert actual["series"].tolist() == [0, 0, 1, 1] * 2
        np.testing.assert_array_equal(actual.scores, expected.scores)

    def test_several_targets(self):
        X, y = make_series()
        both = pd.DataFrame({"sales": y, "stock": -2 * y})
        result = backtest(
            TwoTargets(),
            X,
            both,
            cv=make_splitter(2),
            quantiles=[0.1, 0.9],
            metrics=["mae", "wql"],
        )
        assert list(result)[:3] == ["cutoff", "target", "step"]
        assert result["target"].tolist() == ["sales", "sales", "stock", "stock"] * 2
        stock = result[result["target"] == "stock"]
        assert stock["forecast"].tolist() == [-16, -16, -18, -18]
        assert stock["q0.1"].tolist() == [-16.1, -16.1, -18.1, -18.1]
        assert stock["y"].tolist() == list(-2 * y[16:])
        assert result.scores.index.names == ["cutoff", "target"]
        expected = np.abs(-2 * y[16:18] + 16).mean()
        assert result.scores["mae"].loc[(y.index[15], "stock")] == pytest.approx(expected)
        bare = backtest(TwoTargets(), X.to_numpy(), both.to_numpy(), cv=make_splitter(2))
        assert bare["target"].tolist() == [0, 0, 1, 1] * 2
        np.testing.assert_array_equal(bare["forecast"], result["forecast"])


def test_integer_cv_matches_panel_time_series_split():
    X, y = make_series()
    by_number = backtest(Recorder(), X, y, cv=3)
    expected = backtest(Recorder(), X, y, cv=PanelTimeSeriesSplit(3))
    pd.testing.assert_frame_equal(by_number, expected)
    assert len(backtest(Recorder(), X, y, cv=TimeSeriesSplit(2, test_size=1))) == 2


def test_verbose_shows_progress(capsys):
    X, y = make_series()
    backtest(Recorder(), X, y, cv=3)
    assert capsys.readouterr() == ("", "")
    backtest(Recorder(), X, y, cv=3, verbose=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "backtest: 100%" in err
    assert "3/3" in err


class ProcessId(Recorder):
    """Forecast the id of the process."""

    def predict(self, X):
        return np.full(len(X), float(os.getpid()))


class TestProcesses:
    @pytest.mark.parametrize("refit", [True, 2, False])
    def test_results_do_not_depend_on_n_jobs(self, refit):
        model, X, y = make_small(GRUForecaster)
        settings = {"refit": refit, "metrics": ["mae", "mase"], "quantiles": [0.1, 0.9]}
        one, two = (
            backtest(model, X, y, cv=make_splitter(4), n_jobs=n_jobs, **settings)
            for n_jobs in (1, 2)
        )
        pd.testing.assert_frame_equal(two, one)
        pd.testing.assert_frame_equal(two.scores, one.scores)
        assert len(one.scores) == 4

    @pytest.mark.parametrize("verbose", [0, 1])
    def test_fits_run_in_other_processes(self, verbose, capsys):
        X, y = make_series()
        result = backtest(ProcessId(), X, y, cv=make_splitter(4), n_jobs=2, verbose=verbose)
        assert os.getpid() not in set(result["forecast"])
        out, err = capsys.readouterr()
        assert out == ""
        assert ("4/4" in err) == verbose


def test_input_is_not_modified():
    X, y = make_panel([0, 1])
    before_X, before_y = X.copy(), y.copy()
    backtest(Recorder(), X, y, cv=make_splitter(2), refit=False, metrics=["mae"])
    pd.testing.assert_frame_equal(X, before_X)
    pd.testing.assert_series_equal(y, before_y)
