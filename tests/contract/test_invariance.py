"""Predictions are invariant to batch composition, row order and padding."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss
from sklearn.utils import _safe_indexing

from skseq import Sequences

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_ESTIMATORS,
    as_form,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)


def predict_and_transform(estimator, X):
    """Return predictions and pooled hidden states, concatenated per sequence."""
    predictions = predict(estimator, X).reshape(len(X), -1)
    return np.hstack([predictions, estimator.transform(X)])


@every_estimator_and_form
def test_predictions_of_a_subset(cls, form):
    estimator, X = fitted(cls, form)
    whole = predict_and_transform(estimator, X)
    for rows in ([3], [20, 4], np.arange(5, 14), np.arange(24) % 3 == 1):
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        assert (
            predict_and_transform(estimator, _safe_indexing(X, rows)) == whole[rows]
        ).all()


@every_estimator_and_form
def test_predictions_of_single_sequences(cls, form):
    estimator, X = fitted(cls, form)
    alone = [
        predict_and_transform(estimator, _safe_indexing(X, np.array([i])))
        for i in range(24)
    ]
    assert (np.vstack(alone) == predict_and_transform(estimator, X)).all()


# Predictions must not depend on how threads divide a batch. Odd numbers of threads divide
# it unevenly.
@pytest.mark.parametrize("threads", [3, 7])
@every_estimator
def test_predictions_of_single_sequences_with_several_threads(cls, threads, request):
    request.addfinalizer(lambda: torch.set_num_threads(1))
    torch.set_num_threads(threads)
    test_predictions_of_single_sequences(cls, "ragged")


# Enough sequences for several threads to share the work of each step. Where the number of
# columns is not a multiple of 16, as with 8 and 24, three threads divide it differently.
@pytest.mark.parametrize("hidden_size", [8, 24, 64])
@pytest.mark.parametrize("threads", [3, 7])
@every_estimator
def test_many_sequences_with_several_threads(cls, threads, hidden_size, request):
    request.addfinalizer(lambda: torch.set_num_threads(1))
    estimator, _ = fitted(cls, "cube", hidden_size=hidden_size)
    X = np.random.default_rng(0).normal(size=(3001, 7, 3))
    torch.set_num_threads(threads)
    whole = predict_and_transform(estimator, X)
    assert (predict_and_transform(estimator, X[::-1])[::-1] == whole).all()
    some = np.arange(0, len(X), 61)
    alone = [predict_and_transform(estimator, X[i : i + 1]) for i in some]
    assert (np.vstack(alone) == whole[some]).all()


@every_estimator_and_form
def test_predict_is_invariant_to_row_order(cls, form):
    estimator, X = fitted(cls, form)
    order = np.random.default_rng(0).permutation(24)
    shuffled = predict_and_transform(estimator, _safe_indexing(X, order))
    assert (shuffled == predict_and_transform(estimator, X)[order]).all()


@every_estimator
def test_predict_is_invariant_to_longer_sequences(cls):
    """A much longer sequence in X must not change how the others are padded."""
    estimator, X = fitted(cls, "ragged")
    long = np.random.default_rng(0).normal(size=(500, 3))
    assert (
        predict_and_transform(estimator, [*X, long])[:-1]
        == predict_and_transform(estimator, X)
    ).all()


@every_estimator
def test_model_does_not_depend_on_the_form_of_X(cls):
    """The same sequences give the same model in every form."""
    arrays = list(make_X("cube"))
    y = make_y(cls)
    expected = predict(make(cls).fit(arrays, y), arrays)
    for form in FORMS:
        X = as_form(form, arrays)
        assert (predict(make(cls).fit(X, y), X) == expected).all(), form


# Sequences of at least 16 steps are padded beyond their own length in predictions.
LONG = [np.random.default_rng(i).normal(size=(17 + 3 * i, 3)) for i in range(24)]


@pytest.mark.parametrize("pooling", ["mean", "last", "max", "attention", "concat"])
@pytest.mark.parametrize(
    "front_end",
    [{"stem": 0}, {"stem": 0, "patch_size": 3}, {"stem": 2, "patch_size": 4}],
    ids=str,
)
@every_estimator
def test_predict_is_invariant_to_padding(cls, front_end, pooling):
    """Compare with the network's states for each sequence alone, without padding."""
    estimator = make(cls, max_epochs=1, pooling=pooling, **front_end).fit(LONG, make_y(cls))
    states = estimator.transform(LONG)
    for i in (0, 5, 23):
        x = estimator.scaler_.transform(LONG[i][None])
        with torch.no_grad():
            alone = estimator.net_.module_.eval().pool(x).numpy()
        np.testing.assert_allclose(states[i], alone[0], rtol=1e-4, atol=1e-5)
    assert (estimator.transform(LONG[3:9]) == states[3:9]).all()


