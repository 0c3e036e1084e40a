"""Structure of the estimator classes: fields, constraints, docstrings, clone."""

import dataclasses
import inspect
import numbers

import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError, make_constraint

from skseq.estimators import SeriesEstimator

from .anomalies import cases as anomalies
from .cases import (
    ALL_ESTIMATORS,
    CUSTOM,
    FORECASTERS,
    OUTLIER_DETECTORS,
    SERIES_DETECTORS,
    make,
    make_X,
    make_y,
    name_of,
)
from .forecasting import cases as forecasting

EVERY_ESTIMATOR = ALL_ESTIMATORS + FORECASTERS + CUSTOM
EVERY_ESTIMATOR += OUTLIER_DETECTORS + SERIES_DETECTORS
every_estimator = pytest.mark.parametrize("cls", EVERY_ESTIMATOR, ids=name_of)


def every_parameter(classes):
    """Return a case for each parameter of each class."""
    return [
        pytest.param(cls, name, id=f"{cls.__name__}-{name}")
        for cls in classes
        for name in inspect.signature(cls).parameters
    ]


EVERY_PARAMETER = every_parameter(EVERY_ESTIMATOR)


def make_small(cls, **params):
    """Return a small estimator, and X and y to fit it on."""
    if cls in SERIES_DETECTORS:
        return anomalies.make(cls, **params), anomalies.make_X(), None
    if issubclass(cls, SeriesEstimator):
        y = forecasting.make_y()
        X = forecasting.make_X(y.index, columns=1)
        return forecasting.make(cls, **params), X, y
    return make(cls, **params), make_X("ragged"), make_y(cls)


def fit_small(cls):
    """Return a small fitted estimator."""
    estimator, X, y = make_small(cls)
    return estimator.fit(X, y)


def own_fields(cls):
    """Return the fields that a class itself declares."""
    own = inspect.get_annotations(cls)
    return {f.name for f in dataclasses.fields(cls) if f.name in own}


@every_estimator
def test_leaf_is_a_dataclass(cls):
    assert "__dataclass_params__" in cls.__dict__, "the leaf has no dataclass decorator"
    options = cls.__dict__["__dataclass_params__"]
    assert (options.eq, options.repr, options.frozen) == (False, False, False)
    for name, parameter in inspect.signature(cls).parameters.items():
        assert parameter.kind is parameter.KEYWORD_ONLY, name
        assert parameter.default is not parameter.empty, name
    for base in cls.__mro__:
        assert "__post_init__" not in base.__dict__, base


@every_estimator
def test_signature_and_fields_agree(cls):
    fields = {f.name: f.default for f in dataclasses.fields(cls)}
    signature = inspect.signature(cls).parameters
    assert fields == {name: p.default for name, p in signature.items()}
    assert vars(cls()) == fields


@every_estimator
def test_defaults_are_immutable(cls):
    for field in dataclasses.fields(cls):
        assert field.default_factory is dataclasses.MISSING, field.name
        assert isinstance(field.default, (str, bool, numbers.Number, type(None))), (
            field.name
        )


@every_estimator
def test_fields_are_declared_once(cls):
    owners = {}
    for base in cls.__mro__[1:]:
        if not dataclasses.is_dataclass(base):
            continue
        for name in own_fields(base):
            owners.setdefault(name, []).append(base.__name__)
    assert {n: o for n, o in owners.items() if len(o) > 1} == {}
    # Except for leaves, a class with fields does not inherit from another one with fields.
    for base in cls.__mro__[1:]:
        if own_fields(base) if dataclasses.is_dataclass(base) else False:
            inherited = {f.name for f in dataclasses.fields(base)} - own_fields(base)
            assert not inherited, base


@every_estimator
def test_constraints_cover_exactly_the_parameters(cls):
    assert set(cls._parameter_constraints) == set(inspect.signature(cls).parameters)


@every_estimator
def test_docstring_covers_exactly_the_parameters(cls):
    documented = ClassDoc(cls)["Parameters"]
    names = [parameter.name for parameter in documented]
    assert sorted(names) == sorted(inspect.signature(cls).parameters)
    for parameter in documented:
        assert parameter.type, f"{parameter.name} has no type"
        assert "".join(parameter.desc).strip(), f"{parameter.name} has no description"


