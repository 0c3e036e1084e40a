"""Windows cut out of flat storage, and measured from what they end with."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.series import Panel, WindowCoder, gather_steps, last_observed, repeat_season
from skseq.series.windows import LEAST_SPREAD

NAN = np.nan
# Whole numbers: sums and differences of them are exact.
VALUES = st.integers(-50, 50).map(float)
CODERS = st.builds(
    WindowCoder,
    context_length=st.integers(1, 8),
    horizon=st.integers(1, 6),
    lag=st.integers(0, 4),
    only_changes=st.booleans(),
    level=st.sampled_from(["last", "mean", None]),
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
    """Draw a coder, the past of some windows, and the spread of their series."""
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


def measure(values, spread):
    """Return values in units of their root mean square, and that unit."""
    own = [x for x in values if not np.isnan(x)]
    size = (sum(x**2 for x in own) / max(len(own), 1)) ** 0.5
    scale = max(size, LEAST_SPREAD * spread)
    return np.nan_to_num(values) / scale, scale


def code_by_hand(coder, past, spread):
    """Code one window step by step: changes, levels, observed, base, scale."""
    lag = coder.lag
    steps = [a - b for a, b in zip(past[lag:], past, strict=False)] if lag else list(past)
    known = [step for step in steps if not np.isnan(step)]
    level = 0.0
    if coder.level == "last" and known:
        level = known[-1]
    if coder.level == "mean" and known:
        level = sum(known) / len(known)
    levels = [step - level for step in steps[1:]]
    changes = [b - a for a, b in pairwise(steps)]
    assert len(levels) == len(changes) == coder.context_length
    base = [level] * coder.horizon
    if lag:
        for h in range(coder.horizon):
            place = len(past) - lag + h % lag
            while place >= 0 and np.isnan(past[place]):
                place -= lag
            whole = place >= len(past) % lag  # of an older season only if it is complete
            if place >= 0 and whole:
                base[h] += past[place]
            else:
                known = past[~np.isnan(past)]
                base[h] += known[-1] if len(known) else 0.0
    observed = ~np.isnan(levels)
    changes, scale = measure(levels if coder.level is None else changes, spread)
    own_levels, distance = measure(levels, spread)
    if coder.unit == "window":
        levels, distance = own_levels, np.maximum(distance, spread)
    else:
        changes, levels = changes * scale / spread, np.nan_to_num(levels) / spread
        scale = spread
    if not observed.any():
        base = [np.nan] * coder.horizon
    if coder.only_changes:
        levels = 0 * levels
    return changes, levels, observed, base, scale, distance


PARTS = ["changes", "levels", "observed", "base", "scale", "distance"]


class TestCoding:
    """Windows on a scale of their own."""

    @given(windows())
    def test_it_is_what_one_would_do_by_hand(self, drawn):
        coder, past, spread = drawn
        before = past.copy()
        coded = coder.encode(past, spread)
        np.testing.assert_array_equal(past, before)
        n, context_length, horizon = len(past), coder.context_length, coder.horizon
        shapes = [getattr(coded, part).shape for part in PARTS]
        assert shapes == [(n, context_length)] * 3 + [(n, horizon), (n, 1), (n, 1)]
        for i in range(n):
            expected = code_by_hand(coder, past[i], spread[i])
            for part, values in zip(PARTS, expected, strict=True):
                np.testing.assert_allclose(getattr(coded, part)[i], values, atol=1e-12)

    @given(windows(), st.integers(0, 99))
    def test_decoding_undoes_coding(self, drawn, seed):
        coder, past, spread = drawn
        coded = coder.encode(past, spread)
        targets = np.random.default_rng(seed).normal(0, 100, (len(past), coder.horizon))
        answers = coded.encode(targets)
        targets[~coded.observed.any(axis=1)] = np.nan  # nothing follows from nothing
        np.testing.assert_allclose(coded.decode(answers), targets, atol=1e-9)
        np.testing.assert_array_equal(coded.decode(0 * answers), coded.base)

    @given(windows(FROM_THE_LAST), st.integers(-1000, 1000), st.integers(-6, 6))
    def test_shift_and_scale_change_nothing_exactly(self, drawn, shift, power):
        """What the network reads is the same, bit for bit; forecasts move along."""
        coder, past, spread = drawn
        # Where nothing at all was observed there is no level to measure from.
        past[np.isnan(past).all(axis=1)] = 1.0
        unit = 2.0**power
        coded = coder.encode(past, spread)
        moved = coder.encode(past * unit + shift * unit, spread * unit)
        for part in ("changes", "levels", "observed"):
            np.testing.assert_array_equal(getattr(moved, part), getattr(coded, part))
        np.testing.assert_array_equal(moved.scale, coded.scale * unit)
        np.testing.assert_array_equal(moved.base, (coded.base + shift) * unit)

    @given(windows(values=VALUES), st.integers(-1000, 1000))
    def test_the_mean_moves_along_too(self, drawn, shift):
        coder, past, spread = drawn
        coder = replace(coder, level="mean")
        coded, moved = coder.encode(past, spread), coder.encode(past + shift, spread)
        np.testing.assert_allclose(moved.changes, coded.changes, atol=1e-9)
        np.testing.assert_allclose(moved.levels, coded.levels, atol=1e-9)
        np.testing.assert_allclose(moved.base, coded.base + shift, atol=1e-9)

    def test_without_a_level_the_level_is_seen(self):
        coder = WindowCoder(2, 2, level=None)
        coded = coder.encode(np.array([[1.0, 3, 3], [1, 5, 5]]), np.array([40.0, 1]))
        assert coded.changes.tolist() == coded.levels.tolist() == [[0.75, 0.75], [1, 1]]
        assert coded.scale.tolist() == [[4], [5]]  # a tenth of the spread, at least
        assert coded.base.tolist() == [[0, 0], [0, 0]]

    def test_levels_can_be_withheld(self):
        coder = WindowCoder(3, 2)
        past, spread = np.array([[1.0, 2, 4, 8]]), np.ones(1)
        coded = coder.encode(past, spread)
        assert coded.levels[0, :2].all()
        other = replace(coder, only_changes=True).encode(past, spread)
        assert not other.levels.any()
        for part in ("changes", "observed", "base", "scale"):
            np.testing.assert_array_equal(getattr(other, part), getattr(coded, part))

    @given(windows(values=st.just(3.0)))
    def test_a_window_that_stands_still(self, drawn):
        """Its unit is a share of the spread of its series, never 0."""
        coder, past, spread = drawn
        coded = coder.encode(past, spread)
        assert (coded.scale > 0).all()
        if coder.level is not None or coder.lag:
            assert not coded.changes.any()
            assert not coded.levels.any()
            share = LEAST_SPREAD if coder.unit == "window" else 1.0
            np.testing.assert_array_equal(coded.scale[:, 0], share * spread)
            np.testing.assert_array_equal(coded.base, np.full(coded.base.shape, 3.0))

    @given(windows(values=st.just(NAN)))
    def test_a_window_without_a_value(self, drawn):
        coder, past, spread = drawn
        coded = coder.encode(past, spread)
        for part in ("changes", "levels", "observed"):
            assert not getattr(coded, part).any()
        assert np.isnan(coded.base).all()
        assert (coded.scale > 0).all()

    def test_a_pure_season_is_continued(self):
        season = np.array([5.0, 1, 7])
        coder = WindowCoder(6, 7, lag=3)
        coded = coder.encode(np.tile(season, 4)[None, -coder.before :], np.ones(1))
        assert not coded.changes.any()
        assert not coded.levels.any()
        assert coded.base[0].tolist() == [5, 1, 7, 5, 1, 7, 5]

    def test_a_season_that_grew_is_continued_where_it_is(self):
        """Forecasts are measured from last season plus the last change over it."""
        past = np.array([[-3.0, 5, 1, 7, 15, 11, 17]])
        coded = WindowCoder(3, 4, lag=3).encode(past, np.ones(1))
        assert coded.base[0].tolist() == [25, 21, 27, 25]
        assert coded.changes.tolist() == [[0, 0, 0]]


class TestLastObserved:
    """The last value that is there."""

    def test_of_each_row(self):
        past = np.array([[1.0, 2, 3], [1, 2, NAN], [1, NAN, NAN], [NAN, NAN, NAN]])
        assert last_observed(past).tolist() == [3, 2, 1, 0]


class TestRepeatSeason:
    """The last season over again."""

    @pytest.mark.parametrize(
        ("past", "period", "expected"),
        [
            ([1, 2, 3, 4], 1, [4, 4, 4, 4, 4]),
            ([1, 2, 3, 4], 2, [3, 4, 3, 4, 3]),
            ([1, 2, 3, 4, NAN, 6], 2, [3, 6, 3, 6, 3]),  # the season before stands in
            ([1, 2, NAN, 4, NAN, 6], 2, [1, 6, 1, 6, 1]),
            ([NAN, 2, NAN, 4, NAN, 6], 2, [6, 6, 6, 6, 6]),  # or the last value
            ([1, NAN], 3, [1, 1, 1, 1, 1]),  # less than a season
            ([7, 8], 3, [8, 7, 8, 8, 7]),
            ([NAN, NAN], 2, [0, 0, 0, 0, 0]),
            ([1, 2, 3, 4, 5], 9, [5, 5, 5, 5, 1]),
        ],
    )
    def test_by_hand(self, past, period, expected):
        past = np.array([past], dtype=float)
        before = past.copy()
        assert repeat_season(past, period, 5).tolist() == [expected]
        np.testing.assert_array_equal(past, before)

    @given(st.integers(1, 5), st.integers(1, 12), st.integers(1, 4))
    def test_complete_rows(self, period, horizon, n_seasons):
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
def test_gathering_is_slicing(lengths, before, after, grown, data):
    """Any origin, also ones whose windows reach out of their series, or lie outside."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(sum(lengths), 2))
    panel = Panel(values, values[:, :1], lengths, [0] * len(lengths), range(len(lengths)))
    if grown:  # storage with gaps, in another order
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
    for window, (i, origin) in zip(steps, pairs, strict=True):
        own = panel.targets(i)
        padded = np.full((40, 2), NAN)
        padded[10 : 10 + len(own)] = own
        np.testing.assert_array_equal(
            window, padded[10 + origin - before : 10 + origin + after]
        )
