"""Sample weights and class weights."""

import numpy as np
import pytest

from skseq.exceptions import DivergenceError
from skseq.tasks import Classification

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_CLASSIFIERS,
    TWO_ESTIMATORS,
    as_form,
    leaves_of,
    make,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_classifier = pytest.mark.parametrize("cls", leaves_of(Classification), ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
RANDOM = np.random.default_rng(5).uniform(0.1, 3, 24)


@pytest.mark.parametrize("unit", [1, 0.1, 1e308, 1e-308])
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


@pytest.mark.parametrize("factor", [0.25, 3.0, 1e-6, 1e9, 1e-307, 5e307])
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
        (np.full(24, np.inf), "infinity"),
        (0.0, "zero"),
        (-1.0, "[Nn]egative"),
        (np.nan, "nan"),
        (np.inf, "inf"),
    ],
)
def test_invalid_weights(cls, weight, message):
    X, y = make_X("ragged"), make_y(cls)
    with pytest.raises(ValueError, match=message):
        make(cls).fit(X, y, sample_weight=weight)
    estimator = make(cls).fit(X, y)
    with pytest.raises(ValueError, match=message):
        estimator.partial_fit(X, y, sample_weight=weight)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ({0: 1, 1: -0.5}, r"class_weight has the weight -0\.5 for class 1\."),
        ({0: np.nan}, "the weight .*nan.* for class 0"),
        ({0: np.inf}, "the weight .*inf.* for class 0"),
        ({0: "high"}, "the weight 'high' for class 0"),
        ({0: 0, 1: 0, 2: 0}, "All sequences have a weight of 0: class_weight"),
        ({5: 2.0}, "not in class_weight"),
    ],
)
def test_invalid_class_weights(weight, message, method):
    model = make(TWO_CLASSIFIERS[0], class_weight=weight)
    more = {"classes": [0, 1, 2]} if method == "partial_fit" else {}
    with pytest.raises(ValueError, match=message):
        getattr(model, method)(make_X("ragged"), np.arange(24) % 3, **more)
    assert not hasattr(model, "classes_")


def test_product_of_weights_that_is_zero_for_all_raises():
    model = make(TWO_CLASSIFIERS[0], class_weight={0: 0.0})
    y = np.arange(24) % 3
    model.fit(make_X("ragged"), y)
    with pytest.raises(ValueError, match="its product with sample_weight, is 0"):
        model.partial_fit(make_X("ragged"), y, sample_weight=(y == 0).astype(float))


class TestPartialFit:
    """In `partial_fit`, weights keep their scale from call to call."""

    @staticmethod
    def train(cls, *sample_weights, X=None, y=None, **params):
        """Return a model after one call for each of the weights."""
        model = make(cls, **params)
        X, y = make_X("ragged") if X is None else X, make_y(cls) if y is None else y
        for weight in sample_weights:
            first = {"classes": [0, 1, 2]} if hasattr(cls, "predict_proba") else {}
            weight = None if weight is None else np.full(len(y), weight)
            model.partial_fit(X, y, sample_weight=weight, **first)
        return model

    @every_estimator
    @pytest.mark.parametrize("n_before", [0, 2])
    def test_a_small_weight_trains_little(self, cls, n_before):
        before = [None] * n_before
        start = weights(self.train(cls, *before, 1e-30))
        full = np.linalg.norm(weights(self.train(cls, *before, None)) - start)
        for weight in (1e-3, 0.1):
            part = np.linalg.norm(weights(self.train(cls, *before, weight)) - start)
            assert part == pytest.approx(weight * full, rel=0.5)

    @two_estimators
    def test_momentum_of_a_small_weight_does_not_move_later_calls(self, cls):
        X, y = make_X("ragged", seed=7), make_y(cls)[::-1].copy()
        first = {"classes": [0, 1, 2]} if hasattr(cls, "predict_proba") else {}
        found = []
        for weight in (1e-6, 1.0):
            model = self.train(cls, None)
            model.partial_fit(X, y, sample_weight=np.full(24, weight), **first)
            start = weights(model)
            model.partial_fit(X, y, sample_weight=np.full(24, 1e-3), **first)
            found.append(np.linalg.norm(weights(model) - start))
        assert found[0] < 10 * found[1]

    @two_estimators
    def test_unit_weights_have_no_effect(self, cls):
        expected = weights(self.train(cls, None, None))
        assert (weights(self.train(cls, 1.0, 1.0)) == expected).all()

    @two_estimators
    def test_large_weights_train_more(self, cls):
        start = weights(self.train(cls, None, 1e-30, stem=0))
        moved = [
            np.linalg.norm(weights(self.train(cls, None, weight, stem=0)) - start)
            for weight in (None, 3.0)
        ]
        assert moved[1] > 2 * moved[0]

    @two_estimators
    def test_a_weight_that_makes_training_diverge_raises(self, cls):
        # The loss of a single update is computed before it.
        model = self.train(cls, None, batch_size=24)
        before = weights(model)
        with pytest.raises(DivergenceError, match="weights became infinite or NaN"):
            model.partial_fit(
                make_X("ragged"), make_y(cls), sample_weight=np.full(24, 1e300)
            )
        assert (weights(model) == before).all()

    @every_classifier
    def test_class_weight_of_batches_with_one_class(self, cls):
        """It equals a sample weight."""
        X, y = make_X("ragged"), make_y(cls)
        table = {0: 1.0, 1: 4.0, 2: 0.5}
        by_class = make(cls, class_weight=table)
        by_row = make(cls)
        for label in (1, 0, 2):
            rows = np.flatnonzero(y == label)
            part = [X[i] for i in rows], y[rows]
            by_class.partial_fit(*part, classes=[0, 1, 2])
            by_row.partial_fit(
                *part, classes=[0, 1, 2], sample_weight=np.full(len(rows), table[label])
            )
        assert (weights(by_class) == weights(by_row)).all()

    def test_class_weights_of_labels_that_a_batch_lacks(self):
        X, y = make_X("ragged")[:8], np.zeros((8, 2), dtype=int)
        y[:, 0] = np.arange(8) % 2
        tables = [{1: 2.0}, {1: 5.0}]
        by_class = make(TWO_CLASSIFIERS[0], class_weight=tables)
        by_row = make(TWO_CLASSIFIERS[0])
        for _ in range(2):
            by_class.partial_fit(X, y, classes=[0, 1])
            by_row.partial_fit(X, y, classes=[0, 1], sample_weight=1.0 + y[:, 0])
        np.testing.assert_allclose(weights(by_class), weights(by_row), atol=1e-6)

    @pytest.mark.parametrize("weight", ["balanced", ["balanced", {0: 1, 1: 2}]])
    def test_balanced_weights_raise(self, weight):
        model = make(TWO_CLASSIFIERS[0], class_weight=weight)
        with pytest.raises(ValueError, match="'balanced' is not supported by partial_fit"):
            model.partial_fit(make_X("ragged"), np.arange(24) % 3, classes=[0, 1, 2])
