"""Hidden states, attention weights and gradients that `trace` returns."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from skseq import GRUClassifier, LSTMRegressor, TransformerClassifier

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    weights,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)
PLAIN = {"stem": 0, "patch_size": 1, "pooling": "mean"}


def count_steps(X):
    return np.array([len(x) if np.ndim(x) == 2 else len(x[0]) for x in list(X)])


@every_estimator_and_form
def test_states_are_the_input_of_the_pooling(cls, form):
    estimator, X = fitted(cls, form, pooling="mean")
    trace = estimator.trace(X)
    size = estimator.patch_size_
    assert [len(states) for states in trace.states] == (-(-count_steps(X) // size)).tolist()
    means = np.stack([states.mean(axis=0) for states in trace.states])
    np.testing.assert_allclose(means, estimator.transform(X), atol=1e-6)
    assert trace.attention is trace.pooling_weights is trace.gradients is None


@pytest.mark.parametrize("patch_size", [2, 3])
def test_tokens_are_patches(patch_size):
    estimator, X = fitted(GRUClassifier, stem=0, patch_size=patch_size)
    expected = -(-count_steps(X) // patch_size)
    assert [len(states) for states in estimator.trace(X).states] == expected.tolist()


@every_estimator
def test_trace_changes_nothing(cls):
    estimator, X = fitted(cls)
    before, state = weights(estimator), torch.random.get_rng_state()
    gradients = [p.grad for p in estimator.net_.module_.parameters()]
    copies = [None if g is None else g.clone() for g in gradients]
    with torch.inference_mode():  # trace must work in any mode of the caller
        first = estimator.trace(X, make_y(cls))
        assert torch.is_inference_mode_enabled()
    second = estimator.trace(X, make_y(cls))
    np.testing.assert_array_equal(first.gradients[3], second.gradients[3])
    np.testing.assert_array_equal(weights(estimator), before)
    assert torch.equal(torch.random.get_rng_state(), state)
    for parameter, gradient, copy in zip(
        estimator.net_.module_.parameters(), gradients, copies, strict=True
    ):
        assert parameter.grad is gradient
        assert copy is None or torch.equal(gradient, copy)
    estimator.fit(X, make_y(cls))  # training gives the same weights as before
    np.testing.assert_array_equal(weights(estimator), before)


@every_estimator
def test_gradients_equal_finite_differences(cls):
    """Compare with the change of the loss when a hidden state is shifted."""
    estimator, X = fitted(cls, **PLAIN)
    y = make_y(cls)
    found = estimator.trace(X, y).gradients
    width = estimator.trace(X).states[0].shape[1]
    assert [g.shape for g in found] == [(1, n, width) for n in count_steps(X)]
    net, module = estimator.net_, estimator.net_.module_
    i, t = 5, 1
    x = torch.from_numpy((X[i] - estimator.scaler_.mean) / estimator.scaler_.scale)[None]
    target, _ = estimator._encode_targets(np.asarray(y)).pad(np.array([i]))
    target = torch.from_numpy(target)
    double = module.double()
    direction = torch.randn(1, width, generator=torch.Generator().manual_seed(0)).double()

    def loss(size):
        probes = torch.zeros(1, 1, len(X[i]), width, dtype=torch.float64)
        probes[0, :, t] = size * direction
        states = double.encoder.probe(x, None, probes)
        return net.criterion_(double.head(states), target, None).item()

    slope = (loss(1e-6) - loss(-1e-6)) / 2e-6
    np.testing.assert_allclose(found[i][0, t] @ direction[0].numpy(), slope, atol=1e-5)
    assert abs(slope) > 1e-4


def test_gradients_do_not_depend_on_batch_mates():
    estimator, X = fitted(LSTMRegressor)
    y = make_y(LSTMRegressor)
    whole = estimator.trace(X, y).gradients
    order = np.random.default_rng(0).permutation(len(X))
    mixed = estimator.trace([X[i] for i in order], y[order]).gradients
    for place, i in enumerate(order):
        np.testing.assert_allclose(mixed[place], whole[i], atol=1e-6)
        (alone,) = estimator.trace([X[i]], y[[i]]).gradients
        np.testing.assert_allclose(alone, whole[i], atol=1e-6)


def test_attention():
    estimator, X = fitted(
        TransformerClassifier,
        num_layers=2,
        pooling="attention",
        **{
            "stem": 0,
            "patch_size": 1,
        },
    )
    trace = estimator.trace(X, attention=True)
    for x, attention, weights_ in zip(
        X, trace.attention, trace.pooling_weights, strict=True
    ):
        assert attention.shape == (2, 4, len(x), len(x))
        assert weights_.shape == (4, len(x))
        np.testing.assert_allclose(attention.sum(axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(weights_.sum(axis=-1), 1, atol=1e-5)
    pooled = np.stack(
        [
            np.concatenate(
                [w @ part for w, part in zip(ws, np.split(s, 4, axis=1), strict=True)]
            )
            for ws, s in zip(trace.pooling_weights, trace.states, strict=True)
        ]
    )
    np.testing.assert_allclose(pooled, estimator.transform(X), atol=1e-5)


def test_errors():
    X, y = make_X("ragged"), make_y(GRUClassifier)
    with pytest.raises(NotFittedError):
        make(GRUClassifier).trace(X)
    estimator, _ = fitted(GRUClassifier)
    with pytest.raises(ValueError, match="GRUClassifier has no attention"):
        estimator.trace(X, attention=True)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        estimator.trace(X, y[:-1])
    with pytest.raises(ValueError, match="the label .*7.*, which is not among the classes"):
        estimator.trace(X, np.full(24, 7))
