"""Tests of interval_coverage, interval_width and winkler_score."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skseq.metrics import interval_coverage, interval_width, winkler_score

NAN = np.nan
TRUE = [1.0, 2.0, 9.0, 4.0]
BOUNDS = [[0.0, 2.0], [2.0, 4.0], [5.0, 8.0], [5.0, 7.0]]


def test_values():
    # 1 is inside, 2 is on a bound, 9 is 1 above, 4 is 1 below. The widths are 2, 2, 3, 2.
    assert interval_coverage(TRUE, BOUNDS) == 0.5
    assert interval_width(TRUE, BOUNDS) == 2.25
    # The penalty factor 2 / (1 - 0.8) is 10.
    assert winkler_score(TRUE, BOUNDS, coverage=0.8) == pytest.approx(2.25 + 20 / 4)


def test_missing_values_and_weights():
    y, weights = [1.0, NAN, 9.0], [3.0, 5.0, 1.0]
    bounds = [[0.0, 2.0], [NAN, NAN], [5.0, 8.0]]
    assert interval_coverage(y, bounds, sample_weight=weights) == 0.75
    assert interval_width(y, bounds, sample_weight=weights) == (3 * 2 + 3) / 4
    score = winkler_score(y, bounds, coverage=0.8, sample_weight=weights)
    assert score == pytest.approx((3 * 2 + 3 + 10) / 4)


def test_rows_and_columns_of_frames_are_aligned():
    y = pd.Series(TRUE, index=list("abcd"))
    frame = pd.DataFrame(BOUNDS, index=y.index, columns=["lower", "upper"])
    frame = frame[["upper", "lower"]].iloc[[3, 0, 2, 1]]
    assert interval_coverage(y, frame) == 0.5
    assert winkler_score(y, frame, coverage=0.8) == pytest.approx(7.25)
    message = r"y_interval should have the columns \['lower', 'upper'\].*\['low', 'upper'\]"
    with pytest.raises(ValueError, match=message):
        interval_width(y, frame.rename(columns={"lower": "low"})[["low", "upper"]])


def test_several_targets():
    y = np.array([[1.0, 5.0], [9.0, NAN]])
    bounds = np.array([[[0.0, 2.0], [1.0, 4.0]], [[5.0, 8.0], [0.0, 1.0]]])
    coverage = interval_coverage(y, bounds, multioutput="raw_values")
    np.testing.assert_array_equal(coverage, [0.5, 0.0])
    assert interval_width(y, bounds) == pytest.approx((2.5 + 3) / 2)
    columns = pd.MultiIndex.from_product([["p", "q"], ["lower", "upper"]])
    frame = pd.DataFrame(bounds.reshape(2, 4), columns=columns)
    named = pd.DataFrame(y[:, ::-1], columns=["q", "p"])
    coverage = interval_coverage(named, frame, multioutput="raw_values")
    np.testing.assert_array_equal(coverage, [0.0, 0.5])


@given(seed=st.integers(0, 1000), coverage=st.floats(0.01, 0.99), width=st.floats(0, 1e3))
def test_properties(seed, coverage, width):
    rng = np.random.default_rng(seed)
    y, lower = rng.normal(size=(2, 8))
    bounds = np.column_stack([lower, lower + width])
    fraction = interval_coverage(y, bounds)
    mean_width = interval_width(y, bounds)
    score = winkler_score(y, bounds, coverage=coverage)
    assert 0 <= fraction <= 1
    assert mean_width == pytest.approx(width, rel=1e-9, abs=1e-9)
    assert score >= mean_width - 1e-9
    assert (score > mean_width) == (fraction < 1)


def test_central_interval_of_the_distribution_has_the_best_score():
    y = norm.ppf((np.arange(20_000) + 0.5) / 20_000)

    def score(factor):
        bound = factor * norm.ppf(0.9)
        return winkler_score(y, np.tile([-bound, bound], (len(y), 1)), coverage=0.8)

    assert score(1.0) < min(score(0.8), score(0.95), score(1.05), score(1.2))


@pytest.mark.parametrize("metric", [interval_coverage, interval_width])
def test_crossed_bounds_raise(metric):
    with pytest.raises(ValueError, match="above its upper bound in row 1: 3 and 2.5"):
        metric([1.0, 2.0], [[0.0, 2.0], [3.0, 2.5]])


def test_invalid_input_raises():
    with pytest.raises(ValueError, match="y_true has no values to compare with"):
        interval_width([NAN], [[0.0, 1.0]])
    with pytest.raises(ValueError, match=r"shape \(1, 1, 2\) or \(1, 2\) .* \(1, 3\)"):
        interval_coverage([1.0], [[0.0, 1.0, 2.0]])
    with pytest.raises(
        ValueError, match=r"shape \(1, 2, 2\) for .* has the shape \(1, 2\)\."
    ):
        interval_coverage([[1.0, 2.0]], [[0.0, 1.0]])


@pytest.mark.parametrize("coverage", [0, 1, 90, "0.9"])
def test_invalid_coverage_raises(coverage):
    with pytest.raises(
        ValueError, match=rf"'coverage' parameter .* Got {coverage!r} instead"
    ):
        winkler_score(TRUE, BOUNDS, coverage=coverage)
