"""A fit that was killed goes on where it was, and ends where it would have ended."""

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
        {"class_weight": "balanced", "lr_schedule": "constant", "num_layers": 2},
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
def test_a_killed_fit_goes_on(cls, parameters, tmp_path, monkeypatch):
    X, y = make_X("ragged"), make_y(cls)
    parameters = {"max_epochs": 5, **parameters}
    whole = make(cls, **parameters).fit(X, y)
    model = make(cls, **parameters, checkpoint=tmp_path / "runs")
    n_updates = len(make_batches(whole))
    kill_at(2 * n_updates + 2, lambda: model.fit(X, y))  # in the third epoch
    (left,) = find_checkpoints(tmp_path / "runs")
    assert [p.name for p in left.parent.iterdir()] == [left.name]
    steps = UpdateCounter(monkeypatch)
    model.fit(X, y)
    assert_same_net(model.net_, whole.net_)
    np.testing.assert_array_equal(predict(model, X), predict(whole, X))
    assert steps.n == n_updates * (whole.n_iter_ - 2)
    # What it goes on to learn is the same as well.
    labels = {"classes": whole.classes_} if hasattr(whole, "classes_") else {}
    assert_same_net(
        model.partial_fit(X, y, **labels).net_, whole.partial_fit(X, y, **labels).net_
    )


def make_batches(model):
    """Return what stands for the batches of an epoch of 24 sequences."""
    n = 24 - (3 if model.early_stopping is True else 0)
    return range(-(-n // model.batch_size))


@needs_kill
def test_a_killed_search_goes_on(tmp_path, monkeypatch):
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, max_epochs=3, dropout=0.2)
    grid = {"hidden_size": [4, 8]}

    def search(checkpoint=None):
        model.checkpoint = checkpoint
        return GridSearchCV(model, grid, cv=2, n_jobs=1).fit(X, y)

    whole = search()
    kill_at(15, lambda: search(str(tmp_path)))  # 4 fits of 3 * 2, and 3 * 3
    assert (
        len(find_checkpoints(tmp_path)) == 3
    )  # two finished, the third has one epoch behind it
    steps = UpdateCounter(monkeypatch)
    again = search(str(tmp_path))
    assert_same_net(again.best_estimator_.net_, whole.best_estimator_.net_)
    np.testing.assert_array_equal(
        again.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]
    )
    assert steps.n == 4 * 6 + 9 - 14
    assert len(find_checkpoints(tmp_path)) == 5
    steps.n = 0
    assert_same_net(search(str(tmp_path)).best_estimator_.net_, whole.best_estimator_.net_)
    assert steps.n == 0  # all are finished, and read


@needs_kill
@pytest.mark.parametrize("update", [5, 16], ids=["first", "second"])
def test_a_killed_forecaster_goes_on(update, tmp_path, monkeypatch):
    """It trains twice: until early stopping, then on everything."""
    y = forecasting.make_y()
    parameters = {"dropout": 0.2, "batch_size": 16, "max_epochs": 3}
    whole = forecasting.make(skseq.GRUForecaster, **parameters).fit(None, y)
    model = forecasting.make(skseq.GRUForecaster, **parameters, checkpoint=tmp_path)
    kill_at(update, lambda: model.fit(None, y))
    steps = UpdateCounter(monkeypatch)
    model.fit(None, y)
    assert steps.n > 0
    assert_same_net(model.net_, whole.net_)
    assert len(find_checkpoints(tmp_path)) == 2
    rows = y.to_frame()[[]].tail(3)
    np.testing.assert_array_equal(
        model.predict_interval(rows), whole.predict_interval(rows)
    )
    steps.n = 0
    assert_same_net(model.fit(None, y).net_, whole.net_)
    assert steps.n == 0


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """Return a folder with one finished fit, and what it was fitted on."""
    folder = tmp_path_factory.mktemp("runs")
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    make(skseq.GRUClassifier, checkpoint=folder).fit(X, y)
    return folder, X, y


def is_new(left, fit):
    """Return whether a fit trained anew; put the folder back as it was."""
    folder, X, y = left
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
def test_another_fit_starts_anew(left, name):
    def fit(X, y):
        parameters = {}
        given = DIFFERENCES[name](X, y, parameters) or {}
        model = make(skseq.GRUClassifier, checkpoint=left[0]).set_params(**parameters)
        model.fit(**{"X": X, "y": y, **given})

    assert is_new(left, fit)


def test_a_folder_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    make(skseq.GRUClassifier, checkpoint="~/runs").fit(X, y)
    assert len(find_checkpoints(tmp_path / "runs")) == 1


