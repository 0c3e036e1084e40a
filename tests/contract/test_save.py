"""Saved estimators of sequences: every kind of target, input and parameter.

That copies answer and go on learning alike is in test_copies, with `save` among the ways.
"""

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError

import skseq
from skseq.architectures import SequenceParameters
from skseq.estimators.learned import CHECKS
from skseq.estimators.records import RECORDS
from skseq.exceptions import DeviceUnavailableWarning, FileFormatError
from skseq.persistence import read_archive, write_archive

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


def there_and_back(estimator, path):
    estimator.save(path)
    return skseq.load(str(path))


def same(twin, estimator, X):
    """Compare answers, to the last bit, and all that was learned beside the weights."""
    assert type(twin) is type(estimator)
    for ask in ("predict", "predict_proba", "transform", "decision_function"):
        if hasattr(estimator, ask):
            ours, theirs = getattr(estimator, ask)(X), getattr(twin, ask)(X)
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
def test_labels_of_every_type(y, path):
    X = make_X("ragged")
    estimator = make(skseq.GRUClassifier).fit(X, y)
    twin = there_and_back(estimator, path)
    same(twin, estimator, X)
    np.testing.assert_array_equal(twin.classes_, estimator.classes_)
    assert twin.classes_.dtype == estimator.classes_.dtype


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile", "huber"])
def test_several_targets_on_their_own_scales(loss, path):
    X, y = make_X("ragged"), np.stack([CLASSES + 1, 1e6 * CLASSES + 3], axis=1)
    estimator = make(skseq.LSTMRegressor, loss=loss, quantile=0.3).fit(X, y)
    same(there_and_back(estimator, path), estimator, X)


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
def test_parameters(parameters, path):
    estimator, X = fitted(skseq.TransformerClassifier, num_heads=2, **parameters)
    twin = there_and_back(estimator, path)
    same(twin, estimator, X)
    assert twin.get_params() == estimator.get_params()


def test_a_random_state_goes_on_where_it_was(path):
    X, y = make_X("ragged"), CLASSES
    estimator = make(skseq.GRUClassifier, random_state=np.random.RandomState(1)).fit(X, y)
    twin = there_and_back(estimator, path)
    same(twin.fit(X, y), estimator.fit(X, y), X)


def test_gaps_and_names_of_features(path):
    X = pd.DataFrame(
        {"a": list(make_X("cube")[:, :, 0]), "b": list(make_X("cube")[:, :, 1])}
    )
    X["a"][0][2] = np.nan
    estimator = make(skseq.GRUClassifier, missing="mask").fit(X, CLASSES)
    twin = there_and_back(estimator, path)
    same(twin, estimator, X)
    with pytest.raises(ValueError, match="has the features"):
        twin.predict(X[["b", "a"]])


def test_a_table_of_numbers(path):
    X = pd.DataFrame(make_X("cube")[:, :, 0], columns=list("abcdef"))
    estimator = make(skseq.GRUClassifier).fit(X, CLASSES)
    twin = there_and_back(estimator, path)
    same(twin, estimator, X)
    np.testing.assert_array_equal(twin.feature_names_in_, estimator.feature_names_in_)


def test_the_network_is_that_of_the_fit(path):
    """Parameters that were set since change nothing, before saving as after."""
    estimator, X = fitted(skseq.TransformerClassifier, num_heads=2)
    estimator.set_params(num_heads=4, hidden_size=16, pooling="max")
    twin = there_and_back(estimator, path)
    same(twin, estimator, X)
    assert twin.hidden_size == 16
    same(there_and_back(twin, path), estimator, X)  # from a loaded one as well


@two
def test_training_goes_on_from_what_was_loaded(cls, path):
    estimator, X = fitted(cls, warm_start=True)
    twin = there_and_back(estimator, path)
    same(twin.fit(X, make_y(cls)), estimator.fit(X, make_y(cls)), X)


def test_the_file_holds_no_pickle_and_no_training_data(path):
    estimator, X = fitted(skseq.GRUClassifier)
    estimator.save(path)
    size = path.stat().st_size
    assert b"numpy.core" not in path.read_bytes()
    make(skseq.GRUClassifier).fit(X * 50, list(CLASSES) * 50).save(path)
    assert path.stat().st_size < 1.2 * size


