"""A call that fails leaves the estimator unchanged."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from skseq import Sequences
from skseq.exceptions import DivergenceError

from .cases import (
    ALL_ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    as_form,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)
from .probes import EXPLODE, FailingCallback

every_estimator = pytest.mark.parametrize("cls", ALL_ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)


def with_nan(form):
    """Return sequences with one NaN, in sequence 4, step 1, feature 2."""
    arrays = [np.array(sequence) for sequence in make_X(form)]
    arrays[4] = np.ones((6, 3))
    arrays[4][1, 2] = np.nan
    return as_form(form, arrays)


def failing_fits(cls, form):
    """Yield parameters, X, y and the error of fits that fail before and during training."""
    X, y = make_X(form), make_y(cls)
    yield {}, with_nan(form), y, ValueError
    yield {}, X, y[:-1], ValueError
    yield {}, X, None, ValueError
    yield {"device": "cuda:77"}, X, y, ValueError
    yield EXPLODE, X, y, DivergenceError
    yield {"callbacks": [FailingCallback(2)]}, X, y, OSError


@every_estimator_and_form
def test_failing_fit_leaves_an_unfitted_estimator_unfitted(cls, form):
    for params, X, y, error in failing_fits(cls, form):
        estimator = make(cls, **params)
        before = dict(vars(estimator))
        with pytest.raises(error):
            estimator.fit(X, y)
        assert vars(estimator) == before
        with pytest.raises(NotFittedError):
            check_is_fitted(estimator)


@every_estimator_and_form
def test_failing_fit_leaves_a_fitted_estimator_unchanged(cls, form):
    estimator, X = fitted(cls, "ragged")
    expected, before, params = (
        predict(estimator, X),
        dict(vars(estimator)),
        estimator.get_params(),
    )
    for changes, X_bad, y_bad, error in failing_fits(cls, form):
        estimator.set_params(**changes)
        with pytest.raises(error):
            estimator.fit(X_bad, y_bad)
        estimator.set_params(**params)
        assert vars(estimator).keys() == before.keys()
        assert all(vars(estimator)[name] is before[name] for name in before)
        assert (predict(estimator, X) == expected).all()


@two_estimators
def test_failing_fit_on_other_features_keeps_feature_names(cls):
    """fit sets n_features_in_ and feature_names_in_ before training starts."""
    estimator, X = fitted(cls, "ragged")
    values = Sequences(np.full((48, 5), 1.0), np.full(24, 2), feature_names=list("abcde"))
    estimator.set_params(callbacks=[FailingCallback(1)])
    with pytest.raises(OSError, match="disk is full"):
        estimator.fit(values, make_y(cls))
    assert estimator.n_features_in_ == 3
    assert not hasattr(estimator, "feature_names_in_")
    predict(estimator, X)


@two_estimators
def test_failing_warm_start_keeps_the_weights(cls):
    estimator, X = fitted(cls, "ragged", warm_start=True)
    expected = predict(estimator, X)
    for changes in (EXPLODE, {"callbacks": [FailingCallback(2)]}):
        estimator.set_params(**changes)
        with pytest.raises((DivergenceError, OSError)):
            estimator.fit(X, make_y(cls))
        assert (predict(estimator, X) == expected).all()


@every_estimator
def test_failing_partial_fit_keeps_the_weights(cls):
    X, y = make_X("ragged"), make_y(cls)
    # Each call runs one epoch, so the second call fails.
    estimator = make(cls, callbacks=[FailingCallback(2)])
    labels = {"classes": [0, 1, 2]} if hasattr(cls, "predict_proba") else {}
    estimator.partial_fit(X, y, **labels)
    expected, before = predict(estimator, X), dict(vars(estimator))
    with pytest.raises(OSError, match="disk is full"):
        estimator.partial_fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        estimator.partial_fit(with_nan("ragged"), y)
    assert all(vars(estimator)[name] is before[name] for name in before)
    assert len(estimator.history_) == 1
    assert (predict(estimator, X) == expected).all()


@two_estimators
def test_failing_first_partial_fit_leaves_the_estimator_unfitted(cls):
    estimator = make(cls, callbacks=[FailingCallback(1)])
    before = dict(vars(estimator))
    labels = {"classes": [0, 1, 2]} if cls is TWO_ESTIMATORS[0] else {}
    with pytest.raises(OSError, match="disk is full"):
        estimator.partial_fit(make_X("ragged"), make_y(cls), **labels)
    assert vars(estimator) == before


@pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)
def test_unknown_label_in_partial_fit_keeps_the_weights(cls):
    estimator, X = fitted(cls, "ragged")
    expected = predict(estimator, X)
    with pytest.raises(ValueError, match="label"):
        estimator.partial_fit(X, make_y(cls) + 1)
    assert (predict(estimator, X) == expected).all()


@every_estimator_and_form
def test_failing_predict_changes_nothing(cls, form):
    estimator, X = fitted(cls, form)
    expected, before = predict(estimator, X), dict(vars(estimator))
    wide = as_form(form, [np.ones((3, 4))] * 2)
    for bad in (wide, with_nan(form)):
        for call in (estimator.predict, estimator.transform):
            with pytest.raises(ValueError, match="features|NaN"):
                call(bad)
    assert vars(estimator).keys() == before.keys()
    assert all(vars(estimator)[name] is before[name] for name in before)
    assert (predict(estimator, X) == expected).all()
