"""AnomalyDisplay shows a series with the scores of a detector."""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from matplotlib import dates, pyplot
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.cluster import KMeans
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from skseq import Sequences
from skseq.inspection import AnomalyDisplay

from . import cases  # selects a backend without a screen

N = 8
PRED = np.array([1, -1, -1, 1, 1, 1, 1, -1])
TRUE = np.array([0, 0, 1, 1, 0, 0, 0, 0])


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


class Large(OutlierMixin, BaseEstimator):
    """A detector of rows whose feature number 0 is above 1. Names series by a column."""

    def __init__(self, series=None):
        self.series = series

    def fit(self, X, y=None):
        self.offset_ = -1.0
        return self

    def score_samples(self, X):
        X = X.drop(columns=self.series) if self.series else X
        return -np.asarray(X, dtype=float)[:, 0]

    def predict(self, X):
        return np.where(self.score_samples(X) < self.offset_, -1, 1)


def make_panel():
    """Return a panel whose rows are in random order, and its labels."""
    times = pd.date_range("2024-01-01", periods=5, freq="h")
    values = {"north": [0.0, 3, 0, 0, 0], "south": [0.0, 0, 0, 5, 6]}
    tables = [
        pd.DataFrame({"station": name, "load": x}, index=times)
        for name, x in values.items()
    ]
    frame = pd.concat(tables).sample(frac=1, random_state=0)
    return frame, frame["load"] > 2


def spans(collection):
    """Return the first and last position of each stretch."""
    boxes = [path.get_extents() for path in collection.get_paths()]
    return [(box.x0, box.x1) for box in boxes]


def legend_labels(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def make_display(n_features=1, **parameters):
    x = np.random.default_rng(0).normal(size=(N, n_features))
    data = {"x": x, "scores": PRED / 2 - 1.0, "threshold": -1.0, "y_pred": PRED}
    return AnomalyDisplay(**{**data, **parameters}).plot()


def test_draws_series_score_and_stretches():
    display = make_display(y_true=TRUE, title="north", feature_names=["load"])
    signal, score = display.axes_
    np.testing.assert_array_equal(
        cases.xy(display.lines_[0]), [np.arange(N), display.x[:, 0]]
    )
    np.testing.assert_array_equal(
        cases.xy(display.lines_[1]), [np.arange(N), display.scores]
    )
    assert [line.axes for line in display.lines_] == display.axes_
    assert set(display.threshold_line_.get_ydata()) == {-1.0}
    assert display.threshold_line_.axes is score
    assert [c.axes for c in display.spans_["flagged"]] == display.axes_
    for collection in display.spans_["flagged"]:
        assert spans(collection) == [(0.5, 2.5), (6.5, 7.5)]
    for collection in display.spans_["true anomaly"]:
        assert spans(collection) == [(1.5, 3.5)]
    assert legend_labels(display) == ["flagged", "true anomaly", "threshold"]
    assert [ax.get_ylabel() for ax in display.axes_] == ["load", "score"]
    assert score.get_xlabel() == "time step"
    assert signal.get_title() == "north"
    assert display.figure_ is signal.figure
    assert signal.get_xlim() == score.get_xlim()


def test_shading_does_not_change_the_scale():
    limits = [
        [ax.get_ylim() for ax in make_display(y_pred=y_pred, y_true=y_true).axes_]
        for y_pred, y_true in [(np.ones(N), None), (-np.ones(N), TRUE)]
    ]
    assert limits[0] == limits[1]


@pytest.mark.parametrize(
    ("y_true", "expected"),
    [
        (np.where(TRUE, -1, 1), [(1.5, 3.5)]),
        (TRUE.astype(bool), [(1.5, 3.5)]),
        (np.zeros(N), []),
    ],
    ids=["minus one", "bool", "none"],
)
def test_forms_of_labels(y_true, expected):
    x = np.arange(N)[:, None]
    for display in (
        make_display(y_true=y_true),
        AnomalyDisplay.from_estimator(Large().fit(x), x, y_true),
    ):
        assert spans(display.spans_["true anomaly"][0]) == expected


def test_none_and_all_flagged():
    assert spans(make_display(y_pred=np.ones(N)).spans_["flagged"][0]) == []
    found = spans(make_display(y_pred=-np.ones(N)).spans_["flagged"][0])
    assert found == [(-0.5, N - 0.5)]
    assert legend_labels(make_display()) == ["flagged", "threshold"]


def test_each_feature_has_a_panel():
    display = make_display(3, feature_names=["acc", "pressure", "heart"])
    assert [ax.get_ylabel() for ax in display.axes_] == [
        "acc",
        "pressure",
        "heart",
        "score",
    ]
    for k in range(3):
        np.testing.assert_array_equal(display.lines_[k].get_ydata(), display.x[:, k])
    many = make_display(12)
    assert len(many.axes_) == 9
    assert many.axes_[0].get_title(loc="right") == "8 of 12 features"
    assert many.axes_[7].get_ylabel() == "feature 7"
    eight = make_display(8)
    assert eight.axes_[0].get_title(loc="right") == ""


def test_missing_values_are_gaps():
    x, scores = np.arange(N, dtype=float)[:, None], np.arange(N) - 9.0
    x[3], scores[5] = np.nan, np.nan
    display = make_display(x=x, scores=scores)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), x[:, 0])
    np.testing.assert_array_equal(display.lines_[1].get_ydata(), scores)
    display.figure_.canvas.draw()


