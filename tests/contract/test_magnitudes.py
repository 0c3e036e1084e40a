"""Values outside the range of float32 raise an error, without warnings from numpy."""

import numpy as np
import pytest

import skseq
from skseq.sequences import read_sequences

from .cases import TWO_ESTIMATORS, as_form, fitted, make, make_X, make_y, name_of, predict
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
