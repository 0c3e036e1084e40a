"""Copies and saved models give exactly the predictions of the original."""

import pickle

import pytest
from sklearn.base import clone

from .cases import (
    ALL_ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_ESTIMATORS,
    fitted,
    make_y,
    name_of,
    predict,
)
from .probes import COPY_METHODS

every_estimator = pytest.mark.parametrize("cls", ALL_ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)


@pytest.mark.parametrize("method", COPY_METHODS)
@every_estimator_and_form
def test_copy_predicts_the_same(cls, form, method):
    estimator, X = fitted(cls, form)
    copy = COPY_METHODS[method](estimator)
    assert (predict(copy, X) == predict(estimator, X)).all()
    assert (copy.transform(X) == estimator.transform(X)).all()
    assert copy.get_params() == estimator.get_params()
    assert copy.history_.equals(estimator.history_)


@pytest.mark.parametrize("method", COPY_METHODS)
@every_estimator
def test_incremental_training_of_a_copy_gives_the_same_model(cls, method):
    """The optimizer state and the state of the batch order are part of the model."""
    estimator, X = fitted(cls)
    y = make_y(cls)
    copy = COPY_METHODS[method](estimator).partial_fit(X, y)
    assert (predict(copy, X) == predict(estimator.partial_fit(X, y), X)).all()


@pytest.mark.parametrize("method", COPY_METHODS)
@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_copy_is_independent(cls, method):
    estimator, X = fitted(cls)
    before = predict(estimator, X)
    COPY_METHODS[method](estimator).partial_fit(X, make_y(cls))
    assert (predict(estimator, X) == before).all()


@every_estimator_and_form
def test_clone_fits_the_same_model(cls, form):
    estimator, X = fitted(cls, form)
    copy = clone(estimator).fit(X, make_y(cls))
    assert (predict(copy, X) == predict(estimator, X)).all()


@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_stored_model_does_not_hold_the_training_data(cls):
    estimator, X = fitted(cls)
    size = len(pickle.dumps(estimator))
    y = make_y(cls)
    large = estimator.fit(X * 50, list(y) * 50)
    assert len(pickle.dumps(large)) < 1.2 * size
