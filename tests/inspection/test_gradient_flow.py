"""gradient_flow agrees with analytic gradients, and its display draws it."""

import sys

import numpy as np
import pytest
import torch
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skseq import (
    GRUForecaster,
    GRURegressor,
    LSTMRegressor,
    RNNClassifier,
    RNNRegressor,
    TransformerClassifier,
    TransformerRegressor,
)
from skseq.inspection import GradientFlowDisplay, gradient_flow

PLAIN = {"stem": 0, "patch_size": 1, "pooling": "last", "bidirectional": False}


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_data(n_timesteps=12):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(16, n_timesteps, 2))
    return X, X[:, -1, 0] + X[:, 0, 1]


def fit(cls=RNNRegressor, **parameters):
    X, y = make_data()
    options = {"hidden_size": 4, "max_epochs": 1, "random_state": 0, **PLAIN, **parameters}
    if issubclass(cls, (TransformerClassifier, TransformerRegressor)):
        options = {k: v for k, v in options.items() if k != "bidirectional"}
    if cls.__name__.endswith("Classifier"):
        y = (y > 0).astype(int)
    return cls(**options).fit(X, y), X, y


def make_linear(factor):
    """Return a nearly linear RNN whose recurrent matrix is `factor` times a rotation."""
    model, X, y = fit(hidden_size=2)
    layer = model.net_.module_.encoder.forward_layers[0]
    angle = torch.tensor(0.3)
    rotation = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]])
    with torch.no_grad():
        layer.weight_hh_l0.copy_(factor * rotation)
        # tanh is nearly linear around 0.
        for parameter in (layer.weight_ih_l0, layer.bias_ih_l0, layer.bias_hh_l0):
            parameter.mul_(1e-6 if parameter.ndim == 2 else 0)
    return model, X, y


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_norms_are_powers_of_the_recurrent_factor(factor):
    model, X, y = make_linear(factor)
    flow = gradient_flow(model, X, y)
    expected = factor ** flow["distance"].to_numpy()
    by_sequence = flow.groupby("sequence")["norm"]
    last = by_sequence.transform("last").to_numpy()
    np.testing.assert_allclose(flow["norm"] / last, expected, rtol=1e-4)
    np.testing.assert_allclose(
        flow.groupby("distance")["relative"].mean(), factor ** np.arange(12), rtol=1e-4
    )


def test_table_of_ragged_sequences():
    model, X, y = fit()
    ragged = [x[: 3 + i % 5] for i, x in enumerate(X)]
    flow = gradient_flow(model, ragged, y)
    lengths = [len(x) for x in ragged]
    assert flow.columns.tolist() == ["sequence", "token", "distance", "norm", "relative"]
    assert flow.groupby("sequence").size().tolist() == lengths
    one = flow[flow["sequence"] == 2]
    assert one["token"].tolist() == [0, 1, 2, 3, 4]
    assert one["distance"].tolist() == [4, 3, 2, 1, 0]
    gradients = model.trace(ragged, y).gradients[2][0]
    np.testing.assert_allclose(one["norm"], np.linalg.norm(gradients, axis=1), rtol=1e-6)
    end = flow[flow["distance"] == 0]
    assert end["relative"].mean() == pytest.approx(1)
    np.testing.assert_allclose(flow["relative"] * end["norm"].mean(), flow["norm"])


def test_selects_layer_and_direction():
    model, X, y = fit(GRURegressor, bidirectional=True, num_layers=2)
    gradients = np.stack(model.trace(X, y).gradients)  # (sequence, layer, token, width)
    for layer in (0, 1):
        for direction, part in (("forward", slice(4)), ("backward", slice(4, 8))):
            flow = gradient_flow(model, X, y, layer=layer, direction=direction)
            expected = np.linalg.norm(gradients[:, layer, :, part], axis=2).ravel()
            np.testing.assert_allclose(flow["norm"], expected, rtol=1e-5)
            ends = flow.loc[flow["distance"] == 0, "token"].unique()
            assert ends.tolist() == [11 if direction == "forward" else 0]


@pytest.mark.parametrize("cls", [RNNClassifier, LSTMRegressor, GRURegressor])
def test_all_states_have_a_gradient_with_last_pooling(cls):
    model, X, y = fit(cls)
    assert (gradient_flow(model, X, y)["norm"] > 0).all()


def test_transformer_gradients_do_not_vanish_with_distance():
    model, X, y = fit(TransformerClassifier, hidden_size=8, num_layers=2)
    mean = gradient_flow(model, X, y).groupby("distance")["relative"].mean()
    assert (mean > 0).all()
    # Attention has no recurrence: the first token is not farther than those in the middle.
    assert mean[11] > 0.2 * mean[6]


