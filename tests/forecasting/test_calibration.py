"""Calibration of intervals by held-out errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from skseq.forecasting import Calibration, UncalibratedQuantiles
from skseq.forecasting.calibration import (
    MIN_OWN_QUANTILES,
    SAMPLE_LEVELS,
    conformal_quantile,
    fill_spreads,
    widen_level,
)

LEVELS = st.floats(0.001, 0.999)
ERRORS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40)


def test_fill_spreads_extrapolates_as_a_random_walk():
    np.testing.assert_allclose(
        fill_spreads(np.array([np.nan, 2.0, np.nan, 0.0])),
        2 * np.sqrt([1 / 2, 1, 3 / 2, 4 / 2]),
    )
    np.testing.assert_allclose(fill_spreads(np.full(3, np.nan)), np.sqrt([1, 2, 3]))
    known = np.array([1.0, 3.0, 2.0])
    np.testing.assert_array_equal(fill_spreads(known), known)


def draw_walks(n, horizon, rng, n_targets=1):
    """Return random walks as errors: (n, n_targets, horizon)."""
    return rng.normal(size=(n, n_targets, horizon)).cumsum(axis=2)


def calibrate(scores, series=None, n_series=1):
    series = np.zeros(len(scores), dtype=int) if series is None else series
    return Calibration(scores, series, n_series)


class TestScores:
    """The scores of levels."""

    @pytest.mark.parametrize("n", [60, MIN_OWN_QUANTILES + 100])
    def test_new_errors_are_covered_at_every_step(self, n):
        """With shared quantiles, and with separate ones for each step."""
        rng = np.random.default_rng(0)
        horizon, hits, n_trials = 4, np.zeros(4), 150
        one = np.zeros(1, dtype=int)
        for _ in range(n_trials):
            calibration = calibrate(draw_walks(n, horizon, rng))
            low, high = calibration.score([0.1, 0.9], one, one)[:, 0]
            new = draw_walks(100, horizon, rng)[:, 0]
            hits += ((low <= new) & (new <= high)).mean(axis=0)
        # All errors of a trial share one interval, whose own error dominates.
        error = 4 * np.sqrt(0.8 * 0.2 / n / n_trials + 0.8 * 0.2 / (100 * n_trials))
        np.testing.assert_allclose(hits / n_trials, 0.8, atol=error + 1 / n)

    def test_intervals_widen_over_the_horizon(self):
        calibration = calibrate(draw_walks(400, 4, np.random.default_rng(0)))
        one = np.zeros(1, dtype=int)
        low, high = calibration.score([0.1, 0.9], one, one)[:, 0]
        width = high - low
        np.testing.assert_allclose(width / width[0], np.sqrt([1, 2, 3, 4]), rtol=0.15)

    def test_steps_with_enough_errors_have_their_own_quantiles(self):
        rng = np.random.default_rng(0)
        scores = rng.normal(size=(MIN_OWN_QUANTILES, 1, 2))
        scores[:, :, 1] = rng.exponential(size=(MIN_OWN_QUANTILES, 1))  # positive
        calibration = calibrate(scores)
        one = np.zeros(1, dtype=int)
        low = calibration.score([0.05], one, one)[0, 0]
        assert low[0] < -1
        assert low[1] > 0
        fewer = calibrate(scores[:-1])  # both steps share their quantiles
        assert fewer.score([0.05], one, one)[0, 0, 1] < 0

    def test_series_and_targets_have_their_own_spread(self):
        rng = np.random.default_rng(0)
        spread = np.array([[1.0, 2.0], [3.0, 1.5]])
        series = np.repeat([0, 1], 400)
        scores = rng.normal(size=(800, 2, 3)) * spread[series][:, :, None]
        calibration = calibrate(scores, series, 2)
        series, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
        high = calibration.score([norm.cdf(1)], series, columns)[0]
        assert high.shape == (4, 3)
        np.testing.assert_allclose(high.mean(axis=1), spread.ravel(), rtol=0.1)

    def test_coverage_of_series_with_very_different_spreads(self):
        rng = np.random.default_rng(0)
        spread = np.array([10.0, 0.3])
        series = np.repeat([0, 1], 400)
        calibration = calibrate(
            rng.normal(size=(800, 1, 3)) * spread[series][:, None, None], series, 2
        )
        for i in (0, 1):
            one, errors = np.array([i]), rng.normal(size=(2000, 3)) * spread[i]
            low, high = calibration.score([0.1, 0.9], one, np.zeros(1, dtype=int))
            covered = ((low <= errors) & (errors <= high)).mean()
            assert covered == pytest.approx(0.8, abs=0.04)

    def test_spread_of_a_series_with_few_windows_is_shrunk(self):
        rng = np.random.default_rng(0)
        series = np.r_[np.zeros(500, dtype=int), 1]
        scores = rng.normal(size=(501, 1, 2))
        scores[-1] = 5.0
        factors = calibrate(scores, series, 3).factors[:, 0]
        assert factors[0] == pytest.approx(1, abs=0.1)
        # The spread of its only window is 5, which may be chance.
        assert factors[1] == pytest.approx(1, abs=0.1)
        assert factors[2] == pytest.approx(1, abs=0.1)  # without windows

    @pytest.mark.parametrize("spread", [1.0, 4.0])
    def test_spreads_of_series_are_shrunk_by_what_chance_explains(self, spread):
        """Few windows do not show that the spreads of series differ, unless they all do."""
        rng = np.random.default_rng(0)
        series = np.repeat(np.arange(40), 7)
        true = np.where(np.arange(40) % 2, spread, 1 / spread)
        scores = np.concatenate([overlap(walk, 7, 6) for walk in draw_steps(40, rng)])
        factors = calibrate(scores * true[series][:, None, None], series, 40).factors
        error = np.log(factors[:, 0] / factors.mean()) - np.log(true / true.mean())
        assert error.std() < (0.15 if spread == 1 else 0.45)

    @given(st.lists(LEVELS, min_size=2, max_size=5), st.integers(3, 30), st.integers(0, 99))
    def test_scores_of_levels_do_not_cross(self, levels, n, seed):
        calibration = calibrate(draw_walks(n, 3, np.random.default_rng(seed)))
        one = np.zeros(1, dtype=int)
        scores = calibration.score(sorted(levels), one, one)
        assert (np.diff(scores, axis=0) >= 0).all()


def draw_steps(n, rng):
    """Return n random walks (n, 13), for 7 windows of 6 steps."""
    return rng.normal(size=(n, 13)).cumsum(axis=1)


def draw_scores(calibration, n):
    """Return the scores of n paths of the first series: (n, n_targets, horizon)."""
    errors = calibration.standardize(calibration.draw(n, np.random.default_rng(1)))
    zeros = np.zeros(errors.shape[1], dtype=int)
    return calibration.scale(errors, zeros, zeros)


def overlap(walk, n, horizon):
    """Return the errors of naive forecasts from n successive origins."""
    return np.stack([walk[i + 1 : i + 1 + horizon] - walk[i] for i in range(n)])[:, None]


class TestFewWindows:
    """Few overlapping windows, whose errors are dependent."""

    @pytest.mark.parametrize(("n", "horizon"), [(7, 6), (13, 12), (25, 12), (61, 12)])
    def test_coverage_of_few_overlapping_windows(self, n, horizon):
        """Intervals are wider, because the errors of two windows may be small by chance."""
        rng = np.random.default_rng(0)
        one, n_trials = np.zeros(1, dtype=int), 400
        hits, plain = np.zeros(2), np.zeros(2)
        for _ in range(n_trials):
            walk = rng.normal(size=n + 2 * horizon).cumsum()
            calibration = calibrate(overlap(walk, n, horizon))
            new = overlap(walk[n + horizon - 1 :], 1, horizon)[0, 0]
            for k, coverage in enumerate((0.8, 0.95)):
                ends = [(1 - coverage) / 2, (1 + coverage) / 2]
                low, high = calibration.score(ends, one, one)[:, 0]
                hits[k] += ((low <= new) & (new <= high)).mean()
                low, high = (
                    calibration.steps * conformal_quantile(calibration.pooled, q)
                    for q in ends
                )
                plain[k] += ((low <= new) & (new <= high)).mean()
        # Errors within a window are dependent, so this is the largest standard error.
        error = 3 * 0.45 / np.sqrt(n_trials)
        np.testing.assert_allclose(hits / n_trials, [0.8, 0.95], atol=error)
        if n < 2 * horizon:
            assert plain[0] / n_trials < 0.8 - error

    def test_widening_vanishes_for_many_windows(self):
        assert widen_level(0.9, 10_000) == pytest.approx(0.9, abs=1e-4)
        assert widen_level(0.5, 2) == 0.5
        assert widen_level(0.975, 2) > 0.9999

    def test_extreme_levels_stay_below_1(self):
        assert 0 < widen_level(1e-6, 2) < widen_level(1 - 1e-6, 2) < 1

    @given(LEVELS, LEVELS, st.integers(0, 500))
    def test_widening_keeps_the_order_of_levels(self, one, other, n):
        low, high = sorted((one, other))
        assert widen_level(low, n) <= widen_level(high, n)
        assert abs(widen_level(low, n) - 0.5) >= abs(low - 0.5) - 1e-12

    def test_number_of_disjoint_windows(self):
        rng = np.random.default_rng(0)
        assert calibrate(draw_walks(13, 12, rng)).n_disjoint == 2
        assert calibrate(draw_walks(13, 12, rng, 3)).n_disjoint == 6  # each target counts
        two = np.repeat([0, 1], [25, 1])
        assert calibrate(draw_walks(26, 12, rng), two, 2).n_disjoint == 4
        holes = draw_walks(13, 12, rng)
        holes[1:] = np.nan
        assert calibrate(holes).n_disjoint == 1
        assert calibrate(np.empty((0, 1, 3))).n_disjoint == 0

    @pytest.mark.parametrize("n", [5, 13, MIN_OWN_QUANTILES + 100])
    def test_paths_have_the_quantiles_of_score(self, n):
        calibration = calibrate(draw_walks(n, 12, np.random.default_rng(0)))
        one = np.zeros(1, dtype=int)
        paths = draw_scores(calibration, 8000)[:, 0]
        levels = [0.1, 0.25, 0.5, 0.75, 0.9]
        # Errors are repeated in paths, so the next ones may be in between.
        for level, bound in zip(levels, calibration.score(levels, one, one), strict=True):
            error = 4 * np.sqrt(level * (1 - level) / 8000) + 1 / len(SAMPLE_LEVELS)
            assert ((paths < bound - 1e-9).mean(axis=0) <= level + error).all()
            assert ((paths <= bound + 1e-9).mean(axis=0) >= level - error).all()

    def test_paths_of_many_windows_are_held_out_errors(self):
        calibration = calibrate(draw_walks(3000, 2, np.random.default_rng(0)))
        drawn = calibration.standardize(calibration.draw(3000, np.random.default_rng(1)))
        nearest = np.searchsorted(calibration.sorted[0], drawn[:, 0, 0])
        nearest = calibration.sorted[0][np.minimum(nearest, 2999)]
        within = np.abs(drawn[:, 0, 0]) < np.abs(drawn[:, 0, 0]).max() / 2
        np.testing.assert_allclose(drawn[within, 0, 0], nearest[within], atol=0.1)


@pytest.mark.filterwarnings("error")
class TestMissing:
    """Held-out steps without an observation."""

    def test_missing_errors_are_left_out(self):
        rng = np.random.default_rng(0)
        scores = draw_walks(50, 3, rng, 2)
        holes = scores.copy()
        holes[::5] = np.nan  # whole windows
        holes[1, 0] = np.nan  # all steps of a target
        holes[2, 1, 1] = np.nan
        calibration = calibrate(holes)
        kept = np.isfinite(holes)
        assert len(calibration.pooled) == kept.sum()
        assert np.isfinite(calibration.factors).all()
        assert [len(errors) for errors in calibration.sorted] == [
            kept[:, :, h].sum() for h in range(3)
        ]
        assert np.isfinite(calibration.standardize(calibration.draw(20, rng))).all()

    def test_windows_without_observations_have_no_effect(self):
        scores = draw_walks(30, 3, np.random.default_rng(0), 2)
        holes = np.concatenate([scores, np.full((5, 2, 3), np.nan)])
        one, other = calibrate(scores), calibrate(holes)
        np.testing.assert_allclose(one.factors, other.factors)
        np.testing.assert_allclose(one.pooled, other.pooled)

    def test_step_without_observations(self):
        scores = np.random.default_rng(0).normal(size=(300, 1, 3))
        scores[:, :, 2] = np.nan
        calibration = calibrate(scores)
        one = np.zeros(1, dtype=int)
        high = calibration.score([0.9], one, one)[0, 0]
        spread = calibration.steps[1] * np.sqrt(3 / 2) * calibration.factors[0, 0]
        pooled, n = calibration.pooled, calibration.n_disjoint
        assert high[2] == pytest.approx(
            spread * calibration._find_quantiles(pooled, np.array(0.9), n)
        )
        # No path is complete: errors are drawn independently.
        assert calibration.draw(5, np.random.default_rng(0)).shape == (5, 1, 3)

    def test_no_errors(self):
        calibration = Calibration(np.empty((0, 2, 3)), np.empty(0, dtype=int), 4)
        assert calibration.is_empty
        assert (calibration.factors == 1).all()
        assert calibrate(np.full((3, 1, 2), np.nan)).is_empty
        assert not calibrate(np.ones((1, 1, 1))).is_empty


class TestPaths:
    """Sample paths of errors."""

    def test_paths_have_the_correlation_of_errors(self):
        rng = np.random.default_rng(0)
        shared = draw_walks(600, 4, rng)
        scores = shared + 0.5 * draw_walks(600, 4, rng, 2)
        calibration = calibrate(scores)
        paths = calibration.standardize(calibration.draw(5000, rng))
        assert paths.shape == (5000, 2, 4)
        expected = np.corrcoef(scores.reshape(600, -1).T)
        assert expected[0, 3] < 0.7 < expected[2, 3]  # correlations differ
        drawn = np.corrcoef(paths.reshape(5000, -1).T)
        np.testing.assert_allclose(drawn, expected, atol=4 / np.sqrt(5000))

    def test_paths_have_the_spread_of_errors(self):
        rng = np.random.default_rng(0)
        scores = 7 * draw_walks(500, 4, rng)
        calibration = calibrate(scores)
        paths = draw_scores(calibration, 4000)[:, 0]
        np.testing.assert_allclose(paths.std(axis=0), scores[:, 0].std(axis=0), rtol=0.1)

    def test_incomplete_paths_are_not_drawn(self):
        scores = draw_walks(40, 3, np.random.default_rng(0))
        scores[::2, :, 1] = np.nan
        calibration = calibrate(scores)
        assert len(calibration._rank_paths(3)) == 20
        drawn = calibration.draw(500, np.random.default_rng(0))
        # The levels of a path are within the ranges of its ranks.
        ranks = drawn * 20 // len(SAMPLE_LEVELS) + 1
        complete = {tuple(path.ravel()) for path in calibration._rank_paths(3)}
        assert {tuple(path.ravel()) for path in ranks} == complete

    def test_generator_determines_the_draws(self):
        calibration = calibrate(draw_walks(40, 3, np.random.default_rng(0)))
        one, again, other = (
            calibration.draw(9, np.random.default_rng(seed)) for seed in (0, 0, 1)
        )
        assert (one == again).all()
        assert not (one == other).all()


class TestUpdate:
    """Updates of the spread by new errors."""

    @pytest.fixture
    def calibration(self):
        return calibrate(
            draw_walks(200, 3, np.random.default_rng(0), 2),
            np.repeat([0, 1], 100),
            2,
        )

    def width(self, calibration, series=0, target=0):
        series, target = np.array([series]), np.array([target])
        low, high = calibration.score([0.1, 0.9], series, target)[:, 0]
        return high - low

    def test_intervals_widen_and_narrow(self, calibration):
        before = self.width(calibration)
        typical = calibration.steps * calibration.factors[0, 0]
        for _ in range(20):
            calibration.update(5 * typical, 0, 0)
        wide = self.width(calibration)
        assert (wide > 2 * before).all()
        for _ in range(50):
            calibration.update(0.1 * typical, 0, 0)
        assert (self.width(calibration) < 0.3 * before).all()

    def test_typical_errors_change_little(self, calibration):
        before = calibration.factors.copy()
        rng = np.random.default_rng(1)
        widths = []
        for path in draw_walks(300, 3, rng)[:, 0]:
            calibration.update(path, 0, 0)
            widths.append(calibration.factors[0, 0])
        assert np.mean(widths[100:]) == pytest.approx(before[0, 0], rel=0.15)

    def test_spread_converges_to_the_size_of_the_errors(self, calibration):
        for sign in [1, -1] * 200:
            calibration.update(sign * 3 * calibration.steps, 0, 0)
        assert calibration.factors[0, 0] == pytest.approx(3)

    def test_other_series_and_targets_do_not_change(self, calibration):
        before = calibration.factors.copy()
        calibration.update(9 * calibration.steps, 1, 0)
        changed = calibration.factors != before
        assert changed.tolist() == [[False, False], [True, False]]

    def test_missing_errors_are_ignored(self, calibration):
        before = calibration.factors.copy()
        calibration.update(np.full(3, np.nan), 0, 1)
        assert (calibration.factors == before).all()
        calibration.update(np.array([np.nan, 50.0, np.nan]), 0, 1)
        assert calibration.factors[0, 1] > before[0, 1]

    def test_new_series_have_the_common_spread(self, calibration):
        before = calibration.factors.copy()
        calibration.add_series(4)
        assert (calibration.factors[:2] == before).all()
        assert (calibration.factors[2:] == 1).all()
        calibration.add_series(3)
        assert len(calibration.factors) == 4


class TestUncalibratedQuantiles:
    """Scores of levels without a correction."""

    def test_scores_are_normal_scores_of_levels(self):
        quantiles = UncalibratedQuantiles(
            calibrate(draw_walks(9, 3, np.random.default_rng(0)))
        )
        zeros = np.zeros(2, dtype=int)
        scores = quantiles.score([0.9], zeros, zeros)
        np.testing.assert_allclose(scores, np.full((1, 2, 3), norm.ppf(0.9)))
        np.testing.assert_array_equal(quantiles.scale(scores, zeros, zeros), scores)

    def test_paths_have_uniform_levels_and_the_ranks_of_errors(self):
        calibration = calibrate(draw_walks(500, 3, np.random.default_rng(0)))
        quantiles = UncalibratedQuantiles(calibration)
        paths = quantiles.standardize(quantiles.draw(2000, np.random.default_rng(1)))
        errors = calibration.draw(2000, np.random.default_rng(1))
        assert paths.shape == errors.shape == (2000, 1, 3)
        for level in (0.1, 0.5, 0.9):
            share = (norm.cdf(paths) <= level).mean(axis=0)
            np.testing.assert_allclose(share, level, atol=4 * np.sqrt(0.25 / 2000))
        ranks, expected = (p.argsort(axis=0).argsort(axis=0) for p in (paths, errors))
        correlation = np.corrcoef(ranks[:, 0, 0], expected[:, 0, 0])[0, 1]
        assert correlation > 0.99
