"""In onnxruntime an exported model returns the predictions of the estimator."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sklearn.exceptions import NotFittedError

import skseq

from .cases import ESTIMATORS, fitted, make, make_X, name_of

CLASSES = np.arange(24) % 3


def pad(X, fill=np.nan):
    """Return values (batch, time, features) and lengths of a list of arrays."""
    lengths = np.array([len(x) for x in X])
    values = np.full((len(X), lengths.max(), X[0].shape[1]), fill, dtype=np.float32)
    for row, x in zip(values, X, strict=True):
        row[: len(x)] = x
    return {"values": values, "lengths": lengths}


def run(estimator, folder, X, fill=np.nan):
    """Export; return the outputs of onnxruntime by name."""
    path = folder / "model.onnx"
    estimator.to_onnx(path)
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, pad(X, fill)), strict=True))


def check(estimator, folder, X, fill=np.nan):
    """Compare all outputs with the predictions of the estimator."""
    outputs = run(estimator, folder, X, fill)
    if hasattr(estimator, "predict_proba"):
        probabilities = estimator.predict_proba(X)
        np.testing.assert_allclose(outputs["probabilities"], probabilities, atol=1e-4)
        np.testing.assert_array_equal(outputs["label"], estimator.predict(X))
    else:
        expected = estimator.predict(X)
        np.testing.assert_allclose(outputs["predictions"], expected, rtol=1e-4, atol=1e-4)
        assert outputs["predictions"].shape == expected.shape


@pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
@pytest.mark.parametrize("fill", [0.0, 1e6, np.nan], ids=["zeros", "large", "nan"])
def test_padded_batches(cls, fill, tmp_path):
    """The values of the padding do not matter."""
    estimator, X = fitted(cls)
    check(estimator, tmp_path, X, fill)


@pytest.mark.parametrize(
    ("cls", "parameters"),
    [
        (skseq.GRUClassifier, {"pooling": "attention", "bidirectional": False}),
        (skseq.GRUClassifier, {"pooling": "max", "patch_size": 4}),
        (skseq.LSTMClassifier, {"pooling": "last", "stem": 0, "num_layers": 2}),
        (skseq.LSTMClassifier, {"pooling": "last", "bidirectional": False, "stem": 1}),
        (skseq.RNNRegressor, {"activation": "relu", "stem": 2, "patch_size": 6}),
        (skseq.RNNRegressor, {"pooling": "mean", "patch_size": 3, "bidirectional": False}),
        (skseq.GRURegressor, {"patch_size": 16, "num_layers": 2}),
        (skseq.TransformerClassifier, {"positions": "sinusoidal", "pooling": "attention"}),
        (skseq.TransformerClassifier, {"num_layers": 2, "num_heads": 2, "patch_size": 2}),
        (skseq.TransformerRegressor, {"hidden_size": 9, "num_heads": 3, "pooling": "last"}),
        (skseq.GRUClassifier, {"scale": False}),
        (skseq.TransformerClassifier, {"stem": 0, "patch_size": 1}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else ",".join(value),
)
def test_every_kind_of_layer(cls, parameters, tmp_path):
    if parameters.get("hidden_size") == 9:  # an odd width
        parameters = {**parameters, "positions": "sinusoidal"}
    estimator, X = fitted(cls, **{"lr": 0.01, **parameters})
    check(estimator, tmp_path, X)


def test_missing_values(tmp_path):
    X, y = make_X("ragged"), CLASSES
    for x in X[::2]:
        x[0, 1] = x[-1, 0] = np.nan
    check(make(skseq.GRUClassifier, missing="mask").fit(X, y), tmp_path, X)
    check(make(skseq.TransformerRegressor, missing="mask").fit(X, y), tmp_path, X)


@pytest.mark.parametrize("offset", [1e4, 1e7])
def test_features_far_from_zero(offset, tmp_path):
    X = [(offset + x).astype(np.float32) for x in make_X("ragged")]
    check(make(skseq.GRUClassifier).fit(X, CLASSES), tmp_path, X)


@pytest.mark.parametrize(
    "y",
    [
        np.array(["rest", "walk", "run"])[CLASSES],
        np.array(["ja", "nein"], dtype=object)[CLASSES % 2],
        CLASSES == 1,
        CLASSES - 7,
        CLASSES.astype(float),
        np.stack([CLASSES == 0, CLASSES > 0], axis=1).astype(int),
    ],
    ids=["str", "two", "bool", "int", "float", "multilabel"],
)
def test_labels_have_the_type_of_y(y, tmp_path):
    X = make_X("ragged")
    check(make(skseq.GRUClassifier, max_epochs=5, lr=0.01).fit(X, y), tmp_path, X)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile"])
def test_predictions_are_on_the_scale_of_y(loss, tmp_path):
    X, y = make_X("ragged"), np.stack([CLASSES + 1, 50 * CLASSES + 1000.0], axis=1)
    if loss == "poisson":
        y = y[:, 0]
    check(make(skseq.GRURegressor, loss=loss).fit(X, y), tmp_path, X)


def test_2d_input(tmp_path):
    X = make_X("cube")[:, :, 0]
    estimator = make(skseq.GRUClassifier).fit(X, CLASSES)
    outputs = run(estimator, tmp_path, list(X[:, :, None]))
    np.testing.assert_allclose(
        outputs["probabilities"], estimator.predict_proba(X), atol=1e-4
    )


def test_batches_of_any_size_and_length(tmp_path):
    estimator, X = fitted(skseq.GRUClassifier, patch_size=4)
    for some in ([X[0]], [X[0][:1]], [np.tile(x, (7, 1)) for x in X[:3]]):
        check(estimator, tmp_path, some)


def test_metadata_and_signature(tmp_path):
    names = ["a", "b", "c"]
    X = skseq.Sequences.from_list(make_X("ragged"))
    X = skseq.Sequences(X.values, X.lengths, feature_names=names)
    y = np.array(["rest", "walk", "run"])[CLASSES]
    make(skseq.GRUClassifier).fit(X, y).to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    notes = session.get_modelmeta().custom_metadata_map
    assert json.loads(notes["estimator"]) == "GRUClassifier"
    assert json.loads(notes["classes"]) == ["rest", "run", "walk"]
    assert json.loads(notes["feature_names"]) == names
    assert [(i.name, i.type, i.shape) for i in session.get_inputs()] == [
        ("values", "tensor(float)", ["batch", "time", 3]),
        ("lengths", "tensor(int64)", ["batch"]),
    ]


def test_writes_one_file_and_prints_nothing(tmp_path, capfd, recwarn):
    estimator, _ = fitted(skseq.LSTMRegressor)
    estimator.to_onnx(str(tmp_path / "model.onnx"))
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


# Errors


class Identity(torch.nn.Module):
    """Return the input."""

    def forward(self, x, lengths):
        return x


class CustomClassifier(skseq.GRUClassifier):
    """A classifier with a user's module."""

    def build(self, n_features):
        return Identity()


