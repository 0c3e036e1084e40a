"""Calibration of the growth of errors beyond the horizon."""

import numpy as np
import pytest
from scipy.stats import rankdata

from skseq.forecasting.calibration import SAMPLE_LEVELS
from skseq.forecasting.growth import (
    MAX_BLOCKS,
    MAX_STEPS,
    MAX_WINDOWS,
    RolledCalibration,
    choose_rolled_windows,
)

H = 4
ONE = np.zeros(1, dtype=int)


def make_errors(kind, n, n_steps, rng, n_targets=1):
    """Return errors of rolled forecasts of noise or of random walks."""
    errors = rng.normal(size=(n, n_targets, n_steps))
    return errors.cumsum(axis=2) if kind == "walk" else errors


def calibrate(kind="walk", n=400, n_blocks=5, seed=0, n_targets=1, unseen=True):
    """Return the calibration of one window of each of n series."""
    rng = np.random.default_rng(seed)
    errors = make_errors(kind, n, n_blocks * H, rng, n_targets)
    held_out = make_errors(kind, n, H, rng, n_targets)
    series = np.arange(n)
    unseen = np.broadcast_to(unseen, errors.shape)
    args = errors, unseen, series, np.full(n, 50), held_out, series, n
    return RolledCalibration(*args)


def measure_widths(calibration, n_steps, coverage=0.8):
    levels = [(1 - coverage) / 2, (1 + coverage) / 2]
    low, high = calibration.score(levels, ONE, ONE, n_steps)[:, 0]
    return high - low


@pytest.mark.parametrize(("kind", "power"), [("noise", 0.0), ("walk", 0.5)])
def test_width_grows_as_errors_do(kind, power):
    """Within the measured steps, and extrapolated beyond them."""
    calibration = calibrate(kind, n=3000)
    widths = measure_widths(calibration, 12 * H)
    expected = 2 * 1.2816 * np.arange(1, 12 * H + 1) ** power
    # The extrapolation has the error of the measured power.
    np.testing.assert_allclose(widths[H : 5 * H], expected[H : 5 * H], rtol=0.08)
    np.testing.assert_allclose(widths[5 * H :], expected[5 * H :], rtol=0.15)


def test_width_beyond_the_horizon_is_at_least_that_within():
    rng = np.random.default_rng(0)
    errors = make_errors("noise", 100, 3 * H, rng)
    errors[:, :, H:] *= 0.1
    held_out, series = make_errors("noise", 100, H, rng), np.arange(100)
    args = np.full(errors.shape, True), series, np.full(100, 9), held_out, series, 100
    calibration = RolledCalibration(errors, *args)
    sizes = np.sqrt((calibration.steps.reshape(3, H) ** 2).mean(axis=1))
    assert (np.diff(sizes) >= -1e-9).all()


def test_errors_of_unseen_values_correct_the_spread():
    """The network may have memorized the values of training windows."""
    rng = np.random.default_rng(0)
    errors = make_errors("noise", 200, 3 * H, rng)
    unseen = np.zeros(errors.shape, dtype=bool)
    unseen[::4] = True
    errors[~unseen] *= 0.5
    held_out, series = make_errors("noise", 200, H, rng), np.arange(200)
    args = unseen, series, np.full(200, 9), held_out, series, 200
    calibration = RolledCalibration(errors, *args)
    np.testing.assert_allclose(calibration.steps[H:], 1, rtol=0.15)


@pytest.mark.parametrize("n_steps", [3 * H, 5 * H, 9 * H])
@pytest.mark.parametrize("n", [20, 400])
def test_paths_have_the_quantiles_of_score(n, n_steps):
    calibration = calibrate("walk", n)
    drawn = calibration.draw(4000, np.random.default_rng(0), n_steps)
    assert drawn.shape == (4000, 1, n_steps)
    zeros = np.zeros(1, dtype=int)
    paths = calibration.scale(calibration.standardize(drawn), zeros, zeros)[:, 0]
    levels = [0.1, 0.25, 0.5, 0.75, 0.9]
    bounds = calibration.score(levels, ONE, ONE, n_steps)[:, 0]
    for level, bound in zip(levels, bounds, strict=True):
        # Continued paths are chosen at random among those with similar errors.
        error = 4 * np.sqrt(level * (1 - level) / 4000) + 1 / len(SAMPLE_LEVELS)
        error += 0.05 if n_steps > 5 * H else 0
        assert ((paths < bound - 1e-9).mean(axis=0) <= level + error).all()
        assert ((paths <= bound + 1e-9).mean(axis=0) >= level - error).all()


@pytest.mark.parametrize("kind", ["noise", "walk"])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_paths_depend_on_earlier_steps_as_errors_do(kind, n_targets):
    calibration = calibrate(kind, 600, n_targets=n_targets)
    drawn = calibration.draw(3000, np.random.default_rng(0), 8 * H)
    ranks = rankdata(drawn[:, 0], axis=0)
    for end in (2 * H - 1, 5 * H - 1, 6 * H - 1):  # the last two are continued
        correlation = np.corrcoef(ranks[:, end], ranks[:, end + 1])[0, 1]
        if kind == "noise":
            assert abs(correlation) < 0.15
        elif n_targets == 1 or end < 5 * H - 1:
            assert correlation > 0.8


def test_short_series_have_the_errors_within_the_horizon():
    rng = np.random.default_rng(0)
    held_out = make_errors("walk", 30, H, rng)
    series = np.zeros(30, dtype=int)
    nothing = np.empty((0, 1, H))
    none = np.empty(0, dtype=int)
    calibration = RolledCalibration(
        nothing, nothing.astype(bool), none, none, held_out, series, 1
    )
    assert not calibration.is_empty
    widths = measure_widths(calibration, 6 * H)
    assert np.isfinite(widths).all()
    assert widths[-1] > widths[0]
    assert calibration.draw(5, rng, 6 * H).shape == (5, 1, 6 * H)


@pytest.mark.parametrize("horizon", [1, 7, 96])
def test_work_is_bounded(horizon):
    lengths = np.full(50, 100_000)
    series, origins, n_blocks = choose_rolled_windows(
        lengths, np.full(50, 20), 20, horizon, 1
    )
    assert n_blocks <= max(MAX_BLOCKS, MAX_STEPS // horizon)
    assert len(series) <= MAX_WINDOWS
    assert set(series) == set(range(50)) or len(series) < 50
    assert (origins >= 20).all()
    assert (origins + horizon < 100_000).all()


def test_short_series_have_no_rolled_windows():
    series, origins, n_blocks = choose_rolled_windows(np.array([9]), np.array([4]), 4, 4, 1)
    assert len(series) == len(origins) == 0
    assert n_blocks == 1
