"""memory_horizon finds the known horizon of models with fixed weights."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import (
    Drift,
    GRUClassifier,
    GRUForecaster,
    GRUStepClassifier,
    RNNRegressor,
    SeasonalNaive,
    Sequences,
)
from skseq.datasets import make_adding_problem
from skseq.inspection import memory_horizon
from skseq.preprocessing import PerStep

from .cases import make_panel

PLAIN = {"stem": 0, "patch_size": 1, "pooling": "last", "bidirectional": False}


class WeightedSum(RegressorMixin, BaseEstimator):
    """Sum the first feature with a weight for each distance from the end."""

    def __init__(self, weights):
        self.weights = weights

    def fit(self, X, y=None):
        return self

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        weights = np.asarray(self.weights)
        return np.array([weights[: len(x)] @ x[::-1, 0][: len(weights)] for x in X])


def make_rnn(factor):
    """Return an RNN that computes a sum and multiplies it by a factor at each step."""
    X, y = make_adding_problem(400, 20, random_state=0)
    model = RNNRegressor(
        hidden_size=1, max_epochs=1, activation="relu", **PLAIN, scale=False
    )
    model.fit(X, y)
    with torch.no_grad():
        for name, parameter in model.net_.module_.encoder.named_parameters():
            parameter.fill_(factor if "weight_hh" in name else 0.0)
            if "weight_ih" in name:
                parameter[0, 0] = 1.0
        model.net_.module_.head.linear.weight.fill_(1.0)
    return model, X


def test_effects_are_proportional_to_the_weights():
    weights = 0.5 ** np.arange(10)
    X = np.random.default_rng(0).normal(size=(4000, 10, 1))
    found = memory_horizon(WeightedSum(weights), X, threshold=0.02)
    # The changes of independent steps add up in variance.
    expected = weights / np.linalg.norm(weights)
    np.testing.assert_allclose(found.effects, expected, rtol=0.06)
    assert found.horizon == 6  # 0.5 ** 5 * 0.866 = 0.027, and half of it is below 0.02
    assert memory_horizon(WeightedSum(weights), X, threshold=0.1).horizon == 4


def test_horizon_includes_gaps():
    X = np.random.default_rng(0).normal(size=(50, 10, 2))
    found = memory_horizon(WeightedSum([0, 0, 1, 0, 0, 1, 0]), X)
    assert found.horizon == 6
    assert np.flatnonzero(found.effects).tolist() == [2, 5]


def test_small_recurrent_weights_have_a_shorter_horizon():
    decaying, X = make_rnn(0.3)
    constant, _ = make_rnn(1.0)
    short, full = memory_horizon(decaying, X), memory_horizon(constant, X)
    assert full.horizon == 20
    assert 3 <= short.horizon <= 5  # 0.3 ** 4 = 0.0081
    ratios = short.effects[:5] / short.effects[0]
    np.testing.assert_allclose(ratios, 0.3 ** np.arange(5), rtol=0.15)
    np.testing.assert_allclose(full.effects / full.effects[0], 1, rtol=0.2)


def test_sequences_of_different_lengths():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(3 + i % 4, 1)) for i in range(40)]
    found = memory_horizon(WeightedSum(np.ones(9)), X)
    assert found.effects.shape == (6,)
    assert (found.effects > 0.1).all()
    # A step at distance 5 exists only in the sequences of six steps.
    long = [x for x in X if len(x) == 6]
    assert memory_horizon(WeightedSum(np.eye(9)[5]), long).horizon == 6
    assert memory_horizon(WeightedSum(np.ones(9)), X, max_horizon=2).effects.shape == (2,)
    stored = memory_horizon(WeightedSum(np.ones(9)), Sequences.from_list(X))
    np.testing.assert_array_equal(stored.effects, found.effects)


def test_accepts_pipelines_of_classifiers():
    X = np.random.default_rng(0).normal(size=(30, 6, 2))
    y = (X[:, -1, 0] > 0).astype(int)
    model = make_pipeline(
        PerStep(StandardScaler()),
        GRUClassifier(hidden_size=4, max_epochs=2, random_state=0),
    ).fit(X, y)
    before = X.copy()
    found = memory_horizon(model, X, threshold=0)
    assert found.horizon == 6
    np.testing.assert_array_equal(X, before)
    again, other = memory_horizon(model, X), memory_horizon(model, X, random_state=1)
    np.testing.assert_array_equal(again.effects, found.effects)
    assert (other.effects != found.effects).any()


class LastToken(RegressorMixin, BaseEstimator):
    """Predict from the last two tokens of each sequence."""

    def fit(self, X, y):
        """Learn nothing."""
        self.fitted_ = True
        return self

    def predict(self, X):
        """Return 2 if the last token is "b", plus 1 if the one before it is."""
        return np.array([2.0 * (x[-1, 0] == "b") + (x[-2, 0] == "b") for x in X])


def test_reads_tokens():
    rng = np.random.default_rng(0)
    X = [rng.choice(["a", "b"], size=(n, 1)).astype(object) for n in (5, 7, 4, 6) * 10]
    model = LastToken().fit(X, np.zeros(40))
    result = memory_horizon(model, X, random_state=0)
    assert result.horizon == 2
    assert len(result.effects) == 7
    assert not result.effects[2:].any()
    assert result.effects[0] > 0 < result.effects[1]


def test_reads_texts():
    texts, y = ["so good", "so bad", "a good one", "a bad one"] * 5, [1, 0] * 10
    model = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(texts, y)
    assert len(memory_horizon(model, texts, random_state=0).effects) == 3


@pytest.mark.parametrize("is_dense", [False, True])
def test_last_step_of_step_classifiers(is_dense):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 6, 2))
    y = np.where(X[:, :, 0] > 0, "up", "down")
    model = GRUStepClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    found = memory_horizon(model, X if is_dense else list(X), random_state=0)
    assert found.horizon == 6
    assert found.effects.shape == (6,)


@pytest.mark.parametrize("form", ["index", "column", "array"])
def test_rows_have_the_effects_of_their_sequences(form):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in (6, 9, 7, 8)][: 1 if form == "array" else 4]
    y = [np.where(x[:, 0] > 0, "up", "down") for x in X]
    settings = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
    expected = memory_horizon(GRUStepClassifier(**settings).fit(X, y), X)
    rows = pd.concat([pd.DataFrame(x, columns=["a", "b"]) for x in X], keys=range(len(X)))
    if form == "array":
        rows = rows.to_numpy()
    if form == "column":
        rows = rows.reset_index(0, names="recording").reset_index(drop=True)
        settings["sequence"] = "recording"
    model = GRUStepClassifier(**settings).fit(rows, np.concatenate(y))
    found = memory_horizon(model, rows)
    np.testing.assert_allclose(found.effects, expected.effects, rtol=1e-4)
    assert found.horizon == expected.horizon > 0
    if form == "index":
        scaler = StandardScaler().set_output(transform="pandas")
        pipeline = make_pipeline(scaler, GRUStepClassifier(**settings))
        pipeline.fit(rows, np.concatenate(y))
        again = memory_horizon(pipeline[-1], pipeline[:-1].transform(rows))
        np.testing.assert_array_equal(memory_horizon(pipeline, rows).effects, again.effects)


def test_constant_output_has_horizon_0():
    X = np.random.default_rng(0).normal(size=(10, 5, 1))
    found = memory_horizon(WeightedSum([0.0]), X)
    assert found.horizon == 0
    np.testing.assert_array_equal(found.effects, np.zeros(5))


def test_single_sequence_raises():
    X = np.random.default_rng(0).normal(size=(12, 5, 2))
    options = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
    model = GRUClassifier(**options).fit(X, np.arange(12) % 2)
    for estimator in (
        model,
        make_pipeline(PerStep(StandardScaler()), model).fit(X, [0, 1] * 6),
    ):
        with pytest.raises(ValueError, match=r"use \[X\], or X\[None\] for an array"):
            memory_horizon(estimator, X[0])


def test_invalid_arguments_raise():
    X = np.zeros((4, 5, 1))
    with pytest.raises(NotFittedError):
        memory_horizon(GRUClassifier(), X)
    with pytest.raises(
        TypeError, match=r"StandardScaler has no method predict: memory_horizon"
    ):
        memory_horizon(StandardScaler(), X)
    with pytest.raises(ValueError, match="'threshold' parameter .* Got -1 instead"):
        memory_horizon(WeightedSum([1.0]), X, threshold=-1)


class TestForecasters:
    def test_seasonal_naive_has_a_horizon_of_one_season(self):
        y = np.random.default_rng(0).normal(size=(120, 2))
        found = memory_horizon(SeasonalNaive(period=7, horizon=7).fit(None, y))
        assert found.horizon == 7
        assert (found.effects[:7] > 0.05).all()
        np.testing.assert_array_equal(found.effects[7:], 0)
        # With horizon=3, only the first three steps of the season matter.
        short = memory_horizon(SeasonalNaive(period=7, horizon=3).fit(None, y))
        assert np.flatnonzero(short.effects).tolist() == [4, 5, 6]

    def test_drift_depends_on_the_first_and_last_value(self):
        y = np.random.default_rng(0).normal(size=60)
        found = memory_horizon(Drift(horizon=4).fit(None, y))
        assert np.flatnonzero(found.effects).tolist() == [0, 55]

    @pytest.mark.parametrize("columns", [0, 1])
    def test_network_depends_on_its_context_only(self, columns):
        y = make_panel()
        X = y.to_frame()[[]].assign(**{"known": np.arange(len(y)) % 7} if columns else {})
        model = GRUForecaster(
            horizon=3, context_length=10, hidden_size=4, max_epochs=1, random_state=0
        ).fit(X, y)
        found = memory_horizon(make_pipeline("passthrough", model).fit(X, y), threshold=0)
        assert found.horizon == 11  # differencing needs one more step
        assert found.effects[0] == found.effects.max()
        again = memory_horizon(model, threshold=0)
        other = memory_horizon(model, threshold=0, random_state=1)
        np.testing.assert_array_equal(again.effects, found.effects)
        assert (other.effects != found.effects).any()
        assert memory_horizon(model, max_horizon=2).effects.shape == (2,)

    def test_effects_do_not_depend_on_the_scale_of_a_series(self):
        y = make_panel()
        options = {"horizon": 3, "context_length": 6, "hidden_size": 4, "max_epochs": 1}
        large = y.where(y.index.get_level_values(0) != "west", 1000 * y)
        one, other = (
            memory_horizon(GRUForecaster(**options, random_state=0).fit(None, some))
            for some in (y, large)
        )
        np.testing.assert_allclose(one.effects, other.effects, rtol=1e-2, atol=1e-3)

    def test_missing_values_at_the_end_have_no_effect(self):
        y = np.random.default_rng(0).normal(size=60)
        options = {"horizon": 3, "context_length": 6, "hidden_size": 4, "max_epochs": 1}
        found, wanted = (
            memory_horizon(GRUForecaster(**options, random_state=0).fit(None, some))
            for some in (np.r_[y, np.full(9, np.nan)], y)
        )
        np.testing.assert_array_equal(found.effects, wanted.effects)

    def test_series_shorter_than_the_context(self):
        y = np.random.default_rng(0).normal(size=9)
        found = memory_horizon(SeasonalNaive(period=4, horizon=4).fit(None, y))
        assert found.horizon == 4

    def test_invalid_arguments_raise(self):
        model = SeasonalNaive().fit(None, np.arange(20.0))
        with pytest.raises(
            ValueError, match="SeasonalNaive uses the series .* do not pass X"
        ):
            memory_horizon(model, np.zeros((4, 5, 1)))
        with pytest.raises(ValueError, match="WeightedSum needs X, as for its fit"):
            memory_horizon(WeightedSum([1.0]))
        with pytest.raises(NotFittedError):
            memory_horizon(SeasonalNaive())


def test_global_random_state_is_neither_used_nor_changed():
    X, y = np.random.default_rng(0).normal(size=(40, 4, 1)), np.arange(40) % 2
    clf = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0).fit(X, y)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    found = [memory_horizon(clf, X, random_state=None).effects for _ in range(2)]
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert (found[0] != found[1]).any()
