"""Tests of symmetric_mean_absolute_percentage_error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skseq.metrics import symmetric_mean_absolute_percentage_error as smape

FINITE = st.floats(-1e6, 1e6)


def test_value():
    # The errors are 200 * 2 / 12 and 200 * 1 / 3.
    assert smape([7.0, 1.0], [5.0, 2.0]) == pytest.approx((400 / 12 + 200 / 3) / 2)


@pytest.mark.parametrize(
    ("true", "forecast", "expected"),
    [(0.0, 0.0, 0.0), (0.0, 3.0, 200.0), (3.0, -3.0, 200.0), (-4.0, -4.0, 0.0)],
)
def test_extreme_values(true, forecast, expected):
    assert smape([true], [forecast]) == expected


def test_missing_values_and_weights():
    error = smape([7.0, np.nan, 1.0], [5.0, 1.0, 2.0], sample_weight=[3.0, 9.0, 1.0])
    assert error == pytest.approx((3 * 400 / 12 + 200 / 3) / 4)


def test_panel_averages_over_its_series():
    index = pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("b", 0)])
    y_true = pd.Series([7.0, 1.0, 0.0], index=index)
    expected = ((400 / 12 + 200 / 3) / 2 + 200) / 2
    assert smape(y_true, [5.0, 2.0, 1.0]) == pytest.approx(expected)


def test_several_targets():
    raw = smape([[7.0, 0.0]], [[5.0, 1.0]], multioutput="raw_values")
    np.testing.assert_allclose(raw, [400 / 12, 200.0])
    assert smape([[7.0, 0.0]], [[5.0, 1.0]]) == pytest.approx((400 / 12 + 200) / 2)


@given(arrays(float, (2, 5), elements=FINITE))
def test_bounds_and_symmetry(pair):
    error = smape(*pair)
    assert 0 <= error <= 200 * (1 + 1e-12)
    assert smape(*pair[::-1]) == pytest.approx(error, rel=1e-12)


def test_invalid_input_raises():
    with pytest.raises(ValueError, match="y_true has no values to compare with"):
        smape([np.nan], [1.0])
    with pytest.raises(ValueError, match="'multioutput' parameter of"):
        smape([1.0], [1.0], multioutput="sum")
