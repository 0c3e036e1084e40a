"""Batches of windows."""

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq.forecasting import WindowDataset
from skseq.forecasting.windows import PREDICTION_STEPS, WINDOW_FEATURES
from skseq.inputs import CovariateScaler
from skseq.series import (
    EncodedWindows,
    Panel,
    WindowCoder,
    gather_steps,
    training_origins,
)
from skseq.training.processes import SingleProcess

CPU = torch.device("cpu")
NAN = np.nan
LENGTHS = st.lists(st.integers(2, 15), min_size=1, max_size=5)


def make_panel(lengths, n_targets=1, n_covariates=0, seed=0):
    rng = np.random.default_rng(seed)
    n = sum(lengths)
    return Panel(
        rng.normal(size=(n, n_targets)),
        rng.normal(size=(n, n_covariates)),
        lengths,
        [0] * len(lengths),
        range(len(lengths)),
    )


class IdentityCoder:
    """A coder that does not scale."""

    unit = "window"

    def __init__(self, context_length, horizon):
        self.context_length = self.before = context_length
        self.horizon = horizon

    def encode(self, past, spread):
        observed, values = ~np.isnan(past), np.nan_to_num(past)
        base = np.zeros((len(past), self.horizon))
        return EncodedWindows(
            values, -values, observed, base, spread[:, None], spread[:, None]
        )


def make(panel, context_length=3, horizon=2, *, n_past=0, mask=False, scale=False, **which):
    """Return a dataset whose inputs are the unscaled values."""
    scaler = CovariateScaler.fit(panel, n_past, scale=scale, mask_missing=mask)
    spreads = np.ones((panel.n_series, panel.n_targets))
    coder = IdentityCoder(context_length, horizon)
    return WindowDataset(panel, coder, scaler, spreads, **which)


def make_training(panel, ends=None, context_length=3, horizon=2, **options):
    """Return a training dataset, with the steps of each series up to `ends`."""
    ends = panel.lengths if ends is None else np.asarray(ends)
    first, last = training_origins(ends, context_length, horizon)
    which = {"first": first, "last": last, "ends": ends}
    return make(panel, context_length, horizon, **which, **options)


def draw_batches(dataset, batch_size, generator):
    return dataset.training_batches(batch_size, generator, CPU, SingleProcess())


def cut(values, start, stop, end=None):
    """Slice rows in a loop; NaN before the first row, and from `end` on."""
    end = len(values) if end is None else end
    rows = [values[t] if 0 <= t < end else values[0] * NAN for t in range(start, stop)]
    return np.array(rows)


def gather_future(dataset, series, columns, origins):
    """Return the unscaled steps to forecast."""
    horizon = dataset.coder.horizon
    args = dataset.panel.values, dataset.panel, series, origins, 0, horizon
    return gather_steps(*args, columns=columns)


@st.composite
def listed(draw):
    """Draw a panel, and series, targets and origins of windows."""
    lengths = draw(LENGTHS)
    panel = make_panel(lengths, 2, 3)
    windows = draw(
        st.lists(
            st.tuples(
                st.integers(0, len(lengths) - 1), st.integers(0, 1), st.integers(1, 15)
            ),
            min_size=1,
            max_size=12,
        )
    )
    return panel, *np.array(windows).T


