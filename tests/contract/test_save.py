"""Saved estimators of sequences: every kind of target, input and parameter.

The tests of copies in test_copies include `save` as well.
"""

from dataclasses import dataclass

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

import skseq
from skseq.architectures import ArchitectureParameters
from skseq.estimators import SequenceEstimator
from skseq.exceptions import DeviceUnavailableWarning, FileFormatError
from skseq.inputs import NumericInputs
from skseq.networks import Encoder
from skseq.persistence import read_archive, write_archive
from skseq.tasks import Classification
from skseq.training import SequenceTraining

from .cases import (
    ESTIMATORS,
    FORECASTERS,
    TWO_ESTIMATORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)

two = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
CLASSES = np.arange(24) % 3


@pytest.fixture
def path(tmp_path):
    """Return where to save."""
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def small_model():
    """Return a fitted estimator that tests do not change."""
    return fitted(skseq.GRUClassifier)[0]


def save_and_load(estimator, path):
    estimator.save(path)
    return skseq.load(str(path))


def assert_same(twin, estimator, X):
    """Compare outputs bit for bit, the history and the names of attributes."""
    assert type(twin) is type(estimator)
    for method in ("predict", "predict_proba", "transform", "decision_function"):
        if hasattr(estimator, method):
            ours, theirs = getattr(estimator, method)(X), getattr(twin, method)(X)
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype
    ours, theirs = (e.history_.drop(columns="seconds") for e in (estimator, twin))
    pd.testing.assert_frame_equal(theirs, ours, check_exact=True)
    assert sorted(vars(twin)) == sorted(vars(estimator))


@pytest.mark.parametrize(
    "y",
    [
        np.array(["rest", "walk", "run"])[CLASSES],
        np.array(["rest", "walk", "run"], dtype=object)[CLASSES],
        CLASSES == 1,
        CLASSES - 7,
        CLASSES.astype(np.uint8),
        CLASSES.astype(float),
        np.stack([CLASSES == 0, CLASSES > 0], axis=1).astype(int),
    ],
    ids=["str", "object", "bool", "int", "uint8", "float", "multilabel"],
)
def test_labels_of_every_type_are_saved(y, path):
    X = make_X("ragged")
    estimator = make(skseq.GRUClassifier).fit(X, y)
    twin = save_and_load(estimator, path)
    assert_same(twin, estimator, X)
    np.testing.assert_array_equal(twin.classes_, estimator.classes_)
    assert twin.classes_.dtype == estimator.classes_.dtype


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile", "huber"])
def test_several_targets_are_saved_with_their_scales(loss, path):
    X, y = make_X("ragged"), np.stack([CLASSES + 1, 1e6 * CLASSES + 3], axis=1)
    estimator = make(skseq.LSTMRegressor, loss=loss, quantile=0.3).fit(X, y)
    assert_same(save_and_load(estimator, path), estimator, X)


@pytest.mark.parametrize(
    "parameters",
    [
        {"class_weight": {0: 1.0, 1: 2.5, np.int64(2): 1}},
        {"class_weight": "balanced", "early_stopping": True, "stem": 0, "dropout": 0.5},
        {"hidden_size": np.int64(4), "lr": np.float64(1e-2), "verbose": False},
        {"pooling": "attention", "patch_size": 3, "num_layers": 2},
        {"max_grad_norm": 1, "weight_decay": 0, "lr": 1},
        {"scale": False, "warm_start": True, "lr_schedule": "constant"},
    ],
    ids=lambda parameters: next(iter(parameters)),
)
def test_parameters_are_saved(parameters, path):
    estimator, X = fitted(skseq.TransformerClassifier, num_heads=2, **parameters)
    twin = save_and_load(estimator, path)
    assert_same(twin, estimator, X)
    assert twin.get_params() == estimator.get_params()


def test_random_state_continues(path):
    X, y = make_X("ragged"), CLASSES
    estimator = make(skseq.GRUClassifier, random_state=np.random.RandomState(1)).fit(X, y)
    twin = save_and_load(estimator, path)
    assert_same(twin.fit(X, y), estimator.fit(X, y), X)


def test_missing_values_and_feature_names_are_saved(path):
    X = pd.DataFrame(
        {"a": list(make_X("cube")[:, :, 0]), "b": list(make_X("cube")[:, :, 1])}
    )
    X["a"][0][2] = np.nan
    estimator = make(skseq.GRUClassifier, missing="mask").fit(X, CLASSES)
    twin = save_and_load(estimator, path)
    assert_same(twin, estimator, X)
    with pytest.raises(ValueError, match="has the features"):
        twin.predict(X[["b", "a"]])


