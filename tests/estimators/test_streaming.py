"""Prediction step by step: what the contract tests of all leaves do not cover."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skseq import (
    GRUClassifier,
    LSTMClassifier,
    LSTMRegressor,
    TransformerClassifier,
)

CAUSAL = {"stem": 0, "patch_size": 1, "bidirectional": False}
SMALL = {"hidden_size": 8, "max_epochs": 2, "random_state": 0}
N_FEATURES = 3


def make_data(seed=0, n=24):
    """Return sequences of several lengths, and three classes."""
    rng = np.random.default_rng(seed)
    X = [
        rng.normal(size=(k, N_FEATURES)) + i % 3
        for i, k in enumerate(rng.integers(2, 9, n))
    ]
    return X, np.arange(n) % 3


def fit(cls=LSTMClassifier, labels=("a", "b", "c"), **params):
    X, y = make_data()
    return cls(**{**SMALL, **CAUSAL, **params}).fit(X, np.array(labels)[y])


FITTED = {
    name: fit(pooling=name) for name in ("last", "mean", "max", "concat", "attention")
}


@settings(max_examples=15)
@given(st.data(), st.sampled_from(sorted(FITTED)), st.integers(1, 4), st.integers(1, 9))
def test_stream_equals_predict_of_the_steps_so_far(data, pooling, n_sequences, n_steps):
    """Sequences that start again at any step do not change the others."""
    model, rng = FITTED[pooling], np.random.default_rng(n_steps)
    stream, seen = model.stream(n_sequences), [[] for _ in range(n_sequences)]
    for _ in range(n_steps):
        x_t = rng.normal(size=(n_sequences, N_FEATURES)).tolist()
        if data.draw(st.booleans()):
            stream = pickle.loads(pickle.dumps(stream))
        ended = sorted(data.draw(st.sets(st.integers(0, n_sequences - 1), max_size=2)))
        stream.reset(ended)
        for i, step in enumerate(x_t):
            seen[i] = [step] if i in ended else [*seen[i], step]
        state = stream.state
        probabilities = stream.predict_proba(x_t)
        np.testing.assert_allclose(probabilities, model.predict_proba(seen), atol=1e-5)
        stream.state = state
        assert stream.predict(x_t).tolist() == model.predict(seen).tolist()


class TestInput:
    """Steps are read as `predict` reads sequences."""

    @pytest.mark.parametrize(
        ("n_sequences", "n_features", "shapes"),
        [(1, 3, [(1, 3), (3,)]), (2, 1, [(2, 1), (2,)]), (1, 1, [(1, 1), (1,), ()])],
    )
    def test_axes_of_a_single_sequence_or_feature_may_be_omitted(
        self, n_sequences, n_features, shapes
    ):
        X, y = make_data()
        model = GRUClassifier(**SMALL, **CAUSAL).fit([x[:, :n_features] for x in X], y)
        x_t = np.random.default_rng(0).normal(size=(n_sequences, n_features))
        expected = model.predict_proba(x_t[:, None])
        for shape in shapes:
            found = model.stream(n_sequences).predict_proba(x_t.reshape(shape))
            np.testing.assert_allclose(found, expected, atol=1e-6)

    @pytest.mark.parametrize("shape", [(3,), (2, 2), (3, 2), (2, 3, 1), (1, 3), ()])
    def test_other_shapes_raise(self, shape):
        stream = FITTED["mean"].stream(2)
        with pytest.raises(ValueError) as caught:
            stream.predict(np.zeros(shape))
        assert f"x_t has shape {shape}, but it must have shape (2, 3)" in str(caught.value)

    @pytest.mark.parametrize(
        ("value", "message"),
        [
            (np.nan, "Input x_t contains NaN: feature 2 of sequence 1"),
            (np.inf, "Input x_t contains infinity: feature 2 of sequence 1 is inf"),
            (1e300, "feature 2 of sequence 1 is 1e\\+300"),
            ("a", "x_t must have numbers"),
        ],
    )
    def test_wrong_values_raise_and_change_nothing(self, value, message):
        stream, x_t = FITTED["mean"].stream(2), np.ones((2, 3), dtype=object)
        stream.predict(x_t)
        before = stream.state
        x_t[1, 2] = value
        with pytest.raises(ValueError, match=message):
            stream.predict(x_t)
        assert stream.state is before

    def test_missing_values_are_masked(self):
        X, y = make_data()
        X[0][1, 2] = np.nan
        model = LSTMClassifier(**SMALL, **CAUSAL, missing="mask").fit(X, y)
        stream = model.stream()
        for t, x_t in enumerate(X[0]):
            expected = model.predict_proba([X[0][: t + 1]])
            np.testing.assert_allclose(stream.predict_proba(x_t), expected, atol=1e-5)

    def test_table_columns_are_steps(self):
        X = np.random.default_rng(0).normal(size=(20, 5))
        model = GRUClassifier(**SMALL, **CAUSAL).fit(X, np.arange(20) % 2)
        stream = model.stream(20)
        found = [stream.predict_proba(column) for column in X.T]
        np.testing.assert_allclose(found[-1], model.predict_proba(X), atol=1e-5)


class TestStream:
    """The object."""

    def test_does_not_change_if_the_estimator_is_fitted_again(self):
        model = fit()
        stream, x_t = model.stream(), np.ones(N_FEATURES)
        expected = model.predict_proba([x_t[None]])
        X, y = make_data(seed=1)
        model.partial_fit(X, np.array(["a", "b", "c"])[y])
        model.fit(X, y)
        np.testing.assert_allclose(stream.predict_proba(x_t), expected, atol=1e-6)

    def test_reset_of_all_sequences(self):
        stream, x_t = FITTED["concat"].stream(2), np.ones((2, N_FEATURES))
        first = stream.predict_proba(x_t)
        assert not np.allclose(stream.predict_proba(x_t), first)
        assert stream.reset() is stream
        assert np.array_equal(stream.predict_proba(x_t), first)

    @pytest.mark.parametrize("chosen", [1, [1], np.array([False, True])])
    def test_reset_of_some_sequences(self, chosen):
        stream, x_t = FITTED["concat"].stream(2), np.ones((2, N_FEATURES))
        first, second = stream.predict_proba(x_t), stream.predict_proba(x_t)
        stream.state = stream.reset().state
        stream.predict(x_t)
        stream.reset(chosen)
        found = stream.predict_proba(x_t)
        np.testing.assert_allclose(found, [second[0], first[1]], atol=1e-6)

    def test_reset_of_a_sequence_that_does_not_exist(self):
        with pytest.raises(IndexError):
            FITTED["mean"].stream(2).reset(2)

    def test_copies_are_independent(self):
        stream, x_t = FITTED["mean"].stream(), np.ones(N_FEATURES)
        stream.predict(x_t)
        other = copy.deepcopy(stream)
        expected = stream.predict_proba(x_t)
        assert np.array_equal(other.predict_proba(x_t), expected)

    def test_regressors_have_no_probabilities(self):
        X, y = make_data()
        model = LSTMRegressor(**SMALL, **CAUSAL).fit(X, np.column_stack([y, 2.0 * y]))
        stream = model.stream(2)
        assert not hasattr(stream, "predict_proba")
        found = stream.predict(np.ones((2, N_FEATURES)))
        expected = model.predict(np.ones((2, 1, N_FEATURES)))
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_shows_estimator_and_number_of_sequences(self):
        model = FITTED["mean"]
        assert repr(model.stream()) == "<Stream of 1 sequence, LSTMClassifier>"
        assert repr(model.stream(2)) == "<Stream of 2 sequences, LSTMClassifier>"

    @pytest.mark.parametrize("n_sequences", [0, 1.5, "2", None])
    def test_wrong_number_of_sequences(self, n_sequences):
        with pytest.raises(ValueError, match="n_sequences should be a whole number"):
            FITTED["mean"].stream(n_sequences)

    def test_infinite_outputs_raise(self):
        X, y = make_data()
        model = GRUClassifier(**SMALL, **CAUSAL).fit([x * 1e-30 for x in X], y)
        with pytest.raises(ValueError, match="not finite|too large"):
            model.stream().predict(np.full(N_FEATURES, 1e37))


class TestNotCausal:
    """The message names all parameters that must change."""

    def test_defaults_of_classifiers(self):
        X, y = make_data()
        model = LSTMClassifier(**SMALL, stem=3, patch_size=2, bidirectional=True).fit(X, y)
        with pytest.raises(ValueError) as caught:
            model.stream()
        for part in (
            "fitted with stem=3, patch_size=2, bidirectional=True",
            "Fit it with stem=0, patch_size=1, bidirectional=False",
        ):
            assert part in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "value", "message"),
        [
            ("stem", 1, "Fit it with stem=0."),
            ("patch_size", 2, "Fit it with patch_size=1."),
            ("bidirectional", True, "Fit it with bidirectional=False."),
        ],
    )
    def test_single_parameters(self, name, value, message):
        model = fit(GRUClassifier, **{name: value})
        with pytest.raises(ValueError, match=message):
            model.stream()

    def test_parameters_of_the_fit_count(self):
        model = fit(GRUClassifier).set_params(bidirectional=True)
        model.stream()

    def test_transformers(self):
        X, y = make_data()
        model = TransformerClassifier(**SMALL, stem=0, patch_size=1).fit(X, y)
        with pytest.raises(ValueError, match="Use an RNN, an LSTM or a GRU"):
            model.stream()


class TestCategories:
    """Categorical features are translated as in `predict`."""

    def test_words(self):
        texts = ["a good film", "a bad film", "good", "bad acting bad"] * 6
        model = GRUClassifier(**SMALL, **CAUSAL).fit(texts, [1, 0, 1, 0] * 6)
        stream, words = model.stream(), ["a", "really", "bad", "film"]
        for t, word in enumerate(words):
            expected = model.predict_proba([" ".join(words[: t + 1])])
            np.testing.assert_allclose(stream.predict_proba(word), expected, atol=1e-5)

    def test_codes_beside_numbers(self):
        rng = np.random.default_rng(0)
        X = [np.column_stack([rng.normal(size=n), np.arange(n)]) for n in (5, 3, 6) * 6]
        model = LSTMClassifier(**SMALL, **CAUSAL, categorical_features=[1])
        model.fit(X, [0, 1, 2] * 6)
        stream = model.stream(2)
        for t in range(3):
            expected = model.predict_proba([X[0][: t + 1], X[1][: t + 1]])
            found = stream.predict_proba([X[0][t], X[1][t]])
            np.testing.assert_allclose(found, expected, atol=1e-5)