class TestBatches:
    """The content of a batch."""

    @given(listed(), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3))
    def test_batch_equals_slices(self, drawn, context_length, horizon, n_past):
        panel, series, columns, origins = drawn
        dataset = make(panel, context_length, horizon, n_past=n_past)
        batch, coded = dataset.make_batch(series, columns, origins, CPU)
        width = context_length + horizon
        assert batch.x.shape == (len(series), width, WINDOW_FEATURES + 3)
        assert batch.targets.shape == (len(series), horizon, 2)
        assert batch.x.dtype == batch.targets.dtype == torch.float32
        assert batch.lengths is batch.weights is None
        for k, (i, j, o) in enumerate(zip(series, columns, origins, strict=True)):
            values = panel.targets(i)[:, j]
            past = cut(values, o - context_length, o)
            x = batch.x[k].numpy()
            np.testing.assert_array_equal(
                x[:context_length, 0], np.nan_to_num(past).astype(np.float32)
            )
            np.testing.assert_array_equal(x[:context_length, 1], -x[:context_length, 0])
            np.testing.assert_array_equal(x[:context_length, 2], ~np.isnan(past))
            # Features of the series itself are 0 in the future.
            assert not x[context_length:, :WINDOW_FEATURES].any()
            future = cut(values, o, o + horizon).astype(np.float32)
            np.testing.assert_array_equal(batch.targets[k, :, 0], future)
            covariates = np.nan_to_num(
                cut(panel.inputs(i), o - context_length, o + horizon)
            )
            covariates[context_length:, :n_past] = 0.0
            np.testing.assert_array_equal(
                x[:, WINDOW_FEATURES:], covariates.astype(np.float32)
            )
        np.testing.assert_array_equal(
            batch.targets[:, :, 1], coded.scale.repeat(horizon, 1)
        )

    @given(listed())
    def test_targets_of_listed_windows_equal_those_of_the_batch(self, drawn):
        panel, series, columns, origins = drawn
        dataset = make(panel, series=series, columns=columns, origins=origins)
        assert len(dataset) == len(series)
        batch, _ = dataset.make_batch(series, columns, origins, CPU)
        np.testing.assert_array_equal(dataset.targets.values, batch.targets)
        future = gather_future(dataset, series, columns, origins)
        np.testing.assert_array_equal(future.astype(np.float32), batch.targets[:, :, 0])

    @given(listed(), st.integers(1, 5), st.integers(0, 3))
    def test_coder_gets_all_past_steps_it_requires(self, drawn, n, lag):
        panel, series, columns, origins = drawn
        dataset = make(panel, n)
        dataset.coder = coder = WindowCoder(n, 2, lag=lag)
        batch, coded = dataset.make_batch(series, columns, origins, CPU)
        past = np.array(
            [
                cut(panel.targets(i)[:, j], o - coder.before, o)
                for i, j, o in zip(series, columns, origins, strict=True)
            ]
        )
        expected = coder.encode(past, np.ones(len(series)))
        for k, name in enumerate(["changes", "levels", "observed"]):
            part = getattr(expected, name).astype(np.float32)
            np.testing.assert_array_equal(batch.x[:, :n, k], part)
        values = coded.decode(batch.targets[:, :, 0].numpy())
        future = gather_future(dataset, series, columns, origins)
        future[~coded.observed.any(axis=1)] = np.nan
        np.testing.assert_allclose(values, future, atol=1e-4)

    def test_windows_are_scaled_by_the_spread_of_their_series_and_target(self):
        panel = make_panel([9, 9], 2)
        dataset = make(panel)
        dataset.spreads = np.array([[1.0, 2.0], [4.0, 8.0]])
        where = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.full(4, 5)
        batch, coded = dataset.make_batch(*where, CPU)
        assert coded.scale.ravel().tolist() == [1, 2, 4, 8]
        assert batch.targets[:, 0, 1].tolist() == [1, 2, 4, 8]
        future = gather_future(dataset, *where)
        np.testing.assert_allclose(batch.targets[:, :, 0], future / coded.scale, rtol=1e-6)

    @pytest.mark.parametrize("only_changes", [True, False])
    def test_levels_are_the_first_feature_if_the_unit_is_that_of_the_series(
        self, only_changes
    ):
        dataset = make(make_panel([20], 1))
        dataset.coder = WindowCoder(3, 2, unit="series", only_changes=only_changes)
        where = np.zeros(1, int), np.zeros(1, int), np.array([9])
        batch, coded = dataset.make_batch(*where, CPU)
        first = coded.changes if only_changes else coded.levels
        n = dataset.coder.context_length
        np.testing.assert_array_equal(batch.x[:, :n, 0], first.astype(np.float32))
        assert np.abs(first).max() > 0

    @pytest.mark.parametrize("mask", [True, False])
    @pytest.mark.parametrize("n_past", [0, 1, 3])
    def test_past_only_covariates_are_0_in_the_future(self, n_past, mask):
        panel = make_panel([12], 1, 3)
        panel.covariates[::2] = NAN
        dataset = make(panel, n_past=n_past, mask=mask)
        batch, _ = dataset.make_batch(
            np.zeros(1, int), np.zeros(1, int), np.array([6]), CPU
        )
        n_features = dataset.scaler.n_features
        assert n_features == 3 * (2 if mask else 1)
        assert batch.x.shape[2] == WINDOW_FEATURES + n_features
        n_known = dataset.scaler.n_known
        assert n_known == (3 - n_past) * (2 if mask else 1)
        future = batch.x[0, 3:]
        assert not future[:, : WINDOW_FEATURES + n_features - n_known].any()
        if n_known:
            assert future[:, -n_known:].any()
        before = batch.x.clone()
        panel.covariates[6:, :n_past] = 1e6  # unknown at the origin
        batch, _ = dataset.make_batch(
            np.zeros(1, int), np.zeros(1, int), np.array([6]), CPU
        )
        assert torch.equal(batch.x, before)


