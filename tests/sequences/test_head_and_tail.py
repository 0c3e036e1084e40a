"""The first and the last steps of sequences."""

import numpy as np
import pandas as pd
import pytest

from skseq import Sequences

from .cases import FLAT


@pytest.mark.parametrize("n", [1, 2, np.int64(3), 10**30])
@pytest.mark.parametrize("order", [slice(None), [1, 0, 0], slice(0, 0)])
def test_steps(n, order):
    X = Sequences.from_list(FLAT, ids=["a", "b"])[order]
    head, tail = X.head(n), X.tail(n)
    for x, first, last in zip(X, head, tail, strict=True):
        np.testing.assert_array_equal(first, x[: int(n)])
        np.testing.assert_array_equal(last, x[-int(n) :])
    for found in (head, tail):
        assert found.ids.tolist() == X.ids.tolist()
        assert np.shares_memory(found.values, X.values)


def test_categories_and_names():
    X = Sequences.from_list([["to", "be"], ["or", "not", "to"]], feature_names=["word"])
    assert [x.ravel().tolist() for x in X.tail(1)] == [["be"], ["to"]]
    assert [x.ravel().tolist() for x in X.head(1)] == [["to"], ["or"]]
    assert X.tail(1).feature_names == ["word"]


@pytest.mark.parametrize("n", [0, -1, 1.0, True, None, "all"])
@pytest.mark.parametrize("method", ["head", "tail"])
def test_invalid_number_of_steps(method, n):
    with pytest.raises(ValueError, match=f"integer of at least 1, got {n!r}"):
        getattr(Sequences.from_list(FLAT), method)(n)


def test_rows_of_a_table_at_the_end_of_windows():
    """As the documentation of `windows` says, for a table sorted by sequence and time."""
    table = pd.DataFrame({"name": list("aaabbbb"), "time": [3, 4, 5, 1, 2, 3, 4]})
    table["x"] = np.arange(7.0)
    X, groups = Sequences.from_frame(table, sequence="name", time="time").windows(3)
    ends = table.iloc[X.starts + X.lengths - 1]
    assert ends["name"].tolist() == X.ids.tolist() == ["a", "b", "b"]
    assert ends["time"].tolist() == [5, 3, 4]
    assert groups.tolist() == [0, 1, 1]
