"""The warning for tables whose columns look like features, not like steps."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skseq.exceptions import ColumnsAsStepsWarning
from skseq.sequences import read_sequences


def read(columns, library=pd):
    table = np.ones((2, len(columns)))
    if library is pd:
        return read_sequences(pd.DataFrame(table, columns=columns))[0]
    return read_sequences(pl.DataFrame(table, schema=columns))[0]


@pytest.mark.parametrize("library", [pd, pl])
@pytest.mark.parametrize(
    ("columns", "named"),
    [
        (["age", "heart_rate", "pressure"], "age"),
        (["value"], "value"),
        (["t0", "t1", "t2", "label"], "label"),
        (["patient", "0", "1", "2"], "patient"),
        (["acc_x_0", "acc_x_1", "acc_y_0", "acc_y_1"], "acc_y_0"),
        (["x", "y", "z"], "x"),
        (["market", "monitor"], "market"),
    ],
)
def test_warning_for_names_of_features(columns, named, library):
    message = (
        rf"read as a sequence of one feature.*column '{named}'.*from_frame.*X\.to_numpy\(\)"
    )
    with pytest.warns(ColumnsAsStepsWarning, match=message):
        assert read(columns, library).lengths.tolist() == [len(columns)] * 2


@pytest.mark.parametrize(
    "columns",
    [
        range(3),
        [0.0, 0.5, 1.0],
        pd.date_range("2024", periods=3),
        pd.period_range("2024", periods=3, freq="M"),
        pd.timedelta_range(0, periods=3, freq="s"),
        ["0", "1", "2"],
        ["t0", "t1", "t10"],
        ["t-2", "t-1", "t", "t+1"],
        ["lag_1", "lag_2"],
        ["step 1 (s)", "step 2 (s)"],
        ["2024-01-31", "2024-02-29"],
        ["08:00", "08:15"],
        ["30s", "1min", "2h"],
        ["Jan", "feb", "MARCH"],
        ["Monday", "Tuesday"],
        ["Q1 2024", "Q2 2024"],
        ["Jan 2024", "2024 Feb"],
        ["-1.5", "+2,5"],
        ["x1"],
    ],
    ids=str,
)
def test_no_warning_for_times(columns):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(columns).lengths.tolist() == [len(columns)] * 2


def test_no_warning_for_arrays_of_the_table():
    frame = pd.DataFrame({"age": [1.0, 2.0], "weight": [3.0, 4.0]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_sequences(frame.to_numpy())
        read_sequences(pd.DataFrame({"age": [[1.0, 2.0]], "weight": [[3.0, 4.0]]}))
