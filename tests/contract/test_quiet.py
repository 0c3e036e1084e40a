"""No output by default, a progress bar with verbose=1, and callbacks."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from skorch.callbacks import Callback, EarlyStopping

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_ESTIMATORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)
from .probes import warnings_are_errors

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)


def fit_and_use(cls, form, **params):
    """Call the usual public methods, with warnings as errors."""
    with warnings_are_errors():
        estimator, X = fitted(cls, form, **params)
        estimator.partial_fit(X, make_y(cls))
        predict(estimator, X)
        estimator.predict(X)
        estimator.score(X, make_y(cls))
        estimator.transform(X)
        pickle.loads(pickle.dumps(estimator))


@every_estimator_and_form
def test_no_output_and_no_warnings(cls, form, capfd):
    fit_and_use(cls, form)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "params",
    [
        {"early_stopping": True, "validation_fraction": 0.3},
        {"missing": "mask", "num_layers": 2, "patch_size": 2, "stem": 1},
        {"precision": "bfloat16"},
        {"callbacks": [Callback()]},
    ],
    ids=["early stopping", "missing values and patches", "bfloat16", "user callback"],
)
@two_estimators
def test_no_output_with_other_parameters(cls, params, capfd):
    fit_and_use(cls, "ragged", **params)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("pooling", ["mean", "last", "max", "attention", "concat"])
@every_estimator
def test_sequences_of_one_step_give_no_warnings(cls, pooling):
    """Every pooling must handle sequences of a single step."""
    X, y = np.random.default_rng(0).normal(size=(24, 1, 2)), make_y(cls)
    with warnings_are_errors():
        for given in (X, list(X)):
            assert np.isfinite(
                predict(make(cls, pooling=pooling).fit(given, y), given)
            ).all()


@every_estimator_and_form
def test_progress_bar_is_written_to_stderr(cls, form, capfd):
    fitted(cls, form, max_epochs=3, verbose=1)
    out, err = capfd.readouterr()
    assert out == ""
    assert cls.__name__ in err
    assert "3/3" in err
    assert "train_loss" in err


@two_estimators
def test_progress_bar_is_closed_when_training_fails(cls, capfd):
    class FailingCallback(Callback):
        def on_batch_end(self, net, **kwargs):
            raise OSError("the disk is full")

    estimator = make(cls, verbose=1, callbacks=[FailingCallback()])
    with pytest.raises(OSError, match="disk"):
        estimator.fit(make_X("ragged"), make_y(cls))
    out, err = capfd.readouterr()
    assert out == ""
    assert err.endswith("\n")


# skorch callbacks ------------------------------------------------------------------


class EventLog(Callback):
    """Record the events that skorch reports."""

    def initialize(self):
        """Start with an empty list."""
        # skorch treats attributes without a trailing underscore as parameters.
        self.events_ = []
        return self

    def on_train_begin(self, net, **kwargs):
        self.events_.append("train")

    def on_epoch_begin(self, net, **kwargs):
        self.events_.append("epoch")

    def on_batch_begin(self, net, batch=None, training=False, **kwargs):
        self.events_.append("batch" if training else "held out")

    def on_grad_computed(self, net, named_parameters=None, **kwargs):
        assert all(p.grad is not None for _, p in named_parameters)
        self.events_.append("grad")

    def on_batch_end(self, net, batch=None, training=False, loss=None, **kwargs):
        assert np.isfinite(float(loss))
        self.events_.append("batch end")

    def on_epoch_end(self, net, **kwargs):
        assert net.history[-1, "train_loss"] > 0
        self.events_.append("epoch end")

    def on_train_end(self, net, **kwargs):
        self.events_.append("train end")


@every_estimator_and_form
def test_skorch_callbacks_are_called_in_order(cls, form):
    log = EventLog()
    fitted(cls, form, max_epochs=2, batch_size=12, callbacks=[log])
    batch = ["batch", "grad", "batch end"]
    epoch = ["epoch", *batch, *batch, "epoch end"]
    assert log.events_ == ["train", *epoch, *epoch, "train end"]


@two_estimators
def test_callbacks_may_be_named(cls):
    log = EventLog()
    fitted(cls, callbacks=[("log", log)])
    assert log.events_


@two_estimators
def test_skorch_early_stopping_gives_no_output(cls, capfd):
    stop = EarlyStopping(
        monitor="train_loss", patience=1, threshold=1e9, sink=lambda _: None
    )
    with warnings_are_errors():
        estimator, _ = fitted(cls, max_epochs=9, callbacks=[stop])
    assert estimator.n_iter_ < 9
    assert capfd.readouterr() == ("", "")


@two_estimators
def test_callbacks_can_record_in_the_history(cls):
    class Size(Callback):
        def on_epoch_end(self, net, **kwargs):
            net.history.record("size", 1.5)

    estimator, _ = fitted(cls, callbacks=[Size()])
    assert estimator.history_["size"].tolist() == [1.5, 1.5]


@two_estimators
def test_clone_does_not_share_callbacks(cls):
    log = EventLog().initialize()
    estimator = make(cls, callbacks=[log])
    clone(estimator).fit(make_X("ragged"), make_y(cls))
    assert log.events_ == []


# scikit-learn callbacks ------------------------------------------------------------


class RecordingCallback:
    """A scikit-learn callback that records its events."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.events = []

    def setup(self, estimator, context):
        self.events.append(("setup", context.max_subtasks))

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context):
        """Record the end; stop training after the epoch `stop_after`."""
        self.events.append(("end", context.task_name, context.task_id))
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after

    def teardown(self, estimator, context):
        self.events.append(("teardown",))


def fit_with_callback(cls, callback, form="ragged", **params):
    """Fit an estimator with a callback."""
    estimator = make(cls, **params).set_callbacks(callback)
    return estimator.fit(make_X(form), make_y(cls))


@every_estimator_and_form
def test_callback_gets_one_task_per_epoch(cls, form):
    callback = RecordingCallback()
    fit_with_callback(cls, callback, form, max_epochs=3)
    epochs = [(kind, "epoch", k) for k in range(3) for kind in ("begin", "end")]
    assert callback.events == [
        ("setup", 3),
        ("begin", "fit", 0),
        *epochs,
        ("end", "fit", 0),
        ("teardown",),
    ]


@every_estimator
def test_callback_can_stop_training(cls):
    estimator = fit_with_callback(cls, RecordingCallback(stop_after=2), max_epochs=9)
    assert estimator.n_iter_ == 2


@two_estimators
def test_epoch_task_encloses_the_training_of_the_epoch(cls):
    """Callbacks that measure time need the epoch's training between begin and end."""
    callback = RecordingCallback()

    class Work(Callback):
        def on_batch_end(self, net, **kwargs):
            callback.events.append("work")

    fit_with_callback(cls, callback, max_epochs=1, batch_size=24, callbacks=[Work()])
    assert callback.events[2:5] == [("begin", "epoch", 0), "work", ("end", "epoch", 0)]


@two_estimators
def test_teardown_is_called_when_fit_fails(cls):
    class FailingCallback(Callback):
        def on_batch_end(self, net, **kwargs):
            raise OSError("the disk is full")

    callback = RecordingCallback()
    with pytest.raises(OSError, match="disk"):
        fit_with_callback(cls, callback, callbacks=[FailingCallback()])
    assert callback.events[-1] == ("teardown",)


@two_estimators
def test_callback_does_not_change_the_weights(cls):
    X = make_X("ragged")
    plain, _ = fitted(cls)
    assert (
        predict(fit_with_callback(cls, RecordingCallback()), X) == predict(plain, X)
    ).all()
