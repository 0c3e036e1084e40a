"""Tests of default_search_space and SearchSpace."""

import copy
import operator
import sys
from dataclasses import dataclass

import numpy as np
import optuna
import pytest
import torch
from scipy.stats import loguniform, norm, randint, uniform
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import ParameterSampler, RandomizedSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import validate_parameter_constraints

import skseq
from skseq import GRUClassifier, GRUForecaster, LSTMRegressor, SeasonalNaive
from skseq.model_selection import SearchSpace, default_search_space
from skseq.preprocessing import PerStep

from .cases import CUSTOM, NETWORK_ESTIMATORS, SEQUENCE_ESTIMATORS, make_small

every_estimator = pytest.mark.parametrize(
    "cls", NETWORK_ESTIMATORS, ids=lambda cls: cls.__name__
)


@every_estimator
def test_candidates_are_valid(cls):
    estimator = cls()
    space = default_search_space(estimator)
    for candidate in ParameterSampler(space, 60, random_state=0):
        params = clone(estimator).set_params(**candidate).get_params()
        validate_parameter_constraints(cls._parameter_constraints, params, cls.__name__)
        clone(estimator).set_params(**candidate)._check_architecture()


@every_estimator
def test_candidates_fit(cls):
    estimator, X, y = make_small(cls)
    space = default_search_space(estimator)
    space["hidden_size"] = [16]  # fast, and valid for all numbers of heads
    for candidate in ParameterSampler(space, 4, random_state=1):
        clone(estimator).set_params(**candidate).fit(X, y)


@every_estimator
def test_defaults_are_in_the_space(cls):
    for name, values in default_search_space(cls()).items():
        default = cls._auto_values.get(name, [getattr(cls(), name)])[0]
        if isinstance(values, list):
            assert default in values, name
        else:
            low, high = values.support()
            assert low < default < high, name


def test_parameters_of_each_estimator():
    shared = {"hidden_size", "num_layers", "dropout", "patch_size", "lr", "weight_decay"}
    sequence = {"stem", "pooling"}
    spaces = {cls: set(default_search_space(cls())) for cls in SEQUENCE_ESTIMATORS}
    assert spaces[GRUClassifier] == shared | sequence | {"bidirectional"}
    assert spaces[skseq.TransformerRegressor] == shared | sequence | {"num_heads"}
    forecaster = default_search_space(GRUForecaster())
    assert set(forecaster) == shared | {"differencing", "normalization", "unit"}
    assert "seasonal" not in forecaster["differencing"]
    assert "seasonal" in default_search_space(GRUForecaster(period=7))["differencing"]


def test_candidates_of_detectors_fit():
    X = np.random.default_rng(0).normal(size=(40, 8))
    for cls in (skseq.GRUOutlierDetector, skseq.TransformerAnomalyDetector):
        estimator = cls(max_epochs=1, random_state=0)
        space = default_search_space(estimator)
        assert {"hidden_size", "dropout", "lr"} <= set(space)
        for candidate in ParameterSampler(space, 3, random_state=0):
            clone(estimator).set_params(**candidate).fit(X)


@pytest.mark.parametrize("cls", CUSTOM)
def test_space_of_a_custom_network(cls):
    space = default_search_space(cls(network=torch.nn.Identity))
    assert {"dropout", "lr", "weight_decay"} <= set(space)
    assert not {"hidden_size", "num_layers", "patch_size", "stem"} & set(space)


def test_repr_shows_distributions():
    space = SearchSpace(
        lr=loguniform(1e-4, 0.01), dropout=uniform(loc=0, scale=0.4), n=[1, 2]
    )
    shown = (
        "'lr': loguniform(0.0001, 0.01), 'dropout': uniform(loc=0, scale=0.4), 'n': [1, 2]"
    )
    assert repr(space) == f"SearchSpace({{{shown}}})"
    assert eval(repr(space))["lr"].support() == space["lr"].support()


def test_ranges_surround_the_default_of_the_class():
    assert default_search_space(GRUClassifier(lr=0.5))["lr"].support() == (1e-4, 1e-2)
    assert default_search_space(LSTMRegressor())["weight_decay"].support() == (0.1, 10)


def test_names_have_the_prefix_of_the_pipeline():
    inner = make_pipeline(PerStep(StandardScaler()), GRUClassifier())
    outer = make_pipeline(PerStep(StandardScaler()), inner)
    space = default_search_space(outer)
    names = {f"pipeline__gruclassifier__{n}" for n in default_search_space(GRUClassifier())}
    assert set(space) == names <= set(outer.get_params())


