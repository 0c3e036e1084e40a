"""StepLabelDisplay shows a recording with true and predicted labels."""

import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib import dates, pyplot

from skseq.inspection import StepLabelDisplay

from . import cases  # selects a backend without a screen

TRUE = ["rest", "rest", "walk", "walk", None, "walk"]
PRED = ["rest", "walk", "walk", "walk", "rest", "rest"]


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_signals(n_features=1, n_steps=6):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n_steps, n_features))


def spans(collection):
    """Return the first and last position of each rectangle of a band."""
    boxes = [path.get_extents() for path in collection.get_paths()]
    return [(box.x0, box.x1) for box in boxes]


def legend_labels(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def tick_labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_draws_bands_under_the_signals():
    x = make_signals()
    display = StepLabelDisplay.from_predictions(x, TRUE, PRED, title="recording 3")
    assert list(display.axes_) == ["signals", "labels"]
    signals, labels = display.axes_.values()
    np.testing.assert_array_equal(cases.xy(signals.lines[0]), [np.arange(6), x[:, 0]])
    assert spans(display.bands_["true"]["rest"]) == [(-0.5, 1.5)]
    assert spans(display.bands_["true"]["walk"]) == [(1.5, 3.5), (4.5, 5.5)]
    assert spans(display.bands_["true"][None]) == [(3.5, 4.5)]
    assert spans(display.bands_["predicted"]["rest"]) == [(-0.5, 0.5), (3.5, 5.5)]
    # The unlabeled step is no error.
    assert spans(display.bands_["errors"]["error"]) == [(0.5, 1.5), (4.5, 5.5)]
    assert tick_labels(labels.yaxis) == ["true", "predicted", "errors"]
    assert legend_labels(display) == ["rest", "walk", "unlabeled"]
    assert labels.get_xlabel() == "time step"
    assert signals.get_title() == "recording 3"
    assert display.figure_ is signals.figure


def test_labels_have_the_same_color_everywhere():
    proba = np.tile([0.5, 0.2, 0.3], (6, 1))
    display = StepLabelDisplay.from_predictions(
        None, TRUE, PRED, proba=proba, classes=["climb", "rest", "walk"]
    )
    assert list(display.axes_) == ["labels", "probabilities"]
    areas = display.axes_["probabilities"].collections
    colors = [area.get_facecolor()[0].tolist() for area in areas]
    for band in ("true", "predicted"):
        for k, name in enumerate(["rest", "walk"], start=1):
            assert display.bands_[band][name].get_facecolor()[0].tolist() == colors[k]
    legend = [patch.get_facecolor() for patch in display.legend_.get_patches()]
    assert [list(color) for color in legend[:3]] == colors
    # "climb" is likely, although it is not predicted.
    assert legend_labels(display) == ["climb", "rest", "walk", "unlabeled"]
    rare = np.tile([0.1, 0.4, 0.5], (6, 1))
    display = StepLabelDisplay.from_predictions(
        None, None, PRED, proba=rare, classes=["climb", "rest", "walk"]
    )
    assert legend_labels(display) == ["rest", "walk"]


def test_probabilities_are_stacked():
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(2), size=6)
    display = StepLabelDisplay.from_predictions(
        None, None, PRED, proba=proba, classes=["rest", "walk"]
    )
    rest, walk = display.axes_["probabilities"].collections
    lower, upper = (area.get_paths()[0].vertices[:, 1] for area in (rest, walk))
    assert np.isclose(lower[:, None], proba[:, 0]).any(axis=0).all()
    assert np.isclose(upper[:, None], proba[:, 0]).any(axis=0).all()  # its lower edge
    np.testing.assert_allclose(upper.max(), 1)


def test_many_labels_differ_in_color_or_hatch():
    names = [f"label {k:02}" for k in range(20)]
    display = StepLabelDisplay.from_predictions(None, None, names)
    looks = {
        (patch.get_facecolor(), patch.get_hatch())
        for patch in display.legend_.get_patches()
    }
    assert len(looks) == 20
    assert legend_labels(display) == names


def test_long_runs_are_labelled():
    display = StepLabelDisplay.from_predictions(None, None, ["a"] * 90 + ["long name"] * 4)
    assert [text.get_text() for text in display.axes_["labels"].texts] == ["a"]