def test_groups_make_another_fit(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, early_stopping=True)
    model.fit(X, y)
    model.fit(X, y, groups=np.arange(24) // 4)
    assert len(find_checkpoints(tmp_path)) == 2


def test_the_same_fit_is_read(left):
    assert not is_new(left, make(skseq.GRUClassifier, checkpoint=str(left[0])).fit)
    # However X is written.
    model = make(skseq.GRUClassifier, checkpoint=left[0], verbose=0)
    assert not is_new(left, lambda X, y: model.fit(list(X), y))


@pytest.mark.parametrize("surrounding", ["threads", "version"])
def test_another_machine_starts_anew(left, surrounding, monkeypatch, request):
    if surrounding == "threads":
        torch.set_num_threads(2)
        request.addfinalizer(lambda: torch.set_num_threads(1))
    else:
        monkeypatch.setattr("skseq.training.checkpoints.version", lambda name: "9.9")
    assert is_new(left, make(skseq.GRUClassifier, checkpoint=left[0]).fit)


def test_warm_start_is_another_fit(tmp_path):
    """What it starts from is a part of it."""
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    plain = make(skseq.GRUClassifier, warm_start=True).fit(X, y).fit(X, y)
    for _ in range(2):
        model = make(skseq.GRUClassifier, warm_start=True, checkpoint=tmp_path)
        assert_same_net(model.fit(X, y).fit(X, y).net_, plain.net_)
    assert len(find_checkpoints(tmp_path)) == 2


def test_what_trains_further_leaves_nothing(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRURegressor)
    make(skseq.GRURegressor, checkpoint=tmp_path / "runs").partial_fit(X, y)
    assert not (tmp_path / "runs").exists()


def test_finished_trainings_say_so(left):
    (path,) = find_checkpoints(left[0])
    assert read_archive(path, "training")["finished"] is True


class StopAfter:
    """A callback of scikit-learn that ends training after an epoch."""

    requires_fit_info = ()

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return context.task_name == "epoch"

    def teardown(self, estimator, context):
        pass


def test_a_fit_that_a_callback_stopped_is_not_finished(tmp_path):
    """Without the callback it goes on to its end."""
    X, y = make_X("cube"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=3)
    model.set_callbacks(StopAfter()).fit(X, y)
    assert model.n_iter_ == 1
    (path,) = find_checkpoints(tmp_path)
    assert read_archive(path, "training")["finished"] is False
    model = make(skseq.GRUClassifier, checkpoint=tmp_path, max_epochs=3).fit(X, y)
    assert_same_net(model.net_, make(skseq.GRUClassifier, max_epochs=3).fit(X, y).net_)
    assert model.n_iter_ == 3


def test_a_diverging_fit_diverges_again(tmp_path):
    X, y = make_X("cube"), make_y(skseq.GRURegressor)
    for _ in range(2):
        model = make(skseq.GRURegressor, checkpoint=tmp_path, max_epochs=50, **EXPLODE)
        with pytest.raises(DivergenceError):
            model.fit(X, y)


# Invalid checkpoints and parameters


@pytest.mark.parametrize("damage", ["truncated", "foreign", "of another fit"])
def test_a_damaged_checkpoint(damage, tmp_path):
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
    with pytest.raises(FileFormatError, match="Delete .* and this fit starts anew") as e:
        model.fit(X, y)
    assert str(path) in str(e.value)
    assert vars(model) == before
    path.unlink()
    model.fit(X, y)


@pytest.mark.parametrize("cls", [*TWO_ESTIMATORS, skseq.GRUForecaster], ids=name_of)
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"random_state": None}, r"needs random_state to be an integer, for .*random_stat"),
        (
            {"random_state": np.random.RandomState(0)},
            r"needs random_state to be an integer, .*got RandomState\(MT19937\)",
        ),
        ({"callbacks": [Callback()]}, r"cannot keep the state of callbacks=\[.*leave one"),
        ({"data_parallel": True}, r"data_parallel=True shares a fit among several: leave"),
        (
            {"checkpoint": __file__},
            r"test_checkpoint\.py' is a file; give the name of a fol",
        ),
    ],
    ids=["random_state", "generator", "callbacks", "data_parallel", "file"],
)
def test_what_cannot_go_on_is_refused(cls, parameters, message, tmp_path):
    given = {"checkpoint": str(tmp_path / "runs"), **parameters}
    model, X, y = make(cls, **given), make_X("cube"), None
    if cls is skseq.GRUForecaster:
        X, y = None, forecasting.make_y()
    else:
        y = make_y(cls)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("cls", "one", "other"),
    [
        (skseq.RNNClassifier, {"activation": "tanh"}, {"activation": "relu"}),
        (skseq.TransformerClassifier, {"num_heads": 1}, {"num_heads": 2}),
        (skseq.TransformerClassifier, {"positions": "rotary"}, {"positions": "sinusoidal"}),
    ],
    ids=["activation", "num_heads", "positions"],
)
def test_networks_of_the_same_weights_are_not_mixed(cls, one, other, tmp_path):
    """Some parameters show neither in the layers nor in the first weights."""
    X, y = make_X("cube"), make_y(cls)
    make(cls, checkpoint=str(tmp_path), **one).fit(X, y)
    again = make(cls, checkpoint=str(tmp_path), **other).fit(X, y)
    assert_same_net(again.net_, make(cls, **other).fit(X, y).net_)
    assert len(list(tmp_path.iterdir())) == 2
