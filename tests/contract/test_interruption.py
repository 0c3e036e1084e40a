"""Ctrl-C keeps the best weights of a plain fit, and stops a search."""

import signal

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch.callbacks import Callback

from skseq.exceptions import InterruptedFitWarning

from .cases import (
    ALL_ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)
from .probes import CtrlC

every_estimator = pytest.mark.parametrize("cls", ALL_ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)


@pytest.mark.parametrize("point", ["epoch begin", "batch begin", "gradient", "batch end"])
@pytest.mark.parametrize("epoch", [1, 2, 5])
@every_estimator
def test_interrupted_fit_keeps_the_model(cls, epoch, point):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, max_epochs=5, callbacks=[CtrlC(epoch, point)])
    kept = "its weights, but completed no epoch" if epoch == 1 else "the best weights"
    message = f"interrupted in epoch {epoch} of 5; {cls.__name__} keeps {kept}"
    with pytest.warns(InterruptedFitWarning, match=message) as caught:
        estimator.fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__, "the warning must point to the user's code"
    assert np.isfinite(predict(estimator, X)).all()


class SlowCallback(Callback):
    """Receive Ctrl-C at the end of the second and of later epochs."""

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) >= 2:
            signal.raise_signal(signal.SIGINT)


@every_estimator
def test_ctrl_c_in_a_callback_at_the_end_of_an_epoch(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, max_epochs=5, callbacks=[SlowCallback()])
    with pytest.warns(InterruptedFitWarning, match=r"interrupted in epoch 2 of 5"):
        estimator.fit(X, y)
    assert estimator.n_iter_ == 2
    with pytest.raises(KeyboardInterrupt):
        estimator.partial_fit(X, y)
    with pytest.raises(KeyboardInterrupt):
        clone(estimator).fit(X, y)


@pytest.mark.parametrize("epoch", [1, 3])
@two_estimators
def test_only_finished_epochs_are_counted(cls, epoch):
    estimator = make(cls, max_epochs=5, callbacks=[CtrlC(epoch)])
    with pytest.warns(InterruptedFitWarning):
        estimator.fit(make_X("ragged"), make_y(cls))
    assert estimator.n_iter_ == len(estimator.history_) == epoch - 1
    assert estimator.history_.notna().all(axis=None)


@every_estimator_and_form
def test_interrupted_fit_restores_the_best_weights(cls, form):
    interruption = CtrlC(epoch=8)
    y = np.random.default_rng(3).permutation(make_y(cls))
    estimator = make(
        cls,
        max_epochs=60,
        lr=0.05,
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=50,
        callbacks=[interruption],
    )
    with pytest.warns(InterruptedFitWarning):
        estimator.fit(make_X(form), y)
    best = int(np.argmin(interruption.losses_))
    assert best < 6
    assert (weights(estimator) == interruption.weights_[best]).all()


@two_estimators
def test_interrupted_model_can_be_trained_further(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, max_epochs=5, warm_start=True, callbacks=[CtrlC()])
    with pytest.warns(InterruptedFitWarning):
        estimator.fit(X, y)
    estimator.set_params(callbacks=None).fit(X, y)
    assert estimator.n_iter_ == 5


@pytest.mark.parametrize("point", ["epoch begin", "batch end"])
@two_estimators
def test_partial_fit_raises_keyboard_interrupt(cls, point):
    estimator, X = fitted(cls)  # trained for 2 epochs
    before, expected = dict(vars(estimator)), predict(estimator, X)
    estimator.set_params(callbacks=[CtrlC(epoch=3, point=point)])
    with pytest.raises(KeyboardInterrupt):
        estimator.partial_fit(X, make_y(cls))
    before["callbacks"] = estimator.callbacks
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is before[name] for name in before)
    assert len(estimator.net_.history) == 2
    assert (predict(estimator, X) == expected).all()


@two_estimators
def test_interrupted_first_partial_fit_leaves_the_estimator_unfitted(cls):
    estimator = make(cls, callbacks=[CtrlC(epoch=1)])
    before = dict(vars(estimator))
    labels = {"classes": [0, 1, 2]} if cls is TWO_ESTIMATORS[0] else {}
    with pytest.raises(KeyboardInterrupt):
        estimator.partial_fit(make_X("ragged"), make_y(cls), **labels)
    assert vars(estimator) == before


@two_estimators
def test_interrupted_pipeline_keeps_the_model(cls):
    X, y = make_X("ragged"), make_y(cls)
    pipeline = make_pipeline(FunctionTransformer(), make(cls, callbacks=[CtrlC()]))
    with pytest.warns(InterruptedFitWarning):
        pipeline.fit(X, y)
    assert len(pipeline.predict(X)) == 24


@every_form
@two_estimators
@pytest.mark.parametrize("tool", [cross_val_score, cross_val_predict])
def test_cross_validation_raises_keyboard_interrupt(cls, form, tool):
    estimator = make(cls, callbacks=[CtrlC()])
    with pytest.raises(KeyboardInterrupt):
        tool(estimator, make_X(form), make_y(cls), cv=3)
    with pytest.raises(NotFittedError):
        estimator.predict(make_X(form))


@every_form
@two_estimators
def test_search_raises_keyboard_interrupt(cls, form):
    search = GridSearchCV(make(cls, callbacks=[CtrlC()]), {"lr": [0.1, 0.2]}, cv=3)
    with pytest.raises(KeyboardInterrupt):
        search.fit(make_X(form), make_y(cls))
    assert not hasattr(search, "best_estimator_")


@two_estimators
def test_cross_validation_of_a_pipeline_raises_keyboard_interrupt(cls):
    pipeline = make_pipeline(FunctionTransformer(), make(cls, callbacks=[CtrlC()]))
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(pipeline, make_X("ragged"), make_y(cls), cv=3)


@two_classifiers
def test_ensembles_raise_keyboard_interrupt(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, callbacks=[CtrlC()])
    for tool in (
        VotingClassifier([("a", estimator)]),
        CalibratedClassifierCV(estimator, cv=3),
    ):
        with pytest.raises(KeyboardInterrupt):
            tool.fit(X, y)


@two_estimators
def test_interrupted_clone_raises_and_is_unchanged(cls):
    """Searches and ensembles fit clones, so an interrupt ends them as a whole."""
    estimator, X = clone(make(cls)), make_X("ragged")
    estimator.fit(X, make_y(cls))
    before, expected = dict(vars(estimator)), predict(estimator, X)
    estimator.set_params(callbacks=[CtrlC()])
    with pytest.raises(KeyboardInterrupt):
        Parallel()(delayed(estimator.fit)(X, make_y(cls)) for _ in range(1))
    before["callbacks"] = estimator.callbacks
    assert vars(estimator) == before
    assert (predict(estimator, X) == expected).all()
