"""Estimators with a custom torch module as the encoder."""

import pickle
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch import nn

from skseq.architectures import ArchitectureParameters
from skseq.estimators import SequenceEstimator
from skseq.inputs import StepInputs
from skseq.networks import Dropout
from skseq.tasks import Classification, Regression
from skseq.training import SequenceTraining

rng = np.random.default_rng(0)
X = [rng.normal(loc=i % 2, size=(4 + i % 5, 3)) for i in range(40)]
Y = np.array(["low", "high"])[np.arange(40) % 2]


class Convolution(nn.Module):
    """A module that does not depend on skseq."""

    def __init__(self, n_features, channels, dropout):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(n_features, channels), nn.GELU(), nn.Dropout(dropout)
        )

    def forward(self, x, lengths=None):
        return self.body(x)


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionArchitecture(ArchitectureParameters):
    """An architecture with one additional parameter."""

    channels: int = 6

    def build(self, n_features):
        return Convolution(n_features, self.channels, self.dropout)


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionClassifier(
    Classification,
    ConvolutionArchitecture,
    SequenceTraining,
    StepInputs,
    SequenceEstimator,
):
    """Label sequences with a custom module."""


@dataclass(kw_only=True, eq=False, repr=False)
class ConvolutionRegressor(
    Regression, ConvolutionArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """Predict numbers with a custom module."""


def make(**options):
    return ConvolutionClassifier(**{"max_epochs": 30, "random_state": 0, **options})


class TestEstimator:
    """The estimator works like the others."""

    def test_it_learns(self):
        clf = make(lr=1e-2).fit(X, Y)
        assert clf.score(X, Y) > 0.9
        assert clf.transform(X).shape == (40, 6)
        assert clf.get_feature_names_out().shape == (6,)
        assert clf.net_.module_.encoder.width == 6

    def test_parameters_are_those_of_the_architecture(self):
        clf = make(channels=3)
        assert clf.get_params()["channels"] == 3
        assert "hidden_size" in clf.get_params()
        twin = clone(clf.set_params(channels=5))
        assert twin.get_params() == clf.get_params()
        assert twin.fit(X, Y).transform(X).shape == (40, 5)
        assert "channels=5" in repr(twin)

    def test_grid_search(self):
        search = GridSearchCV(make(max_epochs=2), {"channels": [2, 5]}, cv=2)
        search.fit(X, Y)
        channels = search.best_params_["channels"]
        assert search.best_estimator_.transform(X).shape == (40, channels)

    def test_regression(self):
        y = np.array([x.mean() for x in X])
        regressor = ConvolutionRegressor(max_epochs=60, lr=1e-2, random_state=0)
        assert regressor.fit(X, y).score(X, y) > 0.8

    def test_pickling(self):
        clf = make(max_epochs=2).fit(X, Y)
        again = pickle.loads(pickle.dumps(clf))
        assert (again.predict_proba(X) == clf.predict_proba(X)).all()

    def test_predictions_do_not_depend_on_padding_and_order(self):
        clf = make(max_epochs=2).fit(X, Y)
        whole = clf.decision_function(X)
        assert (clf.decision_function(X[::-1])[::-1] == whole).all()
        alone = [clf.decision_function([x])[0] for x in X]
        assert (np.array(alone) == whole).all()

    def test_documentation_lists_parameters_but_no_example(self):
        page = ConvolutionClassifier.__doc__
        assert page.startswith("Label sequences with a custom module.")
        assert "hidden_size : int" in page
        assert "classes_ : ndarray" in page
        assert "from skseq import ConvolutionClassifier" not in page

    def test_stem_and_patches_precede_the_module(self):
        clf = make(max_epochs=2, stem=1, patch_size=2).fit(X, Y)
        first = clf.net_.module_.encoder.module.body[0]
        assert first.in_features == clf.hidden_size


def fit_twice(clf):
    """Return outputs of two fits, with another global random state of torch."""
    first = clf.fit(X, Y).decision_function(X)
    torch.rand(3)
    return first, clone(clf).fit(X, Y).decision_function(X)


class TestReproducibility:
    """`random_state` determines the weights and the dropout of a custom module."""

    def test_dropout_uses_the_random_state(self):
        clf = make(max_epochs=3, dropout=0.5)
        before = torch.get_rng_state()
        first = clf.fit(X, Y).decision_function(X)
        assert torch.equal(torch.get_rng_state(), before)
        torch.rand(3)
        assert (clone(clf).fit(X, Y).decision_function(X) == first).all()
        other = clone(clf).set_params(random_state=1).fit(X, Y)
        assert not (other.decision_function(X) == first).all()
        assert isinstance(clf.net_.module_.encoder.module.body[2], Dropout)
        assert clf.net_.module_.encoder.module.body[2].p == 0.5

    def test_dropout_is_applied_during_training(self):
        plain = make(max_epochs=3, dropout=0.0).fit(X, Y).decision_function(X)
        dropped = make(max_epochs=3, dropout=0.5).fit(X, Y).decision_function(X)
        assert not (plain == dropped).all()

    def test_module_with_an_attribute_width(self):
        class Named(Convolution):
            def __init__(self, n_features, channels, dropout):
                super().__init__(n_features, channels, dropout)
                self.width = channels

        clf = make_with(lambda n_features: Named(n_features, 6, 0.5))
        first, second = fit_twice(clf)
        assert (first == second).all()

    def test_weights_drawn_by_randn_are_reproducible(self):
        class Drawn(nn.Module):
            def __init__(self, n_features):
                super().__init__()
                self.weight = nn.Parameter(torch.randn(n_features, 4) * 0.1)

            def forward(self, x, lengths=None):
                return x @ self.weight

        first, second = fit_twice(make_with(Drawn))
        assert (first == second).all()


# The builder of the class below. It is not a field, because clones copy fields.
BUILDERS = {}


@dataclass(kw_only=True, eq=False, repr=False)
class AnyArchitecture(ArchitectureParameters):
    """Builds with the function in `BUILDERS`."""

    def build(self, n_features):
        return BUILDERS["now"](n_features)


@dataclass(kw_only=True, eq=False, repr=False)
class AnyClassifier(
    Classification, AnyArchitecture, SequenceTraining, StepInputs, SequenceEstimator
):
    """A classifier with any module."""


def make_with(builder):
    BUILDERS["now"] = builder
    return AnyClassifier(max_epochs=2, stem=0, patch_size=1, random_state=0)


class Wrong(nn.Module):
    """A module that applies a function."""

    def __init__(self, function):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.function = function

    def forward(self, x, lengths=None):
        return self.function(x)


EXPECTED = (
    r"Its forward must take a batch \(batch, time, n_features\) and, optionally, lengths "
    r"\(batch,\) or None, and return states \(batch, time, width\)\."
)


class TestErrors:
    """Invalid modules."""

    @pytest.mark.parametrize("returned", [None, "LSTM", nn.Linear, torch.zeros(2)])
    def test_other_objects_raise(self, returned):
        with pytest.raises(
            TypeError, match=r"build\(n_features\) must return a torch.nn.Module, got"
        ):
            make_with(lambda n_features: returned).fit(X, Y)

    @pytest.mark.parametrize(
        ("function", "shape"),
        [
            (lambda x: x[:, -1], r"\(2, 3\)"),
            (lambda x: x.transpose(0, 1), r"\(3, 2, 3\)"),
            (lambda x: x[:, :-1], r"\(2, 2, 3\)"),
            (lambda x: x[..., None], r"\(2, 3, 3, 1\)"),
            (lambda x: (x, None), r"\(\)"),
            (lambda x: None, r"\(\)"),
        ],
    )
    def test_other_shapes_raise(self, function, shape):
        with pytest.raises(
            TypeError,
            match=rf"build\(n_features=3\) returned shape {shape} for a batch of shape "
            rf"\(2, 3, 3\)\. {EXPECTED}",
        ):
            make_with(lambda n_features: Wrong(function)).fit(X, Y)

    @pytest.mark.parametrize(
        "build",
        [
            lambda n_features: Wrong(nn.Linear(n_features + 1, 4)),  # other features
            lambda n_features: Wrong(lambda x: x.no_such_method()),
            lambda n_features: Wrong(lambda x: x[:, 99]),
            lambda n_features: Wrong(lambda x: x.numpy()[{}]),
        ],
    )
    def test_failing_modules_raise(self, build):
        with pytest.raises(
            TypeError,
            match=rf"build\(n_features=3\) failed on a batch of shape \(2, 3, 3\): "
            rf".+\. {EXPECTED}",
        ) as caught:
            make_with(build).fit(X, Y)
        assert caught.value.__cause__ is not None

    def test_forgotten_decorator_of_the_estimator(self):
        class Undecorated(
            Classification,
            ConvolutionArchitecture,
            SequenceTraining,
            StepInputs,
            SequenceEstimator,
        ):
            """A classifier."""

        match = (
            r"Undecorated does not accept .* because a decorator is missing\. Write @data"
        )
        for params in ({}, {"channels": 3}):
            with pytest.raises(TypeError, match=match):
                Undecorated(**params)

    def test_forgotten_decorator_of_parameters(self):
        class Undecorated(ArchitectureParameters):
            channels: int = 3

            def build(self, n_features):
                return Convolution(n_features, self.channels, 0.0)

        @dataclass(kw_only=True, eq=False, repr=False)
        class Decorated(
            Classification, Undecorated, SequenceTraining, StepInputs, SequenceEstimator
        ):
            """A classifier."""

        with pytest.raises(
            TypeError, match=r"its parameters channels, because a decorator"
        ):
            Decorated(channels=4)

    def test_subclass_without_parameters_needs_no_decorator(self):
        class Renamed(ConvolutionClassifier):
            pass

        class Short(ConvolutionClassifier):
            def __init__(self, channels=2):
                super().__init__(channels=channels, max_epochs=1)

        assert Renamed(channels=3).channels == 3
        assert Short(channels=3).fit(X, Y).n_iter_ == 1

    def test_class_without_build_cannot_be_instantiated(self):
        @dataclass(kw_only=True, eq=False, repr=False)
        class Unbuilt(
            Classification,
            ArchitectureParameters,
            SequenceTraining,
            StepInputs,
            SequenceEstimator,
        ):
            """A classifier without an architecture."""

        with pytest.raises(TypeError, match=r"abstract class Unbuilt .* method '?build"):
            Unbuilt()

    def test_failed_fit_sets_no_attributes(self):
        clf = make_with(lambda n_features: None)
        with pytest.raises(TypeError):
            clf.fit(X, Y)
        assert not [name for name in vars(clf) if name.endswith("_")]


def test_module_is_called_with_mode_and_lengths():
    seen = []

    class Watch(nn.Linear):
        def forward(self, x, lengths=None):
            seen.append((self.training, lengths))
            return super().forward(x)

    clf = make_with(lambda n_features: Watch(n_features, 4)).fit(X, Y)
    assert seen[0][0] is False  # the trial batch
    assert any(training for training, _ in seen[1:])
    clf.predict(X)
    assert any(lengths is not None for _, lengths in seen[1:])
    assert seen[-1][0] is False


def test_module_without_lengths():
    clf = make_with(lambda n_features: nn.Sequential(nn.Linear(n_features, 4), nn.GELU()))
    assert clf.fit(X, Y).transform(X).shape == (40, 4)


def test_trace():
    classifier = ConvolutionClassifier(max_epochs=2, random_state=0).fit(X, Y)
    means = [states.mean(axis=0) for states in classifier.trace(X).states]
    np.testing.assert_allclose(means, classifier.transform(X), atol=1e-6)
    with pytest.raises(
        TypeError, match="encoder of ConvolutionClassifier, Convolution, has none"
    ):
        classifier.trace(X, Y)


def test_summary():
    classifier = ConvolutionClassifier(max_epochs=2, random_state=0).fit(X, Y)
    table = classifier.summary(8)
    assert table.loc["encoder", "kind"] == "Convolution"
    assert table.loc["encoder", "output_shape"] == (8, 6)
    assert table.loc["encoder", "parameters"] > 0
    # The operations of a custom module are unknown.
    assert table["flops"].isna().sum() == 2
    assert table["flops"].isna()[["encoder", "total"]].all()