def test_columns_of_a_table_are_saved(path):
    X = pd.DataFrame(make_X("cube")[:, :, 0], columns=list("abcdef"))
    estimator = make(skseq.GRUClassifier).fit(X, CLASSES)
    twin = save_and_load(estimator, path)
    assert_same(twin, estimator, X)
    np.testing.assert_array_equal(twin.feature_names_in_, estimator.feature_names_in_)


def test_network_is_rebuilt_with_the_parameters_of_fit(path):
    """Parameters that are set after `fit` do not change it."""
    estimator, X = fitted(skseq.TransformerClassifier, num_heads=2)
    estimator.set_params(num_heads=4, hidden_size=16, pooling="max")
    twin = save_and_load(estimator, path)
    assert_same(twin, estimator, X)
    assert twin.hidden_size == 16
    assert_same(save_and_load(twin, path), estimator, X)  # also from a loaded estimator


@two
def test_training_continues_after_loading(cls, path):
    estimator, X = fitted(cls, warm_start=True)
    twin = save_and_load(estimator, path)
    assert_same(twin.fit(X, make_y(cls)), estimator.fit(X, make_y(cls)), X)


def test_file_holds_no_pickle_and_no_training_data(path):
    estimator, X = fitted(skseq.GRUClassifier)
    estimator.save(path)
    size = path.stat().st_size
    assert b"numpy.core" not in path.read_bytes()
    make(skseq.GRUClassifier).fit(X * 50, list(CLASSES) * 50).save(path)
    assert path.stat().st_size < 1.2 * size


def test_checkpoint_is_not_saved(path):
    estimator, _ = fitted(skseq.GRUClassifier, checkpoint=path.parent / "mine")
    assert save_and_load(estimator, path).checkpoint is None
    assert b"mine" not in path.read_bytes()


def test_missing_device_is_replaced_by_the_cpu(path):
    estimator, X = fitted(skseq.GRUClassifier)
    content = save_and_read(estimator, path)
    content["net"]["parameters"]["device"] = "cuda:7"
    write_archive(path, "estimator", content)
    with pytest.warns(
        DeviceUnavailableWarning, match="'cuda:7', which is not available"
    ) as w:
        twin = skseq.load(path)
    assert w[0].filename == __file__
    np.testing.assert_array_equal(predict(twin, X), predict(estimator, X))


# Estimators that cannot be saved


def test_unfitted_estimator_raises(path):
    with pytest.raises(NotFittedError, match="GRUClassifier"):
        skseq.GRUClassifier().save(path)


@two
def test_callbacks_raise(cls, path):
    from skorch.callbacks import Callback

    estimator, _ = fitted(cls, callbacks=[Callback()])
    with pytest.raises(
        TypeError, match=r"callbacks contains .*Call set_params\(callbacks=Non"
    ):
        estimator.save(path)
    assert not path.exists()
    estimator.set_params(callbacks=None).save(path)


class Identity(torch.nn.Module):
    """A network of a user."""

    def forward(self, x, lengths):
        return x


class ModuleClassifier(skseq.GRUClassifier):
    """A classifier with a user's module."""

    def build(self, n_features):
        return Identity()


def test_network_of_a_user_raises(path):
    model = make(ModuleClassifier).fit(make_X("cube"), CLASSES)
    with pytest.raises(
        TypeError, match=r"ModuleClassifier cannot be saved: .*Identity.*subclass.*pickle"
    ):
        model.save(path)
    model = make(skseq.GRUClassifier).fit(make_X("cube"), CLASSES)
    model.extra_ = 1
    with pytest.raises(TypeError, match=r"attributes \['extra_'\] have no entry in _attr"):
        model.save(path)


class Mixer(Encoder):
    """An encoder of a user: a layer for each step, and a constant in a buffer."""

    is_causal = True

    def __init__(self, n_features, width):
        super().__init__()
        self.width = width
        self.layer = torch.nn.Linear(n_features, width)
        self.register_buffer("gain", torch.full((1,), 0.5), persistent=False)

    def forward(self, x, lengths=None):
        return torch.tanh(self.gain * self.layer(x))


@dataclass(kw_only=True, eq=False, repr=False)
class MixerArchitecture(ArchitectureParameters):
    """An architecture of a user."""

    channels: int = 6

    def build(self, n_features):
        return Mixer(n_features, self.channels)


@dataclass(kw_only=True, eq=False, repr=False)
class MixerClassifier(
    Classification, MixerArchitecture, NumericInputs, SequenceTraining, SequenceEstimator
):
    """Classify sequences with the architecture of a user."""


