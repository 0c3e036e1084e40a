"""ImportanceDisplay draws importances as a heat map of time and features."""

import sys

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, LSTMRegressor, Sequences
from skseq.inspection import (
    ImportanceDisplay,
    integrated_gradients,
    timestep_importance,
)
from skseq.preprocessing import PerStep

from . import cases  # noqa: F401  # selects a backend without a screen


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_X(n=20, n_features=2):
    rng = np.random.default_rng(0)
    return [rng.normal(size=(4 + i % 4, n_features)) for i in range(n)]


def fit(cls=GRUClassifier, X=None):
    X = make_X() if X is None else X
    y = np.array(["rest", "walk"])[np.arange(len(X)) % 2]
    y = np.arange(20.0) if cls is LSTMRegressor else y
    return cls(hidden_size=4, max_epochs=2, random_state=0).fit(X, y), X, y


def drawn_values(display):
    return display.mesh_.get_array().reshape(display.importances.shape[::-1]).T


def tick_labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_draws_permutation_importance():
    model, X, y = fit()
    options = {"scoring": "neg_log_loss", "n_blocks": 3, "random_state": 0}
    display = ImportanceDisplay.from_estimator(model, X, y, **options)
    result = timestep_importance(model, X, y, **options)
    np.testing.assert_array_equal(drawn_values(display), result.importances_mean)
    same = ImportanceDisplay.from_importances(result)
    np.testing.assert_array_equal(drawn_values(same), result.importances_mean)
    ax = display.ax_
    assert ax.get_xlabel() == "position in the sequence (%)"
    assert ax.get_xlim() == (0, 100)
    assert ax.get_ylabel() == "feature"
    assert tick_labels(ax.yaxis) == ["0", "1"]
    assert ax.yaxis_inverted()  # the first feature is at the top
    assert display.colorbar_.ax.get_ylabel() == "decrease in score"
    assert display.figure_ is ax.figure
    low, high = display.mesh_.get_clim()
    assert low == -high  # 0 is the middle of the color map


def test_passes_parameters_to_timestep_importance():
    model, X, y = fit()
    options = {"block_length": 2, "by_feature": False, "n_repeats": 2, "random_state": 1}
    weight = np.arange(20.0)
    display = ImportanceDisplay.from_estimator(
        model, X, y, scoring="neg_log_loss", sample_weight=weight, **options
    )
    result = timestep_importance(
        model, X, y, scoring="neg_log_loss", sample_weight=weight, **options
    )
    np.testing.assert_array_equal(drawn_values(display), result.importances_mean)
    assert display.ax_.get_xlim() == (-7, 0)
    assert display.ax_.get_xlabel() == "time step relative to the end"
    assert tick_labels(display.ax_.yaxis) == ["all features"]


def test_shows_feature_names_of_a_pipeline():
    X = Sequences.from_list(make_X(), feature_names=["pulse", "pressure"])
    y = np.arange(20) % 2
    model = make_pipeline(PerStep(StandardScaler()), GRUClassifier(max_epochs=1)).fit(X, y)
    display = ImportanceDisplay.from_estimator(model, X, y, n_repeats=1)
    assert tick_labels(display.ax_.yaxis) == ["pulse", "pressure"]
    assert display.ax_.get_ylabel() == ""


def test_draws_attributions_of_one_sequence():
    model, X, _ = fit()
    result = integrated_gradients(model, X)
    display = ImportanceDisplay.from_importances(result, sequence=3)
    np.testing.assert_array_equal(drawn_values(display), result.attributions[3])
    assert display.ax_.get_xlim() == (0, len(X[3]))
    assert display.ax_.get_xlabel() == "time step"
    label = model.predict(X[3:4])[0]
    assert display.ax_.get_title().startswith(f"sequence 3 (class {label}): output 0.")
    text = "contribution to the\ndecision function of the predicted class"
    assert display.colorbar_.ax.get_ylabel() == text


def test_draws_mean_attributions_of_all_sequences():
    model, X, _ = fit(LSTMRegressor)  # sequences of 4 to 7 steps
    result = integrated_gradients(model, X)
    display = ImportanceDisplay.from_importances(result)
    expected = np.zeros((4, 2))
    for part in result.attributions:
        bounds = len(part) * np.arange(5) // 4
        for k in range(4):
            expected[k] += np.abs(part[bounds[k] : bounds[k + 1]]).sum(axis=0) / 20
    np.testing.assert_allclose(drawn_values(display), expected, rtol=1e-6)
    assert display.ax_.get_xlabel() == "position in the sequence (%)"
    # Absolute values are not negative, so the color bar begins at 0.
    assert display.colorbar_.ax.get_ylim()[0] == 0
    equal, X, _ = fit(X=[x[:4] for x in X])
    display = ImportanceDisplay.from_importances(integrated_gradients(equal, X))
    assert display.importances.shape == (4, 2)
    assert display.ax_.get_xlabel() == "time step"


def test_labels_few_of_many_features():
    names = [f"sensor {k}" for k in range(100)]
    display = ImportanceDisplay(
        importances=np.ones((3, 100)), edges=np.arange(4), feature_names=names
    ).plot()
    assert tick_labels(display.ax_.yaxis) == names[::5]
    assert display.mesh_.get_clim() == (-1, 1)


def test_says_that_nothing_matters():
    display = ImportanceDisplay(
        importances=np.zeros((3, 2)), edges=np.arange(4), measure="decrease in score"
    ).plot()
    assert display.mesh_ is None
    assert display.colorbar_ is None
    (text,) = display.ax_.texts
    assert text.get_text() == "decrease in score is 0\nfor every feature and time step"


def test_draws_on_given_axes():
    result = integrated_gradients(fit()[0], make_X())
    figure, ax = pyplot.subplots()
    display = ImportanceDisplay.from_importances(result, ax=ax)
    assert display.ax_ is ax
    assert display.figure_ is figure
    bare = display.plot(pyplot.subplots()[1], colorbar=False, cmap="PuOr")
    assert bare is display
    assert display.colorbar_ is None
    assert display.mesh_.get_cmap().name == "PuOr"


def test_invalid_arguments_raise():
    model, X, y = fit()
    with pytest.raises(NotFittedError):
        ImportanceDisplay.from_estimator(GRUClassifier(), X, y)
    several = timestep_importance(model, X, y, scoring=["accuracy", "roc_auc"], n_repeats=1)
    with pytest.raises(
        ValueError, match=r"\['accuracy', 'roc_auc'\].*result\['accuracy'\]"
    ):
        ImportanceDisplay.from_importances(several)
    with pytest.raises(
        ValueError, match="sequence=0, but timestep_importance has one result"
    ):
        ImportanceDisplay.from_importances(several["accuracy"], sequence=0)
    gradients = integrated_gradients(model, X)
    with pytest.raises(ValueError, match="sequence=20, but the number of sequences is 20"):
        ImportanceDisplay.from_importances(gradients, sequence=20)


def test_missing_matplotlib_raises(monkeypatch):
    model, X, y = fit()
    display = ImportanceDisplay(importances=np.ones((2, 2)), edges=np.arange(3))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    message = r"ImportanceDisplay needs matplotlib: pip install 'skseq\[plot\]'"
    with pytest.raises(ImportError, match=message):
        ImportanceDisplay.from_estimator(model, X, y)
    with pytest.raises(ImportError, match=message):
        ImportanceDisplay.from_importances({})
    with pytest.raises(ImportError, match=message):
        display.plot()
