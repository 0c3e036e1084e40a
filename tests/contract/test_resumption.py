"""Resumed fits: reports to callbacks, files in the folder, and interrupted searches."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import optuna
import pytest
from sklearn.model_selection import GridSearchCV

import skseq
from skseq.model_selection import MedianStopping, OptunaPruning
from skseq.model_selection.monitoring import SearchCallback
from skseq.persistence import read_archive

from .cases import make, make_X, make_y, predict
from .forecasting import cases as forecasting
from .killed_search import make_search
from .probes import assert_same_net, find_checkpoints, needs_kill, run_until_killed


class RecordingCallback(SearchCallback):
    """A scikit-learn callback that records epochs, and stops after a number of them."""

    def __init__(self, last=99):
        self.last = last
        self.epochs, self.losses = [], []

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if context.task_name != "epoch":
            return False
        self.epochs.append(context.task_id)
        if fitted_estimator is not None:
            rows = fitted_estimator.net_.history
            self.losses.append([row["train_loss"] for row in rows])
        return len(self.epochs) == self.last


def train_partly(cls, folder, n_epochs, **parameters):
    """Train for the first `n_epochs` of five epochs, and return X and y."""
    X, y = make_X("cube"), make_y(cls)
    model = make(cls, checkpoint=folder, max_epochs=5, **parameters)
    model.set_callbacks(RecordingCallback(last=n_epochs)).fit(X, y)
    assert model.n_iter_ == n_epochs
    return X, y


# scikit-learn callbacks get all epochs


@pytest.mark.parametrize("n_known", [1, 3, 5])
def test_callbacks_get_epochs_read_from_a_checkpoint(n_known, tmp_path):
    X, y = train_partly(skseq.GRUClassifier, tmp_path, n_known)
    callback = RecordingCallback()
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5)
    model.set_callbacks(callback).fit(X, y)
    assert callback.epochs == [0, 1, 2, 3, 4]
    # There is no fitted net of the epochs before the checkpoint.
    losses = model.history_["train_loss"].tolist()
    assert callback.losses == [losses[:n] for n in range(n_known, 6)]


def test_callback_stops_a_resumed_fit_at_the_same_epoch(tmp_path):
    X, y = train_partly(skseq.GRUClassifier, tmp_path, 2)
    callback = RecordingCallback(last=2)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5)
    model.set_callbacks(callback).fit(X, y)
    assert model.n_iter_ == 2
    assert callback.epochs == [0, 1]


def test_predictions_during_a_resumed_fit(tmp_path):
    """With early stopping, the model is evaluated with averaged weights."""

    class Predict(RecordingCallback):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch" and fitted_estimator is not None:
                self.losses.append(fitted_estimator.predict_proba(X))
            return super().on_fit_task_end(estimator, context)

    stops = {"early_stopping": True, "validation_fraction": 0.25, "dropout": 0.3}
    X, y = train_partly(skseq.GRUClassifier, tmp_path, 2, **stops)
    original, resumed = Predict(), Predict()
    plain = (
        make(skseq.GRUClassifier, max_epochs=5, **stops).set_callbacks(original).fit(X, y)
    )
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5, **stops)
    assert_same_net(model.set_callbacks(resumed).fit(X, y).net_, plain.net_)
    np.testing.assert_array_equal(resumed.losses, original.losses[1:])
    np.testing.assert_array_equal(predict(model, X), predict(plain, X))


def test_forecaster_reports_only_its_first_training(tmp_path):
    y = forecasting.make_y()
    for n_fits in (1, 2):
        callback = RecordingCallback()
        model = forecasting.make(skseq.GRUForecaster, checkpoint=tmp_path, max_epochs=3)
        model.set_callbacks(callback).fit(None, y)
        assert callback.epochs == [0, 1, 2], n_fits


def test_progress_bar_of_a_finished_fit_is_complete(tmp_path, capsys):
    X, y = train_partly(skseq.GRUClassifier, tmp_path, 5)
    make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5, verbose=1).fit(X, y)
    assert "5/5" in capsys.readouterr().err


def test_search_read_from_checkpoints_stops_the_same_candidates(tmp_path):
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=4)
    stoppers, searches = [], []
    for _ in range(2):
        stoppers.append(MedianStopping(min_candidates=2, min_epochs=2))
        search = GridSearchCV(model, {"lr": [3e-3, 1e-2, 1e-6, 1e-7]}, cv=2)
        searches.append(search.set_callbacks(stoppers[-1]).fit(X, y))
    first, second = stoppers
    assert len(first.stopped_) == 4
    assert second.stopped_.equals(first.stopped_)
    scores = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_array_equal(*scores)


def test_optuna_trial_gets_epochs_read_from_a_checkpoint(tmp_path):
    X, y = train_partly(skseq.GRUClassifier, tmp_path, 2)
    trial = optuna.create_study().ask()
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5)
    model.set_callbacks(OptunaPruning(trial)).fit(X, y)
    reported = trial.study.trials[0].intermediate_values
    assert reported == dict(enumerate(model.history_["train_loss"]))


# Files left by killed processes


@needs_kill
def test_partly_written_files_are_removed(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path)

    def kill_before_replace():
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        model.fit(X, y)

    run_until_killed(kill_before_replace)
    (left,) = tmp_path.glob("*/*")
    assert left.name.startswith(".training.safetensors.")
    model.fit(X, y)
    assert list(tmp_path.glob("*/*")) == find_checkpoints(tmp_path)


def test_file_removed_by_another_process(tmp_path, monkeypatch):
    """Two equal candidates may start at the same time and remove each other's files."""
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=3)
    replace, removed = os.replace, []

    def remove_first(source, target):
        if not removed:
            removed.append(source)
            Path(source).unlink()
        return replace(source, target)

    monkeypatch.setattr(os, "replace", remove_first)
    model.fit(X, y)
    assert len(removed) == 1
    assert_same_net(model.net_, make(skseq.GRUClassifier, max_epochs=3).fit(X, y).net_)
    (path,) = find_checkpoints(tmp_path)
    assert read_archive(path, "training")["finished"] is True


def read_run_times(folder):
    """Return the run times of the epochs of each training in a folder."""
    archives = {path: read_archive(path, "training") for path in find_checkpoints(folder)}
    return {path: a["loop"]["net"]["history"]["seconds"] for path, a in archives.items()}


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
def test_killed_search_in_two_workers_resumes(tmp_path):
    script = str(Path(__file__).with_name("killed_search.py"))
    killed = subprocess.run(
        [sys.executable, script, str(tmp_path)], start_new_session=True, timeout=300
    )
    assert killed.returncode == -signal.SIGKILL
    before = read_run_times(tmp_path)
    n_epochs = sum(map(len, before.values()))
    assert 0 < n_epochs < 9 * 3  # eight fits, and the final refit
    search, X, y = make_search(str(tmp_path))
    search.fit(X, y)
    whole, _, _ = make_search()
    whole.fit(X, y)
    assert_same_net(search.best_estimator_.net_, whole.best_estimator_.net_)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]
    )
    after = read_run_times(tmp_path)
    assert [len(seconds) for seconds in after.values()] == [3] * 9
    # No epoch was repeated: its run time would differ.
    for path, seconds in before.items():
        assert after[path][: len(seconds)] == seconds