def test_one_step():
    display = make_display(x=np.ones((1, 1)), scores=[-2.0], y_pred=[-1])
    assert spans(display.spans_["flagged"][0]) == [(-0.5, 0.5)]


def make_detectors():
    return [
        IsolationForest(random_state=0),
        LocalOutlierFactor(novelty=True, n_neighbors=5),
        OneClassSVM(),
        make_pipeline(StandardScaler(), IsolationForest(random_state=0)),
        GridSearchCV(IsolationForest(random_state=0), {"max_samples": [16]},
                     scoring=lambda *_: 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize("detector", make_detectors(), ids=lambda d: type(d).__name__)
def test_detectors_of_scikit_learn(detector):
    X = np.random.default_rng(0).normal(size=(60, 2))
    X[20] = 9
    detector.fit(X)
    display = AnomalyDisplay.from_estimator(detector, X, np.arange(60) == 20)
    np.testing.assert_array_equal(display.x, X)
    np.testing.assert_allclose(display.scores, detector.score_samples(X))
    np.testing.assert_array_equal(display.y_pred, detector.predict(X))
    threshold = detector.score_samples(X) - detector.decision_function(X)
    np.testing.assert_allclose(display.threshold, threshold)
    assert set(display.y_pred) == {-1, 1}


def test_scores_are_computed_once():
    """They determine which steps are flagged, so `predict` is not needed."""

    class Scores:
        offset_ = -1.0
        n_calls = 0

        def score_samples(self, X):
            self.n_calls += 1
            return -np.asarray(X)[:, 0]

    detector = Scores()
    display = AnomalyDisplay.from_estimator(detector, [[0.0], [1.0], [2.0]])
    assert display.y_pred.tolist() == [1, 1, -1]
    assert detector.n_calls == 1


@pytest.mark.parametrize("kind", ["dates", "zoned", "periods"])
def test_time_index(kind):
    y = cases.make_series(20, kind)
    X = pd.DataFrame({"name": "a", "load": np.arange(20.0)}, index=y.index)
    detector = Large()
    detector.score_samples = lambda X: -X["load"].to_numpy()
    display = AnomalyDisplay.from_estimator(detector.fit(X), X[::-1], X["load"][::-1] > 18)
    assert display.feature_names == ["load"]  # text is not drawn
    x, values = cases.xy(display.lines_[0])
    np.testing.assert_array_equal(values, np.arange(20.0))  # by time
    start = y.index.to_timestamp() if kind == "periods" else y.index.tz_localize(None)
    np.testing.assert_allclose(x, dates.date2num(start.to_numpy()))
    assert display.axes_[-1].get_xlabel() == "time"
    ((_, last),) = spans(display.spans_["true anomaly"][0])
    assert last > x[-1]


def test_numbered_rows_are_sorted():
    X = pd.DataFrame({"load": [0.0, 3, 0, 0, 5]}).sample(frac=1, random_state=0)
    display = AnomalyDisplay.from_estimator(Large().fit(X), X, X["load"] > 2)
    assert display.x[:, 0].tolist() == [0.0, 3, 0, 0, 5]
    assert display.y_true.tolist() == [False, True, False, False, True]
    with pytest.raises(ValueError, match="same index in different orders"):
        AnomalyDisplay.from_estimator(Large().fit(X), X, X["load"].sort_index() > 2)


def test_polars():
    X = pl.DataFrame({"name": ["a", "b"], "load": [0, 2]})
    detector = Large()
    detector.score_samples = lambda X: -X["load"].to_numpy()
    display = AnomalyDisplay.from_estimator(detector.fit(X), X)
    assert display.feature_names == ["load"]
    np.testing.assert_array_equal(display.x, [[0], [2]])
    assert spans(display.spans_["flagged"][0]) == [(0.5, 1.5)]


@pytest.mark.parametrize("form", ["column", "index"])
def test_panel(form):
    X, y = make_panel()
    detector = Large(series="station" if form == "column" else None)
    if form == "index":
        X = X.set_index("station", append=True).swaplevel()
    display = AnomalyDisplay.from_estimator(detector.fit(X), X, y, series="south")
    assert display.title == "south"
    assert display.feature_names == ["load"]
    np.testing.assert_array_equal(display.x[:, 0], [0, 0, 0, 5, 6])
    np.testing.assert_array_equal(display.y_pred, [1, 1, 1, -1, -1])
    np.testing.assert_array_equal(display.y_true, [False, False, False, True, True])
    (flagged,) = spans(display.spans_["flagged"][0])
    half = 0.5 / 24
    np.testing.assert_allclose(flagged[0], display.lines_[0].get_xdata()[3] - half)
    with pytest.raises(ValueError, match="X has 2 series: pass series=..., one of '"):
        AnomalyDisplay.from_estimator(detector, X)
    with pytest.raises(ValueError, match="series='west' is not one of the 2 series"):
        AnomalyDisplay.from_estimator(detector, X, series="west")
    with pytest.raises(ValueError, match="X has 10 rows, but y has 9"):
        AnomalyDisplay.from_estimator(detector, X, y[1:], series="south")


def test_numbers_of_series_are_not_drawn():
    X = pd.DataFrame({"station": [1, 1, 2, 2], "load": [0, 3, 5, 0]})
    detector = Large(series="station").fit(X)
    display = AnomalyDisplay.from_estimator(detector, X, series=2)
    assert display.feature_names == ["load"]
    np.testing.assert_array_equal(display.x, [[5], [0]])
    np.testing.assert_array_equal(display.y_pred, [-1, 1])


def test_draws_on_a_given_figure():
    left, right = pyplot.figure().subfigures(1, 2)
    display = AnomalyDisplay.from_estimator(Large().fit(None), [[0], [2]], figure=left)
    assert display.figure_ is left
    assert display.plot(right) is display
    assert display.figure_ is right
    assert len(display.axes_) == 2


def test_x_is_not_changed():
    X, y = make_panel()
    before, labels = X.copy(), y.copy()
    AnomalyDisplay.from_estimator(Large("station").fit(X), X, y, series="north")
    pd.testing.assert_frame_equal(X, before)
    pd.testing.assert_series_equal(y, labels)


def test_errors():
    X = np.zeros((6, 1))
    fitted = Large().fit(X)
    with pytest.raises(NotFittedError):
        AnomalyDisplay.from_estimator(IsolationForest(), X)
    with pytest.raises(TypeError, match="KMeans has no attribute score_samples"):
        AnomalyDisplay.from_estimator(KMeans(2, n_init=1).fit(np.arange(6)[:, None]), X)
    with pytest.raises(TypeError, match="LocalOutlierFactor has no attribute score_samp"):
        AnomalyDisplay.from_estimator(LocalOutlierFactor(2).fit(X), X)
    with pytest.raises(ValueError, match="y has the labels 0, 1, 2. Use -1 for outliers"):
        AnomalyDisplay.from_estimator(fitted, X, [0, 1, 2, 0, 1, 2])
    with pytest.raises(ValueError, match="All labels of y are 1"):
        AnomalyDisplay.from_estimator(fitted, X, np.ones(6))
    with pytest.raises(ValueError, match="series='a', but the rows of X are one series"):
        AnomalyDisplay.from_estimator(fitted, X, series="a")
    with pytest.raises(ValueError, match=r"no numeric columns .* \['name'\]"):
        AnomalyDisplay.from_estimator(fitted, pd.DataFrame({"name": ["a"]}))
    ragged = [np.zeros((3, 1)), np.zeros((4, 1))]
    for sequences in (Sequences.from_list(ragged), ragged, np.zeros((3, 4, 1))):
        with pytest.raises(TypeError, match="rows that are time steps"):
            AnomalyDisplay.from_estimator(fitted, sequences)
    fitted.score_samples = lambda X: np.zeros(4)
    with pytest.raises(ValueError, match=r"score_samples .* the shape \(4,\) for 6 rows"):
        AnomalyDisplay.from_estimator(fitted, X)


def test_error_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"AnomalyDisplay needs matplotlib"):
        AnomalyDisplay.from_estimator(Large().fit(None), [[0.0]])
