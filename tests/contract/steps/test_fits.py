"""Fits of step estimators: loss, weights, unlabeled steps, early stopping, tools."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.utils import get_tags
from sklearn.utils.class_weight import compute_sample_weight

import skseq
from skseq.tasks import StepClassification, StepRegression

from ..cases import leaves_of, make, make_X, make_y, name_of, predict, weights

TWO = [skseq.GRUStepClassifier, skseq.TransformerStepRegressor]
two_leaves = pytest.mark.parametrize("cls", TWO, ids=name_of)


def make_memory(n=80, seed=0):
    """Return sequences whose labels and numbers depend on the step before and after."""
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(length, 1)) for length in rng.integers(4, 15, n)]
    sums = [np.convolve(x[:, 0], [1, 1, 1], mode="same") for x in X]
    return X, [np.where(s > 0, "up", "down") for s in sums], sums


@pytest.mark.parametrize("cls", leaves_of(StepClassification), ids=name_of)
def test_classifiers_learn_from_neighbors(cls):
    X, y, _ = make_memory(150)
    params = {"hidden_size": 16, "max_epochs": 30, "lr": 0.02, "random_state": 0}
    model = cls(**params, dropout=0.1).fit(X[:100], y[:100])
    steps = LogisticRegression().fit(np.concatenate(X[:100]), np.concatenate(y[:100]))
    alone = steps.score(np.concatenate(X[100:]), np.concatenate(y[100:]))
    assert model.score(X[100:], y[100:]) > max(0.9, alone + 0.1)


@pytest.mark.parametrize("cls", leaves_of(StepRegression), ids=name_of)
def test_regressors_learn_from_neighbors(cls):
    X, _, y = make_memory(150)
    params = {"hidden_size": 16, "max_epochs": 30, "lr": 0.02, "random_state": 0}
    model = cls(**params, dropout=0.1).fit(X[:100], y[:100])
    assert model.score(X[100:], y[100:]) > 0.85


def test_transitions_learn_an_order_of_labels():
    """Labels b follow labels a for sure, but single steps do not tell them apart."""
    rng = np.random.default_rng(0)
    y = [np.arange(k, k + 8) % 3 for k in rng.integers(0, 3, 100)]
    X = [rng.normal(size=(8, 1)) + 2 * part[:, None] for part in y]
    params = {"hidden_size": 1, "bidirectional": False, "max_epochs": 25, "lr": 0.05}
    alone, crf = (
        skseq.RNNStepClassifier(transitions=t, random_state=0, dropout=0.0, **params)
        .fit(X[:70], y[:70])
        .score(X[70:], y[70:])
        for t in (None, "crf")
    )
    assert crf > alone + 0.03


def test_loss_is_the_mean_over_labelled_steps():
    X, y, _ = make_memory()
    weight = np.random.default_rng(1).integers(1, 4, len(X))
    model = make(skseq.GRUStepClassifier, max_epochs=1, lr=1e-12, batch_size=7, dropout=0.0)
    model.fit(X, y, sample_weight=weight)
    steps = np.repeat(weight, [len(x) for x in X])
    proba = np.concatenate(model.predict_proba(X))
    expected = log_loss(np.concatenate(y), proba, sample_weight=steps)
    # Batches differ by one sequence in size.
    assert model.loss_ == pytest.approx(expected, rel=0.02)
    plain = make(skseq.GRUStepClassifier, max_epochs=1, lr=1e-12, batch_size=8, dropout=0.0)
    expected = log_loss(np.concatenate(y), np.concatenate(plain.fit(X, y).predict_proba(X)))
    assert plain.loss_ == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("params", [{}, {"transitions": "crf"}], ids=str)
def test_unlabelled_steps_do_not_affect_a_classifier(params):
    X, y, _ = make_memory()
    rng = np.random.default_rng(2)
    hidden = [rng.random(len(x)) < 0.3 for x in X]
    hidden[3][:] = True
    missing = [np.where(h, None, part) for h, part in zip(hidden, y, strict=True)]
    empty = [np.where(h, "", part) for h, part in zip(hidden, y, strict=True)]
    first, second = (
        make(skseq.GRUStepClassifier, **params).fit(X, labels)
        for labels in (missing, empty)
    )
    np.testing.assert_array_equal(weights(first), weights(second))
    if not params:  # labels without weight may be any
        other = [np.where(h, "up", part) for h, part in zip(hidden, y, strict=True)]
        third = make(skseq.GRUStepClassifier).fit(X, other, [1.0 - h for h in hidden])
        np.testing.assert_array_equal(weights(first), weights(third))
    whole = make(skseq.GRUStepClassifier, **params).fit(X, y)
    assert not np.allclose(weights(first), weights(whole))
    assert 0 < first.score(X, missing) <= 1


def test_unlabelled_steps_do_not_affect_a_regressor():
    X, _, y = make_memory()
    hidden = [np.arange(len(x)) == 2 for x in X]
    missing = [np.where(h, np.nan, part) for h, part in zip(hidden, y, strict=True)]
    other = [np.where(h, 99.0, part) for h, part in zip(hidden, y, strict=True)]
    first = make(skseq.LSTMStepRegressor).fit(X, missing)
    second = make(skseq.LSTMStepRegressor).fit(X, other, [1.0 - h for h in hidden])
    np.testing.assert_array_equal(weights(first), weights(second))


def test_class_weights_multiply_the_weights_of_steps():
    X, y, _ = make_memory()
    by_class = make(skseq.GRUStepClassifier, class_weight={"up": 3.0}).fit(X, y)
    by_step = make(skseq.GRUStepClassifier).fit(
        X, y, [np.where(part == "up", 3.0, 1.0) for part in y]
    )
    np.testing.assert_allclose(weights(by_class), weights(by_step), atol=1e-6)
    balanced = compute_sample_weight("balanced", np.concatenate(y))
    parts = np.split(balanced, np.cumsum([len(x) for x in X])[:-1])
    by_class = make(skseq.GRUStepClassifier, class_weight="balanced").fit(X, y)
    by_step = make(skseq.GRUStepClassifier).fit(X, y, parts)
    np.testing.assert_allclose(weights(by_class), weights(by_step), atol=1e-6)


@two_leaves
def test_score_leaves_out_unlabelled_steps(cls):
    X, y = make_X("ragged"), make_y(cls)
    model = make(cls).fit(X, y)
    metric = accuracy_score if hasattr(cls, "predict_proba") else r2_score
    true, found = np.concatenate(y), np.concatenate(model.predict(X))
    assert model.score(X, y) == pytest.approx(metric(true, found))
    steps = np.random.default_rng(0).random(len(true))
    ragged = np.split(steps, np.cumsum([len(x) for x in X])[:-1])
    expected = metric(true, found, sample_weight=steps)
    assert model.score(X, y, ragged) == pytest.approx(expected)
    missing = [part.astype(object) for part in y]
    missing[0][:] = None
    first = len(X[0])
    assert model.score(X, missing) == pytest.approx(metric(true[first:], found[first:]))


def test_several_targets_for_each_step():
    X, _, y = make_memory()
    both = [np.column_stack([part, -2 * part]) for part in y]
    params = {"hidden_size": 16, "max_epochs": 20, "lr": 0.02, "random_state": 0}
    model = skseq.GRUStepRegressor(**params).fit(X, both)
    assert [part.shape for part in model.predict(X)] == [part.shape for part in both]
    assert model.score(X, both) > 0.8
    rows = skseq.GRUStepRegressor(**params).fit(np.concatenate(X), np.concatenate(both))
    assert rows.predict(X[0]).shape == (len(X[0]), 2)


@two_leaves
def test_early_stopping_of_one_recording_holds_out_its_end(cls):
    X = np.random.default_rng(0).normal(size=(200, 2))
    y = (X[:, 0] > 0).astype(int)
    params = {"early_stopping": True, "validation_fraction": 0.25, "max_epochs": 3}
    model = make(cls, **params).fit(X, y)
    assert model.valid_loss_ > 0
    # The labels of the end are not used for training: other ones give the same weights.
    once = {**params, "max_epochs": 1}
    other = np.where(np.arange(200) < 150, y, 1 - y)
    scale = {"scale": False} if cls is TWO[1] else {}
    first, second = (make(cls, **once, **scale).fit(X, part) for part in (y, other))
    np.testing.assert_array_equal(weights(first), weights(second))
    unlabeled = np.where(np.arange(200) < 150, y, np.nan)
    with pytest.raises(ValueError, match=r"last 50 of the 200 steps.*early_stopping=False"):
        make(cls, **params).fit(X, unlabeled)


@two_leaves
def test_tags(cls):
    """With another type, scikit-learn would read y as one target for each row."""
    tags = get_tags(cls())
    assert tags.estimator_type is None
    assert tags.target_tags.required
    assert tags.target_tags.multi_output == (cls is TWO[1])
    assert (tags.classifier_tags is not None) == (cls is TWO[0])
    if cls is TWO[0]:
        assert tags.classifier_tags.multi_label


@two_leaves
def test_tools_of_scikit_learn_on_sequences(cls):
    X, y = make_X("ragged"), make_y(cls)
    assert len(cross_val_score(make(cls), X, y, cv=3)) == 3
    search = GridSearchCV(make(cls), {"hidden_size": [8, 16]}, cv=2).fit(X, y)
    assert [len(part) for part in search.predict(X)] == [len(x) for x in X]
    found = cross_val_predict(make(cls), X, np.array(y, dtype=object), cv=3)
    assert [len(part) for part in found] == [len(x) for x in X]


def test_tools_of_scikit_learn_on_rows():
    X, y = make_X("ragged"), make_y(TWO[0])
    owners = np.repeat(np.arange(len(X)), [len(x) for x in X])
    times = np.concatenate([np.arange(len(x)) for x in X])
    rows = pd.DataFrame(np.concatenate(X)).set_index([owners, times])
    proba = cross_val_predict(
        make(TWO[0]),
        rows,
        np.concatenate(y),
        groups=owners,
        cv=GroupKFold(3),
        method="predict_proba",
    )
    assert proba.shape == (len(rows), 3)
    values = rows.reset_index(drop=True).to_numpy()
    scores = cross_val_score(make(TWO[0]), values, np.concatenate(y), cv=KFold(3))
    assert scores.shape == (3,)


@two_leaves
def test_partial_fit_and_warm_start(cls):
    X, y = make_X("ragged"), make_y(cls)
    first = {"classes": [0, 1, 2]} if cls is TWO[0] else {}
    model = make(cls).partial_fit(X, y, **first)
    before = weights(model)
    assert model.partial_fit(X[:5], y[:5]).n_iter_ == 2
    assert not np.allclose(before, weights(model))
    warm = make(cls, warm_start=True).fit(X, y)
    found = predict(warm, X)
    assert not np.allclose(predict(warm.fit(X, y), X), found)


@pytest.mark.parametrize(
    "params", [{}, {"transitions": "crf"}, {"sequence": "shop"}], ids=str
)
def test_save_and_load(params, tmp_path):
    X, y = make_X("ragged"), make_y(TWO[0])
    if "sequence" in params:
        shops = np.repeat(np.arange(len(X)), [len(x) for x in X])
        X = pd.DataFrame(np.concatenate(X), columns=list("abc")).assign(shop=shops)
        y = np.concatenate(y)
    model = make(TWO[0], **params).fit(X, y)
    model.save(tmp_path / "model")
    loaded = skseq.load(tmp_path / "model")
    for a, b in zip(model.predict_proba(X), loaded.predict_proba(X), strict=True):
        np.testing.assert_array_equal(a, b)
    assert loaded.partial_fit(X, y).n_iter_ == model.n_iter_ + 1


@two_leaves
def test_gradients_of_the_loss_with_respect_to_states(cls):
    X, y = make_X("ragged"), make_y(cls)
    model = make(cls).fit(X, y)
    trace = model.trace(X, y)
    assert [g.shape[1] for g in trace.gradients] == [len(x) for x in X]
    missing = [part.astype(object) for part in y]
    missing[0][1:] = None
    gradient = model.trace(X, missing).gradients[0][-1]  # (time, width)
    assert np.abs(gradient[0]).max() > 0
    if cls is TWO[0]:  # the forward states of later steps do not affect the first output
        assert (gradient[1:, :8] == 0).all()


@pytest.mark.parametrize("transitions", [None, "crf"])
def test_long_sequences_are_divided_for_training(transitions):
    """A fit is that of the windows, if the network is not told where sequences start."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 2)) for length in (10, 7, 3)]
    y = [(x[:, 0] > 0).astype(int) for x in X]
    cuts = [[5], [3], []]
    pieces = [p for x, cut in zip(X, cuts, strict=True) for p in np.split(x, cut)]
    labels = [p for part, cut in zip(y, cuts, strict=True) for p in np.split(part, cut)]
    cls = skseq.GRUStepClassifier
    given = {"scale": False, "max_epochs": 3, "transitions": transitions}
    divided = make(cls, **given, window_length=5).fit(X, y)
    expected = make(cls, **given, window_length=None).fit(pieces, labels)
    np.testing.assert_allclose(predict(divided, X), predict(expected, X), atol=1e-5)
    whole = make(cls, **given, window_length=None).fit(X, y)
    assert not np.allclose(predict(whole, X), predict(divided, X), atol=1e-5)
    np.testing.assert_array_equal(
        predict(whole, X), predict(make(cls, **given, window_length=10).fit(X, y), X)
    )


def test_few_long_sequences_are_divided_by_default():
    """One recording of many steps gets several updates an epoch."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5000, 1))
    y = np.where(np.convolve(X[:, 0], [1, 1, 1], mode="same") > 0, "up", "down")
    model = make(skseq.GRUStepClassifier, max_epochs=60, lr=0.01).fit(X[:4000], y[:4000])
    assert len(model.net_.history[0, "batches"]) == 2
    assert model.score(X[4000:], y[4000:]) > 0.85
