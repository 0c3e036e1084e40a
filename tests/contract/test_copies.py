"""Copies and stored models answer exactly as the original."""

import pickle

import pytest
from sklearn.base import clone

from .cases import ESTIMATORS, EVERYWHERE, FORMS, TWO, answer, fitted, make_y, name_of
from .probes import WAYS

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
everywhere = pytest.mark.parametrize(("cls", "form"), EVERYWHERE)


@pytest.mark.parametrize("way", WAYS)
@everywhere
def test_copy_answers_the_same(cls, form, way):
    estimator, X = fitted(cls, form)
    twin = WAYS[way](estimator)
    assert (answer(twin, X) == answer(estimator, X)).all()
    assert (twin.transform(X) == estimator.transform(X)).all()
    assert twin.get_params() == estimator.get_params()
    assert twin.history_.equals(estimator.history_)


@pytest.mark.parametrize("way", WAYS)
@every_estimator
def test_copy_goes_on_learning_the_same(cls, way):
    """The state of the optimiser and of the order of batches is part of the model."""
    estimator, X = fitted(cls)
    y = make_y(cls)
    twin = WAYS[way](estimator).partial_fit(X, y)
    assert (answer(twin, X) == answer(estimator.partial_fit(X, y), X)).all()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cls", TWO, ids=name_of)
def test_copy_is_independent(cls, way):
    estimator, X = fitted(cls)
    before = answer(estimator, X)
    WAYS[way](estimator).partial_fit(X, make_y(cls))
    assert (answer(estimator, X) == before).all()


@everywhere
def test_clone_fits_the_same_model(cls, form):
    estimator, X = fitted(cls, form)
    twin = clone(estimator).fit(X, make_y(cls))
    assert (answer(twin, X) == answer(estimator, X)).all()


@pytest.mark.parametrize("cls", TWO, ids=name_of)
def test_stored_model_does_not_hold_the_training_data(cls):
    estimator, X = fitted(cls)
    size = len(pickle.dumps(estimator))
    y = make_y(cls)
    large = estimator.fit(X * 50, list(y) * 50)
    assert len(pickle.dumps(large)) < 1.2 * size
