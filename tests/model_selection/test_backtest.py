"""What a backtest shows a forecaster, and the frame that it makes of the forecasts."""

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
    DIARY,
    Recorder,
    TwoTargets,
    calls,
    cut,
    make_panel,
    make_series,
    make_small,
)


@pytest.fixture(autouse=True)
def _clear():
    DIARY.clear()


class TestWhatIsSeen:
    @pytest.mark.parametrize("form", ["frame", "array", "y alone", "y alone, array"])
    def test_fit_at_every_cutoff(self, form):
        X, y = make_series()
        given = {
            "frame": (X, y),
            "array": (X.to_numpy(), y.to_numpy()),
            "y alone": (None, y),
            "y alone, array": (None, y.to_numpy()),
        }[form]
        result = backtest(Recorder(), *given, cv=cut())
        for number, (seen, n_rows) in enumerate(
            zip(calls("fit"), (14, 16, 18), strict=True)
        ):
            np.testing.assert_array_equal(seen[1], y[:n_rows])
            asked = calls("predict")[number]
            assert len(asked[1]) == 2
            if "array" not in form:
                assert seen[0].equals(y.index[:n_rows])
                assert asked[0].equals(y.index[n_rows : n_rows + 2])
        assert not calls("update")
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
    def test_updates_between_fits(self, form, refit, order):
        X, y = make_series()
        given = (X, y) if form == "frame" else (X.to_numpy(), y.to_numpy())
        result = backtest(Recorder(), *given, cv=cut(4), refit=refit)
        events = [entry for entry in DIARY if entry[0] != "predict"]
        assert [name for name, _, _ in events] == order.split()
        for (name, _, seen), end in zip(events, (12, 14, 16, 18), strict=True):
            start = 0 if name == "fit" else end - 2
            np.testing.assert_array_equal(seen, y[start:end])
        # However it came to know them, it has seen the same rows.
        assert result["forecast"].tolist() == [12, 12, 14, 14, 16, 16, 18, 18]

    def test_panel_is_updated_with_the_rows_of_all_series(self):
        X, y = make_panel([0, 0, 1])
        backtest(Recorder(), X, y, cv=cut(2), refit=False)
        ((index, values),) = calls("update")
        expected = [(name, day) for name in "abc" for day in ("2024-01-09", "2024-01-10")]
        assert index.tolist() == [(name, pd.Timestamp(day)) for name, day in expected]
        np.testing.assert_array_equal(values, y[index])

    def test_all_rows_between_cutoffs_are_seen_though_the_training_part_slides(self):
        X, y = make_series()
        cv = cut(2, test_size=4, max_train_size=3)
        backtest(Recorder(), X, y, cv=cv, refit=False)
        assert calls("fit")[0][0].equals(y.index[9:12])
        assert calls("update")[0][0].equals(y.index[12:16])

    def test_rows_of_a_gap_are_bridged_and_left_out(self):
        X, y = make_series()
        result = backtest(Recorder(), X, y, cv=cut(2, gap=3))
        assert [len(seen[1]) for seen in calls("fit")] == [13, 15]
        for asked, start in zip(calls("predict"), (13, 15), strict=True):
            assert asked[0].equals(y.index[start : start + 5])
        frame = result
        assert frame["step"].tolist() == [4, 5, 4, 5]
        assert frame["time"].tolist() == list(y.index[16:20])
        assert frame["y"].tolist() == list(y[16:20])
        assert frame["cutoff"].tolist() == [y.index[12]] * 2 + [y.index[14]] * 2

    def test_rows_that_cv_does_not_ask_for_are_left_out(self):
        X, y = make_series()
        result = backtest(Recorder(), X, y, cv=[(np.arange(10), np.array([15, 12]))])
        assert result["step"].tolist() == [3, 6]
        assert calls("predict")[0][0].equals(y.index[10:16])

    def test_forecaster_itself_is_not_fitted(self):
        forecaster = Recorder()
        backtest(forecaster, *make_series(), cv=cut())
        assert not hasattr(forecaster, "n_seen_")

    def test_nothing_after_the_cutoff_changes_a_forecast(self):
        X, y = make_panel([0, 0, 1])
        times = y.index.get_level_values(1)
        cutoff = times.unique()[7]
        model = make_pipeline(StandardScaler(), Totalling())
        whole = backtest(model, X, y, cv=cut(2), refit=False, quantiles=[0.5])
        spoilt = y.where(times <= cutoff, -1e6)
        other = backtest(model, X, spoilt, cv=cut(2), refit=False, quantiles=[0.5])
        first = whole["cutoff"] == cutoff
        assert first.sum() == 6
        drop = ["y"]
        pd.testing.assert_frame_equal(
            whole[first].drop(columns=drop),
            other[first].drop(columns=drop),
        )
        assert not whole.equals(other)


class Totalling(RegressorMixin, BaseEstimator):
    """Forecast a number that depends on everything seen."""

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


