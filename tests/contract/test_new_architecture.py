"""A new architecture needs an encoder, an architecture class and one leaf for each task.

The module below follows the recipe in CONTRIBUTING.md. Its estimators must pass the contract
tests of the public estimators, without a change of skseq.
"""

import importlib
import pickle
import sys

import numpy as np
import onnxruntime
import pytest
import torch
from sklearn.utils.estimator_checks import check_estimator

import skseq

from . import (
    test_check_estimator,
    test_determinism,
    test_invariance,
    test_save,
    test_structure,
    test_summary,
    test_to_onnx,
    test_trace,
    test_training,
    test_transform,
)
from .borrowing import joined, list_contract_tests
from .cases import (
    ALL_ESTIMATORS,
    CLASSIFIERS,
    CUSTOM,
    ESTIMATORS,
    FORECASTERS,
    OUTLIER_DETECTORS,
    REGRESSORS,
    make,
    make_X,
    make_y,
)
from .forecasting import cases as forecasting
from .forecasting import test_no_look_ahead, test_state
from .forecasting import test_trace as test_trace_of_forecasters

SOURCE = '''
"""Temporal convolution networks (Bai et al., 2018, https://arxiv.org/abs/1803.01271)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from sklearn.utils._param_validation import Interval
from numbers import Integral
from torch import nn
from torch.nn import functional as F

from skseq.architectures import ArchitectureParameters
from skseq.estimators import NetworkForecaster, SequenceEstimator
from skseq.forecasting import ForecastTraining
from skseq.inputs import CovariateInputs, StepInputs
from skseq.networks import Dropout, Encoder, Layer
from skseq.tasks import Classification, Forecasting, Regression
from skseq.training import SequenceTraining


class ConvolutionEncoder(Encoder):
    """Dilated causal convolutions with residual connections."""

    is_causal = True
    has_probes = True

    def __init__(self, n_features, width, n_layers, kernel_size, dropout):
        super().__init__()
        self.width, self.n_layers = width, n_layers
        self.project = nn.Linear(n_features, width)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, width, kernel_size, dilation=2**k) for k in range(n_layers)
        )
        self.dropout = Dropout(dropout)

    def forward(self, x, lengths=None):
        x = self.project(x)
        for convolution in self.convolutions:
            x = self._convolve(convolution, x)
        return x

    def probe(self, x, lengths, probes):
        x = self.project(x)
        for convolution, added in zip(self.convolutions, probes, strict=True):
            x = self._convolve(convolution, x) + added
        return x

    def describe(self, n_steps):
        shape, numbers = (n_steps, self.width), self.project.weight.numel()
        flops = 2 * n_steps * numbers
        layers = [Layer("encoder.project", "Linear", shape, [self.project], flops)]
        for k, convolution in enumerate(self.convolutions):
            flops = 2 * n_steps * convolution.weight.numel()
            layers.append(Layer(f"encoder.{k}", "Conv1d", shape, [convolution], flops))
        return layers

    def export(self, graph, steps):
        weight, bias = self.project.weight, self.project.bias
        x = graph.add("MatMul", steps.x, graph.constant(weight.T))
        x = graph.add("Add", x, graph.constant(bias))
        for layer in self.convolutions:
            pads = [self._reach(layer), 0]
            y = graph.add("Transpose", x, perm=[0, 2, 1])
            weight, bias = graph.constant(layer.weight), graph.constant(layer.bias)
            y = graph.add("Conv", y, weight, bias, pads=pads, dilations=layer.dilation)
            y = graph.add("Relu", graph.add("Transpose", y, perm=[0, 2, 1]))
            x = graph.add("Add", x, y)
        return steps._replace(x=x)

    def initial_state(self, batch_size):
        zeros = self.project.weight.new_zeros
        return [zeros(batch_size, self._reach(c), self.width) for c in self.convolutions]

    def step(self, x_t, state):
        x, new = self.project(x_t)[:, None], []
        for convolution, past in zip(self.convolutions, state, strict=True):
            window = torch.cat([past, x], dim=1)  # (batch, reach + 1, width)
            new.append(window[:, 1:])
            x = x + F.relu(convolution(window.transpose(1, 2)).transpose(1, 2))
        return x[:, 0], new

    def _reach(self, convolution):
        return (convolution.kernel_size[0] - 1) * convolution.dilation[0]

    def _convolve(self, convolution, x):
        past = F.pad(x, (0, 0, self._reach(convolution), 0))
        return x + self.dropout(F.relu(convolution(past.transpose(1, 2)).transpose(1, 2)))


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionParameters:
    """Parameters of temporal convolution networks."""

    kernel_size: int = 3

    _parameter_constraints: ClassVar[dict] = {
        "kernel_size": [Interval(Integral, 1, None, closed="left")]
    }
    _parameter_docs: ClassVar[dict] = {
        "kernel_size": """int, default=3
Number of steps of a kernel."""
    }


class ConvolutionArchitecture(ConvolutionParameters, ArchitectureParameters):
    """Temporal convolution network."""

    def build(self, n_features):
        """Return the encoder."""
        return ConvolutionEncoder(
            n_features, self.hidden_size, self.num_layers, self.kernel_size, self.dropout
        )


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionClassifier(
    Classification,
    ConvolutionArchitecture,
    SequenceTraining,
    StepInputs,
    SequenceEstimator,
):
    """Classify sequences with a temporal convolution network."""

    stem: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionRegressor(
    Regression, ConvolutionArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers for whole sequences with a temporal convolution network."""

    stem: int = 0


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionForecaster(
    Forecasting,
    ConvolutionArchitecture,
    ForecastTraining,
    CovariateInputs,
    NetworkForecaster,
):
    """Forecast time series with a temporal convolution network."""

    stem: int = 0
    pooling: str = "last"
'''

