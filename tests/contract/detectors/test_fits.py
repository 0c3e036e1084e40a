"""Training of outlier detectors, their parameters and errors."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

import skseq
from skseq import GRUOutlierDetector, TransformerOutlierDetector
from skseq.architectures import ArchitectureParameters
from skseq.estimators import SequenceOutlierDetector, sequence_base
from skseq.estimators.validation import validate_sequences
from skseq.exceptions import DivergenceError, FileFormatError, InterruptedFitWarning
from skseq.inputs import NumericInputs
from skseq.networks import TransformerEncoder
from skseq.preprocessing import PerStep
from skseq.tasks import OutlierDetection
from skseq.training import SequenceTraining

from ..cases import as_cells, make
from ..probes import (
    EXPLODE,
    MISSING,
    CtrlC,
    FailingCallback,
    find_checkpoints,
    save_changed,
)
from .cases import every_detector, fit_waves, make_waves, two_detectors


def raises(X, *patterns, cls=GRUOutlierDetector, **params):
    """Assert that `fit` raises a ValueError whose message matches all patterns."""
    with pytest.raises(ValueError) as caught:
        make(cls, **params).fit(X)
    for pattern in patterns:
        assert re.search(pattern, str(caught.value)), f"{pattern!r} not in {caught.value}"


@every_detector
def test_network_is_trained_without_labels(cls):
    detector, X = fit_waves(cls, max_epochs=30, lr=0.01)
    losses = detector.history_["train_loss"]
    assert losses.iloc[-1] < 0.5 * losses.iloc[0]
    assert detector.summary(10).index[-1] == "total"
    assert len(detector.trace(X[:2]).states) == 2
    assert len(detector.trace(X[:2], y=True).gradients) == 2


@every_detector
def test_forecasts_are_those_of_the_next_step(cls):
    """The forecasts of a period of 4 steps, one step late, would be far off."""
    X = make_waves(80, period=4.0)
    detector = make(cls, hidden_size=16, max_epochs=60, lr=0.01).fit(X)
    assert (detector.error_scale_.scale < 0.4).all()  # 1 for a constant forecast


def test_targets_end_with_the_sequence():
    detector, X = fit_waves(GRUOutlierDetector)
    sequences = skseq.Sequences.from_list(X)
    targets = detector._encode_targets(sequences)
    assert np.isnan(targets.values[np.cumsum(sequences.lengths) - 1]).all()
    numeric = detector.scaler_
    for i in (0, 5, len(X) - 1):
        found = targets.take([i]).pad([0])[0][0, :-1]
        np.testing.assert_allclose(
            found, (X[i][1:] - numeric.mean) / numeric.scale, rtol=1e-5, atol=1e-6
        )


@every_detector
def test_fit_is_idempotent_and_ignores_y(cls):
    detector, X = fit_waves(cls)
    expected = detector.score_samples(X)
    assert (detector.fit(X, np.arange(len(X))).score_samples(X) == expected).all()


@two_detectors
def test_early_stopping_and_warm_start(cls):
    detector, X = fit_waves(cls, early_stopping=True, max_epochs=4, warm_start=True)
    assert {"valid_loss", "valid_score"} <= set(detector.history_)
    assert detector.valid_loss_ > 0
    first = detector.loss_
    assert detector.set_params(max_epochs=10).fit(X).loss_ < first


def test_early_stopping_is_automatic_for_many_sequences():
    X = np.random.default_rng(0).normal(size=(2000, 3, 1))
    detector = make(GRUOutlierDetector, batch_size=200).fit(X)
    assert detector.valid_loss_ is not None


def test_callbacks_and_checkpoint(tmp_path):
    class Count(Callback):
        def on_epoch_end(self, net, **kwargs):
            count.append(net.history[-1, "train_loss"])

    count = []
    fit_waves(GRUOutlierDetector, callbacks=[Count()])
    assert len(count) == 2
    expected, X = fit_waves(GRUOutlierDetector, checkpoint=tmp_path)
    assert len(find_checkpoints(tmp_path)) == 1
    again, _ = fit_waves(GRUOutlierDetector, checkpoint=tmp_path)
    assert (again.score_samples(X) == expected.score_samples(X)).all()
    other = make(GRUOutlierDetector, checkpoint=tmp_path).fit([x + x**2 for x in X])
    assert len(find_checkpoints(tmp_path)) == 2
    assert not (other.score_samples(X) == expected.score_samples(X)).any()


@two_detectors
def test_failing_fit_changes_nothing(cls):
    detector, X = fit_waves(cls)
    expected, before = detector.score_samples(X), dict(vars(detector))
    for params, error in (
        (EXPLODE, DivergenceError),
        ({"callbacks": [FailingCallback(2)]}, OSError),
        ({"contamination": 0.001}, ValueError),
    ):
        failing = make(cls, **params)
        with pytest.raises(error):
            failing.fit(X)
        with pytest.raises(NotFittedError):
            failing.predict(X)
        detector.set_params(**params)
        with pytest.raises(error):
            detector.fit(X)
        detector.set_params(**{name: before[name] for name in params})
        assert vars(detector) == before
        assert (detector.score_samples(X) == expected).all()


def test_interrupted_fit_can_score():
    X = make_waves()
    detector = make(GRUOutlierDetector, max_epochs=5, callbacks=[CtrlC(2)])
    with pytest.warns(InterruptedFitWarning):
        detector.fit(X)
    assert np.isfinite(detector.score_samples(X)).all()


@every_detector
@pytest.mark.parametrize(
    ("name", "value"), [("stem", 1), ("patch_size", 2), ("patch_size", "auto")]
)
def test_parameters_that_use_the_forecast_step_raise(cls, name, value):
    needed = {"stem": 0, "patch_size": 1}[name]
    raises(
        make_waves(),
        f"{name}={value!r} would use",
        f"Set {name}={needed}",
        cls=cls,
        **{name: value},
    )


def test_bidirectional_raises():
    raises(
        make_waves(),
        "bidirectional=True would use",
        "Set bidirectional=False",
        bidirectional=True,
    )


def test_contamination_that_flags_nothing_raises():
    raises(
        make_waves(),
        r"contamination=0\.01 of 40 sequences is less than one.*0\.025",
        contamination=0.01,
    )


def test_single_sequence_raises():
    raises(make_waves(1), r"1 sample\(s\).*minimum of 2 is required", "GRUAnomalyDetector")


def test_message_names_the_detector_of_the_same_architecture():
    with pytest.raises(ValueError, match=r"such as TransformerAnomalyDetector\."):
        make(TransformerOutlierDetector).fit(make_waves(1))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_sequences_are_read_once(method, monkeypatch):
    calls = []

    def count(*args, **options):
        calls.append(options)
        return validate_sequences(*args, **options)

    monkeypatch.setattr(sequence_base, "validate_sequences", count)
    detector = make(GRUOutlierDetector, max_epochs=1)
    getattr(detector, method)(make_waves())
    assert len(calls) == 1
    detector.partial_fit(make_waves())
    assert len(calls) == 2


def test_rows_of_a_series_raise():
    """A table is read as sequences, but its index says when rows are time steps."""
    values = np.random.default_rng(0).normal(size=(20, 3))
    times = pd.date_range("2024-01-01", periods=20, freq="D")
    raises(pd.DataFrame(values, index=times), "GRUAnomalyDetector", "times as index")
    raises(pd.DataFrame(values, index=times.to_period("D")), "GRUAnomalyDetector")
    index = pd.MultiIndex.from_product([["a", "b"], range(10)], names=["shop", "day"])
    raises(
        pd.DataFrame(values, index=index),
        r"MultiIndex with the levels \['shop', 'day'\]",
        "GRUAnomalyDetector",
        "Sequences.from_frame",
    )
    detector = make(GRUOutlierDetector).fit(pd.DataFrame(values))
    assert detector.n_features_in_ == 3
    with pytest.raises(ValueError, match="times as index, as time steps.*reset_index"):
        detector.predict(pd.DataFrame(values, index=times))
    cells = pd.DataFrame({"wave": as_cells([*values])}, index=times)
    assert make(GRUOutlierDetector).fit(cells).n_features_in_ == 1


def test_missing_and_infinite_values_raise():
    X = make_waves()
    X[4][1, 1] = np.nan
    raises(X, "NaN", "sequence 4")
    X[4][1, 1] = np.inf
    raises(X, "infinity", "sequence 4", missing="mask")
    detector, X = fit_waves(GRUOutlierDetector)
    X[0][0, 0] = np.nan
    for method in (
        "score_samples",
        "step_scores",
        "predict",
        "decision_function",
        "transform",
    ):
        with pytest.raises(ValueError, match="NaN"):
            getattr(detector, method)(X)


def test_other_number_of_features_raises():
    detector, _ = fit_waves(GRUOutlierDetector)
    with pytest.raises(
        ValueError, match="X has 3 features, but GRUOutlierDetector is expecting 2"
    ):
        detector.predict(make_waves(n_features=3))


def test_text_and_categories_raise():
    raises([["a", "b"], ["a"]], "GRUOutlierDetector reads only|not a number")
    frames = [pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})] * 3
    raises(frames, "b|x")


@every_detector
@pytest.mark.parametrize("value", [1e12, 1e20, 3e38, -3e38])
def test_absurd_values_are_outliers(cls, value):
    detector, X = fit_waves(cls)
    usual = detector.score_samples(X[1:3])
    changed = [X[0].copy(), *X[1:3]]
    changed[0][4, 1] = value
    scores, steps = detector.score_samples(changed), detector.step_scores(changed)[0]
    assert np.isfinite(scores).all()
    assert np.isfinite(steps).all()
    assert scores[0] < 1e6 * detector.offset_
    assert steps.argmin() == 4
    np.testing.assert_allclose(scores[1:], usual, rtol=1e-6)
    changed[0][4, 1] = 1e39
    with pytest.raises(ValueError, match="too large: sequence 0, step 4, feature 1"):
        detector.score_samples(changed)


@every_detector
def test_unfitted_detector_raises(cls):
    detector = make(cls)
    for method in (
        "predict",
        "score_samples",
        "step_scores",
        "transform",
        "stream",
        "summary",
    ):
        arguments = [] if method == "stream" else [make_waves(2)]
        with pytest.raises(NotFittedError):
            getattr(detector, method)(*arguments)


def test_onnx_raises(tmp_path):
    detector, _ = fit_waves(GRUOutlierDetector)
    with pytest.raises(TypeError, match="GRUOutlierDetector cannot be exported to ONNX"):
        detector.to_onnx(tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_damaged_files_raise(tmp_path):
    detector, _ = fit_waves(GRUOutlierDetector)
    place = tmp_path / "model"
    for entry, value in {
        "state/offset_": 1.0,
        "state/neighbors_": MISSING,
        "state/neighbors_/scale": np.zeros(len(detector.neighbors_.scale)),
        "state/neighbors_/points": detector.neighbors_.points[:, 1:],
        "state/error_scale_/scale": np.array([1.0]),
        "state/error_scale_/is_constant": np.array([0.0, 1.0]),
    }.items():
        save_changed(detector, place, {entry: value})
        with pytest.raises(FileFormatError):
            skseq.load(place)


def test_pipeline():
    X = make_waves()
    pipeline = make_pipeline(
        PerStep(StandardScaler()), make(GRUOutlierDetector, scale=False)
    )
    expected = make(GRUOutlierDetector).fit(X).score_samples(X)
    np.testing.assert_allclose(pipeline.fit(X).score_samples(X), expected, rtol=1e-3)


@dataclass(kw_only=True, eq=False, repr=False)
class NotCausalDetector(
    OutlierDetection,
    ArchitectureParameters,
    SequenceTraining,
    NumericInputs,
    SequenceOutlierDetector,
):
    """A detector whose encoder reads later steps."""

    def build(self, n_features):
        return TransformerEncoder(n_features, 8)


def test_custom_encoder_must_be_causal():
    detector = NotCausalDetector(hidden_size=8, stem=0, patch_size=1)
    with pytest.raises(TypeError, match="states of TransformerEncoder may depend on later"):
        detector.fit(make_waves())


def test_causal_attention_of_the_transformer():
    detector, _ = fit_waves(TransformerOutlierDetector)
    assert detector.net_.module_.encoder.is_causal
    estimator = make(skseq.TransformerStepRegressor)
    assert not estimator.build(2).is_causal