def test_random_search():
    classifier, X, y = make_small(GRUClassifier)
    model = make_pipeline(PerStep(StandardScaler()), classifier)
    space = default_search_space(model)
    search = RandomizedSearchCV(model, space, n_iter=2, cv=2, random_state=0)
    search.fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert set(search.best_params_) == set(space)


def test_random_search_of_a_forecaster():
    forecaster, X, y = make_small(GRUForecaster)
    search = RandomizedSearchCV(
        forecaster,
        default_search_space(forecaster),
        n_iter=2,
        cv=TimeSeriesSplit(2, test_size=4),
        random_state=0,
    )
    assert np.isfinite(search.fit(X, y).cv_results_["mean_test_score"]).all()


@dataclass(kw_only=True, eq=False, repr=False)
class CustomClassifier(GRUClassifier):
    """A user's subclass without weight decay."""

    weight_decay: float = 0.0


def test_custom_class():
    space = default_search_space(CustomClassifier())
    assert "weight_decay" not in space
    assert set(space) == set(default_search_space(GRUClassifier())) - {"weight_decay"}


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        SeasonalNaive(),
        GRUClassifier,
        make_pipeline(StandardScaler(), Ridge()),
        "LSTM",
    ],
    ids=str,
)
def test_other_estimators_raise(estimator):
    with pytest.raises(
        TypeError, match="needs a classifier, regressor, forecaster or detector of skseq"
    ):
        default_search_space(estimator)


class TestSearchSpace:
    def test_to_optuna(self):
        space = SearchSpace(
            lr=loguniform(1e-4, 1e-2),
            p=uniform(0.1, 0.3),
            n=randint(2, 9),
            k=[None, "a", 3],
        )
        kinds = optuna.distributions
        assert space.to_optuna() == {
            "lr": kinds.FloatDistribution(1e-4, 1e-2, log=True),
            "p": kinds.FloatDistribution(0.1, 0.4),
            "n": kinds.IntDistribution(2, 8),
            "k": kinds.CategoricalDistribution([None, "a", 3]),
        }

    @every_estimator
    def test_study_ask(self, cls):
        trial = optuna.create_study().ask(default_search_space(cls()).to_optuna())
        params = cls().set_params(**trial.params).get_params()
        validate_parameter_constraints(cls._parameter_constraints, params, cls.__name__)

    @pytest.mark.parametrize(
        "copy_space",
        [
            SearchSpace.copy,
            copy.copy,
            copy.deepcopy,
            lambda space: space | {"num_layers": [2]},
            lambda space: {"num_layers": [1]} | space,
            lambda space: operator.ior(space.copy(), {"num_layers": [2]}),
        ],
        ids=["method", "copy", "deepcopy", "or", "ror", "ior"],
    )
    def test_copies_and_unions_are_search_spaces(self, copy_space):
        space = SearchSpace(lr=[0.1, 0.2], num_layers=[2])
        made = copy_space(space)
        assert type(made) is SearchSpace
        assert made is not space
        assert made == space
        assert made.to_optuna() == space.to_optuna()
        made["lr"] = [0.3]
        assert space["lr"] == [0.1, 0.2]

    def test_union_with_other_types_raises(self):
        for union in (lambda: SearchSpace() | 3, lambda: [3] | SearchSpace()):
            with pytest.raises(TypeError, match="unsupported operand"):
                union()

    def test_suggest_matches_ask(self):
        space = default_search_space(LSTMRegressor())
        space["num_layers"] = randint(1, 4)
        sampler = optuna.samplers.RandomSampler
        asked = optuna.create_study(sampler=sampler(seed=0)).ask(space.to_optuna())
        trial = optuna.create_study(sampler=sampler(seed=0)).ask()
        assert space.suggest(trial) == asked.params
        assert trial.distributions == asked.distributions

    def test_other_distributions_raise(self):
        with pytest.raises(TypeError, match="lr=.* cannot be converted to Optuna"):
            SearchSpace(lr=norm(0, 1)).to_optuna()

    def test_missing_optuna_raises(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "optuna", None)
        with pytest.raises(ImportError, match=r"to_optuna needs optuna: .*skseq\[optuna\]"):
            SearchSpace().to_optuna()