def test_where_checkpoints_go_is_not_handed_on(path):
    estimator, _ = fitted(skseq.GRUClassifier, checkpoint=path.parent / "mine")
    assert there_and_back(estimator, path).checkpoint is None
    assert b"mine" not in path.read_bytes()


def test_an_absent_device(path):
    estimator, X = fitted(skseq.GRUClassifier)
    content = read_after_save(estimator, path)
    content["net"]["device"] = "cuda:7"
    write_archive(path, "estimator", content, RECORDS)
    with pytest.warns(
        DeviceUnavailableWarning, match="'cuda:7', which is not present"
    ) as w:
        twin = skseq.load(path)
    assert w[0].filename == __file__
    np.testing.assert_array_equal(predict(twin, X), predict(estimator, X))


# What cannot be saved


def test_unfitted(path):
    with pytest.raises(NotFittedError, match="GRUClassifier"):
        skseq.GRUClassifier().save(path)


@two
def test_callbacks_are_refused_by_name(cls, path):
    from skorch.callbacks import Callback

    estimator, _ = fitted(cls, callbacks=[Callback()])
    with pytest.raises(
        TypeError, match=r"callbacks holds .*Call set_params\(callbacks=Non"
    ):
        estimator.save(path)
    assert not path.exists()
    estimator.set_params(callbacks=None).save(path)


class Identity(torch.nn.Module):
    """Hands on what it reads."""

    def forward(self, x, lengths):
        return x


class OwnClassifier(skseq.GRUClassifier):
    """An architecture of a user."""

    build = SequenceParameters.build


def test_an_own_architecture_is_refused(path):
    own = make(OwnClassifier)
    own.build = lambda n_features: Identity()
    own.fit(make_X("cube"), CLASSES)
    with pytest.raises(
        TypeError, match=r"OwnClassifier is not an estimator of skseq.*pickle"
    ):
        own.save(path)


# Files from strangers


def read_after_save(estimator, path):
    estimator.save(path)
    return read_archive(path, "estimator", RECORDS)


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


STRANGE = {
    "no such class": put("class", value="os.system"),
    "no class": put("class", value=["GRUClassifier"]),
    "unknown parameter": put("parameters", "build", value=1),
    "invalid parameter": put("parameters", "hidden_size", value=-1),
    "a checkpoint": put("parameters", "checkpoint", value="/etc"),
    "a foreign attribute": put("state", "predict", value=1),
    "no attribute": lambda content: content["state"].pop("scaler_"),
    "another scaler": put("state", "scaler_", "mean", value=np.zeros(9)),
    "features": put("state", "n_features_in_", value=7),
    "names": put("state", "feature_names_in_", value=np.array(["a"])),
    "classes": put("state", "classes_", value=np.array([[1, 2, 3]])),
    "fewer classes": put("state", "classes_", value=np.array([1, 2])),
    "a huge network": put("network", "hidden_size", value=10**12),
    "a deep network": put("network", "num_layers", value=10**12),
    "another network": put("network", "bidirectional", value=False),
    "patches": put("state", "patch_size_", value=16),
    "weights of text": put("training", "weights", "head.bias", value="a"),
    "a weight less": lambda content: content["training"]["weights"].popitem(),
    "weights of doubles": put(
        "training", "weights", "head.bias", value=torch.zeros(3, dtype=torch.float64)
    ),
    "moments": put("training", "moments", 0, "exp_avg", value=torch.zeros(1)),
    "a moment too many": put("training", "moments", 99, value={}),
    "rates": put("training", "rates", value=[]),
    "history": put("training", "history", value=3),
    "moments of doubles": put(
        "training", "moments", 0, "exp_avg", value=torch.zeros(1, dtype=torch.float64)
    ),
    "a moment of text": put("training", "moments", 0, "step", value="a"),
    "a square below zero": lambda content: content["training"]["moments"][0][
        "exp_avg_sq"
    ].fill_(-1.0),
    "a moment of no name": put("training", "moments", 0, "max", value=torch.zeros(1)),
    "a moment less": lambda content: content["training"]["moments"][0].popitem(),
    "no rate": put("training", "rates", 0, value=np.nan),
    "a log of text": put("training", "history", value=["a"]),
    "a log without losses": put("history", value=[{"epoch": 1}]),
    "a log as wide as long": put(
        "history", value=[{"train_loss": 1.0, str(i): i} for i in range(999)]
    ),
    "seed": put("net", "seed", value="a"),
    "a seed that is none": put("net", "seed", value=True),
    "a seed too small": put("net", "seed", value=-1),
    "a seed too large": put("net", "seed", value=2**64),
    "no batch": put("net", "batch_size", value=0),
    "less than a batch": put("net", "batch_size", value=-8),
    "no epoch": put("net", "max_epochs", value=0),
    "precision": put("net", "precision", value="float8"),
    "lr": put("net", "lr", value=-1.0),
    "weight_decay": put("net", "weight_decay", value=float("nan")),
    "max_grad_norm": put("net", "max_grad_norm", value=0.0),
    "device": put("net", "device", value=3),
    "classes twice": put("state", "classes_", value=np.array([1, 1, 2])),
    "classes out of order": put("state", "classes_", value=np.array([1, 3, 2])),
    "a new net": put("net", "module", value=1),
}


