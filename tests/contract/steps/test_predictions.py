"""Predictions for steps: their form, and what they do not depend on."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skseq
from skseq.tasks import StepClassification

from ..cases import (
    FORMS,
    STEP_ESTIMATORS,
    fitted,
    leaves_of,
    make,
    make_indicators,
    make_X,
    make_y,
    name_of,
)

every_leaf = pytest.mark.parametrize("cls", STEP_ESTIMATORS, ids=name_of)
every_classifier = pytest.mark.parametrize(
    "cls", leaves_of(StepClassification), ids=name_of
)
TWO = [skseq.GRUStepClassifier, skseq.TransformerStepRegressor]
two_leaves = pytest.mark.parametrize("cls", TWO, ids=name_of)

MODELS = {
    "softmax": skseq.GRUStepClassifier(hidden_size=8, max_epochs=1, random_state=0),
    "crf": skseq.GRUStepClassifier(
        hidden_size=8, max_epochs=1, random_state=0, transitions="crf"
    ),
    "multilabel": skseq.GRUStepClassifier(hidden_size=8, max_epochs=1, random_state=0),
    "patches": skseq.LSTMStepRegressor(
        hidden_size=8, max_epochs=1, random_state=0, patch_size=3, stem=1
    ),
    "transformer": skseq.TransformerStepRegressor(
        hidden_size=8, max_epochs=1, random_state=0
    ),
}


def predict_steps(model, X):
    """Return probabilities of classifiers, or predictions, for each sequence."""
    function = getattr(model, "predict_proba", model.predict)
    return list(function(X))


@pytest.mark.parametrize("form", FORMS)
@two_leaves
def test_one_prediction_for_each_step(cls, form):
    model, X = fitted(cls, form)
    found = model.predict(X)
    assert [len(part) for part in found] == [len(x) for x in X]
    if form == "cube":
        assert found.shape == X.shape[:2]
    else:
        assert found.dtype == object
        assert found.ndim == 1


@every_classifier
def test_shapes_of_probabilities(cls):
    model, X = fitted(cls)
    for proba, log_proba, decision, x in zip(
        model.predict_proba(X),
        model.predict_log_proba(X),
        model.decision_function(X),
        X,
        strict=True,
    ):
        assert proba.shape == log_proba.shape == decision.shape == (len(x), 3)
        np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(np.exp(log_proba), proba, atol=1e-6)
    labels = [model.classes_[proba.argmax(axis=1)] for proba in model.predict_proba(X)]
    assert all((a == b).all() for a, b in zip(labels, model.predict(X), strict=True))


def test_table_of_numbers_with_labels_of_the_same_shape():
    """X (n_sequences, n_timesteps) has one feature."""
    X = np.random.default_rng(0).normal(size=(12, 7))
    model = make(skseq.GRUStepClassifier).fit(X, X > 0)
    assert model.predict(X).shape == (12, 7)
    assert model.predict_proba(X).shape == (12, 7, 2)
    assert not model.rows_are_steps_


@pytest.mark.parametrize("kind", MODELS)
@settings(max_examples=12, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    seed=st.integers(0, 5),
    position=st.integers(0, 5),
)
def test_prediction_of_a_sequence_does_not_depend_on_the_others(
    kind, lengths, seed, position
):
    """Padding, batch mates and order do not change a prediction."""
    model = MODELS[kind]
    if not hasattr(model, "net_"):
        X = make_X("ragged")
        model.fit(X, make_indicators(X) if kind == "multilabel" else make_y(type(model)))
    rng = np.random.default_rng(seed)
    X = [rng.normal(size=(n, 3)) for n in lengths]
    order = rng.permutation(len(X))
    together = predict_steps(model, X)
    shuffled = predict_steps(model, [X[i] for i in order])
    i = position % len(X)
    (alone,) = predict_steps(model, [X[i]])
    np.testing.assert_allclose(together[i], alone, atol=1e-5)
    place = int(np.flatnonzero(order == i)[0])
    np.testing.assert_allclose(shuffled[place], alone, atol=1e-5)


@pytest.mark.parametrize("transitions", [None, "crf"])
@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_later_steps_do_not_change_probabilities_without_look_ahead(name, transitions):
    cls = getattr(skseq, f"{name}StepClassifier")
    model, _ = fitted(cls, bidirectional=False, stem=0, transitions=transitions)
    x = np.random.default_rng(3).normal(size=(9, 3))
    changed = np.concatenate([x[:5], 3 - x[5:]])
    states, others = (model.transform([part])[0] for part in (x, changed))
    np.testing.assert_allclose(states[:5], others[:5], atol=1e-6)
    assert not np.allclose(states[5:], others[5:])
    proba, other = (model.predict_proba([part])[0] for part in (x, changed))
    # Viterbi and the marginals read the whole sequence.
    assert np.allclose(proba[:5], other[:5], atol=1e-6) == (transitions is None)
    both = fitted(cls, stem=0)[0]
    proba, other = (both.predict_proba([part])[0] for part in (x, changed))
    assert not np.allclose(proba[:5], other[:5])


@every_leaf
def test_states_of_all_steps(cls):
    model, X = fitted(cls, patch_size=3)
    states = model.transform(X)
    assert states.lengths.tolist() == [len(x) for x in X]
    assert states.n_features == len(model.get_feature_names_out())


@two_leaves
def test_rows_of_an_index_equal_sequences(cls):
    """The row form and the sequence form fit the same model."""
    X, y = make_X("ragged"), make_y(cls)
    pairs = [(i, t) for i, x in enumerate(X) for t in range(len(x))]
    index = pd.MultiIndex.from_tuples(pairs, names=["sequence", "time"])
    rows, flat = pd.DataFrame(np.concatenate(X), index=index), np.concatenate(y)
    by_index = make(cls).fit(rows, flat)
    by_sequence = make(cls).fit(X, y)
    expected = np.concatenate(predict_steps(by_sequence, X))
    np.testing.assert_allclose(predict_steps(by_index, rows), expected, atol=1e-6)
    assert by_index.score(rows, flat) == pytest.approx(by_sequence.score(X, y))
    by_column = make(cls, sequence="i").fit(
        rows.reset_index(drop=True).assign(i=[i for i, _ in pairs]), flat
    )
    table = rows.reset_index(drop=True).assign(i=[i for i, _ in pairs])
    np.testing.assert_allclose(predict_steps(by_column, table), expected, atol=1e-6)
    assert by_index.transform(rows).shape == (
        len(rows),
        len(by_index.get_feature_names_out()),
    )


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 100))
def test_rows_with_an_index_are_found_in_any_order(seed):
    X, y = make_X("ragged"), make_y(skseq.GRUStepClassifier)
    pairs = [(i, t) for i, x in enumerate(X) for t in range(len(x))]
    index = pd.MultiIndex.from_tuples(pairs)
    rows = pd.DataFrame(np.concatenate(X), index=index)
    model = make(skseq.GRUStepClassifier, max_epochs=1).fit(rows, np.concatenate(y))
    expected = model.predict_proba(rows)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows))
    found = model.predict_proba(rows.iloc[order])
    np.testing.assert_allclose(found, expected[order], atol=1e-5)
    # Whole sequences, in any number.
    kept = np.isin([i for i, _ in pairs], rng.choice(len(X), 5, replace=False))
    np.testing.assert_allclose(model.predict_proba(rows[kept]), expected[kept], atol=1e-5)


@two_leaves
def test_padded_onnx_model_equals_predictions(cls, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    model, X = fitted(cls, patch_size=2)
    model.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    lengths = [len(x) for x in X]
    values = np.full((len(X), max(lengths) + 2, 3), np.nan, dtype=np.float32)
    for row, x in zip(values, X, strict=True):
        row[: len(x)] = x
    outputs = session.run(None, {"values": values, "lengths": lengths})
    expected = predict_steps(model, X)
    for found, part, length in zip(outputs[-1], expected, lengths, strict=True):
        np.testing.assert_allclose(found[:length], part, atol=1e-5)
