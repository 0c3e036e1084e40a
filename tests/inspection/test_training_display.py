"""TrainingDisplay draws the recorded histories."""

import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, LSTMForecaster, LSTMRegressor
from skseq.inspection import TrainingDisplay
from skseq.preprocessing import PerStep

WITH_VALIDATION = ["loss", "validation score", "learning rate", "gradient norm"]


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def fit(cls=LSTMRegressor, **parameters):
    X = np.random.default_rng(0).normal(size=(40, 8, 2))
    y = X[:, -1, 0] if cls is LSTMRegressor else (X[:, -1, 0] > 0).astype(int)
    options = {"hidden_size": 4, "max_epochs": 4, "random_state": 0, **parameters}
    return cls(**options).fit(X, y)


def labels(display):
    return [text.get_text() for text in display.legend_.get_texts()]


@pytest.mark.parametrize("cls", [GRUClassifier, LSTMRegressor])
def test_draws_every_column_of_the_history(cls):
    model = fit(cls, early_stopping=True)
    display = TrainingDisplay.from_estimator(model)
    assert list(display.axes_) == WITH_VALIDATION
    ((name, lines),) = display.lines_.items()
    assert name == cls.__name__
    assert sorted(lines) == ["grad_norm", "lr", "train_loss", "valid_loss", "valid_score"]
    for column, line in lines.items():
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(line.get_ydata(), model.history_[column])
    assert lines["train_loss"].axes is lines["valid_loss"].axes is display.axes_["loss"]
    assert lines["grad_norm"].axes is display.axes_["gradient norm"]
    assert labels(display) == ["training", "validation"]


def test_dot_marks_the_lowest_validation_loss():
    model = fit(early_stopping=True, lr=0.05, max_epochs=8)
    display = TrainingDisplay.from_estimator(model)
    (dot,) = [line for line in display.axes_["loss"].lines if line.get_marker() == "o"]
    best = model.history_.loc[model.history_["valid_loss"].idxmin()]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (best["epoch"], best["valid_loss"])


def test_without_validation():
    display = TrainingDisplay.from_estimator(fit())
    assert list(display.axes_) == ["loss", "learning rate", "gradient norm"]
    assert len(display.figure_.axes) == 3
    assert display.legend_ is None


def test_several_estimators():
    models = {"small": fit(), "large": fit(hidden_size=8, early_stopping=True)}
    display = TrainingDisplay.from_estimators(models)
    assert list(display.axes_) == WITH_VALIDATION
    assert labels(display) == ["small", "large", "training", "validation"]
    assert "valid_loss" not in display.lines_["small"]
    for name, lines in display.lines_.items():
        np.testing.assert_array_equal(lines["lr"].get_ydata(), models[name].history_["lr"])
    colors = {
        name: {line.get_color() for line in lines.values()}
        for name, lines in display.lines_.items()
    }
    assert colors == {"small": {"C0"}, "large": {"C1"}}


def test_wide_range_of_gradient_norms_is_logarithmic():
    history = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "lr": 1e-3})
    for norms, scale in (
        ([1.0, 0.1], "linear"),
        ([1.0, 0.01], "log"),
        ([1.0, 0], "linear"),
    ):
        display = TrainingDisplay(histories={"a": history.assign(grad_norm=norms)}).plot()
        assert display.axes_["gradient norm"].get_yscale() == scale


def test_draws_a_forecaster():
    y = np.sin(np.arange(60.0))
    model = LSTMForecaster(
        horizon=3, context_length=6, hidden_size=4, max_epochs=2, random_state=0
    ).fit(None, y)
    lines = TrainingDisplay.from_estimator(model).lines_["LSTMForecaster"]
    np.testing.assert_array_equal(
        lines["train_loss"].get_ydata(), model.history_["train_loss"]
    )


def test_single_epoch_is_drawn_as_a_dot():
    lines = TrainingDisplay.from_estimator(fit(max_epochs=1)).lines_["LSTMRegressor"]
    assert lines["train_loss"].get_marker() == "o"


