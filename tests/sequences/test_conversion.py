"""Errors for objects of other libraries name the conversion."""

import polars as pl
import pytest
import torch

from skseq.sequences import read_sequences

from .cases import Broken


class LazyTable:
    """As a DataFrame of Dask."""

    divisions = (0, 1)
    columns, dtypes = ["a"], [float]
    shape = (None, 1)

    def compute(self):
        raise NotImplementedError


class SparkTable:
    """As a DataFrame of Spark."""

    columns, dtypes = ["a"], [("a", "double")]

    def collect(self):
        raise NotImplementedError

    toPandas = collect


class ArrowStream:
    """A stream that is not a table."""

    def __arrow_c_stream__(self, requested_schema=None):
        raise RuntimeError("the connection is closed")


class Dataset:
    """As `xarray.Dataset`, which is not an array."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("cannot directly convert a Dataset into an array: use to_dataarray")


CONVERSIONS = {
    "Broken": (Broken(), "Expected X to contain sequences, got <class .*Broken'>"),
    "list of Broken": ([Broken(), Broken()], "Expected sequence 0 to be an array .*Broken"),
    "sparse tensor": (torch.eye(3).to_sparse(), r"X is a Tensor .*to_dense\(\)"),
    "sparse tensors": (
        [torch.eye(3).to_sparse()],
        r"sequence 0 is a Tensor .*to_dense\(\)",
    ),
    "tensor without values": (torch.ones(2, 3, device="meta"), "X is a Tensor .*no data"),
    "LazyFrame": (pl.LazyFrame({"a": [1.0]}), r"got <class .*LazyFrame.* X\.collect\(\)"),
    "lazy DataFrame": (LazyTable(), r"got <class .*LazyTable.* X\.compute\(\)"),
    "Spark": (SparkTable(), r"got <class .*SparkTable.* X\.toPandas\(\)"),
    "Arrow stream": (ArrowStream(), "X is a ArrowStream .* the connection is closed"),
    "Dataset": (Dataset(), "cannot directly convert .* use to_dataarray"),
}


@pytest.mark.filterwarnings("error::polars.exceptions.PerformanceWarning")
@pytest.mark.parametrize("case", CONVERSIONS)
def test_type_errors_name_the_conversion(case):
    X, message = CONVERSIONS[case]
    with pytest.raises(TypeError, match=message):
        read_sequences(X)
