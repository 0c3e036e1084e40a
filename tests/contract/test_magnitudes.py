"""Values outside the range of float32 raise an error, without warnings from numpy."""

import re

import numpy as np
import pytest

import skseq
from skseq.sequences import read_sequences

from .cases import (
    ESTIMATORS,
    TWO_ESTIMATORS,
    as_form,
    fitted,
    make,
    make_X,
    make_y,
    name_of,
    predict,
)
from .forecasting import cases as forecasting
from .probes import warnings_are_errors

MAX_VALUE = float(np.finfo(np.float32).max)
every_size = pytest.mark.parametrize("size", [1e39, -1e300, 1.7e308])
two_estimators = pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)


def with_large(form, size):
    """Return sequences with a large value in sequence 4, step 1, feature 2."""
    arrays = [np.array(sequence) for sequence in make_X(form)]
    arrays[4] = np.ones((6, 3))
    arrays[4][1, 2] = size
    return as_form(form, arrays)


@every_size
@pytest.mark.parametrize("form", ["cube", "ragged"])
@pytest.mark.parametrize("scale", [True, False])
@two_estimators
def test_too_large_values_in_sequences(cls, scale, form, size):
    estimator, _ = fitted(cls, form, scale=scale)
    X, y = with_large(form, size), make_y(cls)
    where = f"sequence 4, step 1, feature 2 is {size:g}".replace("+", r"\+")
    message = rf"X contains a value too large: {where}.* in a larger unit, or transform"
    with warnings_are_errors():
        for call in (
            lambda: make(cls, scale=scale).fit(X, y),
            lambda: estimator.partial_fit(X, y),
            lambda: estimator.predict(X),
        ):
            with pytest.raises(ValueError, match=message):
                call()


@every_size
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_too_large_targets(loss, size):
    X, y = make_X("ragged"), np.ones(24)
    regressor = make(skseq.GRURegressor, loss=loss).fit(X, y)
    y[3] = abs(size)
    with warnings_are_errors():
        for fit in (make(skseq.GRURegressor, loss=loss).fit, regressor.partial_fit):
            with pytest.raises(
                ValueError, match="y contains .*: the largest absolute value is 1"
            ):
                fit(X, y)


def test_huge_integers_in_targets():
    with pytest.raises(ValueError, match="y contains a value too large: a value is an int"):
        make(skseq.GRURegressor).fit(make_X("ragged"), [10**400] * 24)


@every_size
def test_too_large_values_in_series(size):
    y = forecasting.make_y()
    X = y.to_frame("price")
    forecaster = forecasting.make(skseq.GRUForecaster).fit(X[:-4], y[:-4])
    X.iloc[-2] = size
    large = y.copy()
    large.iloc[-2] = size
    of_X = "X contains a value too large: column 'price' at .* is -?1"
    with warnings_are_errors():
        with pytest.raises(ValueError, match=of_X):
            forecasting.make(skseq.GRUForecaster).fit(X, y)
        with pytest.raises(ValueError, match=of_X):
            forecaster.predict(X[-4:])
        with pytest.raises(ValueError, match="y contains a value too large: the largest"):
            forecasting.make(skseq.GRUForecaster).fit(None, large)


@two_estimators
def test_largest_float32_values_are_accepted(cls):
    X, y = with_large("ragged", -MAX_VALUE), make_y(cls)
    with warnings_are_errors():
        estimator = make(cls).fit(X, y)
        assert np.isfinite(predict(estimator, X)).all()


def test_too_large_values_are_accepted_before_a_transformer():
    """Only the input of the network is checked: a transformer may scale values down."""
    X = with_large("cube", 1e300)
    assert read_sequences(X)[0].values.max() == 1e300


def with_one_step(cls, value, **params):
    """Return an estimator fitted on small values, and X with one extreme step."""
    X = [x * 1e-3 for x in make_X("ragged")]
    estimator = make(cls, **params).fit(X, make_y(cls))
    X[5] = X[5].copy()
    X[5][1, 2] = value
    return estimator, X


def call(function, X):
    """Return the result of a function, or None, and the message of its ValueError."""
    try:
        return function(X), None
    except ValueError as error:
        return None, str(error)


@pytest.mark.parametrize("params", [{"stem": 0}, {"stem": 2, "pooling": "max"}], ids=str)
@pytest.mark.parametrize("value", [1e20, -1e38])
@pytest.mark.parametrize("cls", ESTIMATORS, ids=name_of)
def test_a_network_without_a_finite_output_raises(cls, value, params):
    """Predictions for an extreme step are finite, or an error names the step."""
    estimator, X = with_one_step(cls, value, **params)
    methods = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
    for name in [*(m for m in methods if hasattr(cls, m)), "transform"]:
        with warnings_are_errors():
            found, message = call(getattr(estimator, name), X)
            if message is None:
                assert np.isfinite(found).all()
            else:
                number = f"{value:g}".replace("+", r"\+")
                pattern = (
                    rf"no finite output for sequence 5\. .* {number} in step 1, feature 2"
                )
                assert re.search(pattern, message)
            getattr(estimator, name)(X[:5])


def test_a_transformer_names_the_extreme_step():
    estimator, X = with_one_step(skseq.TransformerClassifier, 1e20, stem=0)
    with pytest.raises(ValueError, match="sequence 5.* 1e.20 in step 1, feature 2"):
        estimator.predict(X)


def test_a_prediction_of_counts_that_is_not_finite_raises():
    X, y = make_X("ragged"), np.arange(24) % 3
    estimator = make(skseq.GRURegressor, loss="poisson").fit(X, y)
    estimator.net_.module_.head.linear.bias.data.fill_(1000.0)
    with pytest.raises(ValueError, match="sequence 0 is not finite"):
        estimator.predict(X)


@pytest.mark.parametrize("extreme", ["X", "y"])
def test_a_forecast_without_a_finite_output_raises(extreme):
    y = forecasting.make_y()
    X = y.to_frame("price") * 1e-3
    params = {"normalization": None, "unit": "series"}
    forecaster = forecasting.make(skseq.TransformerForecaster, **params).fit(X[:-8], y[:-8])
    history = X[-8:-4].copy(), y[-8:-4].copy()
    if extreme == "X":
        history[0].iloc[1, 0] = 1e25
    else:
        history[1].iloc[1] = 1e25
    with pytest.raises(
        ValueError, match=f"no finite output for the window .* of {extreme} in step"
    ):
        forecaster.predict(X[-4:], history=history)
    forecaster.update(*history)
    with pytest.raises(ValueError, match="no finite output for the window"):
        forecaster.predict_interval(X[-4:])


@pytest.mark.parametrize("cls", TWO_ESTIMATORS, ids=name_of)
def test_precision_of_other_sequences_has_no_effect(cls):
    """float32 and float64 sequences in one list are read alike."""
    X = [1e3 + x for x in make_X("ragged")]
    estimator = make(cls).fit(X, make_y(cls))
    single = [x.astype(np.float32) for x in X]
    expected = predict(estimator, single)
    for other in (X, [x.astype(np.float16) for x in X]):
        mixed = [
            a if i % 2 else b for i, (a, b) in enumerate(zip(single, other, strict=True))
        ]
        assert (predict(estimator, mixed)[1::2] == expected[1::2]).all()
    assert (predict(estimator, [x.astype(np.float64) for x in single]) == expected).all()