def test_several_features_are_scaled():
    x = make_signals(3) * [1.0, 1e6, np.nan]
    display = StepLabelDisplay.from_predictions(
        x, TRUE, PRED, feature_names=["acc", "pressure", "heart"]
    )
    ax = display.axes_["signals"]
    assert tick_labels(ax.yaxis) == ["acc", "pressure", "heart"]
    heights = [np.ptp(line.get_ydata()) for line in ax.lines[:2]]
    np.testing.assert_allclose(heights, heights[0])
    assert ax.lines[0].get_ydata().min() > ax.lines[1].get_ydata().max() - 0.2
    many = StepLabelDisplay.from_predictions(make_signals(40), TRUE, PRED)
    assert len(many.axes_["signals"].lines) == 12
    assert many.axes_["signals"].get_title(loc="right") == "12 of 40 features"


def test_times():
    index = pd.date_range("2024-01-01", periods=6, freq="h")
    display = StepLabelDisplay.from_predictions(make_signals(), TRUE, PRED, times=index)
    hour = 1 / 24
    start = dates.date2num(index[0])
    (found,) = spans(display.bands_["true"]["rest"])
    np.testing.assert_allclose(found, [start - hour / 2, start + 1.5 * hour], rtol=1e-9)
    assert display.axes_["labels"].get_xlabel() == "time"
    numbers = StepLabelDisplay.from_predictions(
        None, None, PRED, times=[0, 1, 2, 3, 10, 11]
    )
    assert spans(numbers.bands_["predicted"]["rest"])[1] == (6.5, 11.5)


def test_numbers_are_curves():
    true, pred = np.arange(6.0), np.arange(6.0) + 0.5
    display = StepLabelDisplay.from_predictions(make_signals(), true, pred)
    assert list(display.axes_) == ["signals", "targets"]
    np.testing.assert_array_equal(display.lines_["true"].get_ydata(), true)
    np.testing.assert_array_equal(display.lines_["predicted"].get_ydata(), pred)
    assert legend_labels(display) == ["true", "predicted"]
    labels = StepLabelDisplay.from_predictions(None, None, pred, classes=np.unique(pred))
    assert list(labels.axes_) == ["labels"]  # numbers that are classes


def test_draws_on_a_given_figure():
    figure = pyplot.figure()
    left, right = figure.subfigures(1, 2)
    display = StepLabelDisplay.from_predictions(None, TRUE, PRED, figure=left)
    assert display.figure_ is left
    assert display.plot(right) is display
    assert display.figure_ is right
    assert legend_labels(display) == ["rest", "walk", "unlabeled"]
    assert display.legend_.axes is display.axes_["labels"]  # without constrained layout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, TRUE[:5], PRED), "y_true has 5 steps, but y_pred has 6"),
        ((np.zeros(4), TRUE, PRED), "x has 4 steps, but y_pred has 6"),
        ((np.zeros((1, 6, 2)), TRUE, PRED), "x should have the shape.*of one sequence"),
        ((None, [TRUE, TRUE], PRED), r"y_true should have the shape \(n_timesteps,\)"),
        ((None, None, []), "y_pred is empty"),
    ],
)
def test_invalid_recordings_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        StepLabelDisplay.from_predictions(*arguments)


def test_invalid_probabilities_raise():
    with pytest.raises(ValueError, match="proba has the shape .6, 3., but there are no cl"):
        StepLabelDisplay.from_predictions(None, None, PRED, proba=np.ones((6, 3)))
    with pytest.raises(ValueError, match="but there are 2 classes"):
        StepLabelDisplay.from_predictions(
            None, None, PRED, proba=np.ones((6, 3)), classes=["rest", "walk"]
        )


def test_missing_matplotlib_raises(monkeypatch):
    display = StepLabelDisplay(x=None, y_true=None, y_pred=np.array(PRED))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    message = r"StepLabelDisplay needs matplotlib: pip install 'skseq\[plot\]'"
    with pytest.raises(ImportError, match=message):
        StepLabelDisplay.from_predictions(None, None, PRED)
    with pytest.raises(ImportError, match=message):
        display.plot()
