"""Batches for training and for prediction."""

# ruff: noqa: NPY002 - numpy's global state is what must not change

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from skseq import Sequences
from skseq.inputs import InputScaler
from skseq.sequences import RowTargets
from skseq.training import SequenceDataset
from skseq.training.batches import (
    GATHERED_NUMBERS,
    PREDICTION_STEPS,
    TrainingBatches,
    gather_batches,
    prediction_batches,
    round_lengths_up,
)
from skseq.training.processes import SingleProcess

CPU = torch.device("cpu")
LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def make(lengths, weights=None):
    """Return a dataset; the first feature is the row, the second one the step."""
    values = np.concatenate(
        [np.column_stack([np.full(n, row), np.arange(n)]) for row, n in enumerate(lengths)]
    )
    X = Sequences(values.astype(np.float64), lengths)
    scaler = InputScaler.fit(X, scale=False, mask_missing=False)
    targets = RowTargets(np.arange(len(lengths), dtype=np.float32)[:, None])
    return SequenceDataset(X, scaler, targets, weights)


def batches_of(dataset, batch_size, seed=0):
    generator = np.random.default_rng(seed)
    return TrainingBatches(dataset, batch_size, generator, CPU, SingleProcess())


class TestTraining:
    """Shuffled batches of similar lengths."""

    @given(lengths=LENGTHS, batch_size=st.integers(1, 20))
    def test_an_epoch_covers_every_row_once(self, lengths, batch_size):
        batches = batches_of(make(lengths), batch_size)
        for _ in range(2):
            rows = np.concatenate(batches.draw_rows())
            assert sorted(rows) == list(range(len(lengths)))

    @given(lengths=LENGTHS, batch_size=st.integers(1, 20))
    def test_sizes_are_nearly_equal_and_at_most_the_batch_size(self, lengths, batch_size):
        sizes = [len(rows) for rows in batches_of(make(lengths), batch_size).draw_rows()]
        assert max(sizes) <= batch_size
        assert max(sizes) - min(sizes) <= 1

    @given(n=st.integers(1, 600), batch_size=st.integers(1, 4), seed=st.integers(0, 9))
    def test_number_of_batches_matches_len(self, n, batch_size, seed):
        """The schedule of the learning rate depends on it."""
        lengths = np.random.default_rng(seed).integers(1, 5, size=n)
        batches = batches_of(make(lengths), batch_size)
        assert len(batches.draw_rows()) == len(batches) == -(-n // batch_size)

    def test_batches_have_similar_lengths(self):
        lengths = np.random.default_rng(0).permutation(np.repeat(np.arange(1, 31), 8))
        spans = [np.ptp(lengths[rows]) for rows in batches_of(make(lengths), 8).draw_rows()]
        # 240 rows in 30 batches, all from one pool: sorted, each has one length.
        assert spans == [0] * 30

    def test_batches_of_large_sets_come_from_pools(self):
        lengths = np.random.default_rng(0).integers(1, 1001, size=8000)
        batches = batches_of(make(lengths), 8)
        first, second = batches.draw_rows(), batches.draw_rows()
        spans = [np.ptp(lengths[rows]) for rows in first]
        assert np.median(spans) < 50  # of 1000; batches drawn at random span about 780
        # The other rows of a batch change from epoch to epoch.
        mates = [{frozenset(rows.tolist()) for rows in drawn} for drawn in (first, second)]
        assert len(mates[0] & mates[1]) < 10

    @pytest.mark.parametrize("lengths", [[5] * 50, list(range(1, 51))])
    def test_order_comes_from_the_generator(self, lengths):
        dataset = make(lengths)

        def draw(seed):
            batches = batches_of(dataset, 8, seed)
            return [r.tolist() for _ in range(2) for r in batches.draw_rows()]

        before = np.random.get_state()[1].copy()
        assert draw(0) == draw(0)
        assert draw(0) != draw(1)
        assert draw(0)[:7] != draw(0)[7:]  # every pass shuffles again
        assert (np.random.get_state()[1] == before).all()

    @given(lengths=LENGTHS)
    def test_batch_is_padded_to_its_longest_sequence(self, lengths):
        weights = np.linspace(0.5, 1.5, len(lengths), dtype=np.float32)
        dataset = make(lengths, weights)
        for batch in batches_of(dataset, 7):
            rows = batch.x[:, 0, 0].long()
            expected = torch.tensor(lengths)[rows]
            assert batch.x.dtype == torch.float32
            assert batch.x.shape[1:] == (expected.max(), 2)
            assert len(batch) == len(rows)
            if batch.lengths is None:
                assert (expected == expected.max()).all()
            else:
                assert torch.equal(batch.lengths, expected)
            assert torch.equal(batch.targets[:, 0], rows.float())
            assert (batch.weights.numpy() == weights[rows]).all()
            for x, n in zip(batch.x, expected, strict=True):
                assert x[:n, 1].tolist() == list(range(n))
                assert (x[n:, 1] == n - 1).all()  # the last step again


class Half:
    """One of two processes that train together."""

    def share(self, rows):
        return rows[: -(-len(rows) // 2)]


class TestGatherBatches:
    """Several small batches are made by one call."""

    @given(
        sizes=st.lists(st.integers(1, 5), min_size=1, max_size=12),
        n_at_once=st.integers(1, 13),
        processes=st.sampled_from([SingleProcess(), Half()]),
        has_weights=st.booleans(),
    )
    def test_batches_equal_those_made_one_at_a_time(
        self, sizes, n_at_once, processes, has_weights
    ):
        n = sum(sizes)
        dataset = make([4] * n, np.linspace(0.5, 1.5, n) if has_weights else None)
        batches, calls = batches_of(dataset, 5), []

        def make_batch(rows):
            calls.append(rows)
            return batches.make_batch(rows)

        rows = np.random.default_rng(0).permutation(n)
        parts = np.split(rows, np.cumsum(sizes)[:-1])
        numbers = GATHERED_NUMBERS // n_at_once
        found = list(gather_batches(parts, make_batch, numbers, processes))
        assert len(calls) == -(-len(parts) // n_at_once)
        for part, batch in zip(parts, found, strict=True):
            own = processes.share(part)
            alone = batches.make_batch(own)
            assert batch.n_rows == len(part)
            assert len(batch) == len(own)
            assert torch.equal(batch.x, alone.x)
            assert torch.equal(batch.targets, alone.targets)
            assert batch.lengths is None
            assert (batch.weights is None) == (not has_weights)
            assert not has_weights or torch.equal(batch.weights, alone.weights)

    @pytest.mark.parametrize(("n_steps", "n_calls"), [(10, 1), (GATHERED_NUMBERS // 16, 4)])
    @pytest.mark.parametrize("is_part", [False, True])
    def test_number_of_gathered_batches_is_bounded(
        self, monkeypatch, n_steps, n_calls, is_part
    ):
        """Two batches of eight long sequences exceed the bound."""
        dataset = make([n_steps] * (64 if is_part else 32))
        if is_part:  # as when a validation part is held out
            dataset = dataset.take(np.arange(0, 64, 2))
        batches, calls = batches_of(dataset, 8), []
        make_batch = batches.make_batch
        monkeypatch.setattr(
            batches, "make_batch", lambda rows: calls.append(rows) or make_batch(rows)
        )
        assert len(list(batches)) == 4
        assert len(calls) == n_calls


class TestRoundLengthsUp:
    """Lengths on a coarse grid."""

    @given(st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
    def test_waste_is_less_than_an_eighth(self, lengths):
        padded = round_lengths_up(lengths)
        assert (padded >= lengths).all()
        assert (8 * (padded - lengths) < lengths).all()

    @given(st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
    def test_it_is_monotone_and_idempotent(self, lengths):
        padded = round_lengths_up(np.sort(lengths))
        assert (np.diff(padded) >= 0).all()
        assert (round_lengths_up(padded) == padded).all()

    def test_it_takes_few_values(self):
        assert len(np.unique(round_lengths_up(np.arange(1, 1025)))) < 80
        assert round_lengths_up(np.arange(1, 17)).tolist() == list(range(1, 17))


class TestPrediction:
    """Batches of prediction."""

    @given(lengths=LENGTHS, data=st.data())
    def test_rows_match_batches(self, lengths, data):
        dataset = make(lengths)
        if data.draw(st.booleans()):
            order = np.array(data.draw(st.permutations(range(len(lengths)))))
            dataset = dataset.take(order)
        seen = []
        for rows, batch in prediction_batches(dataset, CPU):
            real = dataset.sequences.lengths[rows]
            assert len(batch) == len(rows)
            # One width for all, which depends on the lengths of the batch only.
            assert set(round_lengths_up(real)) == {batch.x.shape[1]}
            assert batch.lengths.tolist() == real.tolist()
            for row, x in zip(rows, batch.x, strict=True):
                n = dataset.sequences.lengths[row]
                np.testing.assert_array_equal(x[:n], dataset.sequences[int(row)])
            seen += rows.tolist()
        assert sorted(seen) == list(range(len(lengths)))

    @given(lengths=LENGTHS, data=st.data())
    def test_sequences_of_the_common_length_have_their_own_batches(self, lengths, data):
        dataset = make(lengths)
        dataset.common_length = common = data.draw(st.sampled_from([*lengths, 41]))
        for rows, batch in prediction_batches(dataset.take(np.arange(len(lengths))), CPU):
            real = dataset.sequences.lengths[rows]
            if common in real:
                assert set(real) == {common}
                assert batch.lengths is None
                assert batch.x.shape[1] == common
            else:
                assert set(round_lengths_up(real)) == {batch.x.shape[1]}
                assert batch.lengths.tolist() == real.tolist()

    def test_batches_of_long_sequences_are_small(self):
        dataset = make([PREDICTION_STEPS // 2] * 40)
        sizes = [len(batch) for _, batch in prediction_batches(dataset, CPU)]
        assert sizes == [16, 16, 8]

    def test_batches_of_short_sequences_are_bounded(self):
        dataset = make([4] * 20_000)
        for _, batch in prediction_batches(dataset, CPU):
            assert batch.x.shape[0] * batch.x.shape[1] <= PREDICTION_STEPS


@given(lengths=LENGTHS, data=st.data())
def test_gather_repeats_the_last_step(lengths, data):
    dataset = make(lengths)
    X = dataset.sequences
    rows = np.array(data.draw(st.lists(st.integers(0, len(lengths) - 1), min_size=1)))
    n_steps = int(X.lengths[rows].max()) + data.draw(st.integers(0, 3))
    padded = dataset.read_steps(rows, n_steps).numpy()
    assert padded.shape == (len(rows), n_steps, 2)
    for row, block in zip(rows, padded, strict=True):
        n = lengths[row]
        np.testing.assert_array_equal(block[:n], X[int(row)])
        assert (block[n:] == X[int(row)][-1]).all()


def test_take_shares_the_sequences():
    dataset = make([3, 1, 2], np.array([1.0, 2.0, 3.0]))
    part = dataset.take(np.array([2, 0]))
    assert len(part) == 2
    assert part.sequences.values is dataset.sequences.values
    assert part.targets.values.ravel().tolist() == [2, 0]
    assert part.weights.tolist() == [3, 1]
    assert part.scaler is dataset.scaler
