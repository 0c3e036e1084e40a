"""ConfusionExamplesDisplay draws a confusion matrix and examples of errors."""

import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUClassifier, GRURegressor, GRUStepClassifier, SeasonalNaive
from skseq.inspection import ConfusionExamplesDisplay
from skseq.preprocessing import PerStep

from . import cases

draw = ConfusionExamplesDisplay.from_predictions
LABELS = np.array(["rest", "run", "walk"])


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_data(n=30):
    """Return sequences whose feature 1 tells the class, true and predicted labels."""
    rng = np.random.default_rng(0)
    codes = np.arange(n) % 3
    X = [rng.normal(size=(4 + i % 3, 2)) + [0, 5 * c] for i, c in enumerate(codes)]
    predicted = codes.copy()
    predicted[[3, 7, 20, 28]] = [2, 0, 0, 2]
    return X, LABELS[codes], LABELS[predicted]


def test_matrix_and_most_confident_errors():
    X, y, y_pred = make_data()
    confidence = np.full(len(y), 0.99)
    confidence[[3, 7, 20, 28]] = [0.6, 0.9, 0.5, 0.7]
    display = draw(X, y, y_pred, confidence=confidence, n_examples=3)
    np.testing.assert_array_equal(display.confusion_matrix, confusion_matrix(y, y_pred))
    np.testing.assert_array_equal(display.matrix_.im_.get_array(), display.confusion_matrix)
    assert display.display_labels == list(LABELS)
    assert [example.sequence for example in display.examples] == [7, 28, 3]
    titles = [ax.get_title() for ax in display.axes_["examples"]]
    assert titles == ["run → rest", "run → walk", "rest → walk"]
    texts = [ax.texts[0].get_text() for ax in display.axes_["examples"]]
    assert texts == ["p=0.90", "p=0.70", "p=0.60"]
    for line, i in zip(display.lines_, [7, 28, 3], strict=True):
        np.testing.assert_array_equal(line.get_ydata(), X[i][:, 1])
    assert [text.get_text() for text in display.legend_.get_texts()] == [
        "sequence",
        "mean of true class",
        "mean of predicted class",
    ]


def test_shows_the_means_of_both_classes():
    X, y, y_pred = make_data()
    display = draw(X, y, y_pred, n_examples=1)
    assert display.examples[0].confidence is None
    assert display.axes_["examples"][0].get_title() == "rest → walk"
    lines = display.axes_["examples"][0].lines
    for line, label in zip(lines[:2], ["rest", "walk"], strict=True):
        first = np.mean([x[0, 1] for x, name in zip(X, y, strict=True) if name == label])
        assert line.get_ydata()[0] == pytest.approx(first)


def test_draws_a_given_feature():
    X, y, y_pred = make_data()
    display = draw(X, y, y_pred, feature=0)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), X[3][:, 0])
    assert display.axes_["examples"][0].get_ylabel() == "feature 0"


def test_a_class_without_true_sequences_has_no_mean():
    display = draw([[1.0, 2], [3.0, 4]], ["a", "a"], ["a", "b"])
    np.testing.assert_array_equal(display.examples[0].means[1], [np.nan, np.nan])


def test_shortens_long_names():
    y = ["sitting at a desk for long", "running"]
    display = draw([[1.0, 2], [3.0, 4]], y, y[::-1])
    title = display.axes_["examples"][0].get_title()
    assert title == "sitting at a des… → running"
    ticks = [text.get_text() for text in display.axes_["matrix"].get_yticklabels()]
    assert ticks == sorted(y)


def test_without_errors():
    X, y, _ = make_data()
    display = draw(X, y, y)
    assert display.examples == []
    texts = [text.get_text() for ax in display.figure_.axes for text in ax.texts]
    assert "no errors" in texts


def test_merges_rare_labels():
    y = np.arange(30) % 10
    display = draw(np.zeros((30, 4)), y, np.roll(y, 1), max_labels=4)
    assert display.display_labels[-1] == "7 others"
    assert display.confusion_matrix.sum() == 30


