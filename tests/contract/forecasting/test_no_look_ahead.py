"""Forecasts depend only on values that were known when they were made."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer, PowerTransformer, StandardScaler

from skseq import GRUForecaster, RNNForecaster
from skseq.estimators import NetworkForecaster

from .cases import (
    HORIZON,
    N_STEPS,
    NETS,
    every_forecaster,
    every_net,
    make,
    make_panel,
    make_X,
    make_y,
    predict_all,
    predict_array,
    two_nets,
    weights,
)

# Number of rows to fit, and origin of the forecast to check.
N_FIT = 40
ORIGIN = N_STEPS - 3 * HORIZON
N_SEEN = N_STEPS - HORIZON

OPTIONS = [
    {"normalization": "mean"},
    {"normalization": None},
    {"unit": "series"},
    {"differencing": "first"},
    {"differencing": "seasonal", "period": 7},
    {"differencing": "both", "period": 7, "normalization": "mean"},
    {"target_transformer": StandardScaler()},
    {"target_transformer": PowerTransformer()},
    {"target_transformer": FunctionTransformer(np.log, np.exp), "period": 7},
    {"missing": "mask"},
    {"missing": "mask", "differencing": "both", "period": 7},
    {"loss": "quantile"},
    {"loss": "normal", "context_length": 30},
    {"loss": "student_t", "conformal": False},
    {"loss": "negative_binomial"},
    {"patch_size": 3, "stem": 1},
    {"horizon": 1},
]
KINDS = {"past_columns": ["a"], "static_columns": ["c"]}


def make_data(n_targets=None, missing="error"):
    """Return y, and X with a past-only, a known and a static column."""
    y = make_y(n_targets=n_targets)
    X = make_X(y.index, 2).assign(c=3.0)
    if missing == "mask":
        X.iloc[10:13, 0] = X.iloc[30, 1] = X.iloc[45, 0] = np.nan
        y.iloc[20:24] = y.iloc[44] = np.nan
    return X, y


def change_future(X, y):
    """Change all values that are not known at the origin."""
    X, y = X.copy(), y.copy()
    y.iloc[ORIGIN:] = 5 + 10 * np.random.default_rng(5).random(y.iloc[ORIGIN:].shape)
    X.iloc[ORIGIN:, 0] = 100 + np.arange(N_STEPS - ORIGIN) ** 2
    # Known in advance, but of rows after those that are forecast.
    X.iloc[ORIGIN + HORIZON :, 1] = -50.0
    return X, y


def check(cls, n_targets=None, **params):
    """Check that forecasts from one origin do not depend on the future."""
    kinds = KINDS if cls in NETS else {}
    forecasts = []
    X, y = make_data(n_targets, params.get("missing", "error"))
    are_counts = params.get("loss") == "negative_binomial"
    y = y.round() if are_counts else y
    for X_known, y_known in ((X, y), change_future(X, y)):
        y_known = y_known.round() if are_counts else y_known
        forecaster = make(cls, **kinds, **params).fit(X[:N_FIT], y[:N_FIT])
        forecaster.update(X_known[N_FIT:N_SEEN], y_known[N_FIT:N_SEEN])
        forecasts.append(predict_array(forecaster, X_known))
    end = ORIGIN + forecaster.horizon_
    assert np.isfinite(forecasts[0][ORIGIN:end]).all()
    np.testing.assert_array_equal(forecasts[0][:end], forecasts[1][:end])
    # Later forecasts do.
    later = slice(end, None)
    same = forecasts[0][later] == forecasts[1][later]
    assert not (same.all() if are_counts else same.any())


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_forecasts_do_not_depend_on_future_values(cls, n_targets):
    check(cls, n_targets)


@pytest.mark.parametrize("params", OPTIONS, ids=str)
@two_nets
def test_options_do_not_leak_future_values(cls, params):
    check(cls, **params)


@pytest.mark.parametrize("pooling", ["mean", "last", "max", "attention", "concat"])
@pytest.mark.parametrize("cls", [c for c in NETS if hasattr(c, "bidirectional")])
def test_bidirectional_networks_do_not_read_future_values(cls, pooling):
    check(cls, bidirectional=True, pooling=pooling)


@every_net
def test_forecasts_depend_on_known_covariates(cls):
    """The tests above would pass for a network that ignores its input."""
    X, y = make_data()
    forecaster = make(cls, **KINDS).fit(X[:N_FIT], y[:N_FIT])
    wanted = predict_array(forecaster, X[N_FIT:])
    other = X[N_FIT:].copy()
    other.iloc[HORIZON - 1, 1] += 1
    found = predict_array(forecaster, other)
    assert found[HORIZON - 1] != wanted[HORIZON - 1]
    other = X[N_FIT:].copy()
    other.iloc[HORIZON:, 1] += 1
    found = predict_array(forecaster, other)
    np.testing.assert_array_equal(found[:HORIZON], wanted[:HORIZON])


@pytest.mark.parametrize("missing", ["error", "mask"])
@pytest.mark.parametrize("as_arrays", [False, True], ids=["frames", "arrays"])
@every_net
def test_past_columns_of_future_rows_are_ignored(cls, as_arrays, missing):
    """In the first block of the horizon, and in those that follow it."""
    X, y = make_data()
    kinds = KINDS
    if as_arrays:
        X, y = X.to_numpy(), y.to_numpy()
        kinds = {"past_columns": [0], "static_columns": [2]}
    forecaster = make(cls, **kinds, missing=missing).fit(X[:N_FIT], y[:N_FIT])
    wanted = predict_all(forecaster, X[N_FIT:])
    other = X[N_FIT:].copy()
    (other if as_arrays else other.iloc)[:, 0] = 1e6
    np.testing.assert_array_equal(predict_all(forecaster, other), wanted)


@two_nets
def test_past_columns_of_future_rows_may_be_missing(cls):
    """They are unknown; missing="error" applies to columns that are used."""
    X, y = make_data()
    forecaster = make(cls, **KINDS).fit(X[:N_FIT], y[:N_FIT])
    wanted = predict_array(forecaster, X[N_FIT:])
    found = predict_array(forecaster, X[N_FIT:].assign(a=np.nan))
    np.testing.assert_array_equal(found, wanted)


@every_net
def test_forecasts_depend_on_past_columns_of_the_past(cls):
    X, y = make_data()
    last, y_last = X[N_FIT - 1 : N_FIT], y[N_FIT - 1 : N_FIT]
    found = []
    for row in (last, last.assign(a=50.0)):
        forecaster = make(cls, **KINDS).fit(X[: N_FIT - 1], y[: N_FIT - 1])
        found.append(predict_array(forecaster.update(row, y_last), X[N_FIT:]))
    assert not (found[0] == found[1]).any()


@two_nets
def test_forecasts_do_not_depend_on_other_series(cls):
    """After `fit`, the forecast of a series depends on its own past only."""
    X, y = make_panel()
    day = X.index.get_level_values("day")
    forecaster = make(cls).fit(X[day < "2020-02-10"], y[day < "2020-02-10"])
    twin = make(cls).fit(X[day < "2020-02-10"], y[day < "2020-02-10"])
    new = (day >= "2020-02-10") & (day < "2020-02-20")
    other = y[new].copy()
    other.loc["shop 1"] += 100
    forecaster.update(X[new], y[new])
    twin.update(X[new], other)
    rest = X[day >= "2020-02-20"]
    found, wanted = (predict_all(f, rest) for f in (twin, forecaster))
    own = rest.index.get_level_values("shop") == "shop 1"
    points = found[:, 0] == wanted[:, 0]
    assert points[~own].all()
    assert not points[own].any()


@every_net
def test_fit_does_not_depend_on_rows_after_a_slice(cls):
    """A slice of an array shares memory with the rows after it."""
    X, y = (table.to_numpy() for table in make_data())
    forecaster = make(cls, past_columns=[0]).fit(X[:N_FIT], y[:N_FIT])
    X_other, y_other = X.copy(), y.copy()
    X_other[N_FIT:], y_other[N_FIT:] = 1e6, -1e6
    twin = make(cls, past_columns=[0]).fit(X_other[:N_FIT], y_other[:N_FIT])
    assert (weights(forecaster) == weights(twin)).all()
    np.testing.assert_array_equal(
        predict_all(forecaster, X[N_FIT:]), predict_all(twin, X[N_FIT:])
    )


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"differencing": "both", "period": 7},
        {"loss": "normal", "normalization": "mean"},
    ],
    ids=str,
)
@every_net
def test_held_out_steps_are_not_trained_on(cls, params, monkeypatch):
    """Calibration requires errors on steps that are new to the network."""
    monkeypatch.setattr(NetworkForecaster, "_refit_below", 0)
    X, y = make_data()
    held = max(2 * HORIZON, int(0.1 * N_STEPS))
    # Early stopping would depend on their loss.
    forecaster = make(cls, **KINDS, **params, early_stopping=False).fit(X, y)
    wanted = weights(forecaster)
    # Series end with their last observed value.
    missing = np.r_[np.full(held - 1, np.nan), 0.0]
    for change in (lambda v: v + 5, lambda v: v[::-1], lambda v: v + missing):
        other = y.copy()
        other.iloc[-held:] = change(y.iloc[-held:].to_numpy())
        assert (weights(forecaster.fit(X, other)) == wanted).all()
    # The step before them is. The gradient of an absolute error may miss one of the two.
    found = []
    for change in (-15, 15):
        other = y.copy()
        other.iloc[-held - 1] += change
        found.append(weights(forecaster.fit(X, other)))
    assert not ((found[0] == wanted).all() and (found[1] == wanted).all())


def test_intervals_are_calibrated_by_errors_of_held_out_steps(monkeypatch):
    monkeypatch.setattr(NetworkForecaster, "_refit_below", 0)
    X, y = make_data()
    noisy = y.copy()
    noisy.iloc[-2 * HORIZON :] += 20 * np.random.default_rng(0).normal(size=2 * HORIZON)
    widths = []
    for series in (y, noisy):
        forecaster = make(GRUForecaster, **KINDS, early_stopping=False).fit(X, series)
        forecaster.observed_.values[:] = forecaster.coded_.values[:] = y.to_numpy()[:, None]
        rows = make_X(pd.date_range(y.index[-1], periods=HORIZON + 1)[1:], 2).assign(c=3.0)
        bounds = np.asarray(forecaster.predict_interval(rows))
        widths.append(np.diff(bounds, axis=1).mean())
    assert widths[1] > 1.5 * widths[0]


def test_windows_do_not_depend_on_the_architecture():
    """Tests with two architectures are therefore enough."""
    X, y = make_data()
    coders = {make(cls).fit(X, y).coder_ for cls in (RNNForecaster, *NETS)}
    assert len(coders) == 1
