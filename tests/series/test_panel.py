"""Flat storage of many series, which can grow."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.series import Clock, Panel

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=4)
# Number of the series that steps are added to (-1 for a new series), and how many.
EVENTS = st.lists(st.tuples(st.integers(-1, 6), st.integers(1, 5)), max_size=12)


def draw_steps(n, rng):
    """Return n steps of two targets and three covariates."""
    return rng.normal(size=(n, 2)), rng.normal(size=(n, 3))


def make(lengths, rng, clock=None):
    """Return a panel, and its series as a list of arrays."""
    series = [draw_steps(n, rng) for n in lengths]
    panel = Panel(
        np.concatenate([values for values, _ in series]),
        np.concatenate([covariates for _, covariates in series]),
        lengths,
        np.arange(len(lengths)) * 10,
        [f"s{i}" for i in range(len(lengths))],
        clock,
    )
    return panel, series


def grow(panel, series, events, rng):
    """Add steps and series to a panel and to a list of arrays."""
    for where, n in events:
        values, covariates = draw_steps(n, rng)
        if where < 0:
            number = panel.add_series(f"s{len(series)}", values, covariates, 7)
            assert number == len(series)
            series.append((values, covariates))
            continue
        i = where % len(series)
        panel.add_steps(i, values, covariates)
        old = series[i]
        series[i] = (np.vstack([old[0], values]), np.vstack([old[1], covariates]))


def check_same(panel, series):
    assert panel.n_series == len(series) == len(panel.ids)
    assert panel.n_targets == 2
    for i, (values, covariates) in enumerate(series):
        np.testing.assert_array_equal(panel.targets(i), values)
        np.testing.assert_array_equal(panel.inputs(i), covariates)
        assert panel.lengths[i] == len(values)
        assert panel.find(f"s{i}") == i
    assert panel.find("s99") is None


@given(LENGTHS, EVENTS)
def test_growing_equals_concatenation(lengths, events):
    rng = np.random.default_rng(0)
    panel, series = make(lengths, rng)
    check_same(panel, series)
    grow(panel, series, events, rng)
    check_same(panel, series)


@given(LENGTHS, EVENTS, EVENTS, st.sampled_from(["pickle", "deepcopy", "map", "take"]))
def test_copies_grow_independently(lengths, before, after, how):
    rng = np.random.default_rng(0)
    panel, series = make(lengths, rng)
    grow(panel, series, before, rng)
    kept = list(series)
    if how == "pickle":
        other = pickle.loads(pickle.dumps(panel))
    elif how == "deepcopy":
        other = copy.deepcopy(panel)
    elif how == "map":
        other = panel.map_values(lambda values: values)
    else:
        other = panel.take(np.arange(panel.n_series))
    grow(other, series, after, rng)
    check_same(other, series)
    check_same(panel, kept)


def test_single_steps_move_the_storage_rarely():
    """The storage doubles, so the amortized cost of a step is constant."""
    rng = np.random.default_rng(0)
    panel, _ = make([3, 3], rng)
    moves = []
    for i in range(2000):
        start, storage = panel.starts[0], panel.values
        panel.add_steps(0, *draw_steps(1, rng))
        if panel.starts[0] != start or panel.values is not storage:
            moves.append(i)
    assert len(moves) < 12  # about log2(2000)
    assert len(panel.values) < 8 * 2000


def test_pickling_drops_unused_rows():
    rng = np.random.default_rng(0)
    panel, series = make([5, 4], rng)
    grow(panel, series, [(0, 50), (1, 1), (-1, 3)], rng)
    assert len(panel.values) > panel.lengths.sum()
    other = pickle.loads(pickle.dumps(panel))
    assert len(other.values) == len(other.covariates) == panel.lengths.sum() == 63
    assert len(pickle.dumps(panel)) == len(pickle.dumps(other))
    assert other.first_ticks.tolist() == [0, 10, 7]
    check_same(other, series)


@given(LENGTHS, EVENTS, st.data())
def test_take(lengths, events, data):
    rng = np.random.default_rng(0)
    panel, series = make(lengths, rng)
    grow(panel, series, events, rng)
    numbers = data.draw(st.lists(st.integers(0, len(series) - 1), unique=True))
    part = panel.take(numbers)
    assert part.ids == [f"s{i}" for i in numbers]
    assert len(part.values) == sum(len(series[i][0]) for i in numbers)
    for place, i in enumerate(numbers):
        np.testing.assert_array_equal(part.targets(place), series[i][0])
        np.testing.assert_array_equal(part.inputs(place), series[i][1])
        assert part.first_ticks[place] == panel.first_ticks[i]
        assert part.find(f"s{i}") == place
        part.targets(place)[:] = 0  # a copy
    check_same(panel, series)


def test_map_values_is_called_once_for_each_series():
    panel, series = make([4, 2], np.random.default_rng(0))
    panel.add_steps(0, np.ones((1, 2)), np.zeros((1, 3)))
    seen = []

    def center(values):
        seen.append(len(values))
        return values - values.mean(axis=0)

    other = panel.map_values(center)
    assert seen == [5, 2]
    for i in range(2):
        np.testing.assert_allclose(other.targets(i).mean(axis=0), 0, atol=1e-12)
        np.testing.assert_array_equal(other.inputs(i), panel.inputs(i))
    np.testing.assert_array_equal(panel.targets(1), series[1][0])


class TestStamps:
    """Time stamps of the steps of a series."""

    def test_with_a_clock(self):
        days = pd.date_range("2020-01-01", periods=5)
        clock = Clock.from_stamps(days, np.zeros(5, dtype=int), [None])
        panel, _ = make([3, 2], np.random.default_rng(0), clock)
        assert (panel.stamps(0) == days[:3]).all()
        assert (panel.stamps(1) == pd.date_range("2020-01-11", periods=2)).all()
        panel.add_steps(1, *draw_steps(2, np.random.default_rng(0)))
        assert panel.next_tick(1) == 14
        assert (panel.stamps(1) == pd.date_range("2020-01-11", periods=4)).all()
        copied = pickle.loads(pickle.dumps(panel))
        assert (copied.stamps(1) == panel.stamps(1)).all()

    @pytest.mark.parametrize("i", [0, 1])
    def test_without_a_clock_stamps_are_a_range(self, i):
        panel, _ = make([3, 2], np.random.default_rng(0))
        expected = pd.RangeIndex(10 * i, 10 * i + [3, 2][i])
        pd.testing.assert_index_equal(panel.stamps(i), expected, exact=True)
        assert panel.next_tick(i) == 10 * i + [3, 2][i]