class TestFrame:
    def test_one_series(self):
        X, y = make_series()
        result = backtest(Recorder(), X, y, cv=cut(2), quantiles=[0.9, 0.1])
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
        result = backtest(Recorder(), X, y, cv=cut(2))
        frame = result
        assert list(frame) == ["cutoff", "series", "step", "time", "y", "forecast"]
        assert frame["series"].tolist() == ["a", "a", "b", "b"] * 2
        assert frame["step"].tolist() == [1, 2] * 4
        keys = pd.MultiIndex.from_frame(frame[["series", "time"]])
        np.testing.assert_array_equal(frame["y"], y[keys])

    def test_panel_in_any_order_of_rows(self):
        X, y = make_panel([0, 0, 1])
        expected = backtest(Recorder(), X, y, cv=cut(2))
        by_time = np.argsort(X.index.get_level_values(1), kind="stable")
        actual = backtest(Recorder(), X.iloc[by_time], y.iloc[by_time], cv=cut(2))
        pd.testing.assert_frame_equal(actual, expected)

    def test_steps_are_counted_from_the_cutoff_of_all_series(self):
        X, y = make_panel([0, 0])
        rows = [i for i, (name, day) in enumerate(y.index) if (name, day.day) != ("b", 8)]
        frame = backtest(Recorder(), X.iloc[rows], y.iloc[rows], cv=cut(2))
        assert frame["step"].tolist() == [1, 2] * 4

    def test_series_with_names_of_several_levels(self):
        X, y = make_panel([0, 0])
        deep_X, deep_y = pd.concat({"shop": X}), pd.concat({"shop": y})
        result = backtest(Recorder(), deep_X, deep_y, cv=cut(1), metrics=["smape", "mase"])
        names = [("shop", "a")] * 2 + [("shop", "b")] * 2
        assert result["series"].tolist() == names
        flat = backtest(Recorder(), X, y, cv=cut(1), metrics=["smape", "mase"])
        np.testing.assert_array_equal(result.scores, flat.scores)

    def test_series_named_by_a_column_of_X(self):
        X, y = make_panel([0, 0])
        expected = backtest(Recorder(), X, y, cv=cut(2), metrics=["mase"])
        column = X.reset_index("series")
        model = Recorder(series="series")
        numbers = column.assign(series=(column["series"] == "b").astype(int))
        actual = backtest(model, numbers, y.droplevel(0), cv=cut(2), metrics=["mase"])
        assert actual["series"].tolist() == [0, 0, 1, 1] * 2
        np.testing.assert_array_equal(actual.scores, expected.scores)

    def test_several_targets(self):
        X, y = make_series()
        both = pd.DataFrame({"sales": y, "stock": -2 * y})
        result = backtest(
            TwoTargets(), X, both, cv=cut(2), quantiles=[0.1, 0.9], metrics=["mae", "wql"]
        )
        frame = result
        assert list(frame)[:3] == ["cutoff", "target", "step"]
        assert frame["target"].tolist() == ["sales", "sales", "stock", "stock"] * 2
        stock = frame[frame["target"] == "stock"]
        assert stock["forecast"].tolist() == [-16, -16, -18, -18]
        assert stock["q0.1"].tolist() == [-16.1, -16.1, -18.1, -18.1]
        assert stock["y"].tolist() == list(-2 * y[16:])
        assert result.scores.index.names == ["cutoff", "target"]
        expected = np.abs(-2 * y[16:18] + 16).mean()
        assert result.scores["mae"].loc[(y.index[15], "stock")] == pytest.approx(expected)
        bare = backtest(TwoTargets(), X.to_numpy(), both.to_numpy(), cv=cut(2))
        assert bare["target"].tolist() == [0, 0, 1, 1] * 2
        np.testing.assert_array_equal(bare["forecast"], frame["forecast"])


def test_number_of_splits_stands_for_the_splitter():
    X, y = make_series()
    by_number = backtest(Recorder(), X, y, cv=3)
    expected = backtest(Recorder(), X, y, cv=PanelTimeSeriesSplit(3))
    pd.testing.assert_frame_equal(by_number, expected)
    assert len(backtest(Recorder(), X, y, cv=TimeSeriesSplit(2, test_size=1))) == 2


def test_progress_is_shown_if_asked_for(capsys):
    X, y = make_series()
    backtest(Recorder(), X, y, cv=3)
    assert capsys.readouterr() == ("", "")
    backtest(Recorder(), X, y, cv=3, verbose=1)
    out, err = capsys.readouterr()
    assert out == ""
    assert "backtest: 100%" in err
    assert "3/3" in err


class Elsewhere(Recorder):
    """Forecast the number of the process."""

    def predict(self, X):
        return np.full(len(X), float(os.getpid()))


class TestProcesses:
    @pytest.mark.parametrize("refit", [True, 2, False])
    def test_results_are_those_of_one(self, refit):
        model, X, y = make_small(GRUForecaster)
        settings = {"refit": refit, "metrics": ["mae", "mase"], "quantiles": [0.1, 0.9]}
        one, two = (
            backtest(model, X, y, cv=cut(4), n_jobs=n_jobs, **settings) for n_jobs in (1, 2)
        )
        pd.testing.assert_frame_equal(two, one)
        pd.testing.assert_frame_equal(two.scores, one.scores)
        assert len(one.scores) == 4

    @pytest.mark.parametrize("verbose", [0, 1])
    def test_fits_are_made_elsewhere(self, verbose, capsys):
        X, y = make_series()
        result = backtest(Elsewhere(), X, y, cv=cut(4), n_jobs=2, verbose=verbose)
        assert os.getpid() not in set(result["forecast"])
        out, err = capsys.readouterr()
        assert out == ""
        assert ("4/4" in err) == verbose


def test_input_is_not_changed():
    X, y = make_panel([0, 1])
    before_X, before_y = X.copy(), y.copy()
    backtest(Recorder(), X, y, cv=cut(2), refit=False, metrics=["mae"])
    pd.testing.assert_frame_equal(X, before_X)
    pd.testing.assert_series_equal(y, before_y)
