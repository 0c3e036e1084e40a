"""Metrics and scorers of outlier detectors."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import (
    GridSearchCV,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from skseq.exceptions import UndefinedMetricWarning
from skseq.metrics import (
    outlier_average_precision,
    outlier_average_precision_scorer,
    outlier_roc_auc,
    outlier_roc_auc_scorer,
)

METRICS = [outlier_average_precision, outlier_roc_auc]
SCORERS = [outlier_average_precision_scorer, outlier_roc_auc_scorer]
IS_OUTLIER = np.array([False, True, False, False, True, False])
SCORES = np.array([-0.2, -0.9, -0.8, -0.1, -0.7, -0.3])
FORMS = {
    "minus one": np.where(IS_OUTLIER, -1, 1),
    "zero and one": IS_OUTLIER.astype(int),
    "bool": IS_OUTLIER,
    "floats": np.where(IS_OUTLIER, -1.0, 1.0),
    "list": IS_OUTLIER.astype(int).tolist(),
    "column": IS_OUTLIER[:, None],
    "objects": IS_OUTLIER.astype(object),
    "nullable": pd.Series(IS_OUTLIER, dtype="boolean"),
    "category": pd.Series(IS_OUTLIER.astype(int), dtype="category"),
    "polars": pl.Series(IS_OUTLIER),
}
both = pytest.mark.parametrize("metric", METRICS)
both_scorers = pytest.mark.parametrize("scorer", SCORERS)


class Odd(OutlierMixin, BaseEstimator):
    """A detector whose score is minus the first feature, or the opposite."""

    def __init__(self, sign=-1):
        self.sign = sign

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def score_samples(self, X):
        return self.sign * np.asarray(X, dtype=float)[:, 0]


def make_rows(n=80, every=8):
    """Return rows, of which every eighth is an outlier."""
    is_outlier = np.arange(n) % every == every - 1
    X = np.random.default_rng(0).normal(size=(n, 2))
    X[is_outlier] += 20
    return X, is_outlier


@both
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_labels(metric, form):
    expected = {
        outlier_average_precision: average_precision_score,
        outlier_roc_auc: roc_auc_score,
    }[metric](IS_OUTLIER, -SCORES)
    assert 0 < expected < 1
    assert metric(FORMS[form], SCORES) == expected


@both
def test_perfect_and_worst(metric):
    y = np.where(IS_OUTLIER, -1, 1)
    assert metric(y, y) == 1.0
    assert metric(y, -y) < 0.5
    assert type(metric(y, y)) is float


@both
@pytest.mark.parametrize(
    ("y", "match"),
    [
        ([0, 1, 2, 0, 1, 2], "has the labels 0, 1, 2. Use -1 for outliers and 1 for inl"),
        ([-1, 0, 1, 0, 0, 0], "has the labels -1, 0, 1. Use"),
        ([-1, 0, 0, 0, 0, 0], "has the labels -1, 0. Use"),
        ([0, 0.5, 1, 0, 0, 0], "has the labels 0, 0.5, 1. Use"),
        ([0, 1, np.nan, 0, 0, 0], "the label nan in row 2"),
        (["a", "b", "a", "b", "a", "b"], "the label 'a' in row 0"),
        ([0, 1, None, 0, 0, 0], "the label None in row 2"),
        ([2] * 6, "has the labels 2. Use"),
        ([1] * 6, "All labels of y_true are 1, which means outliers beside 0"),
        (pd.Series([0, 1, None, 0, 0, 0], dtype="Int64"), "the label <NA> in row 2"),
        (np.zeros((6, 2)), r"the shape \(6, 2\)"),
        ([], "y_true is empty"),
        ([0, 1], "inconsistent"),
    ],
)
def test_invalid_labels(metric, y, match):
    with pytest.raises(ValueError, match=match):
        metric(y, SCORES)


@both
@pytest.mark.parametrize(
    ("scores", "match"),
    [
        ([-1, -2, np.nan, -1, -1, -1], "scores contains nan in row 2"),
        ([-1, -2, -1, -np.inf, -1, -1], "scores contains -inf in row 3"),
        (np.zeros((6, 2)), r"the shape \(6, 2\)"),
    ],
)
def test_invalid_scores(metric, scores, match):
    with pytest.raises(ValueError, match=match):
        metric(IS_OUTLIER, scores)


@both
@pytest.mark.parametrize("y", [[0] * 3, [False] * 3, [-1] * 3, [True] * 3], ids=str)
def test_one_class_is_undefined(metric, y):
    kind = "outliers" if y[0] in (-1, True) else "inliers"
    with pytest.warns(UndefinedMetricWarning, match=f"all 3 labels are {kind}") as caught:
        assert np.isnan(metric(y, [-1.0, -2.0, -3.0]))
    assert len(caught) == 1
    assert caught[0].filename == __file__


@both
def test_series_are_aligned_by_index(metric):
    times = pd.date_range("2024-01-01", periods=6)
    y, scores = pd.Series(IS_OUTLIER, index=times), pd.Series(SCORES, index=times)
    expected = metric(IS_OUTLIER, SCORES)
    assert metric(y, scores[::-1]) == expected
    assert metric(y, np.roll(SCORES, 1)) != expected  # an array has no index
    with pytest.raises(ValueError, match="scores has no row with the label 2024-01-01"):
        metric(y, scores.shift(1, freq="D"))


def test_perfect_detector_in_cross_validation():
    """scikit-learn's own scorers give the worst score to a perfect detector."""
    X, y = make_rows()
    cv = TimeSeriesSplit(3)
    for scorer in SCORERS:
        scores = cross_val_score(
            IsolationForest(random_state=0), X, y, scoring=scorer, cv=cv
        )
        np.testing.assert_array_equal(scores, 1.0)
    own = cross_val_score(IsolationForest(random_state=0), X, y, scoring="roc_auc", cv=cv)
    np.testing.assert_array_equal(own, 0.0)


