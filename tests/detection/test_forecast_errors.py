"""Standardized errors have unit variance and no correlation, and missing values."""

import numpy as np
import pytest

from skseq.detection import ErrorScale, average_squares

EPS = np.finfo(np.float64).eps


def make_steps(n_sequences=300, length=8, seed=0):
    """Return values with correlated errors, their forecasts, and starts of sequences."""
    random = np.random.default_rng(seed)
    n = n_sequences * length
    forecasts = random.normal(size=(n, 3))
    mixing = np.array([[2.0, 0, 0], [1.5, 1.0, 0], [0, 0, 0.1]])
    values = forecasts + random.normal(size=(n, 3)) @ mixing.T
    return values, forecasts, np.arange(0, n, length)


def fit(values, forecasts, starts, offset=0.0, precision=EPS):
    return ErrorScale.fit(values, forecasts, starts, offset + np.zeros(3), precision)


def test_errors_are_standardized():
    steps = make_steps()
    errors, known = fit(*steps).standardize(*steps)
    assert (known == 1).all()
    later = np.delete(errors, steps[2], axis=0)
    covariance = later.T @ later / len(later)
    np.testing.assert_allclose(covariance, np.eye(3), atol=0.2)
    assert 0.8 < average_squares(errors, known).mean() < 1.2


def test_first_steps_are_compared_with_first_steps():
    values, forecasts, starts = make_steps()
    values[starts] = 100 + np.random.default_rng(1).normal(size=(len(starts), 3))
    scale = fit(values, forecasts, starts)
    np.testing.assert_allclose(scale.first, 100, atol=0.3)
    np.testing.assert_allclose(scale.first_scale, 1, atol=0.2)
    errors, _ = scale.standardize(values, forecasts, starts)
    assert np.abs(errors[starts]).mean() < 2


def test_a_bias_is_an_error():
    values, forecasts, starts = make_steps()
    biased = fit(values + 5, forecasts, starts)
    assert (biased.scale > 4.9).all()


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0, 1e6])
def test_constant_features_are_forecast_exactly(value):
    values, forecasts, starts = make_steps()
    values[:, 1] = 0.0  # after `value` was subtracted
    scale = fit(values, forecasts, starts, offset=value)
    assert scale.is_constant.tolist() == [False, True, False]
    usual = average_squares(*scale.standardize(values, forecasts, starts)).mean()
    assert usual < 2  # the forecasts of the network are wrong and not used
    values[:, 1] = 0.5 * abs(value) if value else 1.0
    found = average_squares(*scale.standardize(values, forecasts, starts))
    assert np.isfinite(found).all()
    assert (found > 100).all()


def test_rounding_errors_of_a_constant():
    values, forecasts, starts = make_steps()
    values[:, 1] = np.random.default_rng(0).choice([-1e-16, 1e-16], size=len(values))
    assert fit(values, forecasts, starts, offset=0.3).is_constant[1]
    assert not fit(values, forecasts, starts).is_constant[1]


def test_missing_values_do_not_count():
    values, forecasts, starts = make_steps()
    complete = values.copy()
    values[5] = np.nan
    values[7, 2] = np.nan
    scale = fit(values, forecasts, starts)
    errors, known = scale.standardize(values, forecasts, starts)
    assert np.isfinite(errors).all()
    np.testing.assert_allclose(known[[4, 5, 7]], [1, 0, 2 / 3])
    squares = average_squares(errors, known)
    assert squares[5] == 0
    np.testing.assert_allclose(
        squares[4], average_squares(*scale.standardize(complete, forecasts, starts))[4]
    )
    values[:, 0] = np.nan  # a feature that is always missing
    scale = fit(values, forecasts, starts)
    assert np.isfinite(average_squares(*scale.standardize(values, forecasts, starts))).all()


def test_single_steps():
    values, forecasts, _ = make_steps(20, 1)
    starts = np.arange(20)
    errors, known = fit(values, forecasts, starts).standardize(values, forecasts, starts)
    assert 0.5 < average_squares(errors, known).mean() < 1.5
