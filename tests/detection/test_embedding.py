"""Statistics of sequences from flat arrays equal those of each sequence."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from skseq.detection import WINDOW, SequenceSummary, count_columns
from skseq.detection.embedding import find_largest_part

lengths_of_sequences = st.lists(st.integers(1, 12), min_size=1, max_size=8)


@settings(max_examples=50, deadline=None)
@given(lengths_of_sequences, st.integers(0, 1000))
def test_summary_equals_that_of_each_sequence(lengths, seed):
    random, lengths = np.random.default_rng(seed), np.array(lengths)
    n = lengths.sum()
    states, errors = random.normal(size=(n, 4)), random.normal(size=(n, 2))
    squares, known = random.uniform(size=n), (random.uniform(size=n) < 0.7).astype(float)
    squares *= known
    summary = SequenceSummary.measure(states, errors, squares, known, lengths)
    first = 0
    for i, length in enumerate(lengths):
        part = slice(first, first + length)
        first += length
        np.testing.assert_allclose(summary.states.mean[i], states[part].mean(axis=0))
        np.testing.assert_allclose(
            summary.states.deviation[i], states[part].std(axis=0), atol=1e-12
        )
        np.testing.assert_allclose(
            summary.errors.deviation[i], errors[part].std(axis=0), atol=1e-12
        )
        n_known = max(known[part].sum(), 1)
        np.testing.assert_allclose(summary.mean_square[i], squares[part].sum() / n_known)
    groups = summary.embed()
    assert sum(group.shape[1] for group in groups) == count_columns(4, 2)
    assert all(np.isfinite(group).all() for group in groups)


@settings(max_examples=50, deadline=None)
@given(lengths_of_sequences, st.integers(0, 1000))
def test_largest_part_is_within_a_sequence(lengths, seed):
    lengths = np.array(lengths)
    squares = np.random.default_rng(seed).uniform(size=lengths.sum())
    starts = np.cumsum(lengths) - lengths
    found = find_largest_part(squares, starts, lengths)
    for value, start, length in zip(found, starts, lengths, strict=True):
        part = squares[start : start + length]
        size = min(WINDOW, length)
        windows = np.lib.stride_tricks.sliding_window_view(part, size)
        np.testing.assert_allclose(value, windows.mean(axis=1).max())
