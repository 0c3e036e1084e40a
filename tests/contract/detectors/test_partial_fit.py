"""Incremental training of outlier detectors: network, scores and threshold."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

import skseq
from skseq import GRUOutlierDetector, Sequences
from skseq.exceptions import DivergenceError, FileFormatError

from ..cases import FORMS, make
from ..probes import COPY_METHODS, EXPLODE, save_changed
from .cases import every_detector, every_recurrent, fit_waves, make_form, make_waves


def split(X, n=4):
    """Return parts of a list of sequences."""
    return [[X[i] for i in rows] for rows in np.array_split(np.arange(len(X)), n)]


@every_detector
def test_outliers_are_found(cls):
    detector = cls(hidden_size=16, random_state=0)
    for part in split(make_waves(120), 12) * 3:
        detector.partial_fit(part)
    normal, fast = make_waves(50, seed=2), make_waves(20, seed=2, period=4.0)
    scores = detector.score_samples([*normal, *fast])
    assert roc_auc_score(np.arange(70) >= 50, -scores) > 0.9
    assert (detector.predict(normal) == 1).mean() > 0.9


@every_detector
def test_contamination_is_the_share_of_all_sequences(cls):
    X = make_waves(80)
    detector = make(cls, contamination=0.1)
    for k, part in enumerate(split(X), start=1):
        detector.partial_fit(part)
        assert (detector.predict(X[: 20 * k]) == -1).sum() == 2 * k
    assert detector.n_iter_ == 4
    assert detector.fit(X[:20]).n_iter_ == 2  # fit starts again
    assert len(detector.sample_) == 20


@every_detector
def test_scores_are_distances_to_the_sequences_of_all_calls(cls):
    detector, X = fit_waves(cls)
    scale, before = detector.scaler_, detector.score_samples(X)
    more = make_waves(30, seed=3)
    assert detector.partial_fit(more) is detector
    assert detector.scaler_ is scale
    assert not np.allclose(detector.score_samples(X), before)
    points = detector.transform([*X, *more])
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    distances.sort(axis=1)
    expected = -distances[:, 1 : 1 + detector.n_neighbors].mean(axis=1)
    scores = detector.score_samples([*X, *more])
    np.testing.assert_allclose(scores, expected, rtol=1e-6)
    # The features are standardized, and so are the errors, of the current network.
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-6)
    steps = np.concatenate(detector.step_scores([*X, *more]))
    assert -1.3 < steps.mean() < -0.7


def test_several_passes_keep_each_sequence_once():
    X = make_waves(20)
    detector = make(GRUOutlierDetector).partial_fit(X)
    for part in [*split(X), X]:
        detector.partial_fit(part)
    assert len(detector.sample_) == detector.sample_.n_seen == 20
    # Copies within one call are frequent sequences.
    detector.partial_fit([X[0]] * 4)
    assert len(detector.sample_) == 23


def test_a_new_kind_of_sequences_becomes_normal():
    detector = make(GRUOutlierDetector, max_epochs=5).fit(make_waves(60))
    new = make_waves(60, seed=4, period=4.0)
    assert (detector.predict(new[40:]) == -1).mean() > 0.5
    for part in split(new[:40]):
        detector.partial_fit(part)
    assert (detector.predict(new[40:]) == 1).all()


@every_detector
def test_calls_are_reproducible_and_can_be_copied(cls):
    first, second, third = split(make_waves(60), 3)
    detector = make(cls).partial_fit(first, np.arange(20) % 3).partial_fit(second)
    again = clone(detector).partial_fit(first).partial_fit(second)
    assert (again.score_samples(third) == detector.score_samples(third)).all()
    assert again.offset_ == detector.offset_
    for copy_method in COPY_METHODS.values():
        copied = copy_method(detector).partial_fit(third)
        expected = copy_method(detector).partial_fit(third)
        assert (copied.score_samples(first) == expected.score_samples(first)).all()
        assert copied.offset_ == expected.offset_
    unchanged = again.score_samples(third)
    assert (detector.score_samples(third) == unchanged).all()


@pytest.mark.parametrize("method", COPY_METHODS)
def test_copies_continue_like_the_original(method):
    detector, X = fit_waves(GRUOutlierDetector)
    copied = COPY_METHODS[method](detector)
    more = make_waves(20, seed=5)
    expected = detector.partial_fit(more).score_samples(X)
    assert (copied.partial_fit(more).score_samples(X) == expected).all()


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_x(form):
    X = make_form(form)
    arrays = [np.asarray(x) for x in X]
    detector = make(GRUOutlierDetector).partial_fit(X).partial_fit(X)
    expected = make(GRUOutlierDetector).partial_fit(arrays).partial_fit(arrays)
    np.testing.assert_allclose(
        detector.score_samples(X), expected.score_samples(arrays), rtol=1e-6
    )


@every_recurrent
def test_stream_equals_the_detector(cls):
    detector, X = fit_waves(cls)
    old = detector.stream()
    before = detector.score_samples([X[0][:1]])
    detector.partial_fit(make_waves(20, seed=6))
    stream = detector.stream()
    for t, x_t in enumerate(X[0]):
        expected = detector.score_samples([X[0][: t + 1]])
        np.testing.assert_allclose(stream.score_samples(x_t), expected, rtol=1e-4)
    # An earlier stream does not change.
    np.testing.assert_allclose(old.score_samples(X[0][0]), before, rtol=1e-4)


@every_detector
def test_failing_calls_change_nothing(cls):
    detector, X = fit_waves(cls)
    before, expected = dict(vars(detector)), detector.score_samples(X)
    missing = make_waves(5)
    missing[2][1, 0] = np.nan
    for wrong in (missing, make_waves(5, n_features=3), [], ["a"]):
        with pytest.raises(ValueError):
            detector.partial_fit(wrong)
    detector.set_params(**EXPLODE)
    with pytest.raises(DivergenceError):
        detector.partial_fit(X)
    detector.set_params(**{name: before[name] for name in EXPLODE})
    assert vars(detector) == before
    detector.set_params(contamination=0.001)
    with pytest.raises(ValueError, match=r"contamination=0\.001 of 45 sequences"):
        detector.partial_fit(make_waves(5, seed=7))
    detector.set_params(contamination="auto")
    assert vars(detector) == before
    assert (detector.score_samples(X) == expected).all()


@every_detector
def test_number_of_sequences(cls):
    """The first call compares its sequences with each other, later ones with earlier ones."""
    detector = make(cls)
    with pytest.raises(ValueError, match="minimum of 2 is required"):
        detector.partial_fit(make_waves(1))
    with pytest.raises(ValueError, match=r"contamination=0\.1 of 5 sequences"):
        make(cls, contamination=0.1).partial_fit(make_waves(5))
    with pytest.raises(NotFittedError):
        detector.predict(make_waves(1))
    detector.partial_fit(make_waves(3)).partial_fit(make_waves(1, seed=1))
    assert len(detector.sample_) == 4


def test_many_sequences_are_sampled(monkeypatch):
    monkeypatch.setattr("skseq.detection.sample.MAX_REFERENCES", 30)
    detector, X = fit_waves(GRUOutlierDetector, contamination=0.1)  # 40 sequences
    values = detector.sample_.values
    for seed in range(3):
        detector.partial_fit(make_waves(20, seed=10 + seed))
    assert len(detector.sample_) == len(detector.neighbors_.points) == 30
    assert detector.sample_.n_seen == 100
    kept = detector.sample_.sequences
    assert (detector.predict(kept) == -1).sum() == 3
    firsts = {x[0, 0] for x in X}
    assert 3 < sum(x[0, 0] in firsts for x in kept) < 25  # 12 on average
    assert values.base is None or not np.shares_memory(values, X[0])


def test_sequences_are_copied():
    X = Sequences.from_list(make_waves())
    values = np.array(X.values)
    detector = make(GRUOutlierDetector).fit(Sequences(values, X.lengths))
    more = make_waves(10, seed=1)
    expected = make(GRUOutlierDetector).fit(X).partial_fit(more).score_samples(X)
    values[:] = 0
    assert (detector.partial_fit(more).score_samples(X) == expected).all()


def test_missing_values():
    X = make_waves(30)
    for x in X:
        x[3, 1] = np.nan
    detector = make(GRUOutlierDetector, missing="mask").partial_fit(X[:20])
    detector.partial_fit(X[20:])
    assert np.isfinite(detector.score_samples(X)).all()


def test_damaged_files_raise(tmp_path):
    detector, _ = fit_waves(GRUOutlierDetector)
    sample, place = detector.sample_, tmp_path / "model"
    for entry, value in {
        "values": sample.values[1:],
        "lengths": sample.lengths[1:],
        "n_seen": 3,
    }.items():
        save_changed(detector, place, {f"state/sample_/{entry}": value})
        with pytest.raises(FileFormatError):
            skseq.load(place)
