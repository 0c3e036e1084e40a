"""`trace` and `summary` of forecasters: states, attention, gradients, layers."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from skseq import GRUForecaster, TransformerForecaster

from .cases import CONTEXT, HORIZON, every_net, make, make_X, make_y, name_of

two_sizes = pytest.mark.parametrize("patch_size", [1, 3])


def fit(cls, n_targets=None, columns=0, **params):
    y = make_y(n_targets=n_targets)
    X = make_X(y.index, columns)
    return make(cls, **params).fit(X, y), X, y


@every_net
def test_states_are_those_of_the_last_window(cls):
    """The network pools these states."""
    model, _, _ = fit(cls, n_targets=2, pooling="mean", patch_size=2)
    trace = model.trace()
    assert [states.shape[0] for states in trace.states] == [CONTEXT // 2] * 2
    assert trace.token_steps == 2
    assert trace.attention is trace.pooling_weights is trace.gradients is None
    coded = model.coded_
    windows = model._list_windows(coded, np.array([0]), coded.lengths)
    pooled = model.net_.outputs(windows, "pool")
    means = np.stack([states.mean(axis=0) for states in trace.states])
    np.testing.assert_allclose(means, pooled, atol=1e-6)
    assert not np.allclose(*means)


@every_net
def test_gradients_equal_finite_differences(cls):
    """Of the loss of the latest window whose future is observed."""
    model, _, _ = fit(cls, patch_size=2, pooling="mean", columns=1)
    trace = model.trace(gradients=True)
    (found,) = trace.gradients
    assert found.shape == (1, *trace.states[0].shape)
    coded, net = model.coded_, model.net_
    windows = model._list_windows(coded, np.array([0]), coded.lengths - HORIZON)
    _, batch = next(iter(windows.prediction_batches(torch.device("cpu"))))
    x = batch.x[:1]
    module = net.module_
    tokens, _ = module.inputs(x)
    direction = torch.randn(found.shape[2], generator=torch.Generator().manual_seed(0))

    def loss(size):
        probes = torch.zeros(1, 1, *found.shape[1:])
        probes[0, 0, 1] = size * direction
        with torch.no_grad():
            states = module.encoder.probe(tokens, None, probes)
            outputs = module.head(states, None, x)
            return net.criterion_(outputs, batch.targets[:1]).item()

    slope = (loss(1e-2) - loss(-1e-2)) / 2e-2
    np.testing.assert_allclose(found[0, 1] @ direction.numpy(), slope, rtol=0.02, atol=1e-4)
    assert abs(slope) > 1e-4


@two_sizes
def test_shape_of_attention(patch_size):
    model, _, _ = fit(TransformerForecaster, patch_size=patch_size, pooling="attention")
    trace = model.trace(attention=True)
    n_tokens = -(-CONTEXT // patch_size)
    assert trace.attention[0].shape == (1, 4, n_tokens, n_tokens)
    assert trace.pooling_weights[0].shape == (4, n_tokens)
    np.testing.assert_allclose(trace.attention[0].sum(axis=-1), 1, atol=1e-5)


def test_trace_with_history_equals_trace_after_update():
    model, _, _ = fit(GRUForecaster)
    later = make_y(70).iloc[60:]
    states = model.trace(history=later).states[0]
    assert (states != model.trace().states[0]).any()
    np.testing.assert_array_equal(states, model.update(None, later).trace().states[0])


@every_net
def test_trace_does_not_change_the_forecaster(cls):
    model, X, _ = fit(cls)
    before = model.predict(X[-HORIZON:])
    with torch.inference_mode():  # the mode of the caller
        first = model.trace(gradients=True)
    np.testing.assert_array_equal(
        first.gradients[0], model.trace(gradients=True).gradients[0]
    )
    np.testing.assert_array_equal(model.predict(X[-HORIZON:]), before)


@every_net
def test_summary_counts_parameters_and_flops(cls):
    model, _, _ = fit(cls, columns=2, stem=2)
    table = model.summary()
    assert list(table.index[-3:]) == ["decoder", "linear", "total"]
    layers, total = table[:-1], table.loc["total"]
    for name in ("parameters", "bytes", "flops"):
        assert total[name] == layers[name].sum()
    parameters = model.net_.module_.parameters()
    assert total["parameters"] == sum(p.numel() for p in parameters)
    assert table.loc["decoder", "output_shape"] == (HORIZON, 1)
    assert table.loc["linear", "flops"] == 2 * CONTEXT * HORIZON


@pytest.mark.parametrize("method", ["trace", "summary"])
@pytest.mark.parametrize("cls", [GRUForecaster], ids=name_of)
def test_errors_of_unfitted_forecasters_and_missing_attention(cls, method):
    with pytest.raises(NotFittedError):
        getattr(make(cls), method)()
    model, _, _ = fit(cls)
    with pytest.raises(ValueError, match="network of GRUForecaster has no attention"):
        model.trace(attention=True)
