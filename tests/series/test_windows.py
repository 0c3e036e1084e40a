"""Windows gathered from flat storage, and their encoding."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.series import (
    Panel,
    WindowCoder,
    find_starts,
    find_usable,
    gather_steps,
    last_observed,
    repeat_season,
)
from skseq.series.windows import (
    MAX_REGULAR,
    MIN_RELATIVE_MEDIAN,
    MIN_RELATIVE_SCALE,
    PRIOR_COUNTS,
)

NAN = np.nan
# Integers, whose sums and differences are exact.
VALUES = st.integers(-50, 50).map(float)
CODERS = st.builds(
    WindowCoder,
    context_length=st.integers(1, 8),
    horizon=st.integers(1, 6),
    lag=st.integers(0, 4),
    only_changes=st.booleans(),
    level=st.sampled_from(["last", "mean", "count", None]),
    unit=st.sampled_from(["window", "series"]),
)
FROM_THE_LAST = st.builds(
    WindowCoder,
    context_length=st.just(4),
    horizon=st.just(3),
    lag=st.integers(0, 4),
    only_changes=st.booleans(),
    unit=st.sampled_from(["window", "series"]),
)


@st.composite
def windows(draw, coders=CODERS, values=VALUES | st.just(NAN)):
    """Draw a coder, the past of windows, and the spread of their series."""
    coder, n = draw(coders), draw(st.integers(1, 4))
    past = draw(
        st.lists(
            st.lists(values, min_size=coder.before, max_size=coder.before),
            min_size=n,
            max_size=n,
        )
    )
    spread = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    return coder, np.array(past), np.array(spread, dtype=float)


def measure_regular_distance(changes, spread):
    """Return the root mean square of distances from the end, over limited changes."""
    sizes = sorted(abs(change) for change in changes if not np.isnan(change))
    median = sizes[(len(sizes) - 1) // 2] if sizes else 0.0
    largest = MAX_REGULAR * max(median, MIN_RELATIVE_MEDIAN * spread)
    total, squares = 0.0, []
    for change in reversed(changes):
        if not np.isnan(change):
            total += min(max(change, -largest), largest)
            squares.append(total**2)
    return max(np.sqrt(np.mean(squares)) if squares else 0.0, spread)


def find_unit(values, spread):
    """Return the root mean square of values that are not missing, bounded from below."""
    own = [x for x in values if not np.isnan(x)]
    size = (sum(x**2 for x in own) / max(len(own), 1)) ** 0.5
    return max(size, MIN_RELATIVE_SCALE * spread)


def interpolate(steps):
    """Fill values between observed ones linearly."""
    known = [t for t, step in enumerate(steps) if not np.isnan(step)]
    filled = list(steps)
    for left, right in pairwise(known):
        for t in range(left + 1, right):
            weight = (t - left) / (right - left)
            filled[t] = (1 - weight) * steps[left] + weight * steps[right]
    return filled


def repeat_plainly(past, lag, horizon):
    """Return the last observed value of each step of the season; 0 without a season."""
    values = [0.0] * horizon
    known = past[~np.isnan(past)]
    for h in range(horizon if lag else 0):
        place = len(past) - lag + h % lag
        while place >= 0 and np.isnan(past[place]):
            place -= lag
        is_complete = place >= len(past) % lag  # incomplete older seasons are not used
        if place >= 0 and is_complete:
            values[h] = past[place]
        elif len(known):
            values[h] = known[-1]
    return values


def encode_plainly(coder, past, spread):
    """Encode one window with plain loops."""
    lag = coder.lag
    steps = [a - b for a, b in zip(past[lag:], past, strict=False)] if lag else list(past)
    known = [step for step in steps if not np.isnan(step)]
    level = 0.0
    if coder.level == "last" and known:
        level = known[-1]
    if coder.level == "mean" and known:
        level = sum(known) / len(known)
    observed = ~np.isnan(steps[1:])
    # Units are those of observed values.
    distance = find_unit([step - level for step in steps[1:]], spread)
    places = [t for t, step in enumerate(steps) if not np.isnan(step)]
    observed_changes = [steps[t] - steps[s] for s, t in pairwise(places)]
    scale = find_unit(observed_changes, spread)
    unit = measure_regular_distance(observed_changes, spread)
    filled = interpolate(steps)
    levels = [step - level for step in filled[1:]]
    changes = [b - a for a, b in pairwise(filled)]
    if coder.level in (None, "count"):
        changes, scale = levels, distance
    if coder.level == "count":  # PRIOR_COUNTS more with the mean of the series
        own = [abs(step) for step in steps[1:] if not np.isnan(step)]
        scale = (sum(own) + PRIOR_COUNTS) / (len(own) + PRIOR_COUNTS / spread)
    assert len(levels) == len(changes) == coder.context_length
    base = [level + value for value in repeat_plainly(past, lag, coder.horizon)]
    if coder.unit == "series":
        scale = distance = unit = spread
    changes, levels = np.nan_to_num(changes) / scale, np.nan_to_num(levels) / distance
    if not observed.any():
        base = [np.nan] * coder.horizon
    if coder.only_changes:
        levels = 0 * levels
    return changes, levels, observed, base, scale, unit


PARTS = ["changes", "levels", "observed", "base", "scale", "error_unit"]


class TestEncoding:
    """Normalization of windows."""

    @given(windows())
    def test_encode_matches_a_plain_implementation(self, drawn):
        coder, past, spread = drawn
        before = past.copy()
        coded = coder.encode(past, spread)
        np.testing.assert_array_equal(past, before)
        n, context_length, horizon = len(past), coder.context_length, coder.horizon
        shapes = [getattr(coded, part).shape for part in PARTS]
        assert shapes == [(n, context_length)] * 3 + [(n, horizon), (n, 1), (n, 1)]
        for i in range(n):
            expected = encode_plainly(coder, past[i], spread[i])
            for part, values in zip(PARTS, expected, strict=True):
                np.testing.assert_allclose(getattr(coded, part)[i], values, atol=1e-12)

    @pytest.mark.parametrize("level", ["last", "mean", None])
    @pytest.mark.parametrize("unit", ["window", "series"])
    def test_a_jump_does_not_increase_the_unit_of_errors(self, level, unit):
        """This holds for jumps of any size."""
        coder = WindowCoder(24, 6, level=level, unit=unit)
        past = np.random.default_rng(0).normal(size=(9, coder.before))
        units = []
        for jump in (10.0, 1e3, 1e9):
            jumped = past.copy()
            jumped[:, 15:] += jump
            units.append(coder.encode(jumped, np.ones(9)).error_unit)
        # The differences of values around 1e9 are rounded.
        np.testing.assert_allclose(units, np.broadcast_to(units[0], (3, 9, 1)), rtol=1e-6)
        assert (units[0] < 4 * coder.encode(past, np.ones(9)).error_unit).all()

    @given(windows(), st.integers(0, 99))
    def test_decode_is_the_inverse_of_encode(self, drawn, seed):
        coder, past, spread = drawn
        coded = coder.encode(past, spread)
        targets = np.random.default_rng(seed).normal(0, 100, (len(past), coder.horizon))
        outputs = coded.encode(targets)
        targets[~coded.observed.any(axis=1)] = (
            np.nan
        )  # windows without a value have no forecast
        np.testing.assert_allclose(coded.decode(outputs), targets, atol=1e-9)
        np.testing.assert_array_equal(coded.decode(0 * outputs), coded.base)

    @given(windows(FROM_THE_LAST), st.integers(-1000, 1000), st.integers(-6, 6))
    def test_inputs_are_invariant_to_shift_and_scale(self, drawn, shift, power):
        """Inputs of the network are equal bit for bit; forecasts are equivariant."""
        coder, past, spread = drawn
        # A window without any value has no level.
        past[np.isnan(past).all(axis=1)] = 1.0
        unit = 2.0**power
        coded = coder.encode(past, spread)
        moved = coder.encode(past * unit + shift * unit, spread * unit)
        for part in ("changes", "levels", "observed"):
            np.testing.assert_array_equal(getattr(moved, part), getattr(coded, part))
        np.testing.assert_array_equal(moved.scale, coded.scale * unit)
        np.testing.assert_array_equal(moved.base, (coded.base + shift) * unit)

    @given(windows(values=VALUES), st.integers(-1000, 1000))
    def test_mean_level_is_shift_equivariant(self, drawn, shift):
        coder, past, spread = drawn
        coder = replace(coder, level="mean")
        coded, moved = coder.encode(past, spread), coder.encode(past + shift, spread)
        np.testing.assert_allclose(moved.changes, coded.changes, atol=1e-9)
        np.testing.assert_allclose(moved.levels, coded.levels, atol=1e-9)
        np.testing.assert_allclose(moved.base, coded.base + shift, atol=1e-9)

    def test_without_a_level_values_are_not_shifted(self):
        coder = WindowCoder(2, 2, level=None)
        coded = coder.encode(np.array([[1.0, 3, 3], [1, 5, 5]]), np.array([40.0, 1]))
        assert coded.changes.tolist() == coded.levels.tolist() == [[0.75, 0.75], [1, 1]]
        assert coded.scale.tolist() == [[4], [5]]  # at least a tenth of the spread
        assert coded.base.tolist() == [[0, 0], [0, 0]]

    def test_unit_of_counts_is_between_the_means_of_window_and_series(self):
        coder = WindowCoder(10, 2, level="count")
        few, many = np.zeros((1, 11)), np.full((1, 11), 1000.0)
        few[0, 5] = 1.0
        rate = np.full(1, 0.3)
        scale = coder.encode(few, rate).scale[0, 0]
        assert scale == pytest.approx((1 + PRIOR_COUNTS) / (10 + PRIOR_COUNTS / 0.3))
        assert 0.1 < scale < 0.3
        # Many counts determine the unit by themselves.
        scale = coder.encode(many, np.full(1, 10.0)).scale[0, 0]
        assert scale == pytest.approx(1000, rel=0.5)
        # Without any count it is positive.
        assert coder.encode(0 * few, rate).scale[0, 0] > 0.1

    def test_only_changes_sets_levels_to_zero(self):
        coder = WindowCoder(3, 2)
        past, spread = np.array([[1.0, 2, 4, 8]]), np.ones(1)
        coded = coder.encode(past, spread)
        assert coded.levels[0, :2].all()
        other = replace(coder, only_changes=True).encode(past, spread)
        assert not other.levels.any()
        for part in ("changes", "observed", "base", "scale"):
            np.testing.assert_array_equal(getattr(other, part), getattr(coded, part))

    @given(windows(values=st.just(3.0)))
    def test_constant_window(self, drawn):
        """The scale is a fraction of the spread of the series, never 0."""
        coder, past, spread = drawn
        coded = coder.encode(past, spread)
        assert (coded.scale > 0).all()
        if coder.level in ("last", "mean") or (coder.lag and coder.level is None):
            assert not coded.changes.any()
            assert not coded.levels.any()
            share = MIN_RELATIVE_SCALE if coder.unit == "window" else 1.0
            np.testing.assert_array_equal(coded.scale[:, 0], share * spread)
            np.testing.assert_array_equal(coded.base, np.full(coded.base.shape, 3.0))

    @given(windows(values=st.just(NAN)))
    def test_window_without_any_value(self, drawn):
        coder, past, spread = drawn
        coded = coder.encode(past, spread)
        for part in ("changes", "levels", "observed"):
            assert not getattr(coded, part).any()
        assert np.isnan(coded.base).all()
        assert (coded.scale > 0).all()

    def test_periodic_window_is_continued(self):
        season = np.array([5.0, 1, 7])
        coder = WindowCoder(6, 7, lag=3)
        coded = coder.encode(np.tile(season, 4)[None, -coder.before :], np.ones(1))
        assert not coded.changes.any()
        assert not coded.levels.any()
        assert coded.base[0].tolist() == [5, 1, 7, 5, 1, 7, 5]

    def test_seasonal_window_with_a_trend_is_continued(self):
        """The base is the last season plus the last seasonal change."""
        past = np.array([[-3.0, 5, 1, 7, 15, 11, 17]])
        coded = WindowCoder(3, 4, lag=3).encode(past, np.ones(1))
        assert coded.base[0].tolist() == [25, 21, 27, 25]
        assert coded.changes.tolist() == [[0, 0, 0]]


class TestLastObserved:
    """The last value that is not missing."""

    def test_last_value_of_each_row(self):
        past = np.array([[1.0, 2, 3], [1, 2, NAN], [1, NAN, NAN], [NAN, NAN, NAN]])
        assert last_observed(past).tolist() == [3, 2, 1, 0]


class TestRepeatSeason:
    """Repetition of the last season."""

    @pytest.mark.parametrize(
        ("past", "period", "expected"),
        [
            ([1, 2, 3, 4], 1, [4, 4, 4, 4, 4]),
            ([1, 2, 3, 4], 2, [3, 4, 3, 4, 3]),
            ([1, 2, 3, 4, NAN, 6], 2, [3, 6, 3, 6, 3]),  # replaced by the season before
            ([1, 2, NAN, 4, NAN, 6], 2, [1, 6, 1, 6, 1]),
            ([NAN, 2, NAN, 4, NAN, 6], 2, [6, 6, 6, 6, 6]),  # replaced by the last value
            ([1, NAN], 3, [1, 1, 1, 1, 1]),  # shorter than a season
            ([7, 8], 3, [8, 7, 8, 8, 7]),
            ([NAN, NAN], 2, [0, 0, 0, 0, 0]),
            ([1, 2, 3, 4, 5], 9, [5, 5, 5, 5, 1]),
        ],
    )
    def test_examples(self, past, period, expected):
        past = np.array([past], dtype=float)
        before = past.copy()
        assert repeat_season(past, period, 5).tolist() == [expected]
        np.testing.assert_array_equal(past, before)

    @given(st.integers(1, 5), st.integers(1, 12), st.integers(1, 4))
    def test_rows_without_missing_values(self, period, horizon, n_seasons):
        past = np.random.default_rng(0).normal(size=(3, n_seasons * period))
        expected = np.tile(past[:, -period:], 12)[:, :horizon]
        np.testing.assert_array_equal(repeat_season(past, period, horizon), expected)


@given(
    lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    before=st.integers(0, 5),
    after=st.integers(0, 5),
    grown=st.booleans(),
    data=st.data(),
)
def test_gather_steps_equals_slicing(lengths, before, after, grown, data):
    """Windows may extend beyond their series, or lie outside."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(sum(lengths), 2))
    panel = Panel(values, values[:, :1], lengths, [0] * len(lengths), range(len(lengths)))
    if grown:  # the storage has gaps, and the series are not in order
        panel.add_steps(0, rng.normal(size=(3, 2)), np.zeros((3, 1)))
    pairs = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(lengths) - 1), st.integers(-3, 12)),
            min_size=1,
            max_size=8,
        )
    )
    series, origins = np.array(pairs).T
    steps = gather_steps(panel.values, panel, series, origins, before, after)
    column = gather_steps(panel.values[:, 1], panel, series, origins, before, after)
    assert steps.shape == (len(pairs), before + after, 2)
    np.testing.assert_array_equal(column, steps[:, :, 1])
    columns = np.arange(len(pairs)) % 2
    ends = np.maximum(panel.lengths - 2, 0)
    cut = gather_steps(
        panel.values, panel, series, origins, before, after, columns=columns, ends=ends
    )
    assert cut.shape == (len(pairs), before + after)
    for k, (i, origin) in enumerate(pairs):
        expected = steps[k, :, columns[k]].copy()
        expected[np.arange(origin - before, origin + after) >= ends[i]] = NAN
        np.testing.assert_array_equal(cut[k], expected)
    for window, (i, origin) in zip(steps, pairs, strict=True):
        own = panel.targets(i)
        padded = np.full((40, 2), NAN)
        padded[10 : 10 + len(own)] = own
        np.testing.assert_array_equal(
            window, padded[10 + origin - before : 10 + origin + after]
        )


