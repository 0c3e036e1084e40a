"""Saved estimators of sequences: every kind of target, input and parameter.

The tests of copies in test_copies include `save` as well.
"""

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from skorch.callbacks import Callback

import skseq
from skseq.exceptions import DeviceUnavailableWarning, FileFormatError
from skseq.networks import Encoder

from .cases import (
    ALL_ESTIMATORS,
    FORECASTERS,
    N_FEATURES,
    OUTLIER_DETECTORS,
    SERIES_DETECTORS,
    TWO_ESTIMATORS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)
from .probes import MISSING, save_changed

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
    save_changed(estimator, path, {"net/parameters/device": "cuda:7"})
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
    estimator, _ = fitted(cls, callbacks=[Callback()])
    with pytest.raises(
        TypeError,
        match=r"callbacks contains .*Call set_params\(callbacks=Non.*; or use pickle or joblib",
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


class MixerClassifier(skseq.GRUClassifier):
    """A classifier with a user's encoder."""

    def build(self, n_features):
        return Mixer(n_features, self.hidden_size)


def test_encoder_of_a_user_is_saved(path):
    estimator, X = fitted(MixerClassifier)
    state = torch.get_rng_state()
    twin = save_and_load(estimator, path)
    assert torch.equal(torch.get_rng_state(), state)
    assert_same(twin, estimator, X)
    assert_same(*(e.partial_fit(X, make_y(MixerClassifier)) for e in (twin, estimator)), X)
    for name, remedy in [("other:MixerClassifier", "import other"), ("Mixer", "upgrade")]:
        save_changed(estimator, path, {"class": name})
        with pytest.raises(FileFormatError, match=f"a {name}, which is unknown: {remedy}"):
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


NESTED = [[[[[[]] * 9] * 9] * 9] * 9]
NAN, INF, TWO = float("nan"), float("inf"), np.ones(2)
# From the place of an entry in the file to invalid values.
INVALID = {
    "class": ["os.system", "SequenceEstimator", "other:GRUClassifier", ["GRUClassifier"]],
    "more": [NESTED],
    "parameters/build": [1],
    "parameters/hidden_size": [-1],
    "parameters/checkpoint": ["/etc"],
    "state/predict": [1],
    "state/scaler_": [MISSING, None],
    "state/scaler_/mean": [np.zeros(9)],
    "state/scaler_/scale": [np.zeros(N_FEATURES), np.full(N_FEATURES, INF)],
    "state/n_features_in_": [7, MISSING],
    "state/feature_names_in_": [np.array(["a"])],
    "state/classes_": [np.array(labels) for labels in ([[1, 2, 3]], [1, 2], [1, 1, 2])],
    "state/classes_/0": [9],
    "state/patch_size_": [16],
    "history": [{"epoch": [1]}, 3, MISSING],
    "history/epoch": [NESTED * 2, [1] * 99],
    "net/more": [NESTED],
    "net/architecture/hidden_size": [10**12],
    "net/architecture/num_layers": [10**12],
    "net/architecture/bidirectional": [False],
    "net/weights/head.linear.bias": ["a", MISSING, torch.zeros(3, dtype=torch.float64)],
    "net/weights/head.linear.bias/0": [NAN, INF],
    "net/moments/99": [{}],
    "net/moments/0/max": [torch.zeros(1)],
    "net/moments/0/step": ["a", MISSING],
    "net/moments/0/exp_avg": [torch.zeros(1), torch.zeros(1, dtype=torch.float64)],
    "net/moments/0/exp_avg/0": [NAN],
    "net/moments/0/exp_avg_sq/0": [-1.0],
    "net/rates": [[]],
    "net/rates/0": [NAN],
    "net/history": [3, ["a"]],
    "net/parameters/seed": ["a", True, -1, 2**64],
    "net/parameters/batch_size": [0, -8],
    "net/parameters/max_epochs": [0],
    "net/parameters/precision": ["float8"],
    "net/parameters/lr": [-1.0],
    "net/parameters/weight_decay": [NAN],
    "net/parameters/max_grad_norm": [0.0],
    "net/parameters/device": [3],
    "net/parameters/module": [1],
}


@pytest.mark.parametrize(
    ("place", "value"), [(place, value) for place in INVALID for value in INVALID[place]]
)
def test_invalid_content_raises(small_model, place, value, path):
    save_changed(small_model, path, {place: value})
    with pytest.raises(FileFormatError, match=r"model\.safetensors (is damaged|contains)"):
        skseq.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"state/target_scale_": TWO},
        {"state/target_scale_/0": INF},
        {"state/target_scale_/0": 0.0},
        {"state/target_mean_/0": NAN},
        {"state/n_outputs_": "1"},
        {"state/n_outputs_": 2, "state/multioutput_": True},
        {"state/n_outputs_": 2, "state/target_scale_": TWO, "state/target_mean_": TWO},
    ],
    ids=str,
)
def test_invalid_targets_of_a_regressor_raise(changes, path):
    save_changed(fitted(skseq.GRURegressor)[0], path, changes)
    with pytest.raises(FileFormatError, match="is damaged: .*(target|n_outputs)"):
        skseq.load(path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("net/parameters/batch_size", -8, "'batch_size' parameter of the net.* Got -8 "),
        ("parameters/lr", "9" * 10**6, r"'lr' parameter of .*9 \.\.\.\.$"),
        ("class", MISSING, r"is damaged: it lacks 'class'\.$"),
    ],
)
def test_error_names_the_entry_and_is_short(small_model, place, value, message, path):
    save_changed(small_model, path, {place: value})
    with pytest.raises(FileFormatError, match=message):
        skseq.load(path)


@pytest.mark.parametrize(
    "cls",
    [*ALL_ESTIMATORS, *FORECASTERS, *OUTLIER_DETECTORS, *SERIES_DETECTORS],
    ids=name_of,
)
def test_every_documented_attribute_has_a_check(cls):
    documented = set()
    for base in cls.__mro__:
        documented |= vars(base).get("_attribute_docs", {}).keys()
    derived = {name for name in documented if isinstance(getattr(cls, name, 0), property)}
    assert documented - derived - cls._derived_attributes == cls._attribute_checks.keys()


def test_checkpoint_is_not_an_estimator(path):
    fitted(skseq.GRUClassifier, checkpoint=path.parent)
    (left,) = path.parent.glob("*/training.safetensors")
    with pytest.raises(
        FileFormatError,
        match=r"is of the kind 'training', not 'estimator'\. It is a checkpoint: the same",
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
