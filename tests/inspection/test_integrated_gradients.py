"""Attributions sum to the change of the prediction and are exact for linear models."""

import inspect
import sys

import numpy as np
import pytest
import torch
from sklearn.base import ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skseq
from skseq import (
    GRUClassifier,
    GRUForecaster,
    LSTMRegressor,
    RNNRegressor,
    Sequences,
    TransformerClassifier,
)
from skseq.architectures import CustomArchitecture
from skseq.estimators import SequenceEstimator
from skseq.inspection import integrated_gradients, render_weights
from skseq.tasks.coding import NumberCoding

PUBLIC = [getattr(skseq, name) for name in skseq.__all__]
ESTIMATORS = [
    cls for cls in PUBLIC if inspect.isclass(cls) and issubclass(cls, SequenceEstimator)
]
PROBABILITIES = {"response_method": "predict_proba"}
# Smooth networks sum exactly, up to rounding; the maximum over time in "concat" does not.
SMOOTH = {"pooling": "mean"}


class Smooth(torch.nn.Sequential):
    """A user's network."""

    def __init__(self, n_features):
        super().__init__(torch.nn.Linear(n_features, 8), torch.nn.Tanh())


def make_X(n=24):
    rng = np.random.default_rng(0)
    return [rng.normal(3, 2, size=(2 + i % 9, 3)) for i in range(n)]


def fit(cls, y=None, **params):
    X = make_X()
    if y is None:
        y = np.arange(24) % 3 if issubclass(cls, ClassifierMixin) else np.arange(24.0)
    small = {"hidden_size": 8, "max_epochs": 3, "lr": 0.02, "random_state": 0, **SMOOTH}
    if issubclass(cls, CustomArchitecture):
        small["network"] = Smooth
    return cls(**{**small, **params}).fit(X, y), X


def differences(result):
    return result.outputs - result.baseline_outputs


def sums(result):
    return np.array([part.sum() for part in result.attributions])


@pytest.mark.parametrize("cls", ESTIMATORS, ids=lambda cls: cls.__name__)
def test_attributions_sum_to_the_change_of_the_prediction(cls):
    estimator, X = fit(cls)
    X = X[:10]
    result = integrated_gradients(estimator, X, n_steps=80, **PROBABILITIES)
    assert [part.shape for part in result.attributions] == [x.shape for x in X]
    np.testing.assert_allclose(sums(result), differences(result), rtol=0, atol=1e-4)
    assert np.abs(differences(result)).max() > 0.01
    baseline = [np.tile(estimator.scaler_.mean, (len(x), 1)) for x in X]
    if issubclass(cls, ClassifierMixin):
        rows, columns = np.arange(10), estimator.predict(X)
        np.testing.assert_array_equal(result.targets, columns)
        expected = estimator.predict_proba(X)[rows, columns]
        before = estimator.predict_proba(baseline)[rows, columns]
    else:
        expected, before = estimator.predict(X), estimator.predict(baseline)
        assert result.targets is None
    np.testing.assert_allclose(result.outputs, expected, rtol=1e-4)
    np.testing.assert_allclose(result.baseline_outputs, before, rtol=1e-4)


def test_more_steps_are_more_accurate():
    estimator, X = fit(RNNRegressor, pooling="concat", activation="relu")
    errors = []
    for n_steps in (5, 150):
        result = integrated_gradients(estimator, X[:8], n_steps=n_steps)
        errors.append(np.abs(sums(result) - differences(result)).max())
    assert errors[1] < 0.1 * errors[0]
    assert errors[1] < 2e-3 * np.abs(differences(result)).max()


def make_sum(weights, scale):
    """Return an RNN that computes a weighted sum of its inputs."""
    model, X = fit(
        RNNRegressor,
        hidden_size=1,
        activation="relu",
        pooling="last",
        bidirectional=False,
        patch_size=1,
        stem=0,
        scale=scale,
    )
    with torch.no_grad():
        for name, parameter in model.net_.module_.encoder.named_parameters():
            parameter.fill_(1.0 if "weight_hh" in name else 0.0)
            if "weight_ih" in name:
                parameter.copy_(torch.tensor([weights]))
            if "bias_ih" in name:
                parameter.fill_(1000.0)  # far from the kink of the ReLU
        model.net_.module_.head.linear.weight.fill_(1.0)
    return model, X


@pytest.mark.parametrize("scale", [False, True])
def test_attributions_of_a_linear_model_are_exact(scale):
    weights = [2.0, 0.0, -1.0]
    model, X = make_sum(weights, scale)
    result = integrated_gradients(model, X, baseline=[1.0, 2.0, 3.0])
    unit = model.scaler_.scale if scale else np.ones(3)
    for x, found in zip(X, result.attributions, strict=True):
        expected = np.array(weights) * (x - [1.0, 2.0, 3.0]) / unit
        expected *= model.target_scale_
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_default_baseline_is_the_training_mean():
    model, X = make_sum([1.0, 1.0, 1.0], False)
    default = integrated_gradients(model, X)
    zero = integrated_gradients(model, X, baseline=0)
    np.testing.assert_array_equal(default.attributions[3], zero.attributions[3])
    scaled, _ = make_sum([1.0, 1.0, 1.0], True)
    default = integrated_gradients(scaled, X)
    mean = integrated_gradients(scaled, X, baseline=scaled.scaler_.mean)
    np.testing.assert_array_equal(default.attributions[3], mean.attributions[3])