def test_encoder_of_a_user_is_saved(path):
    estimator, X = fitted(MixerClassifier, channels=5)
    state = torch.get_rng_state()
    twin = save_and_load(estimator, path)
    assert torch.equal(torch.get_rng_state(), state)
    assert_same(twin, estimator, X)
    assert_same(*(e.partial_fit(X, make_y(MixerClassifier)) for e in (twin, estimator)), X)
    content = read_archive(path, "estimator")
    for name in (f"other.module:{MixerClassifier.__name__}", MixerClassifier.__name__):
        write_archive(path, "estimator", {**content, "class": name})
        with pytest.raises(FileFormatError, match=f"holds a {name}, which is unknown"):
            skseq.load(path)


def test_class_of_a_user_does_not_replace_one_of_skseq(small_model, path):
    type("GRUClassifier", (skseq.GRUClassifier,), {"__module__": __name__})
    assert type(save_and_load(small_model, path)) is skseq.GRUClassifier


def test_weights_that_are_not_finite_raise(path):
    estimator, _ = fitted(skseq.GRUClassifier)
    next(estimator.net_.module_.parameters()).data[0] = np.nan
    with pytest.raises(ValueError, match="are not finite; fit again with a smaller lr"):
        estimator.save(path)
    assert not path.exists()


# Invalid files


def save_and_read(estimator, path):
    """Save an estimator and return the content of the file."""
    estimator.save(path)
    return read_archive(path, "estimator")


def put(*keys, value):
    """Return a change of one entry."""

    def change(content):
        for key in keys[:-1]:
            is_entry = isinstance(content, (dict, list))
            content = content[key] if is_entry else getattr(content, key)
        if isinstance(content, (dict, list)):
            content[keys[-1]] = value
        else:
            setattr(content, keys[-1], value)

    return change


def fill(tensor, value):
    """Return a change of one entry of a tensor."""
    return lambda content: tensor(content).view(-1)[0].fill_(value)


def head_bias(content):
    return content["net"]["weights"]["head.linear.bias"]


def moment(name):
    return lambda content: content["net"]["moments"][0][name]


