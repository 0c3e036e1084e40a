"""Limits of transformed targets, and constant series."""

import numpy as np
import pytest
from sklearn.preprocessing import (
    FunctionTransformer,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)

from skseq.forecasting.limits import MAX_EXTENSION, find_constants, find_limits
from skseq.forecasting.targets import inverse_values
from skseq.series import Panel

# Positive values whose largest ones are transformed almost to the end of the range.
SKEWED = np.random.default_rng(0).lognormal(sigma=1.5, size=(200, 1)) + 0.5

TRANSFORMERS = [
    PowerTransformer(),
    PowerTransformer(method="box-cox"),
    QuantileTransformer(n_quantiles=50),
    QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    FunctionTransformer(np.log, np.exp),
    FunctionTransformer(np.sqrt, np.square),
    FunctionTransformer(np.arcsinh, np.sinh),
    StandardScaler(),
]


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
@pytest.mark.parametrize("sign", [1, -1])
def test_inverse_of_any_value_is_finite_and_increasing(transformer, sign):
    values = SKEWED if sign > 0 else SKEWED.max() + 1 - SKEWED
    transformer.fit(values)
    coded = np.linspace(-1000, 1000, 4001)[:, None]
    limits = find_limits(transformer, values)
    result = inverse_values(transformer, coded, 1, limits)
    assert np.isfinite(result).all()
    assert (np.diff(result[:, 0]) >= 0).all()
    # The observed values themselves are not limited.
    coded = transformer.transform(values)
    expected = transformer.inverse_transform(coded)
    np.testing.assert_array_equal(inverse_values(transformer, coded, 1, limits), expected)


def test_limits_are_within_the_widened_range():
    values = np.array([[1.0, 10.0], [3.0, 20.0], [2.0, np.nan]])
    limits = find_limits(
        StandardScaler(with_mean=False, with_std=False).fit(values), values
    )
    reach = MAX_EXTENSION * np.array([2.0, 10.0])
    np.testing.assert_allclose(limits, [[1, 10] - reach, [3, 20] + reach])
    assert find_limits(None, values) is None
    assert find_limits(StandardScaler(), np.full((2, 1), np.nan)) is None


def test_lower_limit_of_a_square_root_is_that_of_0():
    transformer = FunctionTransformer(np.sqrt, np.square)
    low, high = find_limits(transformer, np.array([[4.0], [9.0]]))[:, 0]
    assert low == pytest.approx(0, abs=1e-6)
    assert high == pytest.approx(np.sqrt(9 + 5 * MAX_EXTENSION))


def test_inverse_that_is_not_finite_raises():
    transformer = FunctionTransformer(
        np.log, lambda x: np.where(x > 0.5, np.nan, np.exp(x))
    )
    with pytest.raises(ValueError, match="has no finite inverse of the forecast 0.7"):
        inverse_values(transformer, np.array([[0.1], [0.7]]), 1)


def test_constant_targets_are_found():
    values = np.array([[2.0, 1], [2, 3], [np.nan, 3], [5, np.nan], [5, np.nan]])
    panel = Panel(values, np.empty((5, 0)), [3, 2], [0, 0], ["a", "b"])
    found = find_constants(panel, [1, 0])
    np.testing.assert_array_equal(found, [[5, np.nan], [2, np.nan]])