@pytest.mark.parametrize("cls", [LSTMRegressor, TransformerClassifier])
def test_attributions_do_not_depend_on_other_sequences(cls):
    estimator, X = fit(cls, stem=3)
    whole = integrated_gradients(estimator, X).attributions
    (alone,) = integrated_gradients(estimator, X[8:9]).attributions
    np.testing.assert_array_equal(alone, whole[8])
    stored = integrated_gradients(estimator, Sequences.from_list(X)[[8, 2]]).attributions
    np.testing.assert_array_equal(stored[0], whole[8])
    np.testing.assert_array_equal(stored[1], whole[2])


def test_selects_classes():
    names = np.array(["a", "b", "c"])
    estimator, X = fit(GRUClassifier, names[np.arange(24) % 3])
    of_b = integrated_gradients(estimator, X, target="b", **PROBABILITIES)
    given = names[np.arange(24) % 3]
    each = integrated_gradients(estimator, X, target=given, **PROBABILITIES)
    np.testing.assert_allclose(of_b.outputs, estimator.predict_proba(X)[:, 1], rtol=1e-4)
    np.testing.assert_array_equal(each.attributions[4], of_b.attributions[4])
    assert each.targets.tolist() == names[np.arange(24) % 3].tolist()
    assert of_b.explained == "probability of the class"
    total = sum(
        np.concatenate(
            integrated_gradients(estimator, X, target=name, **PROBABILITIES).attributions
        )
        for name in names
    )
    np.testing.assert_allclose(total, 0, atol=1e-5)  # probabilities sum to 1


def test_binary_classifier():
    estimator, X = fit(GRUClassifier, np.array(["no", "yes"])[np.arange(24) % 2])
    no, yes = (
        integrated_gradients(estimator, X, target=name, **PROBABILITIES)
        for name in ("no", "yes")
    )
    np.testing.assert_allclose(no.attributions[2], -yes.attributions[2], atol=1e-6)
    np.testing.assert_allclose(yes.outputs, estimator.predict_proba(X)[:, 1], rtol=1e-4)
    decided = integrated_gradients(estimator, X, target="yes")  # the default
    np.testing.assert_allclose(
        decided.outputs, estimator.decision_function(X), rtol=1e-4, atol=1e-5
    )
    assert decided.explained == "decision function of the class"


def test_multilabel_and_multioutput():
    y = np.random.default_rng(0).integers(0, 2, (24, 3))
    labels, X = fit(GRUClassifier, y)
    result = integrated_gradients(labels, X, target=2, **PROBABILITIES)
    np.testing.assert_allclose(result.outputs, labels.predict_proba(X)[:, 2], rtol=1e-4)
    assert result.explained == "probability of label 2"
    numbers, X = fit(LSTMRegressor, np.stack([np.arange(24.0), np.ones(24)], axis=1))
    result = integrated_gradients(numbers, X, target=0)
    np.testing.assert_allclose(result.outputs, numbers.predict(X)[:, 0], rtol=1e-4)
    assert result.explained == "prediction of target 0"
    with pytest.raises(ValueError, match="one of the 3 labels. Got None instead"):
        integrated_gradients(labels, X)
    with pytest.raises(ValueError, match="one of the 2 targets. Got 2 instead"):
        integrated_gradients(numbers, X, target=2)


def test_loss_with_a_link_function():
    counts, X = fit(LSTMRegressor, np.arange(24.0), loss="poisson")
    result = integrated_gradients(counts, X)
    np.testing.assert_allclose(result.outputs, counts.predict(X), rtol=1e-4)
    # Differences of float32 outputs near 1 have an absolute error of about 1e-7.
    np.testing.assert_allclose(sums(result), differences(result), rtol=1e-2, atol=1e-6)


class DoublingCoding(NumberCoding):
    """Reads twice the prediction."""

    def read_output(self, outputs, column, as_probability):
        return 2 * super().read_output(outputs, column, as_probability)


class DoublingRegressor(LSTMRegressor):
    """A regressor with another coding."""

    @property
    def coding_(self):
        coding = super().coding_
        return DoublingCoding(coding.mean, coding.scale, coding.loss)


def test_the_task_decides_what_is_explained():
    model, X = fit(DoublingRegressor)
    result = integrated_gradients(model, X)
    np.testing.assert_allclose(result.outputs, 2 * model.predict(X), rtol=1e-4)
    np.testing.assert_allclose(sums(result), differences(result), rtol=1e-2, atol=1e-4)


