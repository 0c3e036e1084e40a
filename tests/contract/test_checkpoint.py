"""A killed fit resumes from its checkpoint and ends with the same model."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

import skseq
from skseq.exceptions import DivergenceError, FileFormatError
from skseq.persistence import read_archive

from .cases import TWO_ESTIMATORS, make, make_X, make_y, name_of, predict
from .forecasting import cases as forecasting
from .probes import (
    EXPLODE,
    UpdateCounter,
    assert_same_net,
    find_checkpoints,
    kill_at,
    needs_kill,
)

CASES = [
    pytest.param(skseq.GRUClassifier, {"dropout": 0.5}, id="gru-dropout"),
    pytest.param(
        skseq.LSTMRegressor, {"early_stopping": True, "lr": 1e-2}, id="lstm-stops"
    ),
    pytest.param(
        skseq.RNNClassifier,
        {"class_weight": {0: 2.0, 2: 0.5}, "lr_schedule": "constant", "num_layers": 2},
        id="rnn-constant",
    ),
    pytest.param(
        skseq.TransformerRegressor,
        {"early_stopping": True, "n_iter_no_change": 1, "dropout": 0.3, "stem": 1},
        id="transformer-stops",
    ),
]


@needs_kill
@pytest.mark.parametrize(("cls", "parameters"), CASES)
def test_killed_fit_resumes(cls, parameters, tmp_path, monkeypatch):
    X, y = make_X("ragged"), make_y(cls)
    parameters = {"max_epochs": 5, **parameters}
    whole = make(cls, **parameters).fit(X, y)
    model = make(cls, **parameters, checkpoint=tmp_path / "runs")
    n_updates = count_batches(whole)
    kill_at(2 * n_updates + 2, lambda: model.fit(X, y))  # in the third epoch
    (path,) = find_checkpoints(tmp_path / "runs")
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    updates = UpdateCounter(monkeypatch)
    model.fit(X, y)
    assert_same_net(model.net_, whole.net_)
    np.testing.assert_array_equal(predict(model, X), predict(whole, X))
    assert updates.n == n_updates * (whole.n_iter_ - 2)
    # Incremental training from the resumed model gives the same weights, too.
    labels = {"classes": whole.classes_} if hasattr(whole, "classes_") else {}
    assert_same_net(
        model.partial_fit(X, y, **labels).net_, whole.partial_fit(X, y, **labels).net_
    )


def count_batches(model):
    """Return the number of batches in an epoch of 24 sequences."""
    n = 24 - (3 if model.early_stopping is True else 0)
    return -(-n // model.batch_size)


@needs_kill
def test_killed_search_resumes(tmp_path, monkeypatch):
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, max_epochs=3, dropout=0.2)
    grid = {"hidden_size": [4, 8]}

    def search(checkpoint=None):
        model.checkpoint = checkpoint
        return GridSearchCV(model, grid, cv=2, n_jobs=1).fit(X, y)

    whole = search()
    kill_at(15, lambda: search(str(tmp_path)))  # 4 fits of 3 * 2, and 3 * 3
    # Two fits are finished, and the third has completed one epoch.
    assert len(find_checkpoints(tmp_path)) == 3
    updates = UpdateCounter(monkeypatch)
    again = search(str(tmp_path))
    assert_same_net(again.best_estimator_.net_, whole.best_estimator_.net_)
    np.testing.assert_array_equal(
        again.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]
    )
    assert updates.n == 4 * 6 + 9 - 14
    assert len(find_checkpoints(tmp_path)) == 5
    updates.n = 0
    assert_same_net(search(str(tmp_path)).best_estimator_.net_, whole.best_estimator_.net_)
    assert updates.n == 0  # all fits are finished and read from their checkpoints


@needs_kill
@pytest.mark.parametrize("update", [5, 16], ids=["first", "second"])
def test_killed_forecaster_resumes(update, tmp_path, monkeypatch):
    """A forecaster trains twice: with early stopping, then on all data."""
    y = forecasting.make_y()
    parameters = {"dropout": 0.2, "batch_size": 16, "max_epochs": 3}
    whole = forecasting.make(skseq.GRUForecaster, **parameters).fit(None, y)
    model = forecasting.make(skseq.GRUForecaster, **parameters, checkpoint=tmp_path)
    kill_at(update, lambda: model.fit(None, y))
    updates = UpdateCounter(monkeypatch)
    model.fit(None, y)
    assert updates.n > 0
    assert_same_net(model.net_, whole.net_)
    assert len(find_checkpoints(tmp_path)) == 2
    rows = y.to_frame()[[]].tail(3)
    np.testing.assert_array_equal(
        model.predict_interval(rows), whole.predict_interval(rows)
    )
    updates.n = 0
    assert_same_net(model.fit(None, y).net_, whole.net_)
    assert updates.n == 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a folder with the checkpoint of one finished fit, and its X and y."""
    folder = tmp_path_factory.mktemp("runs")
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    make(skseq.GRUClassifier, checkpoint=folder).fit(X, y)
    return folder, X, y