@pytest.fixture(scope="module")
def small_model():
    """Return a fitted estimator that tests leave alone."""
    return fitted(skseq.GRUClassifier)[0]


@pytest.mark.parametrize("name", STRANGE)
def test_what_does_not_fit_together_is_refused(small_model, name, path):
    content = read_after_save(small_model, path)
    STRANGE[name](content)
    write_archive(path, "estimator", content, RECORDS)
    with pytest.raises(FileFormatError, match=r"model\.safetensors (is damaged|holds)"):
        skseq.load(path)


def test_targets_of_a_regressor_are_checked(path):
    content = read_after_save(fitted(skseq.GRURegressor)[0], path)
    for name, value in [
        ("target_scale_", np.ones(2)),
        ("target_scale_", np.array([np.inf])),
        ("target_scale_", np.array([0.0])),
        ("target_mean_", np.array([np.nan])),
        ("n_outputs_", "1"),
        ("n_outputs_", 2),
    ]:
        changed = {**content, "state": {**content["state"], name: value}}
        write_archive(path, "estimator", changed, RECORDS)
        with pytest.raises(FileFormatError, match="is damaged"):
            skseq.load(path)
    several = make(skseq.GRURegressor).fit(
        make_X("cube"), np.ones((24, 2)) + CLASSES[:, None]
    )
    content = read_after_save(several, path)
    content["state"]["multioutput_"] = False
    write_archive(path, "estimator", content, RECORDS)
    with pytest.raises(FileFormatError, match="n_outputs_ does not fit the targets"):
        skseq.load(path)


def test_what_a_complaint_says(small_model, path):
    """Which entry, what it holds, and no more of it than fits a message."""
    content = read_after_save(small_model, path)
    for changed, message in [
        (put("net", "batch_size", value=-8), "'batch_size' parameter of the net.* Got -8 "),
        (put("parameters", "lr", value="9" * 10**6), r"'lr' parameter of .*9 \.\.\.\.$"),
        (lambda content: content.pop("net"), r"is damaged: it lacks 'net'\.$"),
    ]:
        changed(content)
        write_archive(path, "estimator", content, RECORDS)
        with pytest.raises(FileFormatError, match=message):
            skseq.load(path)
        content = read_after_save(small_model, path)


def test_every_attribute_has_a_check():
    """What is learned is checked where it is read."""
    follows = {"net_", "history_", "n_iter_", "loss_", "valid_loss_"}
    learned = set().union(*(cls._learned_names for cls in (*ESTIMATORS, *FORECASTERS)))
    assert learned - follows == set(CHECKS)


def test_a_checkpoint_is_no_estimator(path):
    fitted(skseq.GRUClassifier, checkpoint=path.parent)
    (left,) = path.parent.glob("*/training.safetensors")
    with pytest.raises(
        FileFormatError,
        match=r"holds a training, not an estimator of skseq\. .*same fit, wi",
    ):
        skseq.load(left)


def test_models_of_others(small_model, path):
    joblib.dump(small_model, path)
    with pytest.raises(
        FileFormatError, match=r"model\.saf.* seems to be a pickle: .*joblib"
    ):
        skseq.load(path)
    joblib.dump(small_model, path, compress=3)
    with pytest.raises(FileFormatError, match=r"model\.saf.* compressed, as joblib"):
        skseq.load(path)
    small_model.to_onnx(path)
    with pytest.raises(FileFormatError, match=r"model\.saf.* an ONNX model: onnxruntime"):
        skseq.load(path)
