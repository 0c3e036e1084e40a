"""scikit-learn's callbacks reach the epochs of the fits of a search."""

import warnings
from pathlib import Path

import pytest
from sklearn.callback import ProgressBar
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, GRUForecaster, LSTMRegressor, SeasonalNaive
from skseq.model_selection.monitoring import SearchCallback
from skseq.preprocessing import CalendarFeatures, PerStep

from .cases import make_small


class TaskLog(SearchCallback):
    """Log the path of every task that ends, in any process."""

    def __init__(self, path):
        self.path = path

    def on_fit_task_end(self, estimator, context):
        names = []
        while context is not None:
            names.insert(0, context.task_name)
            context = context.parent
        with Path(self.path).open("a") as file:
            file.write(" > ".join(names) + "\n")

    def count(self, ending):
        return sum(
            line.endswith(ending) for line in Path(self.path).read_text().split("\n")
        )


def make_search(estimator, grid, path, **params):
    """Return a search with a progress bar and a log of its tasks."""
    log = TaskLog(str(path / "log"))
    bar = ProgressBar(max_propagation_depth=None)
    return GridSearchCV(estimator, grid, **params).set_callbacks(bar, log), log


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor, GRUForecaster])
def test_progress_bar_of_each_fit_and_task_of_each_epoch(
    cls, n_jobs, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "200")
    estimator, X, y = make_small(cls)  # 2 epochs
    cv = TimeSeriesSplit(2, test_size=4)
    grid = {"lr": [1e-3, 1e-2]}
    search, log = make_search(estimator, grid, tmp_path, cv=cv, n_jobs=n_jobs)
    search.fit(X, y)
    shown = capsys.readouterr().out
    assert "GridSearchCV - search" in shown
    for fit in range(4):
        bar = f"candidate-split-evaluation | {cls.__name__} - fit #{fit}"
        assert bar in shown
    assert f"refit-with-best-params | {cls.__name__} - fit" in shown
    assert log.count("fit > search > fit > epoch") == 4 * 2
    assert log.count("fit > fit > epoch") == 2  # of the final fit


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_search_over_a_pipeline(n_jobs, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    classifier, X, y = make_small(GRUClassifier)
    model = make_pipeline(PerStep(StandardScaler()), classifier)
    grid = {"gruclassifier__lr": [1e-3, 1e-2]}
    search, log = make_search(model, grid, tmp_path, cv=2, n_jobs=n_jobs)
    search.fit(X, y)
    shown = capsys.readouterr().out
    assert shown.count("Pipeline - fit-final-estimator | GRUClassifier - fit") == 4 + 1
    assert log.count("fit > search > fit > fit > epoch") == 4 * 2


def test_all_estimators_of_skseq_support_callbacks(tmp_path):
    forecaster, X, y = make_small(GRUForecaster)
    naive = SeasonalNaive(horizon=4)
    cv = TimeSeriesSplit(2, test_size=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search, log = make_search(naive, {"period": [1, 7]}, tmp_path, cv=cv)
        search.fit(X, y)
        assert log.count("fit > search > fit") == 4
        model = make_pipeline(CalendarFeatures(), forecaster)
        search, _ = make_search(model, {"gruforecaster__lr": [1e-3]}, tmp_path, cv=cv)
        search.fit(X, y)
        classifier, X, y = make_small(GRUClassifier)
        model = make_pipeline(PerStep(StandardScaler()), classifier)
        search, _ = make_search(model, {"gruclassifier__lr": [1e-3]}, tmp_path, cv=2)
        search.fit(X, y)
