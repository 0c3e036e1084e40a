"""What a fit that goes on from a checkpoint tells others, and what it finds and leaves."""

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


class Witness(SearchCallback):
    """A callback of scikit-learn that writes down epochs, and stops after some of them."""

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


def begin(cls, folder, n_epochs, **parameters):
    """Train for some epochs of five, and leave the rest to others; return X and y."""
    X, y = make_X("cube"), make_y(cls)
    model = make(cls, checkpoint=folder, max_epochs=5, **parameters)
    model.set_callbacks(Witness(last=n_epochs)).fit(X, y)
    assert model.n_iter_ == n_epochs
    return X, y


# Callbacks of scikit-learn hear of all epochs


@pytest.mark.parametrize("n_known", [1, 3, 5])
def test_epochs_that_are_read_are_reported(n_known, tmp_path):
    X, y = begin(skseq.GRUClassifier, tmp_path, n_known)
    witness = Witness()
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5)
    model.set_callbacks(witness).fit(X, y)
    assert witness.epochs == [0, 1, 2, 3, 4]
    # Of the epochs before the last one that was read there is no net any more.
    losses = model.history_["train_loss"].tolist()
    assert witness.losses == [losses[:n] for n in range(n_known, 6)]


def test_who_stopped_a_fit_stops_it_again(tmp_path):
    X, y = begin(skseq.GRUClassifier, tmp_path, 2)
    witness = Witness(last=2)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5)
    model.set_callbacks(witness).fit(X, y)
    assert model.n_iter_ == 2
    assert witness.epochs == [0, 1]


def test_what_is_predicted_meanwhile_is_as_it_was(tmp_path):
    """With early stopping, epochs are judged by averaged weights."""

    class Predict(Witness):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch" and fitted_estimator is not None:
                self.losses.append(fitted_estimator.predict_proba(X))
            return super().on_fit_task_end(estimator, context)

    stops = {"early_stopping": True, "validation_fraction": 0.25, "dropout": 0.3}
    X, y = begin(skseq.GRUClassifier, tmp_path, 2, **stops)
    whole, again = Predict(), Predict()
    plain = make(skseq.GRUClassifier, max_epochs=5, **stops).set_callbacks(whole).fit(X, y)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5, **stops)
    assert_same_net(model.set_callbacks(again).fit(X, y).net_, plain.net_)
    np.testing.assert_array_equal(again.losses, whole.losses[1:])
    np.testing.assert_array_equal(predict(model, X), predict(plain, X))


def test_a_forecaster_reports_its_first_training_only(tmp_path):
    y = forecasting.make_y()
    for n_fits in (1, 2):
        witness = Witness()
        model = forecasting.make(skseq.GRUForecaster, checkpoint=tmp_path, max_epochs=3)
        model.set_callbacks(witness).fit(None, y)
        assert witness.epochs == [0, 1, 2], n_fits


def test_the_bar_goes_to_its_end(tmp_path, capsys):
    X, y = begin(skseq.GRUClassifier, tmp_path, 5)
    make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5, verbose=1).fit(X, y)
    assert "5/5" in capsys.readouterr().err


def test_a_search_that_is_read_stops_the_same_candidates(tmp_path):
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


def test_a_trial_hears_of_epochs_that_are_read(tmp_path):
    X, y = begin(skseq.GRUClassifier, tmp_path, 2)
    trial = optuna.create_study().ask()
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=5)
    model.set_callbacks(OptunaPruning(trial)).fit(X, y)
    told = trial.study.trials[0].intermediate_values
    assert told == dict(enumerate(model.history_["train_loss"]))


# What a killed process leaves


@needs_kill
def test_files_half_written_are_removed(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path)

    def die_before_it_is_in_place():
        os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        model.fit(X, y)

    run_until_killed(die_before_it_is_in_place)
    (left,) = tmp_path.glob("*/*")
    assert left.name.startswith(".training.safetensors.")
    model.fit(X, y)
    assert list(tmp_path.glob("*/*")) == find_checkpoints(tmp_path)


def test_a_file_that_another_process_removes_is_not_missed(tmp_path, monkeypatch):
    """Two equal candidates may begin at the same time."""
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=3)
    replace, swept = os.replace, []

    def sweep_first(source, target):
        if not swept:
            swept.append(source)
            Path(source).unlink()
        return replace(source, target)

    monkeypatch.setattr(os, "replace", sweep_first)
    model.fit(X, y)
    assert len(swept) == 1
    assert_same_net(model.net_, make(skseq.GRUClassifier, max_epochs=3).fit(X, y).net_)
    (path,) = find_checkpoints(tmp_path)
    assert read_archive(path, "training")["finished"] is True


def logs(folder):
    """Return the log of each training that is in a folder, with its seconds."""
    archives = {path: read_archive(path, "training") for path in find_checkpoints(folder)}
    return {path: a["loop"]["net"]["history"] for path, a in archives.items()}


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
def test_a_search_in_two_workers_goes_on(tmp_path):
    script = str(Path(__file__).with_name("killed_search.py"))
    killed = subprocess.run(
        [sys.executable, script, str(tmp_path)], start_new_session=True, timeout=300
    )
    assert killed.returncode == -signal.SIGKILL
    before = logs(tmp_path)
    n_epochs = sum(map(len, before.values()))
    assert 0 < n_epochs < 9 * 3  # eight fits, and the last one
    search, X, y = make_search(str(tmp_path))
    search.fit(X, y)
    whole, _, _ = make_search()
    whole.fit(X, y)
    assert_same_net(search.best_estimator_.net_, whole.best_estimator_.net_)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]
    )
    after = logs(tmp_path)
    assert [len(log) for log in after.values()] == [3] * 9
    # Nothing was run again: its seconds would be others.
    for path, log in before.items():
        assert after[path][: len(log)] == log
