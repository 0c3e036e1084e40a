"""Saved forecasters: every kind of index, panels, covariates and transformers.

The tests of copies in test_copies include `save` as well.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler

import skseq
from skseq.exceptions import FileFormatError
from skseq.persistence import read_archive, write_archive
from skseq.saved import Saved
from skseq.series import Panel

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


def put(name, attribute, value):
    """Return a change of what one attribute holds."""
    return lambda state: setattr(state[name], attribute, value)


def move(tick):
    """Return a change of when the series begins."""

    def change(state):
        for name in ("observed_", "coded_"):
            state[name].first_ticks[:] = tick

    return change


INVALID = {
    "another horizon": lambda state: state.update(horizon_=7),
    "more targets": put("reader_", "n_targets", 2),
    "spreads": lambda state: state.update(spreads_=np.ones((2, 1))),
    "no names": put("reader_", "target_names", None),
    "no calibration": lambda state: state.update(calibration_=None),
    "no panel": lambda state: state.update(observed_=np.ones(3)),
    "other series": put("observed_", "ids", ["a"]),
    "a short panel": lambda state: state.update(coded_=state["coded_"].truncate([3])),
    "wrong lengths": lambda state: state["observed_"].lengths.__setitem__(0, 10**9),
    "no step": lambda state: setattr(state["observed_"].clock, "step", pd.Timedelta(0)),
    "another anchor": lambda state: setattr(state["observed_"].clock, "anchor", 3),
    "other columns": lambda s: setattr(s["reader_"].table, "columns", ["a", "b"]),
    "calibration": put("calibration_", "factors", np.ones((3, 3))),
    "paths": put("calibration_", "paths", np.ones((3, 1, 9))),
    "positions": lambda s: setattr(s["reader_"].table, "positions", ["a"]),
    "a name that is a list": put("reader_", "target_names", [["a"]]),
    "a time out of range": move(10**15),
    "a tick out of range": move(2**63 - 1),
    "a context longer than all series": lambda s: s.update(context_length_=10**4),
    "an infinite value": lambda s: s["observed_"].values.__setitem__(0, np.inf),
    "an infinite spread": lambda state: state["spreads_"].fill(np.inf),
    "no spread": lambda state: state["spreads_"].fill(np.nan),
    "negative errors": put("calibration_", "steps", -np.ones(HORIZON)),
    "negative windows": put("calibration_", "n_disjoint", -1.0),
    "an unfitted transformer": lambda s: s.update(target_transformer_=StandardScaler()),
    "another transformer": lambda state: state.update(
        target_transformer_=StandardScaler().fit(np.eye(3))
    ),
}


@pytest.mark.parametrize("name", INVALID)
@one_of_each
def test_invalid_content_raises(cls, name, path, write_as_it_is):
    forecaster, _, _ = fitted(cls)
    forecaster.save(path)
    content = read_archive(path, "estimator")
    INVALID[name](content["state"])
    write_archive(path, "estimator", content)
    with pytest.raises(FileFormatError, match=r"model\.safetensors is damaged"):
        skseq.load(path)


N_STEPS = 5
LENGTHS = {
    "their sum overflows": [2**62, 2**62, 2**62, 2**62, N_STEPS],
    "one is negative": [-1, N_STEPS + 1],
    "one is 0": [0, N_STEPS],
    "they do not add up": [2, 2],
    "they are floats": [2.0, 3.0],
    "there are more than names": [2, 2, 1],
}


@pytest.mark.parametrize("name", LENGTHS)
def test_invalid_lengths_of_series_raise(name, path, write_as_it_is):
    lengths = np.array(LENGTHS[name])
    ids = list(range(2 if name.endswith("names") else len(lengths)))
    panel = Panel(np.ones((N_STEPS, 1)), np.ones((N_STEPS, 0)), [5], [0] * len(ids), ids)
    panel.lengths = lengths
    write_archive(path, "thing", panel)
    with pytest.raises(FileFormatError, match="damaged: the observed series are invalid"):
        read_archive(path, "thing")


def test_invalid_parameters_of_the_net_raise(path):
    forecaster, _, _ = fitted(skseq.GRUForecaster, loss="quantile", quantiles=[0.1, 0.9])
    forecaster.save(path)
    content = read_archive(path, "estimator")
    content["net"]["architecture"]["quantiles"] = [0.9, 0.1]
    write_archive(path, "estimator", content)
    with pytest.raises(FileFormatError, match=r"increasing .*, got \[0\.9, 0\.1\]"):
        skseq.load(path)


def test_invalid_windows_raise(path):
    forecaster, _, _ = fitted(skseq.GRUForecaster, columns=1)
    forecaster.save(path)
    whole = read_archive(path, "estimator")
    for name, value in [
        ("coder_", None),
        ("scaler_", None),
        ("patch_size_", 0),
        ("coder_", replace(whole["state"]["coder_"], lag=10**4)),
        ("context_length_", HORIZON),
    ]:
        content = {**whole, "state": {**whole["state"], name: value}}
        write_archive(path, "estimator", content)
        with pytest.raises(FileFormatError, match=r"model\.safetensors is damaged"):
            skseq.load(path)
