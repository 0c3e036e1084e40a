"""AttentionDisplay draws the weights of a trace against time steps."""

import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skseq import (
    GRUClassifier,
    SeasonalNaive,
    Sequences,
    TransformerClassifier,
    TransformerForecaster,
    TransformerStepClassifier,
)
from skseq.inspection import AttentionDisplay

from . import cases  # noqa: F401  # selects a backend without a screen


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_X():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(9 + i % 4, 2)) for i in range(12)]


def fit(cls, **params):
    X = make_X()
    small = {"hidden_size": 8, "max_epochs": 1, "random_state": 0, "stem": 0}
    return cls(**{**small, **params}).fit(X, np.arange(12) % 2), X


@pytest.fixture(scope="module", name="transformer")
def _transformer():
    return fit(TransformerClassifier, patch_size=4, num_layers=2, pooling="attention")


def drawn_weights(display):
    return np.asarray(display.mesh_.get_array()).reshape(display.weights.shape)


def test_default_is_the_mean_over_heads_of_the_last_layer(transformer):
    model, X = transformer
    display = AttentionDisplay.from_estimator(model, X, sequence=1)  # 10 steps, 3 patches
    expected = model.trace(X, attention=True).attention[1][-1].mean(axis=0)
    np.testing.assert_allclose(drawn_weights(display), expected, atol=1e-6)
    ax = display.ax_
    assert ax.get_xlim() == (0, 10)  # steps, not patches
    assert ax.get_ylim() == (10, 0)
    np.testing.assert_array_equal(display.edges, [0, 4, 8, 10])
    assert ax.get_title() == "sequence 1, layer 1, mean of 4 heads"
    assert ax.get_xlabel() == "time step (key)"
    assert ax.get_ylabel() == "time step (query)"
    assert display.colorbar_ is not None
    assert display.lines_ is None
    assert display.figure_ is ax.figure


def test_selects_layer_and_head(transformer):
    model, X = transformer
    stored = Sequences.from_list(X)
    display = AttentionDisplay.from_estimator(model, stored, sequence=2, layer=0, head=3)
    expected = model.trace(X, attention=True).attention[2][0, 3]
    np.testing.assert_allclose(drawn_weights(display), expected, atol=1e-6)
    assert display.ax_.get_title() == "sequence 2, layer 0, head 3"


def test_draws_pooling_of_a_transformer(transformer):
    model, X = transformer
    display = AttentionDisplay.from_estimator(model, X, layer="pooling", head=1)
    (line,) = display.lines_.values()
    expected = model.trace(X, attention=True).pooling_weights[0][1]
    np.testing.assert_allclose(line.get_data().values, expected, atol=1e-6)
    np.testing.assert_array_equal(line.get_data().edges, [0, 4, 8, 9])
    assert list(display.lines_) == ["head 1"]


def test_draws_pooling_of_a_recurrent_network():
    model, X = fit(GRUClassifier, patch_size=1, pooling="attention")
    display = AttentionDisplay.from_estimator(model, X, sequence=3)
    assert list(display.lines_) == ["head 0", "head 1", "head 2", "head 3", "mean"]
    weights = model.trace(X, attention=True).pooling_weights[3]
    np.testing.assert_allclose(
        display.lines_["mean"].get_data().values, weights.mean(axis=0), atol=1e-6
    )
    assert display.mesh_ is None
    assert display.ax_.get_title() == "sequence 3, attention pooling"
    assert display.ax_.get_xlabel() == "time step"
    with pytest.raises(
        ValueError, match="layer=0, but GRUClassifier has attention only in its p"
    ):
        AttentionDisplay.from_estimator(model, X, layer=0)


def test_edges_account_for_the_stem():
    model, X = fit(TransformerClassifier, stem=2, patch_size=3)
    display = AttentionDisplay.from_estimator(
        model, X
    )  # 9 steps; the stem halves them, patches of 2
    np.testing.assert_array_equal(display.edges, [0, 4, 8, 9])
    assert model.trace(X).token_steps == 4


