"""Scores of outlier detectors: what they find, and what they do not depend on."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.metrics import roc_auc_score

import skseq
from skseq import GRUOutlierDetector, Sequences

from ..cases import FORMS, as_cells, make
from ..probes import COPY_METHODS, global_state
from .cases import every_detector, fit_waves, make_form, make_waves, two_detectors

FITTED = {}


def fitted_once():
    """Return a fitted detector and its X, for tests with many examples."""
    if not FITTED:
        FITTED["detector"] = fit_waves(GRUOutlierDetector)
    return FITTED["detector"]


def make_outliers(seed=1):
    """Return lists of outliers of several kinds."""
    random = np.random.default_rng(seed)
    normal = make_waves(12, seed)
    bursts = [x.copy() for x in normal]
    for x in bursts:
        k = random.integers(3, len(x) - 3)
        x[k : k + 3] += random.choice([-2, 2], size=(3, 2))
    return {
        "frequency": make_waves(12, seed, period=4.0),
        "level": [x + 1.5 for x in normal],
        "correlation": [x[:, ::-1] for x in normal],
        "order": [x[::-1] for x in normal],
        "length": make_waves(12, seed, min_length=50, max_length=60),
        "noise": [x + random.normal(0, 0.5, x.shape) for x in normal],
        "burst": bursts,
    }


@every_detector
def test_detectors_find_outliers(cls):
    detector = cls(hidden_size=16, max_epochs=30, random_state=0).fit(make_waves(100))
    normal = detector.score_samples(make_waves(50, seed=2))
    for kind, outliers in make_outliers().items():
        scores = np.r_[normal, detector.score_samples(outliers)]
        is_outlier = np.arange(len(scores)) >= len(normal)
        assert roc_auc_score(is_outlier, -scores) > 0.9, kind


@every_detector
def test_auto_threshold_has_few_false_alarms(cls):
    detector = make(cls, max_epochs=5).fit(make_waves(150))
    normal = make_waves(300, seed=3)
    assert (detector.predict(normal) == -1).mean() < 0.02
    assert (detector.predict([x + 3 for x in normal[:50]]) == -1).all()


@every_detector
def test_methods_agree(cls):
    detector, X = fit_waves(cls)
    scores = detector.score_samples(X)
    assert scores.shape == (len(X),)
    assert scores.dtype == np.float64
    assert (scores <= 0).all()
    assert (detector.decision_function(X) == scores - detector.offset_).all()
    assert (detector.predict(X) == np.where(scores < detector.offset_, -1, 1)).all()
    assert (clone(detector).fit_predict(X) == detector.predict(X)).all()


@every_detector
@pytest.mark.parametrize("contamination", [0.1, 0.25, 0.5])
def test_contamination_is_the_share_of_training_outliers(cls, contamination):
    detector, X = fit_waves(cls, contamination=contamination)
    assert (detector.predict(X) == -1).sum() == contamination * len(X)
    auto, _ = fit_waves(cls)
    assert (auto.score_samples(X) == detector.score_samples(X)).all()


@two_detectors
def test_training_sequences_are_scored_as_if_left_out(cls):
    """A training sequence is not its own neighbor, so its score is not special."""
    detector, X = fit_waves(cls)
    trained, new = (detector.score_samples(part) for part in (X, make_waves(40, seed=5)))
    assert 0.8 < np.median(trained) / np.median(new) < 1.25
    assert trained.max() < -0.1


def test_scores_of_copies_of_a_training_sequence():
    """Only one equal sequence is not a neighbor: frequent sequences are normal."""
    X = make_waves(10) + [make_waves(1, seed=7)[0]] * 10
    detector = make(GRUOutlierDetector).fit(X)
    scores = detector.score_samples(X)
    assert (scores[:10] < -0.1).all()
    assert (scores[10:] > -1e-3).all()


@two_detectors
@pytest.mark.parametrize("form", FORMS)
def test_forms_of_x(cls, form):
    X = make_form(form)
    detector = make(cls).fit(X)
    arrays = [np.asarray(x) for x in X]
    expected = make(cls).fit(arrays).score_samples(arrays)
    np.testing.assert_allclose(detector.score_samples(X), expected, rtol=1e-6)
    steps = detector.step_scores(X)
    if form == "cube":
        assert steps.shape == (24, 12)
    else:
        assert steps.dtype == object
        assert [len(part) for part in steps] == [len(x) for x in arrays]
    assert all((np.asarray(part, dtype=float) <= 0).all() for part in steps)


def test_table_and_frame_of_cells():
    X = np.stack(make_waves(20, n_features=1, min_length=12, max_length=13))
    table = X[:, :, 0]
    detector = make(GRUOutlierDetector).fit(table)
    assert detector.n_features_in_ == 12
    assert detector.step_scores(table).shape == table.shape
    cells = pd.DataFrame({"a": as_cells([*table])})
    scores = make(GRUOutlierDetector).fit(cells).score_samples(cells)
    np.testing.assert_allclose(scores, detector.score_samples(table))


@every_detector
def test_scores_do_not_depend_on_batch_mates_order_and_padding(cls):
    detector, X = fit_waves(cls)
    scores = detector.score_samples(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(detector.score_samples([X[i] for i in order]), scores[order])
    alone = [detector.score_samples([x])[0] for x in X[:5]]
    np.testing.assert_allclose(alone, scores[:5], rtol=1e-6)
    steps = detector.step_scores(X)
    np.testing.assert_allclose(detector.step_scores(X[3:4])[0], steps[3], rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(0, 10**6))
def test_scores_are_finite_and_row_independent(lengths, seed):
    detector, _ = fitted_once()
    random = np.random.default_rng(seed)
    X = [random.normal(size=(n, 2)) * 10 ** random.uniform(-3, 6) for n in lengths]
    together = detector.score_samples(X)
    assert np.isfinite(together).all()
    assert (together < 0).all()
    for x, score, steps in zip(X, together, detector.step_scores(X), strict=True):
        np.testing.assert_allclose(detector.score_samples([x])[0], score, rtol=1e-5)
        assert steps.shape == (len(x),)
        assert np.isfinite(steps).all()


def test_step_scores_show_the_outlying_steps():
    detector = GRUOutlierDetector(hidden_size=16, random_state=0).fit(make_waves(80))
    for k in (0, 1, 6, 9):
        x = make_waves(1, seed=9)[0]
        before = detector.step_scores([x])[0]
        x[k] += 3
        found = detector.step_scores([x])[0]
        assert int(found.argmin()) == k
        # Earlier steps are forecast from what is before them.
        np.testing.assert_allclose(found[:k], before[:k], rtol=1e-3)


def test_usual_step_scores_are_about_minus_one():
    detector = GRUOutlierDetector(hidden_size=16, random_state=0).fit(make_waves(80))
    assert -1.3 < np.concatenate(detector.step_scores(make_waves(80, seed=8))).mean() < -0.7


@every_detector
def test_forecasts_do_not_depend_on_later_steps(cls):
    detector, X = fit_waves(cls)
    whole = detector.step_scores(X[:1])[0]
    part = detector.step_scores([X[0][:6]])[0]
    np.testing.assert_allclose(part, whole[:6], rtol=1e-4)


@pytest.mark.parametrize("method", COPY_METHODS)
@every_detector
def test_copies_score_the_same(cls, method):
    detector, X = fit_waves(cls)
    copy = COPY_METHODS[method](detector)
    assert (copy.score_samples(X) == detector.score_samples(X)).all()
    assert copy.offset_ == detector.offset_
    assert copy.get_params() == detector.get_params()


@every_detector
def test_global_state_and_seeds(cls):
    X, found = make_waves(), []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        before = global_state()
        detector = make(cls, dropout=0.3, early_stopping=True).fit(X)
        found.append(detector.score_samples(X))
        detector.step_scores(X)
        assert global_state() == before
    assert (found[0] == found[1]).all()


def test_constant_features():
    """A change of a feature that was constant in training is found, whatever its size."""
    for value in (0.0, 1e-6, 0.1, 5.0, 1e9):
        X = [np.column_stack([x, np.full(len(x), value)]) for x in make_waves()]
        detector = make(GRUOutlierDetector).fit(X)
        changed = [x.copy() for x in make_form("ragged", 5, seed=4)]
        normal = [np.column_stack([x, np.full(len(x), value)]) for x in changed]
        other = [
            np.column_stack([x, np.full(len(x), 2 * value + (value == 0))]) for x in changed
        ]
        assert (detector.predict(normal) == 1).all(), value
        assert (detector.predict(other) == -1).all(), value
        assert np.isfinite(detector.score_samples(other)).all()


def test_all_sequences_equal():
    X = [np.ones((5, 1))] * 6
    detector = make(GRUOutlierDetector).fit(X)
    assert (detector.score_samples(X) == 0).all()
    assert (detector.predict(X) == 1).all()
    assert detector.predict([np.full((5, 1), 2.0)]).tolist() == [-1]


@two_detectors
def test_single_steps(cls):
    """Sequences of one step have finite scores, also in training."""
    detector, _ = fit_waves(cls)
    assert np.isfinite(detector.score_samples([np.zeros((1, 2))])).all()
    X = [x[:1] for x in make_waves()]
    detector = make(cls).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert detector.predict([np.full((1, 2), 50.0)]).tolist() == [-1]


@two_detectors
def test_missing_values(cls):
    random = np.random.default_rng(0)
    X = make_waves(60)
    for x in X:
        x[random.uniform(size=x.shape) < 0.1] = np.nan
    X[3][4] = np.nan  # a step without known values
    detector = make(cls, missing="mask", max_epochs=20).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()
    assert detector.step_scores(X)[3][4] == 0
    assert np.isfinite(detector.score_samples([np.full((3, 2), np.nan)])).all()
    assert (detector.predict([x + 3 for x in X[:10]]) == -1).all()


@two_detectors
def test_transform_is_the_space_of_the_distances(cls):
    detector, X = fit_waves(cls)
    features = detector.transform(X)
    assert features.shape == (len(X), len(detector.get_feature_names_out()))
    distances = np.linalg.norm(features[:, None] - features[None], axis=2)
    distances.sort(axis=1)
    expected = -distances[:, 1 : 1 + detector.n_neighbors].mean(axis=1)
    np.testing.assert_allclose(detector.score_samples(X), expected, rtol=1e-6)


def test_more_neighbors_than_sequences():
    X = make_waves(4)
    detector = make(GRUOutlierDetector, n_neighbors=50).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()


def test_many_sequences_are_compared_with_a_part(monkeypatch):
    monkeypatch.setattr("skseq.detection.sample.MAX_REFERENCES", 15)
    monkeypatch.setattr("skseq.estimators.sequence_errors.SEQUENCES_AT_ONCE", 7)
    detector, X = fit_waves(GRUOutlierDetector, contamination=0.1)
    assert len(detector.neighbors_.points) == 15
    assert (detector.predict(X) == -1).sum() == 4


def test_chunks_do_not_change_scores(monkeypatch):
    detector, X = fit_waves(GRUOutlierDetector)
    expected = detector.score_samples(X)
    monkeypatch.setattr("skseq.estimators.sequence_errors.SEQUENCES_AT_ONCE", 7)
    again, _ = fit_waves(GRUOutlierDetector)
    np.testing.assert_allclose(again.score_samples(X), expected, rtol=1e-6)


def test_views_of_sequences():
    """Selected sequences are read where they are stored."""
    stored = Sequences.from_list(make_waves())
    detector = make(GRUOutlierDetector).fit(stored[10:30])
    expected = make(GRUOutlierDetector).fit(stored[10:30].to_list())
    assert (
        detector.score_samples(stored) == expected.score_samples(stored.to_list())
    ).all()


def test_a_few_long_sequences():
    X = make_waves(4, min_length=600, max_length=700)
    detector = make(GRUOutlierDetector).fit(X)
    assert np.isfinite(detector.score_samples(X)).all()


def test_japanese_vowels():
    """An unknown speaker is found without labels."""
    data = skseq.datasets.load_japanese_vowels(split="train")
    X, y = data.data, data.target
    is_known = y != "1"
    known = np.flatnonzero(is_known)
    train, test = known[known % 30 < 20], known[known % 30 >= 20]
    detector = GRUOutlierDetector(random_state=0, max_epochs=20).fit(X[train])
    scores = detector.score_samples(X)
    rows = np.r_[test, np.flatnonzero(~is_known)]
    assert roc_auc_score(~is_known[rows], -scores[rows]) > 0.9
