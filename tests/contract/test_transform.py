"""Hidden states as features: width, feature names, output containers."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from .cases import (
    ESTIMATORS,
    ESTIMATORS_AND_FORMS,
    FORMS,
    TWO_ESTIMATORS,
    fitted,
    make,
    make_y,
    name_of,
)

every_estimator = pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
every_form = pytest.mark.parametrize("form", FORMS)
every_estimator_and_form = pytest.mark.parametrize(("cls", "form"), ESTIMATORS_AND_FORMS)


def width_of(estimator):
    """Return the documented width of the pooled hidden state."""
    width = estimator.hidden_size * (2 if getattr(estimator, "bidirectional", False) else 1)
    # "concat" is the last state, the mean and the maximum, concatenated.
    return 3 * width if estimator._with_values().pooling == "concat" else width


@every_estimator_and_form
def test_width_and_names(cls, form):
    estimator, X = fitted(cls, form)
    states = estimator.transform(X)
    assert states.shape == (24, width_of(estimator))
    assert np.isfinite(states).all()
    names = estimator.get_feature_names_out()
    prefix = cls.__name__.lower()
    assert names.tolist() == [f"{prefix}{k}" for k in range(states.shape[1])]


@pytest.mark.parametrize("pooling", ["mean", "last", "max", "attention", "concat"])
@every_estimator
def test_width_of_each_pooling(cls, pooling):
    params = {"pooling": pooling}
    if hasattr(cls, "bidirectional"):
        params["bidirectional"] = False
    estimator, X = fitted(cls, "ragged", **params)
    assert estimator.transform(X).shape == (24, 24 if pooling == "concat" else 8)


@every_estimator_and_form
def test_dataframe_output(cls, form):
    estimator, X = fitted(cls, form)
    plain = estimator.transform(X)
    for library, kind in (("pandas", pd.DataFrame), ("polars", pl.DataFrame)):
        frame = (
            clone(estimator).set_output(transform=library).fit(X, make_y(cls)).transform(X)
        )
        assert type(frame) is kind
        assert list(frame.columns) == estimator.get_feature_names_out().tolist()
        np.testing.assert_array_equal(frame.to_numpy(), plain)


@every_estimator
def test_set_output_does_not_affect_predict(cls):
    estimator, X = fitted(cls)
    before = estimator.predict(X)
    after = estimator.set_output(transform="pandas").predict(X)
    assert type(after) is np.ndarray
    assert (after == before).all()


@every_estimator_and_form
def test_fit_transform_equals_fit_and_transform(cls, form):
    estimator, X = fitted(cls, form)
    found = make(cls).fit_transform(X, make_y(cls))
    assert (found == estimator.transform(X)).all()


@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_transform_returns_the_input_of_the_head(cls):
    estimator, X = fitted(cls)
    head = estimator.net_.module_.head.linear
    outputs = estimator.transform(X) @ head.weight.detach().numpy().T
    outputs = outputs + head.bias.detach().numpy()
    if hasattr(estimator, "decision_function"):
        expected = estimator.decision_function(X)
    else:
        expected = (estimator.predict(X) - estimator.target_mean_) / estimator.target_scale_
        expected = expected[:, None]
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