@every_estimator
def test_order_of_parameters(cls):
    """Docstring and signature list the task's, the architecture's, then training's."""
    names = [parameter.name for parameter in ClassDoc(cls)["Parameters"]]
    assert names == list(inspect.signature(cls).parameters)
    parts = [
        {
            name
            for base in part.__mro__
            for name in vars(base).get("__dataclass_fields__", ())
        }
        for part in (*cls.__bases__, cls)
    ]
    order = [[name in part for part in parts].index(True) for name in names]
    assert order == sorted(order)


@pytest.mark.parametrize(("cls", "name"), EVERY_PARAMETER)
def test_documented_default_is_the_default(cls, name):
    default = inspect.signature(cls).parameters[name].default
    (entry,) = (p for p in ClassDoc(cls)["Parameters"] if p.name == name)
    shown = f'"{default}"' if isinstance(default, str) else str(default)
    _, _, text = entry.type.partition("default=")
    if isinstance(default, float):
        assert float(text) == default
    else:
        assert text == shown


@every_estimator
def test_every_documented_attribute_exists_after_fit(cls):
    estimator = fit_small(cls)
    optional = {"feature_names_in_"}  # only where X has names
    for attribute in ClassDoc(cls)["Attributes"]:
        if attribute.name not in optional:
            assert hasattr(estimator, attribute.name), attribute.name


@every_estimator
def test_every_fitted_attribute_is_documented(cls):
    estimator = fit_small(cls)
    documented = {attribute.name for attribute in ClassDoc(cls)["Attributes"]}
    learned = {name for name in vars(estimator) if name.endswith("_")}
    assert learned - documented == set()


@pytest.mark.parametrize(("cls", "name"), EVERY_PARAMETER)
def test_defaults_satisfy_their_constraints(cls, name):
    default = inspect.signature(cls).parameters[name].default
    constraints = [make_constraint(c) for c in cls._parameter_constraints[name]]
    assert any(c.is_satisfied_by(default) for c in constraints)


@pytest.mark.parametrize(("cls", "name"), EVERY_PARAMETER)
def test_error_names_the_invalid_parameter(cls, name):
    """No parameter accepts an arbitrary object, and few accept negative numbers."""
    bad_values = [object()]
    # Some parameters, for example verbose, accept -1.
    takes_negative = any(
        make_constraint(c).is_satisfied_by(-1) for c in cls._parameter_constraints[name]
    )
    if not takes_negative:
        bad_values.append(-1)
    for value in bad_values:
        estimator, X, y = make_small(cls, **{name: value})
        params = estimator.get_params(deep=False)
        with pytest.raises(
            InvalidParameterError, match=f"'{name}' parameter of {cls.__name__}"
        ):
            estimator.fit(X, y)
        assert vars(estimator) == params


@pytest.mark.parametrize(("cls", "name"), every_parameter(ALL_ESTIMATORS))
def test_partial_fit_validates_parameters(cls, name):
    labels = {"classes": [0, 1, 2]} if hasattr(cls, "predict_proba") else {}
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter"):
        make(cls, **{name: object()}).partial_fit(make_X("ragged"), make_y(cls), **labels)


@every_estimator
def test_unknown_parameter(cls):
    with pytest.raises(TypeError, match="hiden_size"):
        cls(hiden_size=3)
    with pytest.raises(ValueError, match="hiden_size"):
        cls().set_params(hiden_size=3)


@every_estimator
def test_get_params_clone_and_repr(cls):
    given = {"hidden_size": 5, "lr": 0.5}
    if "hidden_size" not in inspect.signature(cls).parameters:
        given = {"series": "shop"}
    estimator = cls(**given)
    assert estimator.get_params() == {**cls().get_params(), **given}
    shown = ", ".join(f"{name}={value!r}" for name, value in given.items())
    assert repr(estimator) == f"{cls.__name__}({shown})"
    assert repr(cls()) == f"{cls.__name__}()"
    copy = clone(estimator)
    assert copy is not estimator
    assert copy.get_params() == estimator.get_params()
    # Estimators compare by identity, because tools keep them in sets and dicts.
    assert copy != estimator
    assert len({copy, estimator}) == 2


@every_estimator
def test_clone_is_unfitted(cls):
    estimator = fit_small(cls)
    copy = clone(estimator)
    assert not [name for name in vars(copy) if name.endswith("_")]
    assert copy.get_params() == estimator.get_params()
