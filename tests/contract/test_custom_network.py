"""The contract of estimators with a network of the user."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from torch import nn

import skseq
from skseq.exceptions import FileFormatError, PaddedStatesWarning

from . import (
    test_determinism,
    test_errors,
    test_failures,
    test_input,
    test_interruption,
    test_invariance,
    test_quiet,
    test_training,
    test_transform,
    test_weights,
)
from .borrowing import joined, list_contract_tests
from .cases import (
    ALL_ESTIMATORS,
    CLASSIFIERS,
    CUSTOM,
    ESTIMATORS,
    FORECASTERS,
    REGRESSORS,
    SmallNetwork,
    make,
    make_X,
    make_y,
    name_of,
)
from .forecasting import cases as forecasting
from .forecasting import (
    test_missing_values,
    test_no_look_ahead,
    test_state,
    test_uncertainty,
)

CLASSIFIER, FORECASTER, REGRESSOR = CUSTOM
MODULES = [
    *(test_determinism, test_errors, test_failures, test_input, test_interruption),
    *(test_invariance, test_quiet, test_training, test_transform, test_weights),
    *(test_missing_values, test_no_look_ahead, test_state, test_uncertainty),
]
FAMILIES = [
    (ESTIMATORS, [CLASSIFIER, REGRESSOR]),
    (ALL_ESTIMATORS, [CLASSIFIER, REGRESSOR]),
    (CLASSIFIERS, [CLASSIFIER]),
    (REGRESSORS, [REGRESSOR]),
    (forecasting.NETS, [FORECASTER]),
    (FORECASTERS, [FORECASTER]),
]
# They set num_layers, which these estimators lack, or create classes without `make`; or they
# need layers of skseq, because torch rounds products of odd sizes differently by batch size.
EXCLUDED = {
    "test_odd_sizes",
    "test_model_does_not_depend_on_global_seeds",
    "test_fits_in_parallel_threads_are_independent",
    "test_global_state_is_unchanged",
    "test_accuracy_with_missing_values",
    "test_fit_is_idempotent",
    "test_random_state_determines_the_forecaster",
    "test_global_state_does_not_change",
}
CONTRACT_TESTS = list_contract_tests(MODULES, FAMILIES, EXCLUDED)


@pytest.mark.parametrize(
    ("test", "arguments", "cls"),
    CONTRACT_TESTS,
    ids=[f"{cls.__name__}-{test.__name__}" for test, _, cls in CONTRACT_TESTS],
)
def test_estimator_passes_contract_test(test, arguments, cls):
    lists = [FORECASTERS, forecasting.NETS]
    if cls is not FORECASTER:
        lists = [ESTIMATORS, ALL_ESTIMATORS]
    with joined(cls, lists):
        test(cls, **arguments)


def test_contract_tests_are_found():
    assert len(CONTRACT_TESTS) > 50
    assert {cls for *_, cls in CONTRACT_TESTS} == set(CUSTOM)


every_custom = pytest.mark.parametrize("cls", CUSTOM, ids=name_of)


@pytest.mark.parametrize("cls", [CLASSIFIER, REGRESSOR], ids=name_of)
def test_batches_of_odd_sizes(cls):
    """The layers of the user round differently in other batches, but not more."""
    random = np.random.default_rng(0)
    X = [random.normal(size=(steps, 5)) for steps in random.integers(1, 12, 24)]
    model = make(cls, network=SmallNetwork, network_params={"width": 7}).fit(X, make_y(cls))
    order = random.permutation(24)[:13]
    states = model.transform(X)[order]
    assert np.ptp(states) > 0.1
    part = model.transform([X[i] for i in order])
    np.testing.assert_allclose(part, states, rtol=0, atol=1e-5)


class Gated(nn.Module):
    """A network with lengths, dropout and required arguments."""

    def __init__(self, n_features, width, *, dropout=0.5):
        super().__init__()
        self.inner = nn.GRU(n_features, width, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, lengths=None):
        return self.dropout(self.inner(x)[0])


def small_network(n_features, width=4):
    """Return a network of standard layers."""
    return nn.Sequential(nn.Linear(n_features, width), nn.Tanh())


def fit_custom(cls, **params):
    """Return a fitted estimator, and a function that returns its predictions."""
    if cls is FORECASTER:
        model, X, _ = forecasting.fitted(cls, columns=1, **params)
        return model, lambda model: forecasting.predict_all(model, X)
    model, X = make(cls, **params), make_X("ragged")
    model.fit(X, make_y(cls))
    return model, lambda model: model.predict(X)


class TestParameters:
    """The parameters of the network behave like those of a nested estimator."""

    @every_custom
    def test_set_params_routes_the_prefix(self, cls):
        model = cls(network=SmallNetwork)
        assert model.get_params()["network__width"] == 8
        assert "network__width" not in model.get_params(deep=False)
        assert model.set_params(network__width=3, lr=0.5) is model
        assert model.network_params == {"width": 3}
        assert model.get_params()["network__width"] == 3
        assert clone(model).get_params() == model.get_params()
        fitted, _ = fit_custom(cls, **model.get_params(deep=False))
        assert fitted.net_.module_.encoder.width == 3

    def test_set_params_does_not_change_the_dict_of_the_user(self):
        given = {"width": 3}
        model = CLASSIFIER(network=SmallNetwork, network_params=given)
        model.set_params(network__width=4)
        assert given == {"width": 3}

    def test_own_parameters_do_not_become_network_params(self):
        model = CLASSIFIER(network=SmallNetwork)
        model.set_params(**model.get_params())
        assert model.network_params is None

    def test_another_network_does_not_have_the_parameters_of_the_first(self):
        model = CLASSIFIER(network=SmallNetwork, network_params={"width": 4})
        model.set_params(network=Gated, network__dropout=0.1)
        assert model.network_params == {"dropout": 0.1}
        model = CLASSIFIER(network_params={"width": 4}).set_params(network=SmallNetwork)
        assert model.network_params == {"width": 4}

    def test_network_and_its_parameters_change_together(self):
        model = CLASSIFIER(network=SmallNetwork)
        model.set_params(network__dropout=0.1, network=Gated, network__width=2)
        assert model.network_params == {"dropout": 0.1, "width": 2}

    @every_custom
    @pytest.mark.parametrize("name", ["hiden", "n_features", "args"])
    def test_unknown_parameters_raise_with_the_signature(self, cls, name):
        match = rf"no parameter '{name}': it is SmallNetwork\(n_features, width=8\)"
        model = cls(network=SmallNetwork)
        with pytest.raises(ValueError, match=match):
            model.set_params(**{f"network__{name}": 3, "lr": 7})
        assert vars(model) == vars(cls(network=SmallNetwork))
        with pytest.raises(ValueError, match=match):
            fit_custom(cls, network_params={name: 3})

    def test_required_parameters(self):
        with pytest.raises(
            ValueError, match=r"Gated\(n_features, width, .* requires width"
        ):
            fit_custom(CLASSIFIER, network=Gated)
        fit_custom(CLASSIFIER, network=Gated, network_params={"width": 3})

    def test_functions_with_any_parameters(self):
        def build(n_features, **sizes):
            return small_network(n_features, **sizes)

        model, _ = fit_custom(CLASSIFIER, network=build, network_params={"width": 3})
        assert model.net_.module_.encoder.width == 3

    def test_grid_search_in_a_pipeline(self):
        pipeline = make_pipeline(make(CLASSIFIER))
        grid = {"sequenceclassifier__network__width": [2, 5]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(
            make_X("ragged"), make_y(CLASSIFIER)
        )
        width = search.best_params_["sequenceclassifier__network__width"]
        assert search.best_estimator_[-1].net_.module_.encoder.width == width


class TestErrors:
    """Invalid networks raise before training."""

    @every_custom
    def test_no_network(self, cls):
        with pytest.raises(ValueError, match=rf"{cls.__name__}\(network=MyModule\)"):
            fit_custom(cls, network=None)

    @every_custom
    def test_instance_of_a_module(self, cls):
        match = r"instance of SmallNetwork.* Pass the class, network=SmallNetwork"
        with pytest.raises(TypeError, match=match):
            fit_custom(cls, network=SmallNetwork(3))

    def test_function_returns_no_module(self):
        with pytest.raises(TypeError, match=r"network\(n_features\) must return a torch"):
            fit_custom(CLASSIFIER, network=lambda n_features: None)

    def test_message_names_the_network(self):
        class Last(SmallNetwork):
            def forward(self, x):
                return x[:, -1]

        with pytest.raises(
            TypeError, match=r"network\(n_features=3\) returned shape \(2, 3\)"
        ):
            fit_custom(CLASSIFIER, network=Last)


class TestPersistence:
    """Files contain the name of a network, and its code is given to load."""

    @every_custom
    @pytest.mark.parametrize("network", [SmallNetwork, small_network], ids=["class", "def"])
    def test_save_and_load(self, cls, network, tmp_path):
        path = tmp_path / "model.safetensors"
        model, predict = fit_custom(cls, network=network, network_params={"width": 3})
        model.set_params(network_params={"width": 5})  # after fit
        model.save(path)
        loaded = skseq.load(path, networks=[Gated, network])
        assert loaded.get_params() == model.get_params()
        np.testing.assert_array_equal(predict(loaded), predict(model))
        loaded.save(path)
        again = skseq.load(path, networks=[network])
        np.testing.assert_array_equal(predict(again), predict(model))

    @every_custom
    def test_load_needs_the_network(self, cls, tmp_path):
        path = tmp_path / "model.safetensors"
        fit_custom(cls)[0].save(path)
        for networks in ([], [Gated]):
            with pytest.raises(FileFormatError, match=r"networks=\[SmallNetwork\]"):
                skseq.load(path, networks=networks)

    def test_load_compares_the_weights(self, tmp_path):
        class Other(nn.Module):
            def __init__(self, n_features, width=8):
                super().__init__()
                self.now = nn.Linear(n_features, width + 1)
                self.before = nn.Linear(n_features, width)

        Other.__name__ = "SmallNetwork"
        path = tmp_path / "model.safetensors"
        fit_custom(CLASSIFIER)[0].save(path)
        with pytest.raises(FileFormatError, match="weights"):
            skseq.load(path, networks=[Other])

    def test_load_checks_networks(self, tmp_path):
        with pytest.raises(TypeError, match="must contain classes and functions"):
            skseq.load(tmp_path / "none", networks=[SmallNetwork(3)])
        with pytest.raises(TypeError, match="must be a list"):
            skseq.load(tmp_path / "none", networks=SmallNetwork)
        with pytest.raises(ValueError, match="two objects with the name 'SmallNetwork'"):
            skseq.load(tmp_path / "none", networks=[SmallNetwork, SmallNetwork])

    def test_unnamed_functions_cannot_be_saved(self, tmp_path):
        model, _ = fit_custom(
            CLASSIFIER, network=lambda n_features: small_network(n_features)
        )
        with pytest.raises(TypeError, match="network is a lambda, which has no name"):
            model.save(tmp_path / "model.safetensors")
        assert not list(tmp_path.iterdir())

    def test_parameters_must_be_plain_values(self, tmp_path):
        def build(n_features, layer=nn.Tanh):
            return nn.Sequential(nn.Linear(n_features, 3), layer())

        params = {"network": build, "network_params": {"layer": nn.Sigmoid}}
        model, _ = fit_custom(CLASSIFIER, **params)
        with pytest.raises(TypeError, match="network_params contains"):
            model.save(tmp_path / "model.safetensors")

    @every_custom
    def test_pickle(self, cls):
        model, predict = fit_custom(cls)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(predict(again), predict(model))


@every_custom
def test_random_state_determines_weights_and_dropout(cls):
    found = []
    for seed in (0, 0, 1):
        params = {"network": Gated, "network_params": {"width": 4}, "random_state": seed}
        model, predict = fit_custom(cls, **params)
        found.append(predict(model))
        torch.rand(3)  # another global random state
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2], equal_nan=cls is FORECASTER)


def test_checkpoint_resumes_a_function(tmp_path):
    """The name of the checkpoint does not contain the address of the function."""

    def define():
        def network(n_features):
            return small_network(n_features)

        return network

    for _ in range(2):
        fit_custom(CLASSIFIER, network=define(), checkpoint=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


class Bidirectional(nn.Module):
    """A network that reads padding, unless it is told the lengths."""

    def __init__(self, n_features):
        super().__init__()
        self.inner = nn.GRU(n_features, 4, bidirectional=True, batch_first=True)

    def forward(self, x):
        return self.inner(x)[0]


class Packed(Bidirectional):
    """The same network, which ignores padding."""

    def forward(self, x, lengths=None):
        if lengths is None:
            return super().forward(x)
        options = {"batch_first": True, "enforce_sorted": False}
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), **options)
        states, _ = self.inner(packed)
        options = {"batch_first": True, "total_length": x.shape[1]}
        return nn.utils.rnn.pad_packed_sequence(states, **options)[0]


class TestPadding:
    """Networks whose states depend on padding."""

    def test_warning(self):
        with pytest.warns(
            PaddedStatesWarning, match="states of Bidirectional depend on pad"
        ):
            fit_custom(CLASSIFIER, network=Bidirectional)

    def test_no_warning_without_padding(self, recwarn):
        X = make_X("cube")
        make(CLASSIFIER, network=Bidirectional).fit(X, make_y(CLASSIFIER))
        fit_custom(FORECASTER, network=Bidirectional)
        fit_custom(CLASSIFIER, network=Packed)
        assert not [w for w in recwarn if w.category is PaddedStatesWarning]

    def test_packed_sequences_are_saved(self, tmp_path):
        path = tmp_path / "model.safetensors"
        model, predict = fit_custom(CLASSIFIER, network=Packed)
        model.save(path)
        loaded = skseq.load(path, networks=[Packed])
        np.testing.assert_array_equal(predict(loaded), predict(model))