@both_scorers
def test_search_picks_the_detector(scorer):
    X, y = make_rows()
    grid = {"sign": [1, -1]}
    search = GridSearchCV(Odd(), grid, scoring=scorer, cv=TimeSeriesSplit(3)).fit(X, y)
    assert search.best_params_ == {"sign": -1}
    assert search.best_score_ == 1.0
    assert scorer(search, X, y) == 1.0


def test_search_of_isolation_forests():
    X, y = make_rows(160)
    X[:, 0] = np.random.default_rng(1).normal(size=len(X))  # outliers are in one feature
    pipeline = make_pipeline(StandardScaler(), IsolationForest(random_state=0))
    grid = {"isolationforest__max_samples": [2, 64]}
    scorer = outlier_average_precision_scorer
    search = GridSearchCV(pipeline, grid, scoring=scorer, cv=TimeSeriesSplit(3))
    search.fit(X, np.where(y, -1, 1))
    assert search.best_params_ == {"isolationforest__max_samples": 64}
    means = search.cv_results_["mean_test_score"]
    assert means[1] > means[0] + 0.02


@both_scorers
@pytest.mark.parametrize(
    "detector",
    [
        IsolationForest(random_state=0),
        LocalOutlierFactor(novelty=True),
        OneClassSVM(),
    ],
    ids=lambda detector: type(detector).__name__,
)
def test_detectors_of_scikit_learn(scorer, detector):
    X, y = make_rows()
    detector.fit(X[~y])
    metric = {SCORERS[0]: average_precision_score, SCORERS[1]: roc_auc_score}[scorer]
    score = scorer(detector, X, np.where(y, -1, 1))
    assert score == metric(y, -detector.score_samples(X)) > 0.8
    assert scorer(make_pipeline(StandardScaler(), detector).fit(X[~y]), X, y) > 0.8


@both_scorers
def test_scorers_are_picklable(scorer):
    assert pickle.loads(pickle.dumps(scorer)) is scorer


def test_several_scorers():
    X, y = make_rows()
    scoring = {"ap": SCORERS[0], "auc": SCORERS[1]}
    found = cross_validate(Odd(), X, y, scoring=scoring, cv=TimeSeriesSplit(3))
    np.testing.assert_array_equal(found["test_ap"], 1.0)
    np.testing.assert_array_equal(found["test_auc"], 1.0)


@both_scorers
def test_labels_belong_to_rows_by_position(scorer):
    X, y = make_rows()
    times = pd.date_range("2024-01-01", periods=len(X))
    frame = pd.DataFrame(X, index=times)
    assert scorer(Odd(), frame, pd.Series(y)) == 1.0  # another index
    assert scorer(Odd(), frame, pd.Series(y, index=times)) == 1.0
    with pytest.raises(
        ValueError, match="row 0 is 2024-01-01 00:00:00 in X and 2024-03-20"
    ):
        scorer(Odd(), frame, pd.Series(y, index=times)[::-1])
    panel = pd.concat({"north": frame[:40], "south": frame[40:]})
    assert scorer(Odd(), panel, pd.Series(y, index=panel.index)) == 1.0
    with pytest.raises(ValueError, match="row 0 is 'north' at 2024-01-01"):
        scorer(Odd(), panel, pd.Series(y, index=panel.index)[::-1])
    # Times that repeat in both, as with the series in a column.
    repeated = frame.set_axis(list(times[:40]) * 2)
    assert scorer(Odd(), repeated, pd.Series(y, index=repeated.index)) == 1.0


@both_scorers
def test_fold_without_outliers(scorer):
    X, y = make_rows()
    y[:40] = False  # the first test fold is rows 20 to 39
    cv = TimeSeriesSplit(3)
    with pytest.warns(UndefinedMetricWarning, match="use fewer folds"):
        scores = cross_val_score(Odd(), X, y, scoring=scorer, cv=cv)
    np.testing.assert_array_equal(np.isnan(scores), [True, False, False])
    with pytest.raises(ValueError, match="All labels of y_true are 1"):
        cross_val_score(
            Odd(), X, np.where(y, -1, 1), scoring=scorer, cv=cv, error_score="raise"
        )


@both_scorers
def test_estimator_without_scores(scorer):
    X, y = make_rows()
    with pytest.raises(TypeError, match="DummyClassifier has no method score_samples"):
        scorer(DummyClassifier().fit(X, y), X, y)
    with pytest.raises(TypeError, match="LocalOutlierFactor has no method score_samples"):
        scorer(LocalOutlierFactor().fit(X), X, y)


@both_scorers
def test_numbers_of_rows_differ(scorer):
    X, y = make_rows()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        scorer(Odd(), X, y[1:])
