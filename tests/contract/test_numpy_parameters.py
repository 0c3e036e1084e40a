"""Parameters may be numpy scalars, as in grids over `np.arange` or `scipy.stats`."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.stats import randint
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.utils._param_validation import Interval

import skseq
from skseq.architectures import ArchitectureParameters
from skseq.estimators import SequenceEstimator
from skseq.inputs import StepInputs
from skseq.tasks import Classification
from skseq.training import SequenceTraining

from .cases import ESTIMATORS, FORECASTERS, make, make_X, make_y, name_of, predict
from .fuzzing.values import Broken

# Values of parameters whose default is no number, or unsuitable for a small test.
NUMBERS = {
    "hidden_size": 8,
    "num_layers": 2,
    "num_heads": 2,
    "dim_feedforward": 12,
    "embedding_size": 4,
    "patch_size": 2,
    "stem": 1,
    "dropout": 0.25,
    "max_epochs": 2,
    "batch_size": 8,
    "lr": 0.01,
    "weight_decay": 0.5,
    "max_grad_norm": 0.5,
    "validation_fraction": 0.25,
    "n_iter_no_change": 3,
    "quantile": 0.25,
    "horizon": 3,
    "context_length": 10,
    "period": 4,
    "random_state": 1,
    "verbose": 0,
    "bidirectional": False,
    "early_stopping": False,
    "scale": True,
    "conformal": False,
    "warm_start": False,
    "data_parallel": False,
}
KINDS = {int: np.int64, float: np.float64, bool: np.bool_}


def make_parameters(cls):
    """Return the parameters of a class as Python numbers, and as numpy scalars."""
    values = {
        name: NUMBERS.get(name, default) for name, default in cls().get_params().items()
    }
    own = {name: value for name, value in values.items() if type(value) in KINDS}
    return own, {name: KINDS[type(value)](value) for name, value in own.items()}


@pytest.mark.parametrize("cls", [*ESTIMATORS, *FORECASTERS], ids=name_of)
def test_all_numeric_parameters_are_tested(cls):
    own, _ = make_parameters(cls)
    for name, constraints in cls._parameter_constraints.items():
        if (
            any(isinstance(one, Interval) for one in constraints)
            or "boolean" in constraints
        ):
            assert name in own, name


@pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
def test_numpy_scalars(cls, tmp_path):
    own, as_numpy = make_parameters(cls)
    X, y = make_X("ragged"), make_y(cls)
    expected = predict(cls(**own).fit(X, y), X)
    estimator = clone(cls(**as_numpy)).fit(X, y)
    assert (predict(estimator, X) == expected).all()
    estimator.save(tmp_path / "model.safetensors")
    assert (predict(skseq.load(tmp_path / "model.safetensors"), X) == expected).all()
    kinds = {name: type(value) for name, value in estimator.get_params().items()}
    assert {name: kinds[name] for name in as_numpy} == {
        k: type(v) for k, v in as_numpy.items()
    }
    estimator.partial_fit(X, y)
    cls(**as_numpy).partial_fit(
        X, y, *([[0, 1, 2]] if hasattr(cls, "predict_proba") else [])
    )


@pytest.mark.parametrize("cls", FORECASTERS, ids=name_of)
def test_numpy_scalars_in_forecasters(cls, tmp_path):
    own, as_numpy = make_parameters(cls)
    y = np.sin(np.arange(60.0)) + np.arange(60.0) / 10
    differences = "differencing" in cls().get_params()
    for more in [{}, {"differencing": "seasonal"}] if differences else [{}]:
        expected = cls(**own, **more).fit(None, y).forecast(5)
        forecaster = clone(cls(**as_numpy, **more)).fit(None, y)
        assert (forecaster.forecast(np.int64(5)) == expected).all()
        forecaster.save(tmp_path / "model.safetensors")
        assert (skseq.load(tmp_path / "model.safetensors").forecast(5) == expected).all()
        assert type(forecaster.horizon) is np.int64
        forecaster.update(None, [1.0, 2.0], n_epochs=np.int64(1))
        sampled = forecaster.sample(np.empty((2, 0)), n_samples=np.int64(3), random_state=0)
        assert sampled.shape == (3, 2)


def test_numpy_false_turns_early_stopping_off():
    options = {"horizon": 3, "hidden_size": 4, "max_epochs": 2, "random_state": 0}
    fc = skseq.GRUForecaster(early_stopping=np.False_, **options)
    assert fc.fit(None, np.sin(np.arange(60.0))).valid_loss_ is None


def test_failing_fit_keeps_numpy_parameters():
    estimator = make(skseq.GRUClassifier, hidden_size=np.int64(8))
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit([[np.nan], [1.0]], [0, 1])
    assert type(estimator.hidden_size) is np.int64


def test_searches_over_numpy_scalars():
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    grid = {"hidden_size": np.arange(4, 10, 4), "dropout": np.linspace(0, 0.2, 2)}
    search = GridSearchCV(make(skseq.GRUClassifier), grid, cv=2, error_score="raise")
    assert search.fit(X, y).best_params_["hidden_size"] in (4, 8)
    search = RandomizedSearchCV(
        make(skseq.LSTMClassifier),
        {"hidden_size": randint(4, 9), "num_layers": randint(1, 3)},
        n_iter=2,
        cv=2,
        random_state=0,
        error_score="raise",
    )
    search.fit(X, y)


@dataclass(kw_only=True, eq=False, repr=False)
class CustomArchitecture(ArchitectureParameters):
    """A user's architecture, which passes its parameters on to torch unchanged."""

    def build(self, n_features):
        own = torch.nn.GRU(n_features, self.hidden_size, batch_first=True)
        return OutputOnly(own)


class OutputOnly(torch.nn.Module):
    """Return the first output of a module: the hidden states."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x, lengths=None):
        return self.module(x)[0]


@dataclass(kw_only=True, eq=False, repr=False)
class CustomClassifier(
    Classification, CustomArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Classify sequences with a user's own network."""


def test_custom_architecture_gets_python_numbers():
    X, y = make_X("ragged"), make_y(skseq.GRUClassifier)
    expected = predict(make(CustomClassifier, hidden_size=6).fit(X, y), X)
    found = predict(make(CustomClassifier, hidden_size=np.int32(6)).fit(X, y), X)
    assert (found == expected).all()


@pytest.mark.parametrize("cls", [skseq.GRUClassifier, skseq.GRUForecaster])
def test_values_that_cannot_be_shown_raise(cls):
    message = f"The 'lr' parameter of {cls.__name__} cannot be validated. Got an object of"
    with pytest.raises(TypeError, match=message):
        cls(lr=Broken()).fit(None, [1.0, 2.0])
    with pytest.raises(ValueError, match="The 'lr' parameter of .* is too large. Got 1000"):
        cls(lr=10**400).fit(None, [1.0, 2.0])
    with pytest.raises(
        ValueError, match="The 'lr' parameter of .* must be a number. Got T"
    ):
        cls(lr=True).fit(None, [1.0, 2.0])
    with pytest.raises(TypeError, match=r"callbacks contains \[1\.0\], which is neither a"):
        cls(callbacks=[[1.0]]).fit(None, [1.0, 2.0])