def test_draws_a_forecaster():
    model = TransformerForecaster(
        horizon=2, context_length=8, hidden_size=8, patch_size=2, max_epochs=1
    ).fit(None, np.random.default_rng(0).normal(size=(40, 2)))
    display = AttentionDisplay.from_estimator(model, sequence=1)
    expected = model.trace(attention=True).attention[1][-1].mean(axis=0)
    np.testing.assert_allclose(drawn_weights(display), expected, atol=1e-6)
    np.testing.assert_array_equal(display.edges, [-8, -6, -4, -2, 0])
    assert display.ax_.get_title() == "series 1, layer 0, mean of 4 heads"
    assert display.ax_.get_xlabel() == "time step relative to the end (key)"
    with pytest.raises(
        ValueError, match="TransformerForecaster uses the series .* do not pass X"
    ):
        AttentionDisplay.from_estimator(model, make_X())
    with pytest.raises(ValueError, match="sequence=2, but the number of series is 2"):
        AttentionDisplay.from_estimator(model, sequence=2)


def test_draws_tokens_of_texts():
    texts, y = ["so good", "so bad", "a good one", "a bad one"] * 5, [1, 0] * 10
    model = TransformerClassifier(hidden_size=8, patch_size=1, max_epochs=1)
    display = AttentionDisplay.from_estimator(model.fit(texts, y), texts, sequence=2)
    assert drawn_weights(display).shape == (3, 3)


def test_draws_a_sequence_of_rows():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 1)) for n in (4, 7, 5)]
    y = [x[:, 0] > 0 for x in X]
    settings = {"hidden_size": 4, "num_heads": 2, "max_epochs": 1, "random_state": 0}
    expected = AttentionDisplay.from_estimator(
        TransformerStepClassifier(**settings).fit(X, y), X, sequence=1
    )
    rows = pd.concat([pd.DataFrame(x, columns=["a"]) for x in X], keys=list("abc"))
    model = TransformerStepClassifier(**settings).fit(rows, np.concatenate(y))
    display = AttentionDisplay.from_estimator(model, rows, sequence=1)
    np.testing.assert_allclose(display.weights, expected.weights, atol=1e-5)
    np.testing.assert_array_equal(display.edges, expected.edges)


def test_draws_on_given_axes(transformer):
    _, ax = pyplot.subplots()
    display = AttentionDisplay.from_estimator(*transformer, ax=ax)
    assert display.ax_ is ax
    assert display.plot(pyplot.subplots()[1], colorbar=False) is display
    assert display.colorbar_ is None


def test_invalid_arguments_raise(transformer):
    model, X = transformer
    with pytest.raises(NotFittedError):
        AttentionDisplay.from_estimator(TransformerClassifier(), X)
    plain, _ = fit(GRUClassifier)
    with pytest.raises(ValueError, match="GRUClassifier has no attent"):
        AttentionDisplay.from_estimator(plain, X)
    for estimator in (LogisticRegression(), SeasonalNaive()):
        with pytest.raises(
            TypeError, match="has no attribute trace: AttentionDisplay needs"
        ):
            AttentionDisplay.from_estimator(estimator, X)
    for wrong, message in (
        (
            {"sequence": 12},
            "sequence=12, but the number of sequences is 12, .* numbered from 0",
        ),
        ({"layer": 2}, "layer=2, but the number of layers is 2"),
        ({"head": 4}, "head=4, but the number of heads is 4"),
        ({"layer": "pooling", "head": 4}, "head=4, but the number of heads is 4"),
        ({"layer": "first"}, "'layer' parameter .* Got 'first' instead"),
    ):
        with pytest.raises(ValueError, match=message):
            AttentionDisplay.from_estimator(model, X, **wrong)
    with pytest.raises(ValueError, match="TransformerClassifier needs X, as for its fit"):
        AttentionDisplay.from_estimator(model)
    with pytest.raises(ValueError, match=r"use \[X\], or X\[None\] for an array"):
        AttentionDisplay.from_estimator(model, X[0])
    mean, _ = fit(TransformerClassifier)
    with pytest.raises(
        ValueError, match="layer='pooling', but the pooling of .* has no attention"
    ):
        AttentionDisplay.from_estimator(mean, X, layer="pooling")


def test_missing_matplotlib_raises(monkeypatch, transformer):
    display = AttentionDisplay(weights=np.eye(2), edges=np.arange(3))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = r"AttentionDisplay needs matplotlib: pip install 'skseq\[plot\]'"
    with pytest.raises(ImportError, match=message):
        AttentionDisplay.from_estimator(*transformer)
    with pytest.raises(ImportError, match=message):
        display.plot()