def test_missing_values_have_finite_attributions():
    X = make_X()
    X[4][1, 2] = np.nan
    y = np.arange(24.0)
    model = LSTMRegressor(
        hidden_size=8, max_epochs=3, missing="mask", random_state=0, **SMOOTH
    ).fit(X, y)
    result = integrated_gradients(model, X, n_steps=100)
    assert result.attributions[4].shape == X[4].shape
    assert np.isfinite(result.attributions[4]).all()
    assert result.attributions[4][1, 2] != 0
    np.testing.assert_allclose(sums(result), differences(result), atol=1e-4)


def test_estimator_is_not_modified():
    estimator, X = fit(GRUClassifier, dropout=0.5)
    before = [p.detach().clone() for p in estimator.net_.module_.parameters()]
    gradients = [p.grad for p in estimator.net_.module_.parameters()]
    with torch.inference_mode():  # the mode of the caller does not matter
        first = integrated_gradients(estimator, X)
        assert torch.is_inference_mode_enabled()
    second = integrated_gradients(estimator, X)
    np.testing.assert_array_equal(first.attributions[0], second.attributions[0])
    assert not estimator.net_.module_.training
    for parameter, old, gradient in zip(
        estimator.net_.module_.parameters(), before, gradients, strict=True
    ):
        assert torch.equal(parameter, old)
        assert parameter.grad is gradient


def test_invalid_arguments_raise():
    estimator, X = fit(GRUClassifier)
    with pytest.raises(NotFittedError):
        integrated_gradients(GRUClassifier(), X)
    message = "LogisticRegression has no attribute trace: integrated_gradients needs"
    with pytest.raises(TypeError, match=message):
        integrated_gradients(LogisticRegression(), X)
    with pytest.raises(TypeError, match="For a Pipeline, pass its last step"):
        integrated_gradients(make_pipeline(estimator), X)
    with pytest.raises(ValueError, match=r"target=7 is not one of the classes \[0, 1, 2\]"):
        integrated_gradients(estimator, X, target=7)
    with pytest.raises(ValueError, match=r"target has shape \(2,\) for 24 sequences"):
        integrated_gradients(estimator, X, target=[0, 1])
    for wrong in ([1.0, 2.0], np.nan):
        with pytest.raises(ValueError, match="one for each of the 3 features. Got"):
            integrated_gradients(estimator, X, baseline=wrong)
    with pytest.raises(
        ValueError, match="X has 1 features, but GRUClassifier is expecting"
    ):
        integrated_gradients(estimator, [x[:, :1] for x in X])
    forecaster = GRUForecaster(horizon=2, max_epochs=1).fit(None, np.sin(np.arange(40.0)))
    with pytest.raises(TypeError, match="integrated_gradients needs a .* GRUForecaster"):
        integrated_gradients(forecaster, X)


def test_missing_captum_raises(monkeypatch):
    estimator, X = fit(GRUClassifier)
    monkeypatch.setitem(sys.modules, "captum", None)
    message = r"integrated_gradients needs captum: pip install 'skseq\[captum\]'"
    with pytest.raises(ImportError, match=message):
        integrated_gradients(estimator, X)


class TestWords:
    """Attributions of categorical features are sums over their embeddings."""

    @pytest.fixture
    def model(self):
        X = [f"the film was {word}" for word in ("good", "bad") * 15]
        model = GRUClassifier(max_epochs=9, lr=0.03, hidden_size=8, random_state=0)
        return model.fit(X, [1, 0] * 15)

    def test_words_that_matter(self, model):
        X = ["the film was good", "the film was bad"]
        result = integrated_gradients(model, X, target=1, **PROBABILITIES)
        assert [list(part) for part in result.tokens] == [x.split() for x in X]
        first, second = (part[:, 0] for part in result.attributions)
        assert first.argmax() == second.argmin() == 3
        np.testing.assert_allclose(sums(result), differences(result), atol=1e-2)
        html = render_weights(result.tokens, result.attributions)._repr_html_()
        assert "good" in html

    def test_unknown_words_have_no_attribution(self, model):
        model = clone(model).set_params(subwords=False)
        model.fit(["the good film", "the bad film"] * 10, [1, 0] * 10)
        result = integrated_gradients(model, ["the zzz film"])
        assert result.attributions[0][1, 0] == 0
        assert result.attributions[0][0, 0] != 0

    def test_order_of_features(self):
        rng = np.random.default_rng(0)
        codes = np.arange(60) % 2
        X = Sequences(
            rng.normal(size=(60, 1)),
            np.full(30, 2),
            codes=codes.repeat(2)[:60],
            categories=[["a", "b"]],
            is_categorical=[True, False],
        )
        model = GRUClassifier(max_epochs=20, lr=0.03, hidden_size=8, random_state=0)
        result = integrated_gradients(model.fit(X, codes[:30]), X)
        size = np.abs(np.concatenate(result.attributions)).mean(axis=0)
        assert size[0] > size[1]
