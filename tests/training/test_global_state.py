"""Calls neither read nor change global settings and random states."""

# ruff: noqa: NPY002 - numpy's global state is what must not change

import warnings

import numpy as np
import pytest
import torch

from skseq import GRUClassifier, LSTMClassifier, LSTMRegressor, TransformerClassifier
from skseq.exceptions import DivergenceError


def global_state():
    """Return the global state that no call may change."""
    return {
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "cudnn.benchmark": torch.backends.cudnn.benchmark,
        "cudnn.deterministic": torch.backends.cudnn.deterministic,
        "cudnn.tf32": torch.backends.cudnn.allow_tf32,
        "matmul precision": torch.get_float32_matmul_precision(),
        "default dtype": torch.get_default_dtype(),
        "default device": torch.get_default_device(),
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "denormals": float(torch.tensor(2e-38) * 0.25),
        "anomaly": torch.is_anomaly_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "torch random": torch.get_rng_state().tolist(),
        "numpy random": [str(part) for part in np.random.get_state(legacy=True)],
        "numpy errors": np.geterr(),
        "warnings": list(warnings.filters),
    }


class TestGlobalState:
    """Calls neither read nor change global settings."""

    @pytest.fixture(autouse=True)
    def _unusual_settings(self):
        """Settings that differ from all defaults, so that resetting them is detected."""
        threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
        errors = np.seterr(divide="raise", under="warn")
        torch.set_num_threads(3)
        torch.set_float32_matmul_precision("high")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = True
        yield
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(False)
        torch.set_float32_matmul_precision(precision)
        torch.set_num_threads(threads)
        np.seterr(**errors)

    @pytest.fixture
    def data(self):
        rng = np.random.default_rng(0)
        return rng.normal(size=(24, 6, 2)), np.arange(24) % 2

    @pytest.mark.parametrize("cls", [LSTMClassifier, TransformerClassifier])
    @pytest.mark.parametrize("precision", ["float32", "bfloat16"])
    def test_calls_change_no_global_state(self, cls, precision, data):
        clf = cls(
            hidden_size=8,
            max_epochs=2,
            dropout=0.3,
            pooling="attention",
            early_stopping=True,
            precision=precision,
            random_state=0,
        )
        before = global_state()
        clf.fit(*data)
        assert global_state() == before
        clf.predict_proba(data[0])
        clf.partial_fit(*data)
        assert global_state() == before

    def test_failed_fit_changes_no_global_state(self, data):
        before = global_state()
        with pytest.raises(DivergenceError):
            LSTMRegressor(lr=1e30, max_epochs=5, max_grad_norm=None, random_state=0).fit(
                data[0], np.arange(24.0)
            )
        assert global_state() == before

    def test_model_does_not_depend_on_the_global_random_state(self, data):
        clf = LSTMClassifier(hidden_size=8, max_epochs=2, dropout=0.3, random_state=0)
        first = clf.fit(*data).decision_function(data[0])
        torch.rand(5)
        np.random.rand(5)
        assert (clf.fit(*data).decision_function(data[0]) == first).all()

    @pytest.mark.parametrize(
        "clf",
        [
            LSTMClassifier(hidden_size=8, max_epochs=2, random_state=0),
            GRUClassifier(hidden_size=8, max_epochs=2, random_state=0),
            TransformerClassifier(
                hidden_size=8, max_epochs=2, positions="sinusoidal", random_state=0
            ),
        ],
        ids=lambda clf: type(clf).__name__,
    )
    def test_default_dtype_may_be_double(self, clf, data):
        torch.set_default_dtype(torch.float64)
        try:
            hidden = clf.fit(*data).transform(data[0])
        finally:
            torch.set_default_dtype(torch.float32)
        assert hidden.dtype == np.float32
        np.testing.assert_allclose(clf.transform(data[0]), hidden, rtol=0, atol=1e-6)

    def test_training_does_not_depend_on_the_gradient_mode(self, data):
        clf = LSTMClassifier(hidden_size=8, max_epochs=2, random_state=0)
        expected = clf.fit(*data).decision_function(data[0])
        with torch.no_grad():
            clf.fit(*data)
        assert (clf.decision_function(data[0]) == expected).all()
