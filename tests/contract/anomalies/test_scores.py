"""What the scores of detectors depend on."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score, make_scorer
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

import skseq

from .cases import (
    N_ROWS,
    every_detector,
    every_net,
    make,
    make_frame,
    make_panel,
    make_X,
    one_of_each,
)


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@every_detector
def test_contract_of_scikit_learn(cls):
    X = make_X(200)
    detector = make(cls, contamination=0.1)
    labels = detector.fit_predict(X)
    scores = detector.score_samples(X)
    assert labels.shape == scores.shape == (200,)
    assert (labels == -1).sum() == 20
    assert (scores <= 0).all()
    np.testing.assert_array_equal(labels, detector.predict(X))
    np.testing.assert_array_equal(detector.decision_function(X), scores - detector.offset_)
    np.testing.assert_array_equal(labels == -1, detector.decision_function(X) < 0)


@every_detector
def test_contributions_add_up_to_scores(cls):
    X = make_X()
    X[60:70, 1] += 20
    detector = make(cls).fit(X[:50])
    parts = detector.contributions(X)
    assert parts.shape == X.shape
    assert (parts >= 0).all()
    assert_close(-parts.sum(axis=1), detector.score_samples(X))
    assert parts[65].argmax() == 1


@every_detector
def test_scores_depend_on_X_alone(cls):
    """Rows after the training rows do not continue them, with or without times."""
    X = make_frame()
    detector = make(cls).fit(X[:80])
    expected = detector.score_samples(X[80:])
    moved = X[80:].set_axis(pd.date_range("2030-01-01", periods=40, freq="D"))
    for other in (moved, X[80:].to_numpy()):
        np.testing.assert_array_equal(detector.score_samples(other), expected)
    for method in ("predict", "decision_function", "contributions"):
        getattr(detector, method)(X[:30])
    np.testing.assert_array_equal(detector.score_samples(X[80:]), expected)


@every_detector
@pytest.mark.parametrize("center", [True, False])
def test_streams_equal_whole_series(cls, center):
    X = make_X()
    X[:50, 0] += 3 * (np.arange(50) == 20)
    detector = make(cls, center=center).fit(X)
    stream = detector.stream(2)
    found = np.array(
        [stream.score_samples([x, y]) for x, y in zip(X, X[::-1], strict=True)]
    )
    rows = range(N_ROWS) if not center else [0, 1, 5, 30, N_ROWS - 1]
    for k, rows_of in enumerate((X, X[::-1])):
        whole = detector.score_samples(rows_of)
        for t in rows:
            # The score of the last row of the rows so far.
            expected = detector.score_samples(rows_of[: t + 1])[-1] if center else whole[t]
            assert_close(found[t, k], expected)
    assert (detector.offset_ == detector.stream_offset_) == (not center)


@one_of_each
def test_streams_can_be_pickled_and_reset(cls):
    X = make_X()
    detector = make(cls).fit(X)
    stream = detector.stream(2)
    for x in X[:30]:
        stream.predict([x, x])
    copy = pickle.loads(pickle.dumps(stream))
    detector.update(X)  # does not change the stream, nor does fit
    detector.fit(10 * X)
    np.testing.assert_array_equal(
        copy.score_samples(X[30:32]), stream.score_samples(X[30:32])
    )
    first = copy.reset().score_samples(X[:2])
    stream.reset([]).reset([0])
    assert stream.score_samples(X[:2])[0] == first[0]
    assert stream.score_samples(X[2:4])[1] != copy.score_samples(X[2:4])[1]
    assert repr(stream) == f"<DetectorStream of 2 series, {cls.__name__}>"
    decision = copy.decision_function(X[:2])
    assert decision.shape == (2,)


@every_detector
def test_series_are_scored_one_by_one_in_any_order(cls):
    panel = make_panel()
    detector = make(cls).fit(panel)
    scores = pd.Series(detector.score_samples(panel), index=panel.index)
    shuffled = panel.sample(frac=1, random_state=0)
    assert_close(detector.score_samples(shuffled), scores.loc[shuffled.index])
    for name, rows in panel.groupby(level=0):
        assert_close(detector.score_samples(rows), scores.loc[[name]])


@one_of_each
def test_column_of_series_equals_multi_index(cls):
    panel = make_panel()
    expected = make(cls).fit(panel).score_samples(panel)
    table = panel.reset_index("machine")
    detector = make(cls, series="machine").fit(table)
    assert_close(detector.score_samples(table), expected)
    # Without times, the rows of a series are in order.
    table = table.reset_index(drop=True)
    assert_close(make(cls, series="machine").fit(table).score_samples(table), expected)


@one_of_each
def test_new_series_are_standardized_by_their_own_statistics(cls):
    panel = make_panel()
    detector = make(cls).fit(panel)
    new = panel.loc[["machine 0"]].rename(index={"machine 0": "new"})
    expected = detector.score_samples(new)
    assert_close(detector.score_samples(1000 * new + 5), expected)


@every_detector
def test_missing_times_are_gaps(cls):
    X = make_frame()
    gappy = X.drop(X.index[50:54])
    detector = make(cls, missing="mask").fit(X)
    missing = X.copy()
    missing.iloc[50:54] = np.nan
    found = detector.score_samples(gappy)
    assert found.shape == (N_ROWS - 4,)
    expected = np.delete(detector.score_samples(missing), np.arange(50, 54))
    assert_close(found, expected)
    assert not np.allclose(found, detector.score_samples(gappy.to_numpy()))


@every_detector
def test_missing_values_have_the_scores_of_their_neighbors(cls):
    X = make_X()
    X[[0, 30], 0] = np.nan
    X[60:70] = np.nan
    detector = make(cls, missing="mask", smoothing=1).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert (detector.score_samples(X)[60:70] == 0).all()
    assert detector.contributions(X)[30, 0] == 0
    detector = make(cls, missing="mask", smoothing=4, center=False).fit(X)
    scores = detector.score_samples(X)
    assert np.isfinite(scores).all()
    assert (scores[60:63] < 0).all()
    assert (scores[63:70] == 0).all()  # the last value is at least 4 rows before
    stream = detector.stream()
    assert_close([stream.score_samples(x)[0] for x in X], scores)


@every_detector
def test_constant_channels(cls):
    """A constant channel does not change scores, until it changes."""
    X = make_X()
    for value in (0.0, 0.1, -20.0):
        both = np.column_stack([X, np.full(N_ROWS, value)])
        detector = make(cls).fit(both)
        usual = detector.score_samples(both)
        assert np.isfinite(usual).all()
        both[100, 2] += 0.01
        scores = detector.score_samples(both)
        assert scores.argmin() == 100
        assert scores[100] < detector.offset_
        assert detector.contributions(both)[100].argmax() == 2
    detector = make(cls).fit(np.ones((60, 1)))
    changed = np.ones((60, 1))
    changed[40] = 2.0
    assert detector.score_samples(changed).argmin() == 40


@one_of_each
def test_first_rows_are_scored(cls):
    """Also the very first row, by its level."""
    X = make_X()
    detector = make(cls, smoothing=1).fit(X)
    usual = detector.score_samples(X[:1])
    assert usual.shape == (1,)
    assert detector.score_samples(X[:1] + 30)[0] < min(10 * usual[0], detector.offset_)
    assert detector.score_samples(X)[:8].min() > 3 * detector.score_samples(X).min() - 10


@one_of_each
def test_a_huge_value_does_not_hide_later_ones(cls):
    X = make_X(400)
    detector = make(cls).fit(X[:200])
    X[250] = 1e20
    scores = detector.score_samples(X)
    assert np.isfinite(scores).all()
    assert scores.argmin() in range(245, 256)
    assert (scores[320:] > 3 * detector.offset_).all()


@every_detector
def test_fits_are_reproducible_and_can_be_copied(cls, tmp_path):
    X = make_panel()
    detector = make(cls).fit(X)
    scores = detector.score_samples(X)
    np.testing.assert_array_equal(clone(detector).fit(X).score_samples(X), scores)
    np.testing.assert_array_equal(detector.fit(X).score_samples(X), scores)
    detector.save(tmp_path / "detector.safetensors")
    loaded = skseq.load(tmp_path / "detector.safetensors")
    for copy in (pickle.loads(pickle.dumps(detector)), loaded):
        np.testing.assert_array_equal(copy.score_samples(X), scores)
        np.testing.assert_array_equal(copy.predict(X), detector.predict(X))
        stream = copy.stream(["machine 1"])
        assert np.isfinite(stream.score_samples(X.iloc[0]))
    before = {**vars(detector)}
    with pytest.raises(ValueError, match="smoothing"):
        detector.set_params(smoothing=0).fit(X)
    assert {**vars(detector), "smoothing": "auto"} == before


@every_detector
def test_update_continues_series(cls):
    X = make_frame()
    detector = make(cls).fit(X[:80])
    detector.update(X[80:])
    assert detector.observed_.lengths.tolist() == [N_ROWS]
    later = make_frame(10, start=X.index[-1] + pd.Timedelta(days=3))
    detector.update(later)  # two days are missing
    assert detector.observed_.lengths.tolist() == [N_ROWS + 12]
    assert np.isfinite(detector.score_samples(X)).all()
    panel = make_panel()
    detector = make(cls).fit(panel.drop("machine 1"))
    detector.update(panel.loc[["machine 1"]])
    assert len(detector.observed_.ids) == 3
    assert detector.score_samples(panel).shape == (len(panel),)


@every_net
def test_update_trains(cls):
    X = make_X(200)
    detector = make(cls).fit(X[:100])
    before = detector.score_samples(X)
    detector.update(X[100:150])
    np.testing.assert_array_equal(detector.score_samples(X), before)
    detector.update(X[150:], n_epochs=2)
    assert not np.allclose(detector.score_samples(X), before)
    assert detector.forecaster_.observed_.lengths.tolist() == [200]


@every_net
def test_forecaster_describes_the_network(cls):
    detector = make(cls).fit(make_X())
    forecaster = detector.forecaster_
    assert forecaster.summary().index[-1] == "total"
    assert len(forecaster.trace().states) == 2
    assert detector.n_iter_ == len(forecaster.history_) == 2


def score_anomalies(y, scores):
    return average_precision_score(y, -scores)


@one_of_each
def test_grid_search(cls):
    X = make_X(200)
    y = np.zeros(200, dtype=int)
    for first in (60, 110, 170):
        X[first : first + 8] += 4
        y[first : first + 8] = 1
    scorer = make_scorer(score_anomalies, response_method="decision_function")
    search = GridSearchCV(
        make(cls), {"smoothing": [1, 8]}, scoring=scorer, cv=TimeSeriesSplit(3)
    )
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@every_detector
def test_not_fitted(cls):
    for method in ("predict", "score_samples", "contributions", "update"):
        with pytest.raises(NotFittedError):
            getattr(make(cls), method)(make_X())
    with pytest.raises(NotFittedError):
        make(cls).stream()


@every_detector
def test_input_is_not_modified(cls):
    X = make_panel().sample(frac=1, random_state=1)
    before = X.copy()
    make(cls).fit(X).score_samples(X)
    pd.testing.assert_frame_equal(X, before)


@one_of_each
@pytest.mark.parametrize("smoothing", ["auto", 1])
def test_automatic_thresholds_are_finite(cls, smoothing):
    """Also if many training rows have no error, and single rows are scored."""
    X = make_X(400)
    X[:120] = X[:120].mean(axis=0)
    detector = make(cls, smoothing=smoothing).fit(X)
    assert -100 < detector.offset_ <= -1
    X[300:350] = 1e6
    assert (detector.predict(X)[300:350] == -1).all()


@one_of_each
def test_constant_rows_are_inliers(cls):
    assert (make(cls).fit_predict(np.full((200, 1), 5.0)) == 1).all()
