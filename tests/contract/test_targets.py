"""Accepted targets, the predictions for them, and what each loss learns."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning

from skseq.tasks import Classification, Regression

from .cases import (
    FORMS,
    TWO_CLASSIFIERS,
    TWO_REGRESSORS,
    leaves_of,
    make,
    make_X,
    name_of,
    weights,
)

every_classifier = pytest.mark.parametrize("cls", leaves_of(Classification), ids=name_of)
every_regressor = pytest.mark.parametrize("cls", leaves_of(Regression), ids=name_of)
two_classifiers = pytest.mark.parametrize("cls", TWO_CLASSIFIERS, ids=name_of)
two_regressors = pytest.mark.parametrize("cls", TWO_REGRESSORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)

CODES = np.arange(24) % 3
TRAINED = {"max_epochs": 40, "lr": 0.03}
LABELS = {
    "text": np.array(["walk", "run", "sit"])[CODES],
    "objects": np.array(["walk", "run", "sit"], dtype=object)[CODES],
    "negative": np.array([-5, 100, 3])[CODES],
    "bool": CODES > 0,
    "pandas text": pd.Series(np.array(["walk", "run", "sit"])[CODES]),
    "categorical": pd.Series(np.array(["walk", "run", "sit"])[CODES], dtype="category"),
    "list": ["ab"[int(c > 0)] for c in CODES],
}


@pytest.mark.parametrize("labels", LABELS)
@two_classifiers
def test_label_types(cls, labels):
    X, y = make_X("ragged"), LABELS[labels]
    classifier = make(cls, **TRAINED).fit(X, y)
    predicted = classifier.predict(X)
    assert (classifier.classes_ == np.unique(np.asarray(y))).all()
    assert set(predicted) <= set(classifier.classes_)
    assert predicted.dtype == classifier.classes_.dtype
    assert (predicted == np.asarray(y)).mean() > 0.9


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@every_form
@every_classifier
def test_prediction_methods_are_consistent(cls, form, n_classes):
    X, y = make_X(form), np.arange(24) % n_classes
    classifier = make(cls).fit(X, y)
    proba = classifier.predict_proba(X)
    assert proba.shape == (24, n_classes)
    np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.exp(classifier.predict_log_proba(X)), proba, rtol=1e-12)
    assert (classifier.predict(X) == proba.argmax(axis=1)).all()
    decision = classifier.decision_function(X)
    if n_classes == 2:
        assert decision.shape == (24,)
        assert ((decision > 0) == (classifier.predict(X) == 1)).all()
    else:
        assert decision.shape == proba.shape
        assert (decision.argmax(axis=1) == classifier.predict(X)).all()


@every_form
@every_classifier
def test_multilabel(cls, form):
    X, y = make_X(form), np.stack([CODES == 0, CODES > 0, CODES == 2], axis=1).astype(int)
    classifier = make(cls, **TRAINED).fit(X, y)
    predicted = classifier.predict(X)
    assert predicted.shape == y.shape
    assert set(np.unique(predicted)) == {0, 1}
    assert (predicted == y).mean() > 0.9
    proba = classifier.predict_proba(X)
    assert ((proba > 0.5) == predicted).all()
    assert (classifier.decision_function(X) > 0).astype(int).tolist() == predicted.tolist()
    np.testing.assert_allclose(np.exp(classifier.predict_log_proba(X)), proba)


@two_classifiers
def test_column_vector_of_labels_gives_a_warning(cls):
    X = make_X("ragged")
    with pytest.warns(DataConversionWarning, match="1d array was expected"):
        classifier = make(cls).fit(X, CODES[:, None])
    assert classifier.predict(X).shape == (24,)


@every_form
@every_regressor
def test_multiple_outputs(cls, form):
    X, y = make_X(form), np.stack([CODES, -100.0 * CODES], axis=1)
    regressor = make(cls, **TRAINED).fit(X, y)
    assert regressor.predict(X).shape == (24, 2)
    assert regressor.score(X, y) > 0.8
    assert regressor.n_outputs_ == 2


@every_regressor
def test_predictions_have_the_shape_of_y(cls):
    X = make_X("ragged")
    flat, column = make(cls).fit(X, CODES), make(cls).fit(X, CODES[:, None])
    assert flat.predict(X).shape == (24,)
    assert column.predict(X).shape == (24, 1)
    assert (flat.predict(X) == column.predict(X)[:, 0]).all()
    assert (weights(flat) == weights(column)).all()


@every_regressor
def test_predictions_are_on_the_scale_of_y(cls):
    X = make_X("ragged")
    near = make(cls).fit(X, CODES).predict(X)
    far = make(cls).fit(X, 1e6 + 1e3 * CODES).predict(X)
    np.testing.assert_allclose((far - 1e6) / 1e3, near, atol=1e-3)


# On a constant input, the optimal prediction of each loss is known.
SKEWED = np.repeat([0.0, 1.0, 10.0], [20, 10, 10])


def learned_constant(cls, y, **params):
    """Return the prediction of a regressor trained on copies of one sequence."""
    X = np.ones((len(y), 3, 1))
    settled = {"max_epochs": 150, "lr": 0.02, "dropout": 0, "weight_decay": 0, "stem": 0}
    regressor = make(cls, batch_size=40, **settled, **params).fit(X, y)
    return regressor.predict(X[:1])[0]


@every_regressor
def test_squared_error_learns_the_mean(cls):
    found = learned_constant(cls, SKEWED, loss="squared_error")
    assert found == pytest.approx(2.75, abs=0.1)


@two_regressors
def test_absolute_error_learns_the_median(cls):
    y = np.repeat([0.0, 1.0, 10.0], [10, 20, 10])
    assert y.mean() == 3
    assert learned_constant(cls, y, loss="absolute_error") == pytest.approx(1, abs=0.1)


@two_regressors
def test_huber_lies_between_mean_and_median(cls):
    y = np.repeat([0.0, 1.0, 100.0], [10, 26, 4])
    found = learned_constant(cls, y, loss="huber")
    assert 1 < found < y.mean() - 1


@two_regressors
def test_poisson_learns_the_mean_and_is_never_negative(cls):
    assert learned_constant(cls, SKEWED, loss="poisson") == pytest.approx(2.75, abs=0.15)
    X, y = make_X("ragged"), np.where(CODES == 2, 3.0, 0.0)
    regressor = make(cls, loss="poisson", **TRAINED).fit(X, y)
    assert (regressor.predict([10 * x for x in X]) >= 0).all()
    assert (
        regressor.predict(X)[CODES == 0].mean()
        < 0.5
        < regressor.predict(X)[CODES == 2].mean()
    )


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("unit", [1e6, 1e-3])
@every_regressor
def test_poisson_predictions_are_equivariant_to_the_unit_of_targets(cls, unit, scale):
    """Large counts and small rates are learned as fast as others."""
    X, y = make_X("ragged"), np.column_stack([1.0 + CODES, 5.0 - CODES])
    params = {"loss": "poisson", "scale": scale}
    wanted = make(cls, **params).fit(X, y).predict(X)
    y[:, 0] *= unit
    found = make(cls, **params).fit(X, y).predict(X)
    np.testing.assert_allclose(found, wanted * [unit, 1], rtol=1e-4)
    # Predictions start at the mean.
    before = make(cls, max_epochs=1, lr=1e-9, **params).fit(X, y).predict(X)
    np.testing.assert_allclose(before.mean(axis=0), y.mean(axis=0), rtol=0.5)


def test_poisson_with_zeros_only():
    X, y = make_X("ragged"), np.zeros(24)
    regressor = make(TWO_REGRESSORS[0], loss="poisson").fit(X, y)
    assert (regressor.target_scale_ == 1).all()
    assert np.isfinite(regressor.predict(X)).all()


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
@two_regressors
def test_quantile(cls, quantile):
    y = np.linspace(0, 1, 101)
    found = learned_constant(cls, y, loss="quantile", quantile=quantile)
    assert found == pytest.approx(quantile, abs=0.04)


@two_regressors
def test_changing_loss_does_not_change_a_fitted_model(cls):
    """A changed parameter takes effect at the next fit."""
    X = make_X("ragged")
    regressor = make(cls).fit(X, CODES)
    before = regressor.predict(X)
    assert (regressor.set_params(loss="poisson").predict(X) == before).all()


@two_regressors
def test_scale_false_does_not_scale_targets(cls):
    regressor = make(cls, scale=False).fit(make_X("ragged"), 5.0 + CODES)
    assert (regressor.target_mean_ == 0).all()
    assert (regressor.target_scale_ == 1).all()


@two_regressors
def test_constant_target(cls):
    X = make_X("ragged")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predicted = make(cls, **TRAINED).fit(X, np.full(24, 7.0)).predict(X)
    np.testing.assert_allclose(predicted, 7, atol=0.2)