NESTED = [[[[[[]] * 9] * 9] * 9] * 9]
INVALID = {
    "an unknown class": put("class", value="os.system"),
    "a class that is not a string": put("class", value=["GRUClassifier"]),
    "a class without architecture": put("class", value="SequenceEstimator"),
    "an unknown entry": put("more", value=NESTED),
    "an unknown entry of the net": put("net", "more", value=NESTED),
    "an unknown parameter": put("parameters", "build", value=1),
    "an invalid parameter": put("parameters", "hidden_size", value=-1),
    "a checkpoint": put("parameters", "checkpoint", value="/etc"),
    "an unknown attribute": put("state", "predict", value=1),
    "a missing attribute": lambda content: content["state"].pop("scaler_"),
    "a scaler of other features": put("state", "scaler_", "mean", value=np.zeros(9)),
    "an infinite scale": put("state", "scaler_", "scale", value=np.full(2, np.inf)),
    "n_features_in_": put("state", "n_features_in_", value=7),
    "feature_names_in_": put("state", "feature_names_in_", value=np.array(["a"])),
    "2-D classes": put("state", "classes_", value=np.array([[1, 2, 3]])),
    "fewer classes": put("state", "classes_", value=np.array([1, 2])),
    "duplicate classes": put("state", "classes_", value=np.array([1, 1, 2])),
    "unsorted classes": put("state", "classes_", value=np.array([1, 3, 2])),
    "a wide network": put("net", "architecture", "hidden_size", value=10**12),
    "a deep network": put("net", "architecture", "num_layers", value=10**12),
    "another network": put("net", "architecture", "bidirectional", value=False),
    "another patch size": put("state", "patch_size_", value=16),
    "weights of text": put("net", "weights", "head.linear.bias", value="a"),
    "a missing weight": lambda content: content["net"]["weights"].popitem(),
    "double weights": put(
        "net", "weights", "head.linear.bias", value=torch.zeros(3, dtype=torch.float64)
    ),
    "a weight that is NaN": fill(head_bias, np.nan),
    "an infinite weight": fill(head_bias, np.inf),
    "a moment of another shape": put("net", "moments", 0, "exp_avg", value=torch.zeros(1)),
    "too many moments": put("net", "moments", 99, value={}),
    "double moments": put(
        "net", "moments", 0, "exp_avg", value=torch.zeros(1, dtype=torch.float64)
    ),
    "a moment of text": put("net", "moments", 0, "step", value="a"),
    "a negative square": fill(moment("exp_avg_sq"), -1.0),
    "a moment that is NaN": fill(moment("exp_avg"), np.nan),
    "an unknown moment": put("net", "moments", 0, "max", value=torch.zeros(1)),
    "a missing moment": lambda content: content["net"]["moments"][0].popitem(),
    "missing rates": put("net", "rates", value=[]),
    "a rate that is NaN": put("net", "rates", 0, value=np.nan),
    "a history that is a number": put("net", "history", value=3),
    "a history of rows": put("net", "history", value=["a"]),
    "a history without losses": put("history", value={"epoch": [1]}),
    "a history of nested lists": put("history", "epoch", value=NESTED * 2),
    "a history of other lengths": put("history", "epoch", value=[1] * 99),
    "seed": put("net", "parameters", "seed", value="a"),
    "a seed that is a flag": put("net", "parameters", "seed", value=True),
    "a negative seed": put("net", "parameters", "seed", value=-1),
    "a large seed": put("net", "parameters", "seed", value=2**64),
    "an empty batch": put("net", "parameters", "batch_size", value=0),
    "a negative batch size": put("net", "parameters", "batch_size", value=-8),
    "no epoch": put("net", "parameters", "max_epochs", value=0),
    "precision": put("net", "parameters", "precision", value="float8"),
    "lr": put("net", "parameters", "lr", value=-1.0),
    "weight_decay": put("net", "parameters", "weight_decay", value=float("nan")),
    "max_grad_norm": put("net", "parameters", "max_grad_norm", value=0.0),
    "device": put("net", "parameters", "device", value=3),
    "an unknown parameter of the net": put("net", "parameters", "module", value=1),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_content_raises(small_model, name, path):
    content = save_and_read(small_model, path)
    INVALID[name](content)
    write_archive(path, "estimator", content)
    with pytest.raises(FileFormatError, match=r"model\.safetensors (is damaged|holds)"):
        skseq.load(path)


def test_invalid_attributes_of_a_regressor_raise(path):
    content = save_and_read(fitted(skseq.GRURegressor)[0], path)
    for name, value in [
        ("target_scale_", np.ones(2)),
        ("target_scale_", np.array([np.inf])),
        ("target_scale_", np.array([0.0])),
        ("target_mean_", np.array([np.nan])),
        ("n_outputs_", "1"),
        ("n_outputs_", 2),
    ]:
        changed = {**content, "state": {**content["state"], name: value}}
        write_archive(path, "estimator", changed)
        with pytest.raises(FileFormatError, match="is damaged"):
            skseq.load(path)
    several = make(skseq.GRURegressor).fit(
        make_X("cube"), np.ones((24, 2)) + CLASSES[:, None]
    )
    content = save_and_read(several, path)
    content["state"]["multioutput_"] = False
    write_archive(path, "estimator", content)
    with pytest.raises(FileFormatError, match="n_outputs_ does not fit the targets"):
        skseq.load(path)


def test_error_names_the_entry_and_is_short(small_model, path):
    content = save_and_read(small_model, path)
    for changed, message in [
        (
            put("net", "parameters", "batch_size", value=-8),
            "'batch_size' parameter of the net.* Got -8 ",
        ),
        (put("parameters", "lr", value="9" * 10**6), r"'lr' parameter of .*9 \.\.\.\.$"),
        (lambda content: content.pop("class"), r"is damaged: it lacks 'class'\.$"),
    ]:
        changed(content)
        write_archive(path, "estimator", content)
        with pytest.raises(FileFormatError, match=message):
            skseq.load(path)
        content = save_and_read(small_model, path)


@pytest.mark.parametrize("cls", [*ESTIMATORS, *FORECASTERS], ids=name_of)
def test_every_documented_attribute_has_a_check(cls):
    documented = set()
    for base in cls.__mro__:
        documented |= vars(base).get("_attribute_docs", {}).keys()
    derived = cls._derived_attributes | {"loss_", "valid_loss_"}
    assert documented - derived == cls._attribute_checks.keys()


def test_checkpoint_is_not_an_estimator(path):
    fitted(skseq.GRUClassifier, checkpoint=path.parent)
    (left,) = path.parent.glob("*/training.safetensors")
    with pytest.raises(
        FileFormatError,
        match=r"holds the kind 'training', not 'estimator'\. It is a checkpoint: the same",
    ):
        skseq.load(left)


def test_files_of_other_formats_raise(small_model, path):
    joblib.dump(small_model, path)
    with pytest.raises(
        FileFormatError, match=r"model\.saf.* seems to be a pickle: .*joblib"
    ):
        skseq.load(path)
    joblib.dump(small_model, path, compress=3)
    with pytest.raises(FileFormatError, match=r"model\.saf.* compressed: joblib"):
        skseq.load(path)
    small_model.to_onnx(path)
    with pytest.raises(FileFormatError, match=r"model\.saf.* an ONNX model: read it with"):
        skseq.load(path)