@pytest.mark.parametrize("wrap", [False, True])
def test_from_estimator(wrap):
    """Errors are ranked by the probability of the predicted class."""
    X, y, _ = make_data()
    model = GRUClassifier(hidden_size=4, max_epochs=1, random_state=0)
    if wrap:
        grid = {"lr": [1e-3]}
        scaler = PerStep(StandardScaler())
        model = make_pipeline(scaler, GridSearchCV(model, grid, cv=2))
    model.fit(X, y)
    display = ConfusionExamplesDisplay.from_estimator(model, X, y)
    y_pred, proba = model.predict(X), model.predict_proba(X)
    np.testing.assert_array_equal(display.confusion_matrix, confusion_matrix(y, y_pred))
    assert len(display.examples) == 6
    expected = np.sort(proba.max(axis=1)[y_pred != y])[::-1][:6]
    drawn = [example.confidence for example in display.examples]
    np.testing.assert_allclose(drawn, expected)


class Threshold(ClassifierMixin, BaseEstimator):
    """Classify by the sign of the first value, without probabilities."""

    def fit(self, X, y):
        """Learn the classes."""
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        """Return a class for each sequence."""
        return self.classes_[[int(x[0] > 0) for x in X]]


def test_classifiers_without_probabilities():
    X, y = [[1.0, 2], [-1.0, 3], [2.0, 2]], ["a", "a", "b"]
    display = ConfusionExamplesDisplay.from_estimator(Threshold().fit(X, y), X, y)
    assert [(e.sequence, e.true, e.predicted) for e in display.examples] == [(0, "a", "b")]


def test_draws_on_a_given_figure():
    display = draw(*make_data())
    figure = pyplot.figure()
    assert display.plot(figure).axes_["matrix"].figure is figure


def test_other_estimators_raise():
    X, y, _ = make_data()
    from_estimator = ConfusionExamplesDisplay.from_estimator
    with pytest.raises(NotFittedError):
        from_estimator(GRUClassifier(), X, y)
    regressor = GRURegressor(max_epochs=1).fit(X, np.arange(30.0))
    with pytest.raises(TypeError, match="GRURegressor is not a classifier of sequences"):
        from_estimator(regressor, X, y)
    forecaster = SeasonalNaive(period=2).fit(None, cases.make_series())
    with pytest.raises(TypeError, match="SeasonalNaive is not a classifier"):
        from_estimator(forecaster, X, y)
    steps = GRUStepClassifier(max_epochs=1).fit(X, [np.arange(len(x)) % 2 for x in X])
    with pytest.raises(TypeError, match="use StepConfusionDisplay"):
        from_estimator(steps, X, y)
    several = GRUClassifier(max_epochs=1).fit(X, np.eye(3, dtype=int)[np.arange(30) % 3])
    with pytest.raises(ValueError, match="predicts 3 labels for each sequence"):
        from_estimator(several, X, y)


@pytest.mark.parametrize(
    ("X", "y", "y_pred", "options", "message"),
    [
        (["a b", "c"], ["u", "v"], ["u", "u"], {}, "X has no numeric features"),
        ([[1.0], [2.0]], ["u"], ["u", "v"], {}, "X has 2 sequences, but y_true has 1"),
        ([[1.0], [2.0]], ["u", "v"], ["u"], {}, "X has 2 sequences, but y_pred has 1"),
        ([[1.0], [2.0]], ["u", "u"], ["u", "u"], {}, "only the class 'u'"),
        ([[1.0], [2.0]], ["u", "v"], [0, 1], {}, "'u', but y_pred has labels such as 0"),
        ([[1.0], [2.0]], ["u", "v"], ["u", "u"], {"confidence": [1]}, "confidence has 1"),
        ([[1.0], [2.0]], ["u", "v"], ["u", "u"], {"feature": 2}, "feature=2, but"),
        ([[1.0], [2.0]], ["u", "v"], ["u", "u"], {"feature": "z"}, "'z' is not one of"),
    ],
)
def test_invalid_arguments_raise(X, y, y_pred, options, message):
    with pytest.raises(ValueError, match=message):
        draw(X, y, y_pred, **options)
