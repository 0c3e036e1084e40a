"""Quantiles of errors with the finite-sample correction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skseq.forecasting.calibration import conformal_quantile, symmetric_quantile

LEVELS = st.floats(0.001, 0.999)
ERRORS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40)


@given(st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=40, unique=True), LEVELS)
def test_coverage_is_exact(values, level):
    """Each of n + 1 exchangeable errors is the new one with equal probability.

    The fraction of errors that are below the quantile of the others is therefore the
    exact coverage: at least the level, and at most one rank more.
    """
    values, n = np.sort(np.array(values, dtype=float)), len(values) - 1
    inside = 0
    for i in range(n + 1):
        quantile = conformal_quantile(np.delete(values, i), level)
        inside += values[i] <= quantile
    covered = inside / (n + 1)
    within = 1 / (n + 1) <= level <= n / (n + 1)  # otherwise extrapolated
    if within and level >= 0.5:
        assert level - 1e-6 <= covered <= level + 1 / (n + 1) + 1e-6
    elif within:  # lower bound: at most the level is below
        below = covered - 1 / (n + 1)  # without the bound itself
        assert below <= level + 1e-6
        assert covered >= level - 1 / (n + 1) - 1e-6


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("n", [19, 20, 99])
def test_intervals_of_small_samples_cover(coverage, n):
    rng = np.random.default_rng(n)
    n_trials = 20_000
    inside = 0
    for _ in range(n_trials):
        errors = np.sort(rng.standard_t(3, size=n))
        low = conformal_quantile(errors, (1 - coverage) / 2)
        high = conformal_quantile(errors, (1 + coverage) / 2)
        inside += low <= rng.standard_t(3) <= high
    error = np.sqrt(coverage * (1 - coverage) / n_trials)
    assert inside / n_trials > coverage - 3 * error
    # Each bound is at most one rank too wide.
    assert inside / n_trials < coverage + 2 / (n + 1) + 3 * error


def test_uncorrected_quantiles_do_not_cover():
    """Without the correction the coverage of 19 errors is 0.85 instead of 0.9."""
    rng = np.random.default_rng(0)
    errors = rng.normal(size=(20_000, 19))
    new = rng.normal(size=20_000)
    plain = np.quantile(errors, [0.05, 0.95], axis=1)
    corrected = np.array(
        [[conformal_quantile(np.sort(e), q) for e in errors] for q in (0.05, 0.95)]
    )
    covered = [((low <= new) & (new <= high)).mean() for low, high in (plain, corrected)]
    assert covered[0] < 0.87
    assert covered[1] > 0.89


@given(ERRORS, st.lists(LEVELS, min_size=2, max_size=6))
def test_quantile_increases_with_the_level(errors, levels):
    errors = np.sort(errors)
    quantiles = [conformal_quantile(errors, level) for level in sorted(levels)]
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles) >= 0).all()


@given(ERRORS, LEVELS)
def test_lower_and_upper_quantiles_are_symmetric(errors, level):
    errors = np.sort(errors)
    mirrored = np.sort(-errors)
    if abs(level - 0.5) < 1e-3:
        return
    assert conformal_quantile(mirrored, 1 - level) == pytest.approx(
        -conformal_quantile(errors, level)
    )


def test_levels_of_ranks_return_the_errors():
    errors = np.arange(1.0, 10.0)  # of 9 errors each is one of the deciles
    for k in range(1, 10):
        assert conformal_quantile(errors, k / 10) == k


def test_levels_beyond_the_sample_are_extrapolated_as_normal():
    errors = norm.ppf(np.arange(1, 10) / 10)
    for level in (0.95, 0.99, 0.999):
        assert conformal_quantile(errors, level) == pytest.approx(norm.ppf(level))
        assert conformal_quantile(errors, 1 - level) == pytest.approx(-norm.ppf(level))


def test_quantiles_of_a_single_error():
    quantiles = [conformal_quantile(np.array([2.0]), q) for q in (0.5, 0.6, 0.75, 0.9)]
    assert quantiles[:3] == [2, 2, 2]
    assert quantiles[3] > 2


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("n", [3, 20])
def test_symmetric_intervals_cover(coverage, n):
    """Also if there are so few errors that the outermost ones are extrapolated."""
    rng = np.random.default_rng(n)
    n_trials = 20_000
    levels = np.array([(1 - coverage) / 2, (1 + coverage) / 2])
    inside = 0
    for _ in range(n_trials):
        low, high = symmetric_quantile(np.sort(rng.normal(size=n)), levels)
        assert low == -high
        inside += low <= rng.normal() <= high
    error = 3 * np.sqrt(coverage * (1 - coverage) / n_trials)
    within = coverage <= n / (n + 1)  # otherwise extrapolated
    assert inside / n_trials > coverage - error - 0.05 * (not within)
    assert inside / n_trials < coverage + 1 / (n + 1) + error


@given(ERRORS, st.lists(LEVELS, min_size=2, max_size=6))
def test_symmetric_quantile_increases_with_the_level(errors, levels):
    quantiles = symmetric_quantile(np.sort(errors), np.sort(levels))
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles) >= 0).all()
    assert symmetric_quantile(np.sort(errors), np.array(0.5)) == 0
