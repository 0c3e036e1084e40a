"""Augmentation while training: what it changes, and what it leaves as it is."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback
from torch.nn import functional as F

import skseq
from skseq import Sequences
from skseq.preprocessing import Crop, Jitter, Mixup, Scale, TimeWarp
from skseq.training import batches

from .cases import (
    ALL_ESTIMATORS,
    ESTIMATORS,
    FORECASTERS,
    OUTLIER_DETECTORS,
    SERIES_DETECTORS,
    STEP_ESTIMATORS,
    make,
    make_indicators,
    make_words,
    make_X,
    make_y,
    name_of,
    predict,
    weights,
)
from .probes import assert_same_net, find_checkpoints, kill_at, needs_kill

CHANGES = [TimeWarp(), Scale(), Jitter(), Crop()]
FEW = [
    skseq.GRUClassifier,
    skseq.TransformerRegressor,
    skseq.LSTMStepClassifier,
    skseq.GRUStepRegressor,
]
few_estimators = pytest.mark.parametrize("cls", FEW, ids=name_of)


class Watch(Callback):
    """Records the batches of training."""

    def on_train_begin(self, net, **kwargs):
        self.batches, self.losses, self.outputs = [], [], []

    def on_batch_begin(self, net, batch, **kwargs):
        self.batches.append(batch)

    def on_batch_end(self, net, loss, y_pred, **kwargs):
        self.losses.append(float(loss))
        self.outputs.append(y_pred.detach())


def list_changes(cls):
    """Return the augmentations that a class supports."""
    return CHANGES if cls in STEP_ESTIMATORS else [*CHANGES, Mixup()]


@pytest.mark.parametrize("cls", ALL_ESTIMATORS, ids=name_of)
def test_same_random_state_gives_the_same_model(cls):
    X, y = make_X("ragged"), make_y(cls)
    first, second = (make(cls, augmentation=list_changes(cls)).fit(X, y) for _ in range(2))
    assert_same_net(first.net_, second.net_)
    plain = make(cls).fit(X, y)
    assert not np.array_equal(weights(first), weights(plain))
    np.testing.assert_array_equal(predict(first, X), predict(second, X))
    np.testing.assert_array_equal(predict(first, X), predict(first, X))


@pytest.mark.parametrize("cls", FORECASTERS + OUTLIER_DETECTORS + SERIES_DETECTORS)
def test_forecasters_and_detectors_have_no_augmentation(cls):
    assert "augmentation" not in cls().get_params()


def make_smooth(n=24, n_steps=40, n_periods=0.6):
    """Return smooth sequences with two features, and labels."""
    random, times = np.random.default_rng(0), np.linspace(0, 1, n_steps)
    phases = random.uniform(0, 6, size=(n, 1, 2))
    return np.sin(2 * np.pi * n_periods * times[None, :, None] + phases), np.arange(n) % 2


def assert_auto_means(expected, X, y, **params):
    auto, explicit = (
        make(skseq.GRUClassifier, augmentation=augmentation, **params).fit(X, y)
        for augmentation in ("auto", expected)
    )
    assert_same_net(auto.net_, explicit.net_)


def test_classifiers_change_smooth_sequences_by_default():
    X, y = make_smooth()
    slight = [TimeWarp(speed=1.1), Jitter(noise=0.03)]
    assert skseq.GRUClassifier().augmentation == "auto"
    assert_auto_means(slight, X, y)
    assert_auto_means(slight, list(X), y)
    assert_auto_means(slight, 1e6 + 1e3 * X, y)
    plain = make(skseq.GRUClassifier, augmentation=None).fit(X, y)
    auto = make(skseq.GRUClassifier).fit(X, y)
    assert not np.array_equal(weights(plain), weights(auto))


def test_classifiers_do_not_change_other_sequences_by_default():
    X, y = make_smooth()
    noisy = X + 0.2 * np.random.default_rng(0).normal(size=X.shape)
    assert_auto_means(None, noisy, y)
    assert_auto_means(None, make_smooth(n_steps=200, n_periods=8)[0], y)
    assert_auto_means(None, X[:, :2], y)  # a step needs two neighbors
    assert_auto_means(None, X, y, missing="mask")
    assert_auto_means(None, X, y, early_stopping=True)
    words = make_words()
    assert_auto_means(None, words, np.arange(len(words)) % 2)


def test_partial_fit_does_not_change_sequences_by_default():
    X, y = make_smooth()
    auto, plain = (
        make(skseq.GRUClassifier, augmentation=augmentation).partial_fit(X, y, [0, 1])
        for augmentation in ("auto", None)
    )
    assert_same_net(auto.net_, plain.net_)


@pytest.mark.parametrize("cls", STEP_ESTIMATORS + [skseq.GRURegressor], ids=name_of)
def test_other_estimators_change_sequences_on_request(cls):
    assert cls().augmentation is None
    X = make_smooth()[0]
    y = make_y(cls, X=X)
    auto, plain = (make(cls, augmentation=a).fit(X, y) for a in ("auto", None))
    assert not np.array_equal(weights(auto), weights(plain))


@few_estimators
@pytest.mark.parametrize("form", ["cube", "ragged"])
def test_batches_differ_in_each_epoch_and_data_stay(cls, form):
    X = make_X(form)
    y, before = make_y(cls, X=X), [x.copy() for x in X]
    watch = Watch()
    model = make(cls, augmentation=Jitter(), batch_size=24, callbacks=[watch]).fit(X, y)
    first, second = (batch.x for batch in watch.batches)
    # The order of sequences differs; compare their sorted values.
    first, second = (x.flatten().sort().values for x in (first, second))
    assert not np.allclose(first, second, atol=1e-3)
    assert all(np.array_equal(x, old) for x, old in zip(X, before, strict=True))
    assert model.score(X, y) <= 1


def test_validation_part_is_not_changed():
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    # Weights do not move, so the losses are those of the initial weights.
    fixed = {"early_stopping": True, "lr": 1e-30, "weight_decay": 0.0, "stem": 0}
    plain = make(skseq.GRUClassifier, **fixed, dropout=0.0).fit(X, y)
    changed = make(
        skseq.GRUClassifier, **fixed, dropout=0.0, augmentation=Scale(spread=0.9)
    ).fit(X, y)
    column = "valid_loss"
    assert plain.history_[column].tolist() == changed.history_[column].tolist()
    assert plain.history_["train_loss"].tolist() != changed.history_["train_loss"].tolist()


@needs_kill
@few_estimators
def test_killed_fit_resumes(cls, tmp_path):
    X, y = make_X("ragged"), make_y(cls)
    params = {"max_epochs": 4, "augmentation": list_changes(cls), "dropout": 0.3}
    whole = make(cls, **params).fit(X, y)
    model = make(cls, **params, checkpoint=tmp_path / "runs")
    kill_at(2 * 3 + 2, lambda: model.fit(X, y))  # in the third epoch
    assert len(find_checkpoints(tmp_path / "runs")) == 1
    assert_same_net(model.fit(X, y).net_, whole.net_)
    # Another augmentation is another training.
    model.set_params(augmentation=Jitter()).fit(X, y)
    assert len(find_checkpoints(tmp_path / "runs")) == 2


@few_estimators
def test_saved_model_continues_training_like_the_original(cls, tmp_path):
    X, y = make_X("ragged"), make_y(cls)
    model = make(cls, augmentation=list_changes(cls)).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    loaded = skseq.load(tmp_path / "model.safetensors")
    assert repr(loaded.augmentation) == repr(model.augmentation)
    np.testing.assert_array_equal(predict(loaded, X), predict(model, X))
    plain = skseq.load(tmp_path / "model.safetensors").set_params(augmentation=None)
    for one in (model, loaded, plain):
        one.partial_fit(X, y)
    assert_same_net(model.net_, loaded.net_)
    assert not np.array_equal(weights(plain), weights(model))


def test_loss_of_mixed_sequences_is_that_of_both_labels():
    watch = Watch()
    model = make(skseq.GRUClassifier, augmentation=Mixup(alpha=1), callbacks=[watch])
    model.fit(make_X("ragged"), make_y(skseq.GRUClassifier))
    for batch, loss, logits in zip(watch.batches, watch.losses, watch.outputs, strict=True):
        first, second = (
            F.cross_entropy(logits, targets, reduction="none") * shares
            for targets, shares in (
                (batch.targets, batch.weights),
                (batch.other_targets, batch.other_weights),
            )
        )
        assert loss == pytest.approx(float((first + second).mean()), rel=1e-5)
        assert second.mean() > 0.01


def test_warm_start():
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, augmentation=TimeWarp(), warm_start=True).fit(X, y)
    once = weights(model)
    assert not np.array_equal(weights(model.fit(X, y)), once)


@few_estimators
def test_batches_in_parts(cls, monkeypatch):
    random = np.random.default_rng(0)
    X = [random.normal(size=(n, 2)) for n in random.choice([2, 3, 5, 9, 40], 24)]
    monkeypatch.setattr(batches, "MAX_PADDED_STEPS", 60)
    watch = Watch()
    params = {"augmentation": list_changes(cls), "callbacks": [watch]}
    make(cls, **params, batch_size=24).fit(X, make_y(cls, X=X))
    assert max(len(batch.parts) for batch in watch.batches) > 1
    assert all(batch.n_rows == 24 for batch in watch.batches)


@few_estimators
def test_missing_values_and_patches(cls):
    X = make_X("ragged")
    for x in X[::2]:
        x[: len(x) // 2, 1] = np.nan
    y = make_y(cls, X=X)
    model = make(cls, augmentation=list_changes(cls), missing="mask", patch_size=4)
    assert np.isfinite(predict(model.fit(X, y), X)).all()


@pytest.mark.parametrize("transitions", [None, "crf"])
def test_unlabeled_steps(transitions):
    X = make_X("ragged")
    y = [part.astype(object) for part in make_y(skseq.GRUStepClassifier, X=X)]
    for part in y:
        part[::2] = None
    params = {"augmentation": CHANGES, "transitions": transitions, "patch_size": 1}
    model = make(skseq.GRUStepClassifier, **params).fit(X, y)
    assert np.isfinite(predict(model, X)).all()
    assert model.loss_ > 0


def test_several_labels_and_targets():
    X, y = make_X("ragged"), np.random.default_rng(0).integers(0, 2, (24, 3))
    changes = [*CHANGES, Mixup()]
    model = make(skseq.GRUClassifier, augmentation=changes).fit(X, y)
    assert model.predict(X).shape == (24, 3)
    model = make(skseq.GRURegressor, augmentation=changes, loss="poisson").fit(X, y)
    assert model.predict(X).shape == (24, 3)
    model = make(skseq.GRUStepClassifier, augmentation=CHANGES)
    assert model.fit(X, make_indicators(X)).predict(X)[0].shape == (len(X[0]), 2)


def test_sequences_with_categories():
    numbers, words = make_X("ragged"), make_words()
    steps = np.concatenate(numbers)
    codes = np.arange(len(steps)) % 3
    lengths = [len(x) for x in numbers]
    X = Sequences(steps, lengths, codes=codes[:, None], categories=[["a", "b", "c"]])
    y = make_y(skseq.GRUClassifier)
    make(skseq.GRUClassifier, augmentation=CHANGES).fit(X, y).predict(X)
    make(skseq.GRUClassifier, augmentation=Crop()).fit(words, y).predict(words)
    for changes in CHANGES[:3]:
        with pytest.raises(ValueError, match=r"X has categorical features only.*Crop\(\)"):
            make(skseq.GRUClassifier, augmentation=changes).fit(words, y)
    with pytest.raises(ValueError, match=r"Mixup\(\) cannot mix categories"):
        make(skseq.GRUClassifier, augmentation=Mixup()).fit(X, y)


@pytest.mark.parametrize("cls", STEP_ESTIMATORS, ids=name_of)
def test_step_targets_cannot_be_mixed(cls):
    model = make(cls, augmentation=[TimeWarp(), Mixup()])
    with pytest.raises(ValueError, match=r"Mixup\(\) mixes the targets of sequences"):
        model.fit(make_X("ragged"), make_y(cls))
    assert not hasattr(model, "net_")


def test_search():
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    model = make(skseq.GRUClassifier, augmentation=TimeWarp())
    grid = {"augmentation__speed": [1.1, 1.5]}
    search = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert search.best_estimator_.augmentation.speed in grid["augmentation__speed"]
    grid = {"augmentation": [None, Scale(), [Scale(), Jitter()]]}
    assert len(GridSearchCV(model, grid, cv=2).fit(X, y).cv_results_["params"]) == 3


@pytest.mark.parametrize("cls", ESTIMATORS[:1], ids=name_of)
def test_zero_strength_equals_none(cls):
    X, y = make_X("ragged"), make_y(cls)
    none = make(cls, dropout=0.3).fit(X, y)
    zero = make(cls, dropout=0.3, augmentation=[TimeWarp(speed=1), Mixup(alpha=0)])
    assert_same_net(none.net_, zero.fit(X, y).net_)