LEAVES = ["ConvolutionClassifier", "ConvolutionRegressor", "ConvolutionForecaster"]
SEQUENCE_LEAVES = LEAVES[:2]
MODULES = [
    *(test_determinism, test_invariance, test_save, test_structure, test_summary),
    *(test_trace, test_training, test_transform),
    *(test_no_look_ahead, test_state, test_trace_of_forecasters),
]
# Bit for bit, with sizes that are not multiples of 4: only with the kernels of skseq.
EXCLUDED = {"test_odd_sizes"}
# Which leaves join the public classes over which a contract test is parametrized.
FAMILIES = [
    (ESTIMATORS, SEQUENCE_LEAVES),
    (ALL_ESTIMATORS, SEQUENCE_LEAVES),
    (CLASSIFIERS, LEAVES[:1]),
    (REGRESSORS, LEAVES[1:2]),
    (forecasting.NETS, LEAVES[2:]),
    (FORECASTERS, LEAVES[2:]),
    (ALL_ESTIMATORS + FORECASTERS + CUSTOM + OUTLIER_DETECTORS, LEAVES),
]


@pytest.fixture(scope="module")
def convolutions(tmp_path_factory):
    """Write and import the module; return it."""
    folder = tmp_path_factory.mktemp("convolutions")
    (folder / "skseq_convolutions.py").write_text(SOURCE, "utf-8")
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("skseq_convolutions")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def leaf(request, convolutions):
    """Return a class of the module by its name; meanwhile it is a public class."""
    leaf = getattr(convolutions, request.param)
    lists = [ESTIMATORS, ALL_ESTIMATORS]
    if request.param in LEAVES[2:]:
        lists = [FORECASTERS, forecasting.NETS]
    with joined(leaf, lists):
        yield leaf


CONTRACT_TESTS = list_contract_tests(MODULES, FAMILIES, EXCLUDED)


@pytest.mark.parametrize(
    ("test", "arguments", "leaf"),
    CONTRACT_TESTS,
    ids=[f"{leaf}-{test.__name__}" for test, _, leaf in CONTRACT_TESTS],
    indirect=["leaf"],
)
def test_leaf_passes_contract_test(test, arguments, leaf):
    test(leaf, **arguments)


def test_contract_tests_are_found():
    assert len(CONTRACT_TESTS) >= 50
    assert {leaf for *_, leaf in CONTRACT_TESTS} == set(LEAVES)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("leaf", LEAVES[:1], indirect=True)
def test_check_estimator_passes(leaf):
    check_estimator(
        leaf(**test_check_estimator.SMALL),
        expected_failed_checks=test_check_estimator.EXPECTED_FAILURES,
    )


@pytest.mark.parametrize("leaf", SEQUENCE_LEAVES, indirect=True)
def test_sequence_estimators(leaf, tmp_path):
    X, y = make_X("ragged"), make_y(leaf)
    estimator = make(leaf, num_layers=2, max_epochs=20, lr=0.02).fit(X, y)
    assert estimator.score(X, y) > 0.5
    expected = estimator.predict(X)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(estimator)).predict(X), expected
    )

    estimator.save(tmp_path / "model.safetensors")
    loaded = skseq.load(tmp_path / "model.safetensors")
    assert type(loaded) is leaf
    np.testing.assert_array_equal(loaded.predict(X), expected)

    estimator.to_onnx(tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    outputs = session.run(None, test_to_onnx.pad(X))
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-4)

    layers = estimator.summary(20)
    assert layers.loc["encoder.1", "kind"] == "Conv1d"
    assert layers.loc["total", "flops"] > 0


@pytest.mark.parametrize("leaf", LEAVES[2:], indirect=True)
def test_forecasters(leaf, tmp_path):
    forecaster, X, _ = forecasting.fitted(leaf, columns=1)
    future = X[-2 * forecasting.HORIZON :]
    expected = forecaster.predict(future)
    forecaster.save(tmp_path / "model.safetensors")
    loaded = skseq.load(tmp_path / "model.safetensors")
    assert type(loaded) is leaf
    np.testing.assert_array_equal(loaded.predict(future), expected)
    assert "encoder.0" in forecaster.summary().index


@pytest.mark.parametrize("leaf", LEAVES, indirect=True)
def test_documentation_lists_the_new_parameter(leaf):
    assert "kernel_size : int, default=3\n" in leaf.__doc__
    assert "hidden_size : int" in leaf.__doc__


def test_step_equals_forward(convolutions):
    encoder = convolutions.ConvolutionEncoder(3, 4, 3, 3, 0.0).eval()
    x = torch.randn(2, 20, 3, generator=torch.Generator().manual_seed(0))
    states, _ = encoder.run(x, encoder.initial_state(2))
    torch.testing.assert_close(states, encoder(x), rtol=0, atol=1e-5)