def test_draws_on_given_axes():
    model = fit()
    _, axes = pyplot.subplots(3)
    display = TrainingDisplay.from_estimator(model, axes=axes)
    assert list(display.axes_.values()) == list(axes)
    assert display.plot(axes) is display
    validated = fit(early_stopping=True)
    _, axes = pyplot.subplots(4)
    display = TrainingDisplay.from_estimator(validated, axes=axes)
    assert display.axes_["loss"].get_legend() is display.legend_
    with pytest.raises(
        ValueError, match="axes has 2 axes, but there are 3 panels: loss, l"
    ):
        TrainingDisplay.from_estimator(model, axes=axes[:2])


def test_invalid_estimators_raise():
    with pytest.raises(NotFittedError):
        TrainingDisplay.from_estimator(LSTMRegressor())
    linear = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    with pytest.raises(
        TypeError, match="LinearRegression has no attribute history_: TrainingDisplay"
    ):
        TrainingDisplay.from_estimator(linear)
    with pytest.raises(ValueError, match="estimators is empty"):
        TrainingDisplay.from_estimators({})


def test_errors_name_the_remedy():
    model = fit()
    for several in ([model], {"a": model}):
        kind = type(several).__name__
        with pytest.raises(
            TypeError, match=f"expects one .* got a {kind}: .*from_estimators"
        ):
            TrainingDisplay.from_estimator(several)
    X = np.random.default_rng(0).normal(size=(20, 8, 2))
    pipeline = make_pipeline(PerStep(StandardScaler()), model).fit(X, X[:, -1, 0])
    with pytest.raises(
        TypeError, match=r"For a Pipeline, pass its last step, pipeline\[-1\]\.$"
    ):
        TrainingDisplay.from_estimator(pipeline)
    search = GridSearchCV(model, {"hidden_size": [4]}, cv=2).fit(X, X[:, -1, 0])
    with pytest.raises(TypeError, match=r"For a search, pass its best_estimator_\.$"):
        TrainingDisplay.from_estimator(search)
    with pytest.raises(NotFittedError, match="^50% is not fitted yet: call its fit first"):
        TrainingDisplay.from_estimators({"50%": LSTMRegressor(), "b": model})


def test_incomplete_histories():
    history = pd.DataFrame({"epoch": [1, 2], "train_loss": [2.0, 1.0], "lr": 1e-3})
    full = history.assign(grad_norm=1.0, valid_loss=[np.nan, np.nan])
    display = TrainingDisplay(histories={"a": history, "b": full}).plot()
    assert "grad_norm" not in display.lines_["a"]
    assert display.lines_["b"]["grad_norm"].get_color() == "C1"
    assert labels(display) == ["a", "b", "training", "validation"]
    for histories, name in (({"a": history[[]]}, "a"), ({}, "any estimator")):
        with pytest.raises(ValueError, match=f"no epoch was finished by {name}"):
            TrainingDisplay(histories=histories).plot()


def test_missing_matplotlib_raises(monkeypatch):
    model = fit()
    display = TrainingDisplay.from_estimator(model)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = r"TrainingDisplay needs matplotlib: pip install 'skseq\[plot\]'"
    with pytest.raises(ImportError, match=message):
        TrainingDisplay.from_estimator(model)
    with pytest.raises(ImportError, match=message):
        display.plot()


@pytest.mark.parametrize(
    ("losses", "scale"),
    [([2.0, 0.3, 0.05], "log"), ([2.0, 1.5, 1.0], "linear"), ([2.0, 0.1, -1.0], "linear")],
)
def test_scale_of_losses(losses, scale):
    history = pd.DataFrame({"epoch": [1, 2, 3], "train_loss": losses})
    display = TrainingDisplay(histories={"model": history}).plot()
    assert display.axes_["loss"].get_yscale() == scale
