"""Invalid arguments of `Sequences` and its methods raise errors that quote them."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

from skseq import Sequences

from .cases import Broken

HUGE = 10**400
X = Sequences(np.arange(5.0), [3, 2])
TABLE = {"id": ["a", "a", "b"], "t": [0, 1, 0], "x": [1.0, 2.0, 3.0], "y": [1, 1, 0]}


def read_table(**changes):
    return Sequences.from_frame(
        pd.DataFrame(TABLE | changes.pop("columns", {})),
        **{"sequence": "id", "time": "t", "target": "y", **changes},
    )


CASES = {
    "text as lengths": (
        lambda: Sequences(np.ones(3), ["a", 2]),
        "lengths contains 'a', which is not a number",
    ),
    "fractions as lengths": (
        lambda: Sequences(np.ones(3), [1.5, 1.5]),
        r"lengths contains 1\.5, which is not a count",
    ),
    "NaN as lengths": (lambda: Sequences(np.ones(3), [np.nan]), "lengths contains nan"),
    "huge lengths": (
        lambda: Sequences(np.ones(3), [HUGE], starts=[0]),
        "lengths contains a value too large",
    ),
    "lengths beyond int64": (
        lambda: Sequences(np.ones(3), [2**62], starts=[2**62]),
        "covers rows .* but values has 3 rows",
    ),
    "ragged lengths": (lambda: Sequences(np.ones(3), [[1], [1, 1]]), "lengths is ragged"),
    "ragged values": (lambda: Sequences([[1.0], [1.0, 2.0]], [2]), "values is ragged"),
    "text as starts": (
        lambda: Sequences(np.ones(3), [1], starts=["a"]),
        "starts contains 'a'",
    ),
    "a number as ids": (lambda: Sequences(np.ones(3), [3], ids=7), "Got 1 ids for 1|ids"),
    "two numbers as ids": (lambda: Sequences(np.ones(3), [2, 1], ids=7), "Got 1 ids for 2"),
    "a number as feature_names": (
        lambda: Sequences(np.ones(3), [3], feature_names=7),
        "feature_names must be a list of names, got 7",
    ),
    "equal feature_names": (
        lambda: Sequences(np.ones((3, 2)), [3], feature_names=["u", "u"]),
        "names of X must be unique, but 'u' occurs 2 times. Rename the columns",
    ),
    "text as an index": (lambda: X[["a"]], r"of integers or booleans, got \['a'\]"),
    "a ragged index": (lambda: X[[[0], [0, 1]]], "The index is ragged"),
    "a set as an index": (lambda: X[{0}], "1-D index of sequences, got {0}"),
    "y of windows": (lambda: X.windows(2, y=3), "one target, .* for each sequence, got 3"),
    "ragged y of windows": (lambda: X.windows(2, y=[1, [1, 2]]), "y is ragged"),
    "labels of one step": (
        lambda: X.windows(2, y=[[1, 2, 3], 4]),
        r"y\[1\] has 1 targets, but sequence 1 has 2 steps",
    ),
    "reduce": (lambda: X.windows(2, y=[1, 2], reduce="mean"), "reduce must be a func.* 'm"),
    "to_frame": (
        lambda: X.to_frame(time=[1]),
        r"time must be the name of a co.* got \[1\]",
    ),
    "an unknown column": (
        lambda: read_table(target=7),
        "The table has no column 7; it has",
    ),
    "NA as a column": (lambda: read_table(time=pd.NA), "The table has no column <NA>"),
    "a number as features": (lambda: read_table(features=7), "The table has no column 7"),
    "a number as a list": (
        lambda: Sequences.from_list(5),
        "Expected a list of arrays, got <class 'int'>",
    ),
    "a lazy table as a list": (
        lambda: Sequences.from_padded(pl.LazyFrame({"a": [1.0]})),
        r"got <class .*LazyFrame.* Use arrays\.collect\(\)",
    ),
    "lists as names": (
        lambda: read_table(columns={"id": [["a"], ["a"], ["b"]]}),
        r"Column 'id' cannot identify the sequence of each row: it contains \['a'\]",
    ),
    "complex numbers": (
        lambda: read_table(columns={"x": [1j, 2, 3]}),
        "feature column 'x' is not numeric",
    ),
    "broken objects": (
        lambda: read_table(columns={"x": [Broken(), 2, 3]}),
        "feature column 'x' is not numeric, it contains an object of type Broken",
    ),
    "changing lists as targets": (
        lambda: read_table(columns={"y": [[1], [2], [3]]}, target_per="sequence"),
        r"target 'y' changes within sequence 'a': \[1\] and \[2\]",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_errors(case):
    call, message = CASES[case]
    with pytest.raises((ValueError, TypeError, IndexError), match=message):
        call()


def test_two_columns_of_one_name():
    frame = pd.DataFrame(TABLE)[["id", "t", "x", "x"]]
    with pytest.raises(ValueError, match="2 columns 'x'. Rename the columns"):
        Sequences.from_frame(frame, sequence="id")


def test_long_windows_and_strides():
    """Integers beyond int64 are compared with the lengths like others."""
    owners = X.windows(2, stride=HUGE)[1]
    assert owners.tolist() == [0, 1]
    with pytest.raises(ValueError, match=f"window of {HUGE} steps: the longest one has 3"):
        X.windows(HUGE)
    assert len(X.windows(HUGE, partial=True)[0]) == len(X.windows(9, partial=True)[0])


def test_missing_targets_of_a_nullable_column():
    _, y = read_table(columns={"y": pd.array([1, 1, None], dtype="Int64")})
    assert y[0] == 1
    assert pd.isna(y[1])


def test_whole_floats_are_lengths():
    assert len(Sequences(np.ones(3), [2.0, 1.0])) == 2
    assert len(Sequences(np.ones(3), torch.tensor([2, 1]))) == 2


def test_containers_of_other_libraries():
    sequences = Sequences(torch.ones(3, requires_grad=True), pa.array([2, 1]))
    assert sequences.lengths.tolist() == [2, 1]
    found, y = Sequences.from_frame(
        pa.table(TABLE), sequence="id", time="t", target="y", features=["x"]
    )
    assert found[0].ravel().tolist() == [1.0, 2.0]
    assert y.tolist() == [1, 0]
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    assert np.isnan(Sequences(masked, [2]).values[1, 0])
