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


def make_chunks(n_sequences=40):
    """Return sequences of words with IOB tags, in which I-A never follows O or B-B."""
    rng = np.random.default_rng(0)
    chunks = [["O"], ["B-A", "I-A"], ["B-B"], ["B-A", "I-A", "I-A"]]
    y = [
        np.concatenate([chunks[k] for k in rng.integers(4, size=5)])
        for _ in range(n_sequences)
    ]
    X = [[str(word) for word in rng.integers(30, size=len(tags))] for tags in y]
    return X, y


def is_possible(tags):
    """Return whether each I-A follows B-A or I-A."""
    before = ["O", *tags[:-1]]
    return all(a.endswith("-A") for a, b in zip(before, tags, strict=True) if b == "I-A")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@every_step_classifier
def test_transitions_start_from_those_of_the_labels(cls, method):
    X, y = make_chunks()
    estimator = make(cls, transitions="crf", lr=1e-6, max_epochs=1)
    predicted = getattr(estimator, method)(X, y).predict(X)
    assert all(map(is_possible, predicted))
    assert {tag for tags in predicted for tag in tags} >= {"B-A", "I-A"}


def test_further_training_keeps_the_transitions():
    X, y = make_chunks()
    other = [np.resize(["B-B", "O"], len(tags)) for tags in y]
    other[0][:2] = ["B-A", "I-A"]
    # The learning rate is so small that only a new start could change the transitions.
    estimator = make(
        skseq.GRUStepClassifier, transitions="crf", lr=1e-6, max_epochs=1, warm_start=True
    )
    before = read_transitions(estimator.fit(X, y))
    for train in (estimator.partial_fit, estimator.fit):
        after = read_transitions(train(X, other))
        np.testing.assert_allclose(after, before, atol=1e-3)


def test_transitions_between_labels_of_numbers_start_equal():
    X, y = make_X("ragged"), make_y(skseq.GRUStepClassifier)
    estimator = make(skseq.GRUStepClassifier, transitions="crf", lr=1e-6, max_epochs=1)
    transitions = read_transitions(estimator.fit(X, y))
    np.testing.assert_allclose(transitions, 0, atol=1e-3)


def read_transitions(estimator):
    """Return the scores of transitions."""
    return estimator.net_.module_.head.transitions.detach().clone()