class TestEnds:
    """Values after `ends` are hidden."""

    @given(LENGTHS, st.integers(1, 6), st.integers(1, 4), st.integers(0, 9))
    def test_training_batches_do_not_depend_on_held_out_steps(
        self, lengths, context_length, horizon, seed
    ):
        lengths = np.array(lengths)
        ends = np.maximum(lengths - lengths // 3, 2)
        panel = make_panel(lengths)
        changed = panel.map_values(lambda values: values)
        for i, end in enumerate(ends):
            changed.targets(i)[end:] = 1e6
        batches = []
        for storage in (panel, changed):
            dataset = make_training(storage, ends, context_length, horizon)
            generator = np.random.default_rng(seed)
            batches.append(list(draw_batches(dataset, 4, generator)))
        for one, other in zip(*batches, strict=True):
            assert torch.equal(one.x, other.x)
            torch.testing.assert_close(
                one.targets, other.targets, rtol=0, atol=0, equal_nan=True
            )
            assert (~torch.isnan(one.targets[:, :, 0])).any(dim=1).all()

    def test_steps_after_the_end_are_missing(self):
        panel = make_panel([10])
        dataset = make(panel, 3, 4, ends=np.array([6]))
        batch, _ = dataset.make_batch(*np.array([[0], [0], [5]]), CPU)
        assert torch.isnan(batch.targets[0, :, 0]).tolist() == [False, True, True, True]
        batch, _ = dataset.make_batch(*np.array([[0], [0], [8]]), CPU)
        assert batch.x[0, :3, 2].tolist() == [1, 0, 0]


class TestDrawing:
    """The windows of an epoch."""

    @given(LENGTHS, st.integers(1, 3), st.integers(1, 6), st.integers(1, 4))
    def test_few_windows_are_drawn_once_each(self, lengths, n_targets, context_length, n):
        panel = make_panel(lengths, n_targets)
        dataset = make_training(panel, context_length=context_length, horizon=n)
        expected = [
            (i, j, o)
            for i in range(len(lengths))
            for j in range(n_targets)
            for o in range(dataset.first[i], dataset.last[i] + 1)
        ]
        assert len(dataset) == dataset.n_windows == len(expected)
        generator = np.random.default_rng(0)
        for max_windows in (None, len(expected), len(expected) + 1):
            dataset.max_windows = max_windows
            drawn = np.column_stack(dataset.draw(len(dataset), generator))
            assert sorted(map(tuple, drawn.tolist())) == sorted(expected)

    def test_gathering_batches_together_does_not_change_them(self, monkeypatch):
        dataset = make_training(make_panel([30, 9], n_covariates=2), scale=True)

        def draw():
            return list(draw_batches(dataset, 4, np.random.default_rng(0)))

        together = draw()
        monkeypatch.setattr("skseq.training.batches.GATHERED_NUMBERS", 1)
        for batch, alone in zip(together, draw(), strict=True):
            assert torch.equal(batch.x, alone.x)
            assert torch.equal(batch.targets, alone.targets)
            assert batch.n_rows == len(batch) == len(alone)

    @given(st.integers(1, 40), st.integers(1, 12))
    def test_number_of_batches_equals_len(self, max_windows, batch_size):
        dataset = make_training(make_panel([30, 9]), max_windows=max_windows)
        batches = draw_batches(dataset, batch_size, np.random.default_rng(0))
        sizes = [len(batch) for batch in batches]
        assert len(sizes) == len(batches)
        assert sum(sizes) == len(dataset) == min(max_windows, dataset.n_windows)
        assert max(sizes) <= batch_size
        assert max(sizes) - min(sizes) <= 1

    def test_series_are_drawn_equally_often_whatever_their_length(self):
        dataset = make_training(make_panel([3000, 30, 2], 2))
        n = 6000
        series, columns, origins = dataset.draw(n, np.random.default_rng(0))
        assert (dataset.first[series] <= origins).all()
        assert (origins <= dataset.last[series]).all()
        for counts in (np.bincount(series), np.bincount(columns)):
            share = 1 / len(counts)
            error = 4 * np.sqrt(share * (1 - share) / n)
            np.testing.assert_allclose(counts / n, share, atol=error)
        # Origins are uniform: all of the short series occur.
        assert set(origins[series == 1]) == set(
            range(dataset.first[1], dataset.last[1] + 1)
        )
        assert abs(origins[series == 0].mean() - 1500) < 4 * 3000 / np.sqrt(12 * 2000)

    def test_series_without_windows_are_not_drawn(self):
        dataset = make_training(make_panel([300, 1, 300]), max_windows=50)
        series, _, _ = dataset.draw(50, np.random.default_rng(0))
        assert set(series) == {0, 2}
        dataset = make_training(make_panel([5, 1]))
        series, _, _ = dataset.draw(len(dataset), np.random.default_rng(0))
        assert set(series) == {0}

    @given(LENGTHS, st.integers(1, 4), st.integers(0, 99), st.integers(1, 60))
    def test_windows_end_with_an_observed_value(self, lengths, horizon, seed, n):
        """With missing values, each usable window is drawn once, or by chance."""
        panel = make_panel(lengths, 2)
        generator = np.random.default_rng(seed)
        panel.values[generator.random(panel.values.shape) < 0.4] = NAN
        panel.add_steps(0, np.array([[1.0, NAN], [NAN, 2], [3, 3]]), np.empty((3, 0)))
        ends = np.maximum(panel.lengths - 1, 1)
        dataset = make_training(panel, ends, horizon=horizon)
        expected = []
        for i, end in enumerate(ends):
            for j in range(2):
                observed = ~np.isnan(panel.targets(i)[:end, j])
                for o in range(dataset.first[i], dataset.last[i] + 1):
                    if observed[o - 1] and observed[o : o + horizon].any():
                        expected.append((i, j, o))
        if dataset.index is None:
            assert not any(
                np.isnan(panel.targets(i)[:end]).any() for i, end in enumerate(ends)
            )
            return
        assert dataset.n_windows == len(expected)
        if expected:
            drawn = np.column_stack(dataset.draw(len(expected), generator))
            assert sorted(map(tuple, drawn.tolist())) == expected
            drawn = np.column_stack(dataset.draw(min(n, len(expected)), generator))
            assert set(map(tuple, drawn.tolist())) <= set(expected)

    def test_series_with_missing_values_are_drawn_equally_often(self):
        panel = make_panel([3000, 60])
        panel.targets(0)[np.arange(3000) % 10 > 2] = NAN
        panel.targets(1)[30] = NAN
        dataset = make_training(panel)
        n = 600
        series, _, origins = dataset.draw(n, np.random.default_rng(0))
        assert abs(np.mean(series) - 0.5) < 4 * 0.5 / np.sqrt(n)
        own = origins[series == 0]
        assert set(own % 10) == {1, 2}  # no value follows a third one
        assert abs(own.mean() - 1500) < 4 * 3000 / np.sqrt(12 * len(own))

    @pytest.mark.parametrize("max_windows", [None, 40])
    def test_generator_determines_the_draws(self, max_windows):
        dataset = make_training(make_panel([60, 50]), max_windows=max_windows)

        def draw_epochs(seed):
            batches = draw_batches(dataset, 8, np.random.default_rng(seed))
            return [torch.cat([b.x for b in batches]) for _ in range(2)]

        one, again, other = draw_epochs(0), draw_epochs(0), draw_epochs(1)
        assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
        assert not torch.equal(one[0], other[0])
        assert not torch.equal(one[0], one[1])  # every epoch draws new windows


class TestPrediction:
    """Prediction batches of listed windows."""

    @given(st.integers(1, 40), st.integers(1, 3))
    def test_rows_match_batches(self, n, context_length):
        rng = np.random.default_rng(n)
        panel = make_panel([20, 9])
        series = rng.integers(0, 2, n)
        origins = rng.integers(1, panel.lengths[series])
        dataset = make(
            panel, context_length, series=series, columns=series * 0, origins=origins
        )
        seen = []
        for rows, batch in dataset.prediction_batches(CPU):
            assert len(batch) == len(rows)
            last = panel.values[panel.starts[series[rows]] + origins[rows] - 1, 0]
            np.testing.assert_array_equal(
                batch.x[:, context_length - 1, 0], last.astype(np.float32)
            )
            seen += rows.tolist()
        assert seen == list(range(n))

    @pytest.mark.parametrize(("n", "width"), [(20, PREDICTION_STEPS), (30_000, 8)])
    def test_size_of_batches_is_bounded(self, n, width):
        panel = make_panel([10])
        zeros = np.zeros(n, dtype=int)
        dataset = make(panel, width - 2, series=zeros, columns=zeros, origins=np.full(n, 5))
        sizes = [len(batch) for _, batch in dataset.prediction_batches(CPU)]
        assert sum(sizes) == n
        assert all(size % 16 == 0 for size in sizes[:-1])
        assert max(sizes) <= max(PREDICTION_STEPS // width, 16)


def test_windows_of_many_series_are_not_stored():
    n_series, n_steps, context_length, horizon = 10_000, 200, 36, 12
    panel = make_panel([n_steps] * n_series)
    tracemalloc.start()
    try:
        dataset = make_training(
            panel, context_length=context_length, horizon=horizon, max_windows=20 * 64
        )
        batches = draw_batches(dataset, 64, np.random.default_rng(0))
        n_batches = sum(1 for _ in batches)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert n_batches == 20
    assert dataset.n_windows == n_series * (n_steps - horizon - context_length + 1)
    every_window = dataset.n_windows * (context_length + horizon) * 4  # 290 MB as float32
    assert peak < every_window / 100
    assert peak < panel.values.nbytes  # the series are not copied either