def starts_from_scratch(finished, fit):
    """Return whether a fit started from scratch; restore the folder."""
    folder, X, y = finished
    before = find_checkpoints(folder)
    fit(X.copy(), y.copy())
    added = set(find_checkpoints(folder)) - set(before)
    for path in added:
        path.unlink()
        path.parent.rmdir()
    return bool(added)


DIFFERENCES = {
    "a step": lambda X, y, p: X.__setitem__((3, 2, 1), 9.0),
    "two rows": lambda X, y, p: X.__setitem__([0, 3], X[[3, 0]]),
    "labels": lambda X, y, p: y.__setitem__(0, 1),
    "precision": lambda X, y, p: {"X": X.astype(np.float32)},
    "sample_weight": lambda X, y, p: {"sample_weight": np.arange(24) + 1},
    "lr": lambda X, y, p: p.update(lr=2e-3),
    "max_epochs": lambda X, y, p: p.update(max_epochs=3),
    "dropout": lambda X, y, p: p.update(dropout=0.2),
    "pooling": lambda X, y, p: p.update(pooling="max"),
    "weight_decay": lambda X, y, p: p.update(weight_decay=0.5),
    "random_state": lambda X, y, p: p.update(random_state=1),
    "early_stopping": lambda X, y, p: p.update(early_stopping=True),
    "lr_schedule": lambda X, y, p: p.update(lr_schedule="constant"),
    "class_weight": lambda X, y, p: p.update(class_weight={0: 1, 1: 2, 2: 3}),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_different_fit_starts_from_scratch(finished, name):
    def fit(X, y):
        parameters = {}
        given = DIFFERENCES[name](X, y, parameters) or {}
        model = make(skseq.GRUClassifier, checkpoint=finished[0]).set_params(**parameters)
        model.fit(**{"X": X, "y": y, **given})

    assert starts_from_scratch(finished, fit)


def test_checkpoint_folder_in_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    make(skseq.GRUClassifier, checkpoint="~/runs").fit(X, y)
    assert len(find_checkpoints(tmp_path / "runs")) == 1


def test_different_groups_start_from_scratch(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, early_stopping=True)
    model.fit(X, y)
    model.fit(X, y, groups=np.arange(24) // 4)
    assert len(find_checkpoints(tmp_path)) == 2


def test_identical_fit_is_read_from_its_checkpoint(finished):
    assert not starts_from_scratch(
        finished, make(skseq.GRUClassifier, checkpoint=str(finished[0])).fit
    )
    # The form of X does not matter.
    model = make(skseq.GRUClassifier, checkpoint=finished[0], verbose=0)
    assert not starts_from_scratch(finished, lambda X, y: model.fit(list(X), y))


@pytest.mark.parametrize("environment", ["threads", "version"])
def test_different_environment_starts_from_scratch(
    finished, environment, monkeypatch, request
):
    if environment == "threads":
        torch.set_num_threads(2)
        request.addfinalizer(lambda: torch.set_num_threads(1))
    else:
        monkeypatch.setattr("skseq.training.checkpoints.version", lambda name: "9.9")
    assert starts_from_scratch(
        finished, make(skseq.GRUClassifier, checkpoint=finished[0]).fit
    )


def test_warm_start_is_a_different_fit(tmp_path):
    """The initial weights are part of a fit's identity."""
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    plain = make(skseq.GRUClassifier, warm_start=True).fit(X, y).fit(X, y)
    for _ in range(2):
        model = make(skseq.GRUClassifier, warm_start=True, checkpoint=tmp_path)
        assert_same_net(model.fit(X, y).fit(X, y).net_, plain.net_)
    assert len(find_checkpoints(tmp_path)) == 2


def test_partial_fit_writes_no_checkpoint(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRURegressor)
    make(skseq.GRURegressor, checkpoint=tmp_path / "runs").partial_fit(X, y)
    assert not (tmp_path / "runs").exists()


def test_checkpoint_of_a_finished_fit_is_marked_finished(finished):
    (path,) = find_checkpoints(finished[0])
    assert read_archive(path, "training")["finished"] is True


class StopAfter:
    """A scikit-learn callback that stops training after the first epoch."""

    requires_fit_info = ()

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "epoch"

    def teardown(self, estimator, context):
        pass


def test_fit_stopped_by_a_callback_is_not_finished(tmp_path):
    """Without the callback, the same fit resumes and runs all epochs."""
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=3)
    model.set_callbacks(StopAfter()).fit(X, y)
    assert model.n_iter_ == 1
    (path,) = find_checkpoints(tmp_path)
    assert read_archive(path, "training")["finished"] is False
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=3).fit(X, y)
    assert_same_net(model.net_, make(skseq.GRUClassifier, max_epochs=3).fit(X, y).net_)
    assert model.n_iter_ == 3


