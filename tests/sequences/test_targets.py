"""Storage of encoded targets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skseq.sequences import RowTargets, SequenceTargets

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=8)


def make(lengths):
    """Return targets whose rows are (sequence, step), and the list of arrays."""
    parts = [
        np.column_stack([np.full(n, row), np.arange(n)]) for row, n in enumerate(lengths)
    ]
    return SequenceTargets.concatenate(parts), parts


@given(lengths=LENGTHS, data=st.data())
def test_sequence_targets_are_padded_with_their_last_row(lengths, data):
    targets, parts = make(lengths)
    rows = data.draw(st.lists(st.integers(0, len(lengths) - 1), min_size=1))
    padded, found = targets.pad(np.array(rows))
    assert found.tolist() == [lengths[row] for row in rows]
    assert padded.shape == (len(rows), found.max(), 2)
    for row, block in zip(rows, padded, strict=True):
        n = lengths[row]
        np.testing.assert_array_equal(block[:n], parts[row])
        assert (block[n:] == parts[row][-1]).all()


@given(lengths=LENGTHS, data=st.data())
def test_take_of_sequence_targets_shares_the_values(lengths, data):
    targets, _ = make(lengths)
    rows = np.array(data.draw(st.permutations(range(len(lengths)))))
    part = targets.take(rows)
    assert len(part) == len(lengths)
    assert part.values is targets.values
    for i, row in enumerate(rows):
        np.testing.assert_array_equal(
            part.pad(np.array([i]))[0], targets.pad(np.array([row]))[0]
        )


def test_row_targets_need_no_padding():
    targets = RowTargets(np.arange(8.0).reshape(4, 2))
    values, lengths = targets.take(np.array([3, 1])).pad(np.array([1, 0]))
    assert values.tolist() == [[2.0, 3.0], [6.0, 7.0]]
    assert lengths is None