def test_custom_module_raises(tmp_path):
    custom = make(CustomClassifier)
    custom.fit(make_X("cube"), CLASSES)
    with pytest.raises(TypeError, match=r"but Identity has none\. .* torch\.onnx\.export"):
        custom.to_onnx(tmp_path / "model.onnx")


def test_labels_of_other_types_raise(tmp_path):
    estimator, _ = fitted(skseq.GRUClassifier)
    estimator.classes_ = np.array([(1, 2), "a", "b"], dtype=object)
    with pytest.raises(
        TypeError, match=r"classes_ contains \(1, 2\) \(tuple\)\. Fit on str"
    ):
        estimator.to_onnx(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_unfitted_estimator_raises(tmp_path):
    with pytest.raises(NotFittedError):
        skseq.GRUClassifier().to_onnx(tmp_path / "model.onnx")


def test_missing_onnx_raises(tmp_path, monkeypatch):
    estimator, _ = fitted(skseq.GRUClassifier)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(
        ImportError, match=r"to_onnx needs onnx: pip install 'skseq\[onnx\]'"
    ):
        estimator.to_onnx(tmp_path / "model.onnx")


def test_path_of_a_folder_raises(tmp_path):
    estimator, _ = fitted(skseq.GRUClassifier)
    message = r"is a folder; give the path of a file, for example '.*model\.onnx'\."
    with pytest.raises(IsADirectoryError, match=message):
        estimator.to_onnx(tmp_path)
    for path, error in (("", ValueError), (None, TypeError)):
        with pytest.raises(error, match=r"the path of a file, for example 'model\.onnx'"):
            estimator.to_onnx(path)
    assert not list(tmp_path.iterdir())


def test_forecasters_have_no_to_onnx():
    assert not hasattr(skseq.GRUForecaster(), "to_onnx")
