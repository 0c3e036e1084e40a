"""Ctrl-C keeps what was learned in a plain fit, and ends a search."""

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skseq.exceptions import InterruptedFitWarning

from .cases import (
    ESTIMATORS,
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

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)


@pytest.mark.parametrize("point", ["epoch begin", "batch begin", "gradient", "batch end"])
@pytest.mark.parametrize("epoch", [1, 2, 5])
@every_estimator
def test_plain_fit_keeps_what_was_learned(cls, epoch, point):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, max_epochs=5, callbacks=[CtrlC(epoch, point)])
    message = f"interrupted in epoch {epoch} of 5; {cls.__name__} keeps"
    with pytest.warns(InterruptedFitWarning, match=message) as caught:
        estimator.fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__, "the warning points at the user's line"
    assert np.isfinite(predict(estimator, X)).all()


@pytest.mark.parametrize("epoch", [1, 3])
@two_estimators
def test_only_finished_epochs_count(cls, epoch):
    estimator = make(cls, max_epochs=5, callbacks=[CtrlC(epoch)])
    with pytest.warns(InterruptedFitWarning):
        estimator.fit(make_X("ragged"), make_y(cls))
    assert estimator.n_iter_ == len(estimator.history_) == epoch - 1
    assert estimator.history_.notna().all(axis=None)


@every_estimator_and_form
def test_best_weights_so_far_are_kept(cls, form):
    keys = CtrlC(epoch=8)
    y = np.random.default_rng(3).permutation(make_y(cls))
    estimator = make(
        cls,
        max_epochs=60,
        lr=0.05,
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=50,
        callbacks=[keys],
    )
    with pytest.warns(InterruptedFitWarning):
        estimator.fit(make_X(form), y)
    best = int(np.argmin(keys.losses_))
    assert best < 6
    assert (weights(estimator) == keys.weights_[best]).all()


@two_estimators
def test_interrupted_model_can_go_on(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, max_epochs=5, warm_start=True, callbacks=[CtrlC()])
    with pytest.warns(InterruptedFitWarning):
        estimator.fit(X, y)
    estimator.set_params(callbacks=None).fit(X, y)
    assert estimator.n_iter_ == 5


@pytest.mark.parametrize("point", ["epoch begin", "batch end"])
@two_estimators
def test_the_loop_around_partial_fit_is_ended(cls, point):
    estimator, X = fitted(cls)  # of 2 epochs
    before, kept = dict(vars(estimator)), predict(estimator, X)
    estimator.set_params(callbacks=[CtrlC(epoch=3, point=point)])
    with pytest.raises(KeyboardInterrupt):
        estimator.partial_fit(X, make_y(cls))
    before["callbacks"] = estimator.callbacks
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is before[name] for name in before)
    assert len(estimator.net_.history) == 2
    assert (predict(estimator, X) == kept).all()


@two_estimators
def test_a_first_partial_fit_that_is_interrupted_leaves_it_unfitted(cls):
    estimator = make(cls, callbacks=[CtrlC(epoch=1)])
    before = dict(vars(estimator))
    labels = {"classes": [0, 1, 2]} if cls is TWO_ESTIMATORS[0] else {}
    with pytest.raises(KeyboardInterrupt):
        estimator.partial_fit(make_X("ragged"), make_y(cls), **labels)
    assert vars(estimator) == before


@two_estimators
def test_pipeline_is_a_plain_fit(cls):
    X, y = make_X("ragged"), make_y(cls)
    pipeline = make_pipeline(FunctionTransformer(), make(cls, callbacks=[CtrlC()]))
    with pytest.warns(InterruptedFitWarning):
        pipeline.fit(X, y)
    assert len(pipeline.predict(X)) == 24


@every_form
@two_estimators
@pytest.mark.parametrize("tool", [cross_val_score, cross_val_predict])
def test_validation_is_ended(cls, form, tool):
    estimator = make(cls, callbacks=[CtrlC()])
    with pytest.raises(KeyboardInterrupt):
        tool(estimator, make_X(form), make_y(cls), cv=3)
    with pytest.raises(NotFittedError):
        estimator.predict(make_X(form))


@every_form
@two_estimators
def test_search_is_ended(cls, form):
    search = GridSearchCV(make(cls, callbacks=[CtrlC()]), {"lr": [0.1, 0.2]}, cv=3)
    with pytest.raises(KeyboardInterrupt):
        search.fit(make_X(form), make_y(cls))
    assert not hasattr(search, "best_estimator_")


@two_estimators
def test_search_over_a_pipeline_is_ended(cls):
    pipeline = make_pipeline(FunctionTransformer(), make(cls, callbacks=[CtrlC()]))
    with pytest.raises(KeyboardInterrupt):
        cross_val_score(pipeline, make_X("ragged"), make_y(cls), cv=3)


@two_classifiers
def test_ensembles_are_ended(cls):
    X, y = make_X("ragged"), make_y(cls)
    estimator = make(cls, callbacks=[CtrlC()])
    for tool in (
        VotingClassifier([("a", estimator)]),
        CalibratedClassifierCV(estimator, cv=3),
    ):
        with pytest.raises(KeyboardInterrupt):
            tool.fit(X, y)


@two_estimators
def test_in_a_search_the_estimator_is_as_before(cls):
    estimator, X = fitted(cls)
    before, kept = dict(vars(estimator)), predict(estimator, X)
    estimator.set_params(callbacks=[CtrlC()])
    # A prefitted estimator reaches joblib without a clone.
    with pytest.raises(KeyboardInterrupt):
        Parallel()(delayed(estimator.fit)(X, make_y(cls)) for _ in range(1))
    before["callbacks"] = estimator.callbacks
    assert vars(estimator) == before
    assert (predict(estimator, X) == kept).all()
