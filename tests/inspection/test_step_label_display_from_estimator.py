"""StepLabelDisplay.from_estimator shows the predictions for one sequence."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import GRUStepClassifier, GRUStepRegressor, LSTMClassifier, Sequences
from skseq.exceptions import TornSequencesWarning
from skseq.inspection import StepConfusionDisplay, StepLabelDisplay
from skseq.preprocessing import PerStep

from . import cases  # noqa: F401  # selects a backend without a screen


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


def make_data(n_features=2):
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, n_features)) for n in (7, 5, 9, 6, 8, 7)]
    return X, [np.where(x[:, 0] > 0, "up", "down") for x in X]


def classifier(**parameters):
    return GRUStepClassifier(hidden_size=4, max_epochs=2, random_state=0, **parameters)


def make_rows():
    """Return a frame with a shuffled (sequence, time) index, and its labels."""
    X, y = make_data()
    tables = {
        f"north {i}": pd.DataFrame(
            {"acc": x[:, 0], "gyro": x[:, 1], "label": labels},
            index=pd.date_range("2024-01-01", periods=len(x), freq="h", name="time"),
        )
        for i, (x, labels) in enumerate(zip(X, y, strict=True))
    }
    table = pd.concat(tables).sample(frac=1, random_state=0)
    return table[["acc", "gyro"]], table["label"]


def test_sequences():
    X, y = make_data()
    model = classifier().fit(X, y)
    display = StepLabelDisplay.from_estimator(model, X, y, sequence=2, probabilities=True)
    np.testing.assert_array_equal(display.x, X[2])
    np.testing.assert_array_equal(display.y_true, y[2])
    np.testing.assert_array_equal(display.y_pred, model.predict(X)[2])
    np.testing.assert_allclose(display.proba, model.predict_proba(X)[2], rtol=1e-6)
    assert list(display.classes) == ["down", "up"]
    assert display.axes_["signals"].get_title() == "sequence 2"
    without = StepLabelDisplay.from_estimator(model, X)
    assert list(without.bands_) == ["predicted"]


def test_arrays_of_equal_length():
    X = np.stack([x[:5] for x in make_data()[0]])
    y = np.where(X[:, :, 0] > 0, 1, 0)
    model = classifier().fit(X, y)
    display = StepLabelDisplay.from_estimator(model, X, y, sequence=1, probabilities=True)
    np.testing.assert_array_equal(display.y_true, y[1])
    np.testing.assert_array_equal(display.y_pred, model.predict(X)[1])
    assert display.proba.shape == (5, 2)


def test_pipelines_and_searches_show_the_signals_before_scaling():
    X, y = make_data()
    data = Sequences.from_list(X, feature_names=["acc", "gyro"])
    pipeline = make_pipeline(PerStep(StandardScaler()), classifier())
    cells = np.empty(len(y), dtype=object)
    cells[:] = y
    search = GridSearchCV(pipeline, {"grustepclassifier__lr": [0.01]}, cv=2)
    display = StepLabelDisplay.from_estimator(search.fit(data, cells), data, y, sequence=1)
    np.testing.assert_array_equal(display.x, X[1])
    assert display.feature_names == ["acc", "gyro"]
    np.testing.assert_array_equal(display.y_pred, search.predict(data)[1])


def test_rows_are_sorted_by_time():
    X, y = make_rows()
    model = classifier().fit(X, y)
    names = list(dict.fromkeys(X.index.get_level_values(0)))
    display = StepLabelDisplay.from_estimator(model, X, y, sequence=1, probabilities=True)
    expected = pd.DataFrame({"true": y, "pred": model.predict(X)}, index=X.index)
    expected = expected.xs(names[1]).sort_index()
    np.testing.assert_array_equal(display.y_true, expected["true"])
    np.testing.assert_array_equal(display.y_pred, expected["pred"])
    np.testing.assert_array_equal(display.times, expected.index)
    np.testing.assert_array_equal(display.x, X.xs(names[1]).sort_index())
    np.testing.assert_array_equal(
        np.argmax(display.proba, axis=1) == 1, display.y_pred == "up"
    )
    assert display.title == f"sequence 1 ({names[1]})"


def test_rows_with_a_column_of_sequences():
    X, y = make_rows()
    X = X.sort_index().reset_index(names=["place", "time"]).drop(columns="time")
    labels = y.sort_index().to_numpy()
    model = classifier(sequence="place").fit(X, labels)
    display = StepLabelDisplay.from_estimator(model, X, labels, sequence=2)
    chosen = (X["place"] == "north 2").to_numpy()
    np.testing.assert_array_equal(display.x, X.loc[chosen, ["acc", "gyro"]])
    np.testing.assert_array_equal(display.y_pred, model.predict(X)[chosen])
    assert display.feature_names == ["acc", "gyro"]
    assert display.times is None


def test_names_of_sequences():
    X, y = make_rows()
    model = classifier().fit(X, y)
    names = list(dict.fromkeys(X.index.get_level_values(0)))
    named = StepLabelDisplay.from_estimator(model, X, y, sequence=names[3])
    numbered = StepLabelDisplay.from_estimator(model, X, y, sequence=3)
    np.testing.assert_array_equal(named.x, numbered.x)
    assert named.title == numbered.title == f"sequence 3 ({names[3]})"
    known = ", ".join(repr(name) for name in names[:5])
    message = f"sequence='south', but the sequences of X are {known} and 1 more"
    with pytest.raises(ValueError, match=message):
        StepLabelDisplay.from_estimator(model, X, sequence="south")


def test_names_of_several_levels_and_numbers():
    X, y = make_rows()
    X, y = X.sort_index().reset_index(drop=True), y.sort_index().to_numpy()
    X["walk"] = np.repeat([17, 18, 19], 14)
    index = pd.MultiIndex.from_arrays([["a"] * 42, X["walk"], range(42)])
    levels = X[["acc", "gyro"]].set_axis(index)
    model = classifier().fit(levels, y)
    display = StepLabelDisplay.from_estimator(model, levels, sequence=("a", 18))
    np.testing.assert_array_equal(display.x, X.loc[14:27, ["acc", "gyro"]])
    model = classifier(sequence="walk").fit(X, y)
    display = StepLabelDisplay.from_estimator(model, X, sequence="19")
    np.testing.assert_array_equal(display.x, X.loc[28:, ["acc", "gyro"]])


def test_names_of_stored_sequences():
    X, y = make_data()
    data = Sequences.from_list(X, ids=list("abcdef"))
    model = classifier().fit(data, y)
    display = StepLabelDisplay.from_estimator(model, data, y, sequence="c")
    np.testing.assert_array_equal(display.x, X[2])
    assert display.title == "sequence 2 (c)"
    with pytest.raises(ValueError, match="sequence='c', but the sequences .* no names"):
        StepLabelDisplay.from_estimator(model, X, sequence="c")


def test_name_of_a_torn_sequence_raises():
    X, y = make_rows()
    X, y = X.sort_index(), y.sort_index()
    model = classifier().fit(X, y)
    torn = X.drop(X.index[2])
    with (
        pytest.warns(TornSequencesWarning),
        pytest.raises(ValueError, match=r"'north 0' is the name of 2 sequences.*\[0, 1\]"),
    ):
        StepLabelDisplay.from_estimator(model, torn, sequence="north 0")


def test_regressors_have_curves():
    X, _ = make_data()
    y = [2 * x for x in X]
    model = GRUStepRegressor(hidden_size=4, max_epochs=2, random_state=0).fit(X, y)
    display = StepLabelDisplay.from_estimator(model, X, y, sequence=3, output=1)
    np.testing.assert_array_equal(display.lines_["true"].get_ydata(), y[3][:, 1])
    expected = model.predict(X)[3][:, 1]
    np.testing.assert_allclose(display.lines_["predicted"].get_ydata(), expected, rtol=1e-5)
    with pytest.raises(ValueError, match="There are 2 outputs. Choose one"):
        StepLabelDisplay.from_estimator(model, X)
    with pytest.raises(ValueError, match="output=2, but the number of outputs is 2"):
        StepLabelDisplay.from_estimator(model, X, output=2)
    with pytest.raises(ValueError, match="GRUStepRegressor predicts numbers"):
        StepLabelDisplay.from_estimator(model, X, output=0, probabilities=True)


def test_only_numeric_features_are_drawn():
    X, y = make_data()
    table = pd.concat(
        {i: pd.DataFrame(x, columns=["acc", "gyro"]) for i, x in enumerate(X)}
    )
    table.insert(1, "place", pd.Categorical(np.resize(["hall", "yard"], len(table))))
    table = table.reset_index(names=["recording", "time"])
    data = Sequences.from_frame(table, sequence="recording", time="time")
    display = StepLabelDisplay.from_estimator(classifier().fit(data, y), data, y)
    assert display.feature_names == ["acc", "gyro"]
    np.testing.assert_array_equal(display.x, X[0])
    tokens = [["up", "down"], ["up"]] * 3
    with pytest.raises(ValueError, match="no numeric features to draw.*render_spans"):
        StepLabelDisplay.from_estimator(classifier().fit(tokens, tokens), tokens)


def test_invalid_arguments_raise():
    X, y = make_data()
    with pytest.raises(NotFittedError):
        StepLabelDisplay.from_estimator(classifier(), X)
    model = classifier().fit(X, y)
    with pytest.raises(ValueError, match="sequence=6, but the number of sequences is 6"):
        StepLabelDisplay.from_estimator(model, X, sequence=6)
    with pytest.raises(ValueError, match="X has 6 sequences, but y has 5"):
        StepLabelDisplay.from_estimator(model, X, y[:5])
    with pytest.raises(ValueError, match="y_true has 7 steps, but y_pred has 5"):
        StepLabelDisplay.from_estimator(model, X, [y[0]] * 6, sequence=1)
    rows, labels = make_rows()
    with pytest.raises(ValueError, match="X has 42 rows, but y has 41"):
        StepLabelDisplay.from_estimator(classifier().fit(rows, labels), rows, labels[:41])
    other = LSTMClassifier(max_epochs=1).fit(X, [0, 1] * 3)
    with pytest.raises(TypeError, match="LSTMClassifier is not a step classifier"):
        StepLabelDisplay.from_estimator(other, X)


def test_confusion_of_rows_equals_that_of_sequences():
    X, y = make_data()
    model = classifier().fit(X, y)
    found = StepConfusionDisplay.from_estimator(model, X, y).confusion_matrix
    pred = model.predict(X)
    expected = StepConfusionDisplay.from_predictions(y, pred).confusion_matrix
    np.testing.assert_array_equal(found, expected)
    rows, labels = make_rows()
    fitted = classifier().fit(rows, labels)
    found = StepConfusionDisplay.from_estimator(fitted, rows, labels).confusion_matrix
    assert found.trace() == round(fitted.score(rows, labels) * len(rows))


def make_indicators(X):
    return [np.column_stack([x[:, 0] > 0, x[:, 1] > 0]).astype(int) for x in X]


def test_one_of_several_labels():
    X, _ = make_data()
    y = make_indicators(X)
    model = classifier().fit(X, y)
    options = {"sequence": 2, "probabilities": True}
    display = StepLabelDisplay.from_estimator(model, X, y, output=1, **options)
    np.testing.assert_array_equal(display.y_true, y[2][:, 1])
    np.testing.assert_array_equal(display.y_pred, model.predict(X)[2][:, 1])
    proba = model.predict_proba(X)[2][:, 1]
    np.testing.assert_allclose(
        display.proba, np.column_stack([1 - proba, proba]), rtol=1e-6
    )
    assert list(display.classes) == [0, 1]
    with pytest.raises(ValueError, match="There are 2 outputs. Choose one"):
        StepLabelDisplay.from_estimator(model, X, y)
    with pytest.raises(ValueError, match="output=2, but the number of outputs is 2"):
        StepLabelDisplay.from_estimator(model, X, y, output=2)


def test_one_of_several_labels_of_rows():
    X, _ = make_rows()
    (y,) = make_indicators([X.to_numpy()])
    model = classifier().fit(X, y)
    display = StepLabelDisplay.from_estimator(model, X, y, sequence=1, output=0)
    names = list(dict.fromkeys(X.index.get_level_values(0)))
    expected = pd.Series(y[:, 0], index=X.index).xs(names[1]).sort_index()
    np.testing.assert_array_equal(display.y_true, expected)


def test_confusion_of_several_labels():
    X, _ = make_data()
    y = make_indicators(X)
    pipeline = make_pipeline(PerStep(StandardScaler()), classifier()).fit(X, y)
    words = r"has \d labels for each step.*multilabel_confusion_matrix"
    with pytest.raises(ValueError, match=f"The estimator {words}"):
        StepConfusionDisplay.from_estimator(pipeline, X, y)
    rows, flat = np.concatenate(X), np.concatenate(y)
    labels = np.column_stack([flat, flat[:, 0]])
    by_row = classifier().fit(rows, labels)
    with pytest.raises(ValueError, match=f"The estimator {words}"):
        StepConfusionDisplay.from_estimator(by_row, rows, labels)
    with pytest.raises(ValueError, match=f"y_true {words}"):
        StepConfusionDisplay.from_predictions(y, pipeline.predict(X))
    found = [part[:, 0] for part in pipeline.predict(X)]
    display = StepConfusionDisplay.from_predictions([part[:, 0] for part in y], found)
    assert display.confusion_matrix.shape == (2, 2)
