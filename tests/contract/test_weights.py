"""Sample weights and class weights."""

import numpy as np
import pytest

from .cases import (
    CLASSIFIERS,
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    as_form,
    make,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_classifier = pytest.mark.parametrize("cls", CLASSIFIERS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
RANDOM = np.random.default_rng(5).uniform(0.1, 3, 24)


@pytest.mark.parametrize("unit", [1, 0.1])
@every_estimator_and_form
def test_equal_weights_have_no_effect(cls, form, unit):
    X, y = make_X(form), make_y(cls)
    plain = weights(make(cls).fit(X, y))
    weighted = make(cls).fit(X, y, sample_weight=np.full(24, unit))
    assert (weights(weighted) == plain).all()


@pytest.mark.parametrize("early_stopping", [False, True])
@every_estimator_and_form
def test_zero_weight_equals_removal(cls, form, early_stopping):
    X, y = make_X(form), make_y(cls)
    weight = np.where(np.arange(24) % 4 == 3, 0, RANDOM)
    kept = np.flatnonzero(weight)
    params = {"early_stopping": early_stopping, "validation_fraction": 0.3}
    whole = make(cls, **params).fit(X, y, sample_weight=weight)
    arrays = [np.array(sequence) for sequence in X]
    part = as_form(form, [arrays[i] for i in kept])
    part = make(cls, **params).fit(part, y[kept], sample_weight=weight[kept])
    assert (weights(whole) == weights(part)).all()
    assert (predict(whole, X) == predict(part, X)).all()


@two_estimators
def test_groups_of_rows_with_zero_weight_are_ignored(cls):
    X, y = make_X("ragged"), make_y(cls)
    weight, groups = np.ones(24), np.arange(24) // 3
    weight[groups == 2] = 0
    kept = np.flatnonzero(weight)
    params = {"early_stopping": True, "validation_fraction": 0.3}
    whole = make(cls, **params).fit(X, y, sample_weight=weight, groups=groups)
    part = make(cls, **params).fit([X[i] for i in kept], y[kept], groups=groups[kept])
    assert (weights(whole) == weights(part)).all()


@two_estimators
def test_values_of_rows_with_zero_weight_have_no_effect(cls):
    """The scaling of X and y ignores sequences with a weight of 0."""
    X, y, weight = make_X("ragged"), make_y(cls), np.ones(24)
    weight[5] = 0
    expected = weights(make(cls).fit(X, y, sample_weight=weight))
    X[5] = X[5] * 1e6
    if cls is TWO_ESTIMATORS[1]:
        y[5] = -1e6
    assert (weights(make(cls).fit(X, y, sample_weight=weight)) == expected).all()


@pytest.mark.parametrize("factor", [0.25, 3.0, 1e-6, 1e9])
@every_estimator
def test_common_factor_of_weights_has_no_effect(cls, factor):
    X, y = make_X("ragged"), make_y(cls)
    one = weights(make(cls).fit(X, y, sample_weight=RANDOM))
    other = weights(make(cls).fit(X, y, sample_weight=factor * RANDOM))
    assert (one == other).all()


@every_estimator
def test_weights_have_an_effect(cls):
    X, y = make_X("ragged"), make_y(cls)
    plain = weights(make(cls).fit(X, y))
    assert not np.allclose(weights(make(cls).fit(X, y, sample_weight=RANDOM)), plain)
    weighted = make(cls).fit(X, y).partial_fit(X, y, sample_weight=RANDOM)
    assert not np.allclose(
        weights(weighted), weights(make(cls).fit(X, y).partial_fit(X, y))
    )


def test_weighted_mean_of_targets():
    """On a constant input, the optimal prediction is the weighted mean."""
    X, y = np.ones((40, 3, 1)), np.repeat([0.0, 1.0], 20)
    weight = np.repeat([1.0, 3.0], 20)
    trained = {"max_epochs": 60, "lr": 0.02, "dropout": 0, "weight_decay": 0, "stem": 0}
    estimator = make(TWO_ESTIMATORS[1], **trained).fit(X, y, sample_weight=weight)
    assert estimator.predict(X[:1])[0] == pytest.approx(0.75, abs=0.03)
    classifier = make(TWO_ESTIMATORS[0], **trained).fit(X, y, sample_weight=weight)
    assert classifier.predict_proba(X[:1])[0, 1] == pytest.approx(0.75, abs=0.03)


@every_classifier
def test_class_weight_equals_sample_weight(cls):
    X, y = make_X("ragged"), make_y(cls)
    by_class = make(cls, class_weight={0: 1.0, 1: 4.0, 2: 0.5}).fit(X, y)
    by_row = make(cls).fit(X, y, sample_weight=np.array([1.0, 4.0, 0.5])[y])
    np.testing.assert_allclose(weights(by_class), weights(by_row), atol=1e-6)


@every_classifier
def test_balanced_class_weight(cls):
    X = np.ones((40, 3, 1))
    y = np.repeat(["rare", "usual"], [8, 32])
    trained = {"max_epochs": 60, "lr": 0.02, "dropout": 0, "weight_decay": 0, "stem": 0}
    plain = make(cls, **trained).fit(X, y)
    assert plain.predict_proba(X[:1])[0, 0] == pytest.approx(0.2, abs=0.04)
    balanced = make(cls, class_weight="balanced", **trained).fit(X, y)
    assert balanced.predict_proba(X[:1])[0, 0] == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)
def test_class_and_sample_weights_multiply(cls):
    X, y = make_X("ragged"), make_y(cls)
    table = {0: 1.0, 1: 4.0, 2: 0.5}
    both = make(cls, class_weight=table).fit(X, y, sample_weight=RANDOM)
    product = RANDOM * np.array([1.0, 4.0, 0.5])[y]
    by_hand = make(cls).fit(X, y, sample_weight=product)
    np.testing.assert_allclose(weights(both), weights(by_hand), atol=1e-6)


@two_estimators
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(23), "sample_weight"),
        (-np.ones(24), "[Nn]egative"),
        (np.zeros(24), "zero"),
        (np.full(24, np.nan), "NaN"),
    ],
)
def test_invalid_weights(cls, weight, message):
    with pytest.raises(ValueError, match=message):
        make(cls).fit(make_X("ragged"), make_y(cls), sample_weight=weight)