def test_find_starts():
    """The step after the last observed value before each origin, of each target."""
    values = np.array([[NAN, 1.0], [2, NAN], [NAN, NAN], [4, NAN], [NAN, 5], [NAN, NAN]])
    panel = Panel(values, values[:, :0], [1, 5], [0, 0], ["a", "b"])
    series, origins = np.array([0, 0, 1, 1, 1]), np.array([1, 0, 2, 3, 5])
    origins = np.column_stack([origins, origins])
    before = origins.copy()
    starts = find_starts(panel, series, origins)
    # Series "b" is [2, -], [-, -], [4, -], [-, 5], [-, -].
    assert starts.tolist() == [[1, 1], [0, 0], [1, 2], [3, 3], [3, 4]]
    np.testing.assert_array_equal(origins, before)


def test_find_usable():
    """The last value is observed, and a value to forecast."""
    values = np.array([[1.0], [NAN], [NAN], [4], [5]])
    panel = Panel(values, values[:, :0], [5], [0], [None])
    origins = np.arange(7)
    zeros = np.zeros(7, int)
    usable = find_usable(panel, zeros, zeros, origins, 3)
    assert usable.tolist() == [False, True, False, False, True, False, False]
    assert not find_usable(panel, zeros, zeros, origins, 2)[1]
