"""Series and covariates in containers of other libraries."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch

import skseq

from .cases import HORIZON, make, make_X, make_y, one_of_each


class DataArray:
    """As `xarray.DataArray`: an array with coordinates."""

    def __init__(self, values, index=None):
        self.values, self.index = values, index
        self.dims = ("time", "column")[: values.ndim]
        self.coords = {} if index is None else {"time": index}
        self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim

    def __len__(self):
        return len(self.values)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype=dtype)

    def to_pandas(self):
        kind = pd.Series if self.ndim == 1 else pd.DataFrame
        return kind(self.values, index=self.index)


@pytest.mark.filterwarnings("ignore::skseq.exceptions.LostIndexWarning")
@one_of_each
@pytest.mark.parametrize(
    "convert",
    [
        lambda values: pl.Series(values) if values.ndim == 1 else pl.DataFrame(values),
        lambda values: (
            pa.array(values) if values.ndim == 1 else pa.table(pd.DataFrame(values))
        ),
        lambda values: torch.tensor(values, requires_grad=True),
        DataArray,
        np.ma.array,
    ],
    ids=["polars", "pyarrow", "torch", "xarray", "masked"],
)
def test_containers_without_times_equal_arrays(cls, convert):
    X, y = make_X(range(60), 2).to_numpy(), make_y().to_numpy()
    n = len(y) - HORIZON
    wanted = make(cls).fit(X[:n], y[:n])
    model = make(cls).fit(convert(X[:n]), convert(y[:n]))
    future = convert(X[n:])
    np.testing.assert_array_equal(model.predict(future), wanted.predict(X[n:]))
    assert model.score(future, convert(y[n:])) == wanted.score(X[n:], y[n:])
    model.update(future, convert(y[n:]))
    wanted.update(X[n:], y[n:])
    np.testing.assert_array_equal(model.predict(future), wanted.predict(X[n:]))


def test_bfloat16_is_read():
    y = torch.tensor(make_y().to_numpy()).bfloat16()
    wanted = make(skseq.Drift).fit(None, y.float().numpy()).forecast(3)
    np.testing.assert_array_equal(make(skseq.Drift).fit(None, y).forecast(3), wanted)


def test_masked_values_are_missing():
    y = np.ma.array(make_y().to_numpy())
    y[10] = np.ma.masked
    forecaster = make(skseq.SeasonalNaive).fit(None, y)
    assert np.flatnonzero(np.isnan(forecaster.observed_.targets(0)[:, 0])).tolist() == [10]


def test_coordinates_are_the_time():
    y = make_y()
    X = make_X(y.index, 1)
    array = DataArray(y.to_numpy(), y.index)
    forecast = make(skseq.Drift).fit(None, array).forecast(3)
    pd.testing.assert_series_equal(
        forecast, make(skseq.Drift).fit(None, y).forecast(3), check_names=False
    )
    later = DataArray(X[-HORIZON:].to_numpy(), X.index[-HORIZON:])
    model = make(skseq.GRUForecaster).fit(X[:-HORIZON].set_axis([0], axis=1), y[:-HORIZON])
    assert model.predict(later).index.equals(y.index[-HORIZON:])


@one_of_each
def test_lazy_tables_raise(cls):
    y = make_y().to_numpy()
    X = pl.LazyFrame({"a": y})
    with pytest.raises(TypeError, match=r"Expected X to .*LazyFrame.* Use X\.collect\(\)"):
        make(cls).fit(X, y)
    with pytest.raises(TypeError, match=r"Expected y to .*LazyFrame.* Use y\.collect\(\)"):
        make(cls).fit(None, X)
    with pytest.raises(TypeError, match=r"Expected X to .*LazyFrame.* Use X\.collect\(\)"):
        make(cls).fit(None, y).predict(X)