# If all training sequences have the same length, sequences of this length are predicted
# without padding; sequences of any other length are padded.
@pytest.mark.parametrize("n_steps", [37, 101])
@pytest.mark.parametrize(
    "params", [{"stem": 0}, {"stem": 0, "pooling": "mean"}, {}], ids=str
)
@every_estimator
def test_predictions_of_the_common_length_are_batch_size_invariant(
    cls, params, n_steps, request
):
    random = np.random.default_rng(0)
    X = random.normal(size=(400, n_steps, 3))
    estimator = make(cls, max_epochs=1, **params).fit(X[:24], make_y(cls))
    assert estimator.common_length_ == n_steps
    request.addfinalizer(lambda: torch.set_num_threads(1))
    torch.set_num_threads(3)
    whole = predict_and_transform(estimator, X)
    others = [x[: n_steps - 1] for x in X[:3]]
    assert (predict_and_transform(estimator, [*others, *X[5:20]])[3:] == whole[5:20]).all()
    assert (predict_and_transform(estimator, X[::-1])[::-1] == whole).all()
    alone = [predict_and_transform(estimator, X[i : i + 1]) for i in (0, 199, 399)]
    assert (np.vstack(alone) == whole[[0, 199, 399]]).all()
    # Predictions for another length do not depend on the common length.
    expected = predict_and_transform(estimator, others)
    estimator.common_length_ = None
    assert (predict_and_transform(estimator, others) == expected).all()
    np.testing.assert_allclose(
        predict_and_transform(estimator, X), whole, rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("pooling", ["mean", "last", "max", "attention", "concat"])
@pytest.mark.parametrize("patch_size", [1, 3])
@every_estimator
def test_training_loss_is_invariant_to_padding(cls, patch_size, pooling):
    """With a learning rate near 0, the training loss equals the loss of predictions.

    There is no stem: its batch normalization behaves differently in training.
    """
    y = make_y(cls)
    params = {"lr": 1e-30, "dropout": 0, "weight_decay": 0, "batch_size": 24}
    estimator = make(
        cls, max_epochs=1, pooling=pooling, stem=0, patch_size=patch_size, **params
    ).fit(LONG, y)
    if hasattr(estimator, "predict_proba"):
        expected = log_loss(y, estimator.predict_proba(LONG))
    else:
        expected = 0.5 * np.mean((estimator.predict(LONG) - y) ** 2) / np.var(y)
    assert estimator.history_["train_loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("positions", ["rotary", "sinusoidal"])
@pytest.mark.parametrize("cls", [c for c in ESTIMATORS if "Transformer" in c.__name__])
def test_position_encodings_are_invariant(cls, positions):
    estimator, X = fitted(cls, "ragged", positions=positions)
    assert (
        predict_and_transform(estimator, X[7:9]) == predict_and_transform(estimator, X)[7:9]
    ).all()


# Matrix products may take another code path where sizes are not multiples of 4.
@pytest.mark.parametrize("n_features", [5, 7])
@pytest.mark.parametrize("hidden_size", [6, 30, 50])
@every_estimator
def test_odd_sizes(cls, hidden_size, n_features):
    random = np.random.default_rng(0)
    X = [random.normal(size=(steps, n_features)) for steps in random.integers(1, 12, 24)]
    params = {"num_heads": 1, "positions": "sinusoidal", "bidirectional": False}
    params = {k: v for k, v in params.items() if k in cls().get_params()}
    estimator = make(cls, hidden_size=hidden_size, max_epochs=1, **params)
    estimator.fit(X, make_y(cls))
    order = random.permutation(24)[:13]
    part = predict_and_transform(estimator, [X[i] for i in order])
    assert (part == predict_and_transform(estimator, X)[order]).all()


@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lengths=st.lists(st.integers(1, 40), min_size=4, max_size=20),
    n_features=st.integers(1, 5),
    seed=st.integers(0, 2**16),
    data=st.data(),
)
def test_random_lengths_and_features(cls, lengths, n_features, seed, data):
    random = np.random.default_rng(seed)
    X = [random.normal(size=(steps, n_features)) for steps in lengths]
    estimator = make(cls, max_epochs=1).fit(X, make_y(cls, len(X)))
    rows = data.draw(st.permutations(range(len(X))).map(lambda p: p[: 1 + len(p) // 2]))
    part = predict_and_transform(estimator, [X[i] for i in rows])
    assert (part == predict_and_transform(estimator, X)[rows]).all()


@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_predictions_depend_on_the_order_of_steps(cls):
    """Rule out that the network ignores its input, which would pass the tests above."""
    X = make_X("cube")
    y = make_y(cls) if cls is TWO_ESTIMATORS[1] else (X[:, 0, 1] > X[:, -1, 1]).astype(int)
    estimator = make(cls).fit(X, y)
    assert not np.allclose(predict(estimator, X), predict(estimator, X[:, ::-1]))
    assert not np.allclose(predict(estimator, X), predict(estimator, X[:, 1:]))


def test_view_of_sequences_equals_its_copy():
    X = make_X("sequences")
    view = X[[5, 2, 2, 9]]
    assert isinstance(view, Sequences)
    estimator = make(TWO_ESTIMATORS[0]).fit(X, make_y(TWO_ESTIMATORS[0]))
    copied = [np.array(sequence) for sequence in view]
    assert (predict(estimator, view) == predict(estimator, copied)).all()


# Layers that need padded rows compute long sequences one at a time.
@pytest.mark.parametrize("n_steps", [None, 2100])
@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_one_long_sequence_is_predicted_without_padded_rows(cls, n_steps):
    random = np.random.default_rng(0)
    X, y = make_X("ragged"), make_y(cls)
    if n_steps is not None:  # the common length
        X, y = random.normal(size=(4, n_steps, 3)), y[:4]
    params = {"stem": 2, "patch_size": 4, "max_epochs": 1, "batch_size": 4}
    estimator = make(cls, **params).fit(X, y)
    long = [random.normal(size=(n, 3)) for n in (2049, 2100, 2100, 2300, 2300)]
    whole = predict_and_transform(estimator, [*X[:4], *long, *X[:4]])
    shapes = []
    for layer in estimator.net_.module_.inputs.stem.layers:
        convolution = layer.convolutions[-1]
        convolution.register_forward_hook(lambda _, x, y: shapes.append(x[0].shape))
    for i, x in enumerate(long):
        assert (predict_and_transform(estimator, [x])[0] == whole[4 + i]).all()
    assert {shape[0] for shape in shapes} == {1}