def test_zero_gradients_have_no_relative_norm():
    model, X, y = fit()
    with torch.no_grad():
        model.net_.module_.head.linear.weight.zero_()
    flow = gradient_flow(model, X, y)
    assert (flow["norm"] == 0).all()
    assert flow["relative"].isna().all()


def test_invalid_arguments_raise():
    model, X, y = fit()
    with pytest.raises(NotFittedError):
        gradient_flow(RNNRegressor(), X, y)
    with pytest.raises(
        TypeError, match=r"LogisticRegression has no attribute trace: gradient_flow"
    ):
        gradient_flow(LogisticRegression(), X, y)
    with pytest.raises(
        ValueError, match="layer=1, but the number of layers is 1, .* numbered"
    ):
        gradient_flow(model, X, y, layer=1)
    with pytest.raises(ValueError, match="direction='backward', but RNNRegressor is not"):
        gradient_flow(model, X, y, direction="backward")
    with pytest.raises(ValueError, match="'direction' parameter .* Got 'up' instead"):
        gradient_flow(model, X, y, direction="up")


def test_forecaster_uses_its_own_series():
    y = np.random.default_rng(0).normal(size=(40, 2))
    model = GRUForecaster(
        horizon=2, context_length=6, patch_size=1, hidden_size=4, max_epochs=1
    ).fit(None, y)
    flow = gradient_flow(model)
    assert flow.groupby("sequence").size().tolist() == [6, 6]  # one window for each target
    expected = np.linalg.norm(model.trace(gradients=True).gradients[1][0], axis=1)
    np.testing.assert_allclose(flow["norm"][6:], expected, rtol=1e-6)
    assert list(GradientFlowDisplay.from_estimator(model).lines_) == ["GRUForecaster"]
    with pytest.raises(
        ValueError, match="GRUForecaster uses the series .* do not pass X and y"
    ):
        gradient_flow(model, np.zeros((3, 6, 1)), [0, 1, 2])


def test_missing_X_or_y_raises():
    model, X, _ = fit()
    for given in ((), (X,)):
        with pytest.raises(ValueError, match="RNNRegressor needs X and y"):
            gradient_flow(model, *given)


class TestDisplay:
    def test_lines_are_means_by_distance(self):
        models = {"memory": fit(LSTMRegressor)[0], "plain": fit()[0]}
        X, y = make_data()
        display = GradientFlowDisplay.from_estimators(models, X, y)
        assert list(display.lines_) == ["memory", "plain"]
        for name, line in display.lines_.items():
            mean = gradient_flow(models[name], X, y).groupby("distance")["relative"].mean()
            np.testing.assert_array_equal(line.get_xdata(), mean.index)
            np.testing.assert_allclose(line.get_ydata(), mean)
        assert display.ax_.get_yscale() == "log"
        assert display.ax_.xaxis_inverted()
        texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
        assert texts == ["memory", "plain"]

    def test_default_names_are_numbered(self):
        model, X, y = fit()
        display = GradientFlowDisplay.from_estimators(
            [model, fit(GRURegressor)[0], model], X, y
        )
        assert list(display.lines_) == ["RNNRegressor", "GRURegressor", "RNNRegressor 2"]
        with pytest.raises(ValueError, match="estimators is empty"):
            GradientFlowDisplay.from_estimators([], X, y)

    def test_selects_layer_and_direction(self):
        model, X, y = fit(bidirectional=True, num_layers=2)
        display = GradientFlowDisplay.from_estimator(
            model, X, y, layer=1, direction="backward"
        )
        flow = gradient_flow(model, X, y, layer=1, direction="backward")
        (line,) = display.lines_.values()
        np.testing.assert_allclose(
            line.get_ydata(), flow.groupby("distance")["relative"].mean()
        )

    def test_draws_on_given_axes(self):
        model, X, y = fit()
        _, ax = pyplot.subplots()
        display = GradientFlowDisplay.from_estimator(model, X, y, ax=ax)
        assert display.ax_ is ax
        assert display.plot(ax) is display
        assert ax.xaxis_inverted()
        assert len(pyplot.get_fignums()) == 1

    def test_missing_matplotlib_raises(self, monkeypatch):
        model, X, y = fit()
        display = GradientFlowDisplay.from_estimator(model, X, y)
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        message = r"GradientFlowDisplay needs matplotlib: pip install 'skseq\[plot\]'"
        with pytest.raises(ImportError, match=message):
            GradientFlowDisplay.from_estimator(model, X, y)
        with pytest.raises(ImportError, match=message):
            display.plot()
