"""Saved forecasters: every kind of index, panels, covariates and transformers.

The tests of copies in test_copies include `save` as well.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler

import skseq
from skseq.exceptions import FileFormatError
from skseq.saved import Saved
from skseq.series import Clock, Panel, WindowCoder

from ..probes import save_changed
from .cases import (
    HORIZON,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    predict_all,
)


@pytest.fixture
def path(tmp_path):
    """Return where to save."""
    return tmp_path / "model.safetensors"


def save_and_load(forecaster, path):
    forecaster.save(path)
    return skseq.load(path)


def assert_same(twin, forecaster, X):
    np.testing.assert_array_equal(predict_all(twin, X), predict_all(forecaster, X))
    ours, theirs = forecaster.forecast(3), twin.forecast(3)
    if hasattr(ours, "index"):
        pd.testing.assert_index_equal(ours.index, theirs.index, exact=True)
        pd.testing.assert_frame_equal(
            twin.predict_interval(X, 0.8), forecaster.predict_interval(X, 0.8)
        )


INDICES = {
    "days": pd.date_range("2020-01-01", periods=60, freq="D"),
    "zone": pd.date_range("2020-03-01", periods=60, freq="D", tz="Europe/Paris"),
    "hours": pd.date_range("2020-03-28", periods=60, freq="h", tz="UTC", unit="s"),
    "months": pd.date_range("2015-01-31", periods=60, freq="ME", name="month"),
    "business": pd.date_range("2020-01-01", periods=60, freq="B"),
    "years": pd.date_range("1960", periods=60, freq=pd.DateOffset(years=1)),
    "periods": pd.period_range("2005Q1", periods=60, freq="Q"),
    "numbers": pd.RangeIndex(100, 220, 2, name="step"),
    "integers": pd.Index(np.arange(5, 65, dtype="int32")),
}


@pytest.mark.parametrize("name", INDICES)
@one_of_each
def test_time_index_of_every_kind_is_saved(cls, name, path):
    index = INDICES[name]
    X, y = make_X(index), make_y(index=index)
    forecaster = make(cls).fit(X[:50], y[:50])
    twin = save_and_load(forecaster, path)
    assert_same(twin, forecaster, X[50:])
    for f in (forecaster, twin):
        f.update(X[50:52], y[50:52])
    assert_same(twin, forecaster, X[52:])


def test_series_without_index_are_saved(path):
    y = make_y(n_targets=2).to_numpy()
    forecaster = make(skseq.GRUForecaster).fit(None, y)
    twin = save_and_load(forecaster, path)
    np.testing.assert_array_equal(twin.forecast(9), forecaster.forecast(9))


def test_panel_with_covariates_is_saved(path):
    X, y = make_panel(columns=3, n_targets=2)
    X["c"] = X.index.get_level_values("shop").map({f"shop {k}": k for k in range(3)})
    day = X.index.get_level_values("day")
    train, rest = day <= "2020-02-20", day > "2020-02-20"
    X.loc[X.index[3], "b"] = np.nan
    forecaster = make(
        skseq.GRUForecaster,
        past_columns=["a"],
        static_columns=("c",),
        missing="mask",
        loss="student_t",
    ).fit(X[train], y[train])
    twin = save_and_load(forecaster, path)
    np.testing.assert_array_equal(
        predict_all(twin, X[rest]), predict_all(forecaster, X[rest])
    )
    assert twin.get_params() == forecaster.get_params()
    new = day == "2020-02-21"
    for f in (forecaster, twin):
        f.update(X[new], y[new], n_epochs=1)
    later = day > "2020-02-21"
    np.testing.assert_array_equal(
        predict_all(twin, X[later]), predict_all(forecaster, X[later])
    )


def test_tuples_as_series_names_are_saved(path):
    index = pd.date_range("2020-01-01", periods=30)
    names = [("north", 1), ("south", 2)]
    y = pd.concat(
        [make_y(30, index=index)] * 2, keys=names, names=["region", "shop", "day"]
    )
    forecaster = make(skseq.GRUForecaster).fit(y.to_frame()[[]], y)
    twin = save_and_load(forecaster, path)
    assert twin.series_ids_ == names
    pd.testing.assert_series_equal(twin.forecast(3), forecaster.forecast(3))


@pytest.mark.parametrize(
    "parameters",
    [
        {"unit": "series"},
        {"normalization": "mean"},
        {"differencing": "first"},
        {"differencing": "both", "period": 4},
    ],
    ids=str,
)
def test_normalization_of_windows_is_saved(parameters, path):
    forecaster, X, _ = fitted(skseq.GRUForecaster, **parameters)
    twin = save_and_load(forecaster, path)
    assert twin.coder_ == forecaster.coder_
    assert_same(twin, forecaster, X)


@pytest.mark.parametrize("loss", ["quantile", "normal", "negative_binomial"])
def test_distribution_losses_are_saved(loss, path):
    forecaster, X, _ = fitted(skseq.GRUForecaster, loss=loss)
    assert_same(save_and_load(forecaster, path), forecaster, X)


@pytest.mark.parametrize(
    "transformer",
    [PowerTransformer(), StandardScaler(), FunctionTransformer(np.log, np.exp)],
    ids=repr,
)
@one_of_each
def test_target_transformer_is_saved(cls, transformer, path):
    forecaster, X, _ = fitted(cls, target_transformer=transformer)
    twin = save_and_load(forecaster, path)
    assert_same(twin, forecaster, X)
    assert repr(twin) == repr(forecaster)


@pytest.mark.parametrize(
    "transformer",
    [PCA(), FunctionTransformer(lambda x: x, lambda x: x)],
    ids=["other", "lambda"],
)
@one_of_each
def test_other_transformers_raise(cls, transformer, path):
    forecaster, _, _ = fitted(cls)
    forecaster.target_transformer = transformer
    with pytest.raises(
        TypeError, match=r"target_transformer contains .*np\.log1p; or use pick"
    ):
        forecaster.save(path)
    assert not path.exists()


@pytest.fixture
def write_as_it_is(monkeypatch):
    """Write panels as they are: `to_state` would make them consistent."""
    monkeypatch.setattr(Panel, "to_state", Saved.to_state)


# From the place of an entry in the file to invalid values.
INVALID = {
    "horizon_": [7],
    "spreads_": [np.ones((2, 1)), np.full((1, 1), np.nan), np.full((1, 1), np.inf)],
    "reader_/target_names": [None, [["a"]]],
    "reader_/n_targets": [2],
    "context_length_": [10**4, 10**15],
    "calibration_": [None],
    "calibration_/factors": [np.ones((3, 3))],
    "calibration_/paths": [np.ones((3, 1, 9))],
    "calibration_/steps": [-np.ones(HORIZON)],
    "calibration_/n_disjoint": [-1.0],
    "rolled_": [None],
    "rolled_/factors": [np.ones((3, 3))],
    "rolled_/paths": [np.ones((3, 1, 9))],
    "rolled_/steps": [np.zeros(HORIZON)],
    "rolled_/block": [0, 3],
    "rolled_/n_disjoint": [-1.0],
    "rolled_/span": [np.nan, 1],
    "observed_": [np.ones(3)],
    "observed_/ids": [["a"]],
    "observed_/lengths/0": [10**9],
    "observed_/first_ticks/0": [1, 10**15, 2**63 - 1],
    "observed_/values/0": [np.inf],
    "observed_/clock/step": [pd.Timedelta(0)],
    "observed_/clock/anchor": [3],
    "reader_/table/columns": [["a", "b"]],
    "reader_/table/positions": [["a"]],
    "target_transformer_": [StandardScaler(), StandardScaler().fit(np.eye(3))],
}


@pytest.mark.parametrize(
    ("place", "value"), [(place, value) for place in INVALID for value in INVALID[place]]
)
@one_of_each
def test_invalid_content_raises(cls, place, value, path, write_as_it_is):
    save_changed(fitted(cls)[0], path, {f"state/{place}": value})
    with pytest.raises(FileFormatError, match=r"model\.safetensors is damaged"):
        skseq.load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"state/coder_": None},
        {"state/scaler_": None},
        {"state/patch_size_": 0},
        {"state/coder_": WindowCoder(8, HORIZON, lag=10**4)},
        {"state/context_length_": HORIZON},
        {"net/architecture/quantiles": [0.9, 0.1]},
    ],
    ids=str,
)
def test_invalid_network_raises(changes, path):
    save_changed(fitted(skseq.GRUForecaster, columns=1)[0], path, changes)
    with pytest.raises(FileFormatError, match=r"model\.safetensors is damaged"):
        skseq.load(path)


N_STEPS = 5


@pytest.mark.parametrize(
    "lengths",
    [
        pytest.param([2**62, 2**62, 2**62, 2**62, N_STEPS], id="overflow"),
        [-1, N_STEPS + 1],
        [0, N_STEPS],
        [2, 2],
        [2.0, 3.0],
    ],
)
def test_invalid_lengths_of_series_raise(lengths):
    lengths = np.array(lengths)
    n = len(lengths)
    state = np.ones((N_STEPS, 1)), np.ones((N_STEPS, 0)), lengths, np.zeros(n, np.int64)
    with pytest.raises(ValueError, match="the observed series are invalid"):
        Panel.from_state(*state, list(range(n)), None)


def test_series_far_apart_in_time_raise():
    """With steps of varying length, pandas generates all stamps between two series."""
    days = pd.date_range("2020-01-01", periods=2, freq="B")
    clock = Clock(days[0], days.freq, days[:0])
    state = np.ones((2, 1)), np.ones((2, 0)), np.array([1, 1])
    assert Panel.from_state(*state, np.array([0, 50_000]), [0, 1], clock).n_series == 2
    with pytest.raises(ValueError, match="the time index is invalid"):
        Panel.from_state(*state, np.array([0, 200_000]), [0, 1], clock)
