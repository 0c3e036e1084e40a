"""scikit-learn's displays on variable-length sequences.

Each display is compared with the display of the predictions.
"""

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.calibration import CalibrationDisplay
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    DetCurveDisplay,
    PrecisionRecallDisplay,
    PredictionErrorDisplay,
    RocCurveDisplay,
)
from sklearn.model_selection import (
    KFold,
    LearningCurveDisplay,
    ValidationCurveDisplay,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, LSTMRegressor
from skseq.preprocessing import PerStep

from .cases import TWO_ESTIMATORS, make, make_X, make_y, name_of

matplotlib.use("Agg")

both_forms = pytest.mark.parametrize("form", ["ragged", "sequences"])
FOLDS = KFold(2, shuffle=True, random_state=0)


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def fit_binary(form):
    """Return a fitted Pipeline with a binary classifier, and its X and y."""
    X, y = make_X(form), np.array(["rest", "walk"])[np.arange(24) % 3 // 2]
    model = make_pipeline(PerStep(StandardScaler()), make(GRUClassifier))
    return model.fit(X, y), X, y


@both_forms
def test_confusion_matrix(form):
    X, y = make_X(form), make_y(GRUClassifier)
    model = make(GRUClassifier).fit(X, y)
    display = ConfusionMatrixDisplay.from_estimator(model, X, y)
    expected = ConfusionMatrixDisplay.from_predictions(y, model.predict(X))
    np.testing.assert_array_equal(display.confusion_matrix, expected.confusion_matrix)


@both_forms
@pytest.mark.parametrize(
    ("display", "axes"),
    [
        (RocCurveDisplay, ("fpr", "tpr")),
        (PrecisionRecallDisplay, ("recall", "precision")),
        (DetCurveDisplay, ("fpr", "fnr")),
        (CalibrationDisplay, ("prob_pred", "prob_true")),
    ],
)
def test_curves_of_a_binary_classifier(display, axes, form):
    model, X, y = fit_binary(form)
    options = {"n_bins": 3} if display is CalibrationDisplay else {}
    found = display.from_estimator(model, X, y, pos_label="walk", **options)
    proba = model.predict_proba(X)[:, 1]
    expected = display.from_predictions(y, proba, pos_label="walk", **options)
    for name in axes:
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name))


@both_forms
def test_prediction_error(form):
    X, y = make_X(form), make_y(LSTMRegressor)
    model = make(LSTMRegressor).fit(X, y)
    display = PredictionErrorDisplay.from_estimator(model, X, y)
    np.testing.assert_array_equal(display.y_pred, model.predict(X))


@both_forms
@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_learning_and_validation_curves(cls, form):
    X, y = make_X(form), make_y(cls)
    whole = cross_validate(make(cls), X, y, cv=FOLDS)["test_score"]
    learning = LearningCurveDisplay.from_estimator(
        make(cls), X, y, cv=FOLDS, train_sizes=[0.75, 1.0]
    )
    np.testing.assert_allclose(learning.test_scores[-1], whole)
    validation = ValidationCurveDisplay.from_estimator(
        make(cls), X, y, cv=FOLDS, param_name="lr", param_range=[1e-3, 1e-2]
    )
    np.testing.assert_allclose(validation.test_scores[0], whole)


@both_forms
def test_roc_curves_from_cv_results(form):
    model, X, y = fit_binary(form)
    results = cross_validate(
        model, X, y, cv=FOLDS, return_estimator=True, return_indices=True
    )
    display = RocCurveDisplay.from_cv_results(results, X, y, pos_label="walk")
    assert len(display.fpr) == 2