def test_diverging_fit_diverges_again(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRURegressor)
    for _ in range(2):
        model = make(skseq.GRURegressor, checkpoint=tmp_path, max_epochs=50, **EXPLODE)
        with pytest.raises(DivergenceError):
            model.fit(X, y)


# Invalid checkpoints and parameters


@pytest.mark.parametrize("damage", ["truncated", "foreign", "of another fit"])
def test_damaged_checkpoint(damage, tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path).fit(X, y)
    (path,) = find_checkpoints(tmp_path)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    elif damage == "foreign":
        path.write_text("hello")
    else:
        other = make(skseq.GRUClassifier, checkpoint=tmp_path, hidden_size=4).fit(X, y)
        (other,) = set(find_checkpoints(tmp_path)) - {path}
        other.replace(path)
    before = dict(vars(model))
    with pytest.raises(FileFormatError, match="Delete .* to start this fit from sc") as e:
        model.fit(X, y)
    assert str(path) in str(e.value)
    assert vars(model) == before
    path.unlink()
    model.fit(X, y)


@pytest.mark.parametrize("cls", [*TWO_ESTIMATORS, skseq.GRUForecaster], ids=name_of)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"random_state": None},
            r"requires random_state to be an integer, for .*random_stat",
        ),
        (
            {"random_state": np.random.RandomState(0)},
            r"requires random_state to be an integer, .*got RandomState\(MT19937\)",
        ),
        ({"callbacks": [Callback()]}, r"cannot save the state of callbacks=\[.*Set one"),
        ({"data_parallel": True}, r"data_parallel=True uses several. Use only one"),
        (
            {"checkpoint": __file__},
            r"test_checkpoint\.py' is a file. Pass the name of a fol",
        ),
    ],
    ids=["random_state", "generator", "callbacks", "data_parallel", "file"],
)
def test_unsupported_parameters_raise(cls, parameters, message, tmp_path):
    given = {"checkpoint": str(tmp_path / "runs"), **parameters}
    model, X, y = make(cls, **given), make_X("cube"), None
    if cls is skseq.GRUForecaster:
        X, y = None, forecasting.make_y()
    else:
        y = make_y(cls)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not (tmp_path / "runs").exists()


def test_folder_that_cannot_be_written_raises_before_training(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "runs")
    updates = UpdateCounter(monkeypatch)
    with pytest.raises(
        OSError, match=r"checkpoint='.*runs' cannot be written to \(.*\)\. Give a folder"
    ):
        make(skseq.GRUClassifier, checkpoint=folder).fit(make_X("cube"), np.arange(24) % 3)
    assert updates.n == 0


@pytest.mark.parametrize(
    ("cls", "one", "other"),
    [
        (skseq.RNNClassifier, {"activation": "tanh"}, {"activation": "relu"}),
        (skseq.TransformerClassifier, {"num_heads": 1}, {"num_heads": 2}),
        (skseq.TransformerClassifier, {"positions": "rotary"}, {"positions": "sinusoidal"}),
    ],
    ids=["activation", "num_heads", "positions"],
)
def test_networks_with_equal_weights_are_distinguished(cls, one, other, tmp_path):
    """Some parameters change neither the layers nor the initial weights."""
    X, y = make_X("cube"), make_y(cls)
    make(cls, checkpoint=str(tmp_path), **one).fit(X, y)
    again = make(cls, checkpoint=str(tmp_path), **other).fit(X, y)
    assert_same_net(again.net_, make(cls, **other).fit(X, y).net_)
    assert len(list(tmp_path.iterdir())) == 2
