"""DataFrames whose columns are a MultiIndex, as `unstack` returns them."""

import re

import numpy as np
import pandas as pd
import pytest

from skseq import GRUClassifier, Sequences
from skseq.sequences import read_sequences

from .cases import FLAT, as_cells


@pytest.mark.parametrize("names", [("case", "t"), (None, None), ("case", None)])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("feature", [None, "feature"])
def test_columns_with_levels(names, order, feature):
    """The message contains the call that reads a table that was unstacked."""
    steps = pd.MultiIndex.from_product([[7, 3, 5], [10, 20, 30, 40]], names=names)
    columns = pd.Index(["a", "b"], name=feature)
    if len(order) == 3:
        columns = pd.MultiIndex.from_product([["x", "y"], ["a", "b"]])
    values = np.arange(12.0 * len(columns)).reshape(12, -1)
    frame = pd.DataFrame(values, index=steps, columns=columns)
    X = frame.unstack().reorder_levels(order, axis=1)
    with pytest.raises(ValueError, match=r"columns of X are a MultiIndex.*from_frame") as e:
        read_sequences(X)
    call = re.search(r"(Sequences\.from_frame\(.*\))\. If each column", str(e.value))[1]
    found = eval(call, {"Sequences": Sequences, "X": X})
    assert list(found.ids) == list(X.index)
    assert found.n_features == len(columns)
    for name, sequence in zip(found.ids, found, strict=True):
        np.testing.assert_array_equal(sequence, frame.loc[name])


def test_columns_with_levels_of_text():
    """Time is the level with a name, or else the last one."""
    steps = pd.MultiIndex.from_product([["u", "v"], ["2020-01-01", "2020-01-02"]])
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [5.0, 6, 7, 8]}, index=steps)
    with pytest.raises(ValueError, match=r"X\.stack\(level=1, future_stack=True\)"):
        read_sequences(frame.unstack())
    X = frame.rename_axis(["case", "day"]).unstack().swaplevel(axis=1)
    with pytest.raises(ValueError, match=r"stack\(level='day'.*'case', time='day'\)"):
        read_sequences(X)


def test_columns_and_rows_with_levels():
    index = pd.MultiIndex.from_product([["n", "s"], [0, 1], [0, 1]], names=["p", "q", "t"])
    X = pd.DataFrame({"a": np.ones(8), "b": np.ones(8)}, index=index).unstack()
    message = r"sequence=<a column that combines \['p', 'q'\]>, time='t'\)"
    with pytest.raises(ValueError, match=message):
        read_sequences(X)


def test_columns_with_one_level_are_steps():
    columns = pd.MultiIndex.from_arrays([[0, 1, 2]])
    X = pd.DataFrame(np.ones((2, 3)), columns=columns)
    assert read_sequences(X)[0].lengths.tolist() == [3, 3]


def test_columns_of_cells_may_have_levels():
    columns = pd.MultiIndex.from_product([["a"], ["x", "y"]])
    cells = as_cells(FLAT)
    X = pd.DataFrame(dict(enumerate([cells, cells]))).set_axis(columns, axis=1)
    assert read_sequences(X)[0].n_features == 2


def test_estimators_reject_columns_with_levels():
    index = pd.MultiIndex.from_product([range(4), range(6)], names=["s", "t"])
    X = pd.DataFrame(np.ones((24, 2)), index=index, columns=["a", "b"]).unstack()
    with pytest.raises(ValueError, match=r"stack\(level='t'.*sequence='s', time='t'\)"):
        GRUClassifier().fit(X, [0, 1, 0, 1])
