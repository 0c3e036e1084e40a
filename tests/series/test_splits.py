"""Training and held-out windows, and the typical change of series."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.series import Panel, held_out_windows, measure_spreads, training_origins
from skseq.series.splits import CONSTANT_SERIES_SCALE

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=5)


@given(LENGTHS, st.integers(1, 40), st.integers(1, 20))
def test_training_windows_lie_within_their_series(lengths, context_length, horizon):
    lengths = np.array(lengths)
    first, last = training_origins(lengths, context_length, horizon)
    assert (first >= 1).all()  # at least one past step
    assert (last < lengths).all()  # at least one step to forecast
    long = lengths > horizon
    assert (last[long] + horizon == lengths[long]).all()
    # A series of one step has no window.
    assert ((last >= first) == (lengths > 1)).all()
    # Long series have complete windows only.
    full = lengths >= 2 * context_length + horizon
    assert (first[full] == context_length).all()
    assert (last - first >= -1).all()  # no negative number of windows


@given(LENGTHS, st.integers(1, 40), st.integers(1, 20), st.floats(0.05, 0.5))
def test_training_and_held_out_targets_are_disjoint(
    lengths, context_length, horizon, share
):
    lengths = np.array(lengths)
    held = np.minimum((share * lengths).astype(int), lengths // 3)
    _, last = training_origins(lengths - held, context_length, horizon)
    series, origins = held_out_windows(lengths, held, horizon, 10**6)
    # Held-out windows forecast no step that is used in training.
    assert (origins >= (lengths - held)[series]).all()
    assert (last < lengths - held).all()
    assert (origins < lengths[series]).all()
    for i in range(len(lengths)):
        own = origins[series == i]
        if held[i] == 0:
            assert len(own) == 0
        elif held[i] <= horizon:
            assert own.tolist() == [lengths[i] - held[i]]
        else:
            assert own.tolist() == list(
                range(lengths[i] - held[i], lengths[i] - horizon + 1)
            )


def test_held_out_windows_are_selected_at_even_distances():
    lengths, held = np.array([1000, 50, 1000]), np.array([400, 0, 200])
    everything = np.column_stack(held_out_windows(lengths, held, 10, 10**6))
    assert len(everything) == 391 + 191
    selected = np.column_stack(held_out_windows(lengths, held, 10, 60))
    assert len(selected) == 60
    whole = {tuple(row) for row in everything.tolist()}
    rows = [tuple(row) for row in selected.tolist()]
    assert set(rows) <= whole
    assert rows == sorted(set(rows))
    assert rows[0] == tuple(everything[0])
    assert rows[-1] == tuple(everything[-1])
    assert np.diff(selected[selected[:, 0] == 0, 1]).max() <= 10


def test_no_held_out_steps():
    series, origins = held_out_windows(np.array([5, 6]), np.array([0, 0]), 2, 10)
    assert series.tolist() == origins.tolist() == []


def measure(*series, lag=1):
    values = np.concatenate([np.asarray(s, dtype=float) for s in series])
    values = values.reshape(len(values), -1)
    lengths = [len(s) for s in series]
    panel = Panel(values, values[:, :0], lengths, [0] * len(series), range(len(series)))
    return measure_spreads(panel, lag).tolist()


class TestSpreads:
    """The mean absolute change or standard deviation of each series."""

    def test_mean_change_of_each_series_and_target(self):
        assert measure([[0, 5], [1, 5], [3, 8]], [[0, 0], [4, 10]]) == [[1.5, 1.5], [4, 10]]

    def test_changes_over_one_season(self):
        assert measure([0, 100, 2, 102, 6, 106], lag=2) == [[3]]

    def test_missing_values_are_ignored(self):
        assert measure([1, np.nan, 3, 5, np.nan, np.nan, 9, 9]) == [[1]]

    def test_values_that_are_never_adjacent(self):
        """For example weekly values of daily rows."""
        y = [5, np.nan, np.nan, 8, np.nan, np.nan, 7]
        assert measure(y) == measure(y, lag=7) == [[2]]
        assert measure([0, np.nan, 0, np.nan]) == [[CONSTANT_SERIES_SCALE]]

    def test_series_shorter_than_a_season(self):
        assert measure([0, 3], [7], lag=12) == [[3], [7 * CONSTANT_SERIES_SCALE]]

    def test_exactly_periodic_series(self):
        """Seasonal changes are 0, so changes over one step are used."""
        assert measure([0, 4, 0, 4, 0, 4], lag=2) == [[4]]

    def test_spread_of_a_constant_series_is_a_fraction_of_its_magnitude(self):
        missing = [np.nan, np.nan]
        tiny = [
            [3 * CONSTANT_SERIES_SCALE],
            [CONSTANT_SERIES_SCALE],
            [CONSTANT_SERIES_SCALE],
        ]
        assert measure([-3, -3, -3], [0, 0], missing) == tiny

    def test_constant_start_is_measured_in_later_steps(self):
        x = np.array([[5.0], [5], [5], [9]])
        whole = Panel(x, x[:, :0], [4], [0], [None])
        assert measure_spreads(whole.truncate([3]), 1, whole) == [[4 / 3]]

    def test_standard_deviation(self):
        series = [[0, 5], [4, np.nan], [2, 7]], [[3, 3], [3, 3]]
        assert measure(*series, lag=None) == [
            pytest.approx([(8 / 3) ** 0.5, 1]),
            [3 * CONSTANT_SERIES_SCALE, 3 * CONSTANT_SERIES_SCALE],
        ]

    def test_mean_absolute_value(self):
        assert measure([[3, 0], [-4, 0], [np.nan, 0]], lag=0) == [
            [3.5, CONSTANT_SERIES_SCALE]
        ]

    @given(shift=st.integers(-1000, 1000), scale=st.integers(1, 1000))
    def test_spread_is_shift_invariant_and_scale_equivariant(self, shift, scale):
        x = np.array([[0.0], [1], [4], [4], [2]])
        panel = Panel(x, x[:, :0], [5], [0], [None])
        moved = panel.map_values(lambda values: values * scale + shift)
        assert measure_spreads(moved, 1) == scale * measure_spreads(panel, 1)
