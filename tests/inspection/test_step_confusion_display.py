"""StepConfusionDisplay draws the confusion matrix over the steps of all sequences."""

import sys

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.base import BaseEstimator
from sklearn.dummy import DummyClassifier
from sklearn.metrics import confusion_matrix
from sklearn.pipeline import make_pipeline

from skseq.inspection import StepConfusionDisplay

from . import cases  # noqa: F401  # selects a backend without a screen

LABELS = np.array(["climb", "rest", "run", "walk"])


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_labels(names=LABELS, seed=0):
    """Return true and predicted labels of sequences of different lengths."""
    rng = np.random.default_rng(seed)
    codes = [rng.integers(len(names), size=n) for n in (30, 50, 40)]
    other = [np.where(rng.random(len(c)) < 0.7, c, rng.permutation(c)) for c in codes]
    return [names[c] for c in codes], [names[c] for c in other]


def expected(true, pred, **options):
    return confusion_matrix(np.concatenate(true), np.concatenate(pred), **options)


def drawn_texts(display):
    return np.vectorize(lambda text: text.get_text())(display.text_)


def test_draws_the_matrix():
    true, pred = make_labels()
    display = StepConfusionDisplay.from_predictions(true, pred)
    matrix = expected(true, pred)
    np.testing.assert_array_equal(display.confusion_matrix, matrix)
    np.testing.assert_array_equal(display.im_.get_array(), matrix)
    np.testing.assert_array_equal(drawn_texts(display), matrix.astype(str))
    assert display.display_labels == list(LABELS)
    ticks = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert ticks == list(LABELS)
    assert display.ax_.get_ylabel() == "True label"
    assert display.figure_ is display.ax_.figure


@pytest.mark.parametrize("from_estimator", [False, True])
def test_options_of_the_plot(from_estimator):
    """They are those of scikit-learn's ConfusionMatrixDisplay."""
    options = {"cmap": "Reds", "colorbar": False, "include_values": False}
    X, y = [[0.1], [0.9], [0.8]], ["rest", "walk", "walk"]
    if from_estimator:
        model = DummyClassifier().fit(X, y)
        display = StepConfusionDisplay.from_estimator(model, X, y, **options)
    else:
        display = StepConfusionDisplay.from_predictions(y, y, **options)
    assert display.im_.get_cmap().name == "Reds"
    assert display.figure_.axes == [display.ax_]
    assert display.text_ is None


@pytest.mark.parametrize("normalize", ["true", "pred", "all"])
def test_shares_and_weights(normalize):
    true, pred = make_labels()
    weights = [1.0, 0.0, 2.0]
    display = StepConfusionDisplay.from_predictions(
        true, pred, normalize=normalize, sample_weight=weights
    )
    steps = np.repeat(weights, [30, 50, 40])
    matrix = expected(true, pred, normalize=normalize, sample_weight=steps)
    np.testing.assert_allclose(display.confusion_matrix, matrix)


def test_selects_and_orders_labels():
    true, pred = make_labels()
    display = StepConfusionDisplay.from_predictions(true, pred, labels=["walk", "rest"])
    matrix = expected(true, pred, labels=["walk", "rest"])
    np.testing.assert_array_equal(display.confusion_matrix, matrix)
    assert display.display_labels == ["walk", "rest"]


def test_leaves_out_unlabelled_steps():
    true = [["rest", None, "walk"], ["", "walk"]]
    pred = [["rest", "run", "walk"], ["run", "rest"]]
    display = StepConfusionDisplay.from_predictions(true, pred)
    np.testing.assert_array_equal(display.confusion_matrix, [[1, 0], [1, 1]])
    assert drawn_texts(display).tolist() == [["1", ""], ["1", "1"]]  # no zeros


def test_merges_rare_labels():
    true, pred = make_labels(np.array([f"label {i:02}" for i in range(12)]))
    display = StepConfusionDisplay.from_predictions(true, pred, max_labels=5)
    names = display.display_labels
    assert len(names) == 5
    assert names[-1] == "8 others"
    whole = expected(true, pred)
    kept = [int(name[-2:]) for name in names[:-1]]
    totals = whole.sum(axis=0) + whole.sum(axis=1)
    assert min(totals[kept]) >= np.sort(totals)[-4]
    np.testing.assert_array_equal(
        display.confusion_matrix[:-1, :-1], whole[np.ix_(kept, kept)]
    )
    np.testing.assert_array_equal(
        display.confusion_matrix.sum(axis=1)[:-1], whole.sum(axis=1)[kept]
    )
    assert display.confusion_matrix.sum() == whole.sum()
    everything = StepConfusionDisplay.from_predictions(true, pred, max_labels=None)
    np.testing.assert_array_equal(everything.confusion_matrix, whole)


def test_many_labels_have_no_values():
    names = list(range(31))
    display = StepConfusionDisplay.from_predictions([names], [names], max_labels=None)
    assert display.text_ is None


class Shift(BaseEstimator):
    """Predict the true label of the step before; `estimator_type` is None."""

    def fit(self, X, y=None):
        """Learn nothing."""
        self.fitted_ = True
        return self

    def predict(self, X):
        """Return an object array of arrays."""
        labels = np.empty(len(X), dtype=object)
        labels[:] = [np.roll(x[:, 0], 1) for x in X]
        return labels


def test_from_estimator():
    true = [np.array([0, 1, 1]), np.array([1, 0])]
    X = [part[:, None] for part in true]
    pred = [np.roll(part, 1) for part in true]
    for model in (Shift().fit(X), make_pipeline(Shift()).fit(X)):
        display = StepConfusionDisplay.from_estimator(model, X, true)
        np.testing.assert_array_equal(display.confusion_matrix, expected(true, pred))


def test_draws_on_given_axes():
    _, ax = pyplot.subplots()
    display = StepConfusionDisplay.from_predictions(*make_labels(), ax=ax)
    assert display.ax_ is ax
    _, other = pyplot.subplots()
    bare = display.plot(other, colorbar=False, cmap="Greens", include_values=False)
    assert bare is display
    assert display.im_.get_cmap().name == "Greens"
    assert len(display.figure_.axes) == 1
    assert display.text_ is None


def test_large_counts_are_short():
    display = StepConfusionDisplay(
        confusion_matrix=np.array([[12_345, 999], [0, 2_500_000]]),
        display_labels=["a", "b"],
    ).plot()
    assert drawn_texts(display).tolist() == [["12.3k", "999"], ["", "2.5M"]]


def test_invalid_arguments_raise():
    with pytest.raises(ValueError, match="sequence 0 has 2 steps in y_true, but 1"):
        StepConfusionDisplay.from_predictions([["a", "b"]], [["a"]])
    outputs = [np.zeros((4, 2), dtype=int)]
    with pytest.raises(ValueError, match="y_true has 2 labels for each step"):
        StepConfusionDisplay.from_predictions(outputs, outputs)
    with pytest.raises(ValueError, match="'max_labels' parameter"):
        StepConfusionDisplay.from_predictions([["a"]], [["a"]], max_labels=1)


def test_missing_matplotlib_raises(monkeypatch):
    display = StepConfusionDisplay(confusion_matrix=np.eye(2), display_labels=["a", "b"])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    message = r"StepConfusionDisplay needs matplotlib: pip install 'skseq\[plot\]'"
    with pytest.raises(ImportError, match=message):
        StepConfusionDisplay.from_predictions([["a"]], [["a"]])
    with pytest.raises(ImportError, match=message):
        display.plot()
