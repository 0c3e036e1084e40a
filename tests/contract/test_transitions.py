"""Step classifiers whose labels are predicted together, by a conditional random field."""

import numpy as np
import pytest

import skseq
from skseq.tasks import StepClassification

from .cases import STEP_ESTIMATORS, fitted, make, make_X, make_y, name_of
from .test_to_onnx import run

CLASSIFIERS = [cls for cls in STEP_ESTIMATORS if issubclass(cls, StepClassification)]
every_step_classifier = pytest.mark.parametrize("cls", CLASSIFIERS, ids=name_of)


@every_step_classifier
def test_exported_model_returns_the_best_path(cls, tmp_path):
    estimator, X = fitted(cls, transitions="crf", max_epochs=20)
    outputs = run(estimator, tmp_path, X)
    labels, probabilities = estimator.predict(X), estimator.predict_proba(X)
    for i, x in enumerate(X):
        assert outputs["label"][i, : len(x)].tolist() == labels[i].tolist()
        found = outputs["probabilities"][i, : len(x)]
        np.testing.assert_allclose(found, probabilities[i], atol=1e-4)


def test_exported_labels_are_strings(tmp_path):
    X = make_X("ragged")
    y = [np.array(["B", "I", "O"])[part] for part in make_y(skseq.GRUStepClassifier)]
    estimator = make(skseq.GRUStepClassifier, transitions="crf").fit(X, y)
    found = run(estimator, tmp_path, X)["label"][0, : len(X[0])]
    assert found.tolist() == estimator.predict(X)[0].tolist()


@every_step_classifier
def test_predictions_do_not_depend_on_other_sequences(cls):
    estimator, X = fitted(cls, transitions="crf")
    labels, probabilities = estimator.predict(X), estimator.predict_proba(X)
    for i, x in enumerate(X[:6]):
        assert estimator.predict([x])[0].tolist() == labels[i].tolist()
        alone = estimator.predict_proba([x])[0]
        np.testing.assert_allclose(alone, probabilities[i], atol=1e-5)
        np.testing.assert_allclose(alone.sum(axis=1), 1, atol=1e-5)


def test_unlabelled_steps_are_summed_out():
    """Labels of every second step are enough to learn labels that alternate."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 1)) for n in rng.integers(6, 12, size=60)]
    y = []
    for x in X:
        labels = (rng.integers(2) + np.arange(len(x))) % 2
        x[0] = 6 * labels[0] - 3
        y.append(labels)
    partly = [part.astype(float) for part in y]
    for part in partly:
        part[rng.permutation(len(part))[: len(part) // 2]] = np.nan
    model = skseq.GRUStepClassifier(
        hidden_size=8, transitions="crf", max_epochs=40, lr=0.03, random_state=0
    )
    assert model.fit(X, partly).score(X, y) > 0.98
