"""The attributions of the prediction of one step."""

import numpy as np
import pandas as pd
import pytest

from skseq import GRUClassifier, GRUStepClassifier, GRUStepRegressor
from skseq.inspection import integrated_gradients

PROBABILITIES = {"response_method": "predict_proba"}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in (4, 5, 6, 7) * 4]
    return X, [np.where(x[:, 0] > 0, "up", "down") for x in X]


@pytest.fixture(scope="module")
def model(data):
    return GRUStepClassifier(max_epochs=3, lr=0.01, random_state=0).fit(*data)


@pytest.mark.parametrize("step", [0, 2, -1])
def test_outputs_are_the_probabilities_of_the_step(model, data, step):
    X = data[0][:4]
    result = integrated_gradients(model, X, step=step, **PROBABILITIES)
    predicted = [labels[step] for labels in model.predict(X)]
    assert list(result.targets) == predicted
    expected = [part[step].max() for part in model.predict_proba(X)]
    np.testing.assert_allclose(result.outputs, expected, atol=1e-5)
    change = result.outputs - result.baseline_outputs
    sums = [part.sum() for part in result.attributions]
    np.testing.assert_allclose(sums, change, atol=1e-3)


def test_rows(data):
    X, y = data
    rows = pd.concat({i: pd.DataFrame(x) for i, x in enumerate(X)})
    rows.columns = ["a", "b"]
    model = GRUStepClassifier(max_epochs=2, random_state=0).fit(rows, np.concatenate(y))
    some = rows.loc[:2].sample(frac=1, random_state=0)
    result = integrated_gradients(model, some, step=1, **PROBABILITIES)
    expected = model.predict_proba(rows.loc[:2])[[1, 5, 10]].max(axis=1)
    np.testing.assert_allclose(result.outputs, expected, atol=1e-5)


def test_regressor(data):
    X = data[0]
    y = [x[:, 0] for x in X]
    model = GRUStepRegressor(max_epochs=2, random_state=0).fit(X, y)
    result = integrated_gradients(model, X[:2], step=-1)
    expected = [part[-1] for part in model.predict(X[:2])]
    np.testing.assert_allclose(result.outputs, expected, atol=1e-5)


def test_invalid_step(model, data):
    with pytest.raises(ValueError, match=r"choose the step .* step=-1"):
        integrated_gradients(model, data[0])
    for step in (4, -5):
        with pytest.raises(ValueError, match=f"step={step}, but sequence 0 has 4 steps"):
            integrated_gradients(model, data[0], step=step)


def test_step_of_a_classifier_of_sequences(data):
    model = GRUClassifier(max_epochs=1).fit(data[0], [0, 1] * 8)
    with pytest.raises(ValueError, match="predicts sequences, not steps"):
        integrated_gradients(model, data[0], step=0)


def test_transitions(data):
    model = GRUStepClassifier(max_epochs=1, transitions="crf").fit(*data)
    with pytest.raises(TypeError, match="cannot explain transitions='crf'"):
        integrated_gradients(model, data[0], step=0)


def test_one_of_several_labels(data):
    X = data[0]
    y = [(x > 0).astype(int) for x in X]
    model = GRUStepClassifier(max_epochs=3, lr=0.01, random_state=0).fit(X, y)
    result = integrated_gradients(model, X[:4], step=1, target=1, **PROBABILITIES)
    assert result.explained == "probability of label 1"
    expected = [part[1, 1] for part in model.predict_proba(X[:4])]
    np.testing.assert_allclose(result.outputs, expected, atol=1e-5)
    with pytest.raises(ValueError, match="one of the 2 labels. Got None instead"):
        integrated_gradients(model, X[:4], step=1)
