"""Missing values of y: forecasts start after the last observed value of each target."""

import copy

import numpy as np
import pandas as pd
import pytest

from .cases import (
    HORIZON,
    N_STEPS,
    check_quantiles,
    every_forecaster,
    every_net,
    fitted,
    make,
    make_index,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    predict_all,
    predict_array,
    two_nets,
)

N_TRAIN = N_STEPS - 3 * HORIZON
GAP = 3


def end_early(y, n_missing=GAP):
    """Return a copy of y whose last values are missing."""
    y = y.copy()
    y.iloc[-n_missing:] = np.nan
    return y


def shorten(forecaster, length):
    """Return a copy of a forecaster that has observed only the first steps."""
    other = copy.deepcopy(forecaster)
    for name in ("observed_", "coded_"):
        panel = getattr(other, name)
        setattr(other, name, panel.truncate(np.full(panel.n_series, length)))
    return other


def make_future(y):
    """Return the index of the next rows of each series of a panel."""
    days = pd.date_range("2020-03-02", periods=HORIZON)
    return pd.MultiIndex.from_product([y.index.levels[0], days], names=y.index.names)


# Missing values at the end ---------------------------------------------------------


@pytest.mark.parametrize("n_missing", [1, GAP, HORIZON + 1])
@every_forecaster
def test_missing_values_at_the_end_are_forecast(cls, n_missing):
    """Forecasts, intervals and paths are those without the rows, for the same times."""
    y = make_y()
    X = make_X(y.index, 1)
    n = N_TRAIN - n_missing
    without = make(cls).fit(X[:n], y[:n])
    padded = make(cls).fit(X[:N_TRAIN], end_early(y[:N_TRAIN], n_missing))
    rows = X[n:]
    np.testing.assert_array_equal(predict_all(padded, rows), predict_all(without, rows))
    wanted = without.predict(X[n:])[n_missing:]
    pd.testing.assert_series_equal(padded.predict(X[N_TRAIN:]), wanted)
    # Training rows are split into the same blocks.
    np.testing.assert_array_equal(predict_all(padded, X[:n]), predict_all(without, X[:n]))


@every_forecaster
def test_forecast_starts_after_the_last_row(cls):
    y = make_y()[:N_TRAIN]
    without = make(cls).fit(None, y[:-GAP])
    padded = make(cls).fit(None, end_early(y))
    wanted = without.forecast(2 * HORIZON + GAP)[GAP:]
    pd.testing.assert_series_equal(padded.forecast(2 * HORIZON), wanted)
    arrays = make(cls).fit(None, end_early(y).to_numpy())
    np.testing.assert_array_equal(arrays.forecast(2 * HORIZON), wanted)
    by_position = arrays.predict(np.empty((2 * HORIZON, 0)))
    np.testing.assert_array_equal(by_position, wanted)


@every_forecaster
def test_padded_panel(cls):
    """Series that end early may be padded by NaN."""
    X, y = make_panel(columns=1)
    ends = {"shop 0": 50, "shop 1": 40 - GAP, "shop 2": 25 - HORIZON - 1}
    is_observed = np.concatenate([np.arange(len(y.loc[s])) < n for s, n in ends.items()])
    ragged = make(cls).fit(X[is_observed], y[is_observed])
    padded = make(cls).fit(X, y.where(is_observed))
    future = padded.forecast(HORIZON, make_X(make_future(y), 1))
    rows = pd.concat([X[~is_observed], make_X(make_future(y), 1)])
    np.testing.assert_array_equal(predict_all(padded, rows), predict_all(ragged, rows))
    wanted = ragged.predict(rows)[future.index]
    pd.testing.assert_series_equal(future, wanted)


@one_of_each
def test_missing_values_at_the_end_of_one_target(cls):
    """The other target is forecast from its own last value."""
    forecaster, X, y = fitted(cls, n_train=N_TRAIN, n_targets=2)
    before = forecaster.predict(X[N_TRAIN:])
    new = y[N_TRAIN : N_TRAIN + GAP].copy()
    full = copy.deepcopy(forecaster).update(X[N_TRAIN : N_TRAIN + GAP], new)
    new["target 0"] = np.nan
    forecaster.update(X[N_TRAIN : N_TRAIN + GAP], new)
    rows = X[N_TRAIN + GAP :]
    found = forecaster.predict(rows)
    pd.testing.assert_series_equal(found["target 0"], before["target 0"][GAP:])
    wanted = full.predict(rows)["target 1"]
    pd.testing.assert_series_equal(found["target 1"], wanted)
    check_quantiles(forecaster)


@every_forecaster
def test_update_by_missing_values_does_not_change_forecasts(cls):
    forecaster, X, y = fitted(cls, n_train=N_TRAIN, columns=1)
    before = predict_all(forecaster, X[N_TRAIN:])
    for i in range(N_TRAIN, N_TRAIN + HORIZON + 1):
        forecaster.update(X[i : i + 1], y[i : i + 1] * np.nan)
    np.testing.assert_array_equal(predict_all(forecaster, X[N_TRAIN:]), before)


@every_forecaster
def test_history_with_missing_values_at_the_end(cls):
    forecaster, X, y = fitted(cls, n_train=N_TRAIN)
    new, n = y[N_TRAIN : N_TRAIN + HORIZON], N_TRAIN + HORIZON
    rows = X[n:]
    wanted = predict_array(copy.deepcopy(forecaster).update(None, new[:-GAP]), X[n - GAP :])
    found = forecaster.predict(rows, history=end_early(new))
    np.testing.assert_array_equal(found, wanted[GAP:])


@every_forecaster
def test_calibration_is_updated_by_the_errors_of_late_values(cls):
    """Their forecasts were made from the last observed value."""
    forecaster, X, y = fitted(cls, n_train=N_TRAIN)
    rows = X[N_TRAIN : N_TRAIN + GAP + 1], y[N_TRAIN : N_TRAIN + GAP + 1].copy()
    rows[1].iloc[:GAP] = np.nan
    before = forecaster.calibration_.factors.copy()
    at_once = copy.deepcopy(forecaster).update(*rows)
    assert (at_once.calibration_.factors != before).all()
    for i in range(GAP + 1):
        forecaster.update(*(part[i : i + 1] for part in rows))
    np.testing.assert_array_equal(
        forecaster.calibration_.factors, at_once.calibration_.factors
    )


# Gaps ------------------------------------------------------------------------------


@every_forecaster
def test_past_blocks_are_forecast_from_the_last_observed_value(cls):
    y = make_y()
    y.iloc[30 : 30 + GAP] = np.nan
    X = make_X(y.index, 1)
    forecaster = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN])
    for first in range(30, 30 + GAP + 1):
        # The block ends with the last observation.
        length = first + 2 * HORIZON
        rows = X[first : first + HORIZON]
        past = predict_all(shorten(forecaster, length), rows)
        future = predict_all(shorten(forecaster, first), rows)
        np.testing.assert_array_equal(past, future)


def replace_values(forecaster, first, values):
    """Return a copy of a forecaster with other observations from a step on."""
    other = copy.deepcopy(forecaster)
    for name in ("observed_", "coded_"):
        getattr(other, name).targets(0)[first : first + len(values), 0] = values
    return other


@pytest.mark.parametrize("length", [1, 2, HORIZON + 2])
@every_net
def test_network_reads_forecasts_in_gaps(cls, length):
    forecaster, X, _ = fitted(cls, columns=1)
    n = forecaster.observed_.lengths[0]
    first = n - 2 - length
    gap = replace_values(forecaster, first, np.full(length, np.nan))
    own = predict_array(shorten(forecaster, first), X[first : first + length])
    filled = replace_values(forecaster, first, own)
    found, wanted = predict_all(gap, X[n:]), predict_all(filled, X[n:])
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert not np.allclose(wanted, predict_all(forecaster, X[n:]), rtol=1e-5)
    # As the past of a past row the window is the same.
    longer = copy.deepcopy(forecaster).update(X[n:], np.zeros(len(X) - n))
    values = np.full(length, np.nan)
    past = replace_values(longer, first, values).predict(X[n : n + 1])
    np.testing.assert_allclose(past, filled.predict(X[n : n + 1]), rtol=1e-5)


@every_net
def test_gaps_before_gaps_are_filled_as_well(cls):
    """Fills do not depend on which rows are predicted, and not on later values."""
    y = make_y()
    y.iloc[20:50:4] = y.iloc[33:36] = np.nan
    forecaster, X, _ = fitted(cls)
    rows = X[N_STEPS - 2 * HORIZON :]
    model = copy.deepcopy(forecaster)
    for name in ("observed_", "coded_"):
        getattr(model, name).targets(0)[:, 0] = y[: N_STEPS - 2 * HORIZON]
    future = shorten(model, 48).predict(X[48:52])
    past = model.predict(X[48:52])
    np.testing.assert_allclose(past, future, rtol=1e-5)
    assert np.isfinite(predict_all(model, rows)).all()


@two_nets
def test_refit_reads_filled_gaps(cls, monkeypatch):
    """Targets that are missing stay missing."""
    read = []
    train = cls._train_network

    def record(self, training, *args, **kwargs):
        read.append((training.panel, training.filled))
        return train(self, training, *args, **kwargs)

    monkeypatch.setattr(cls, "_train_network", record)
    y = make_y()
    y.iloc[40:43] = np.nan
    make(cls).fit(None, y)
    (_, first), (panel, second) = read
    assert first is None
    missing = np.arange(N_STEPS)[y.isna()]
    assert np.isnan(panel.targets(0)[missing]).all()
    assert np.isfinite(second.targets(0)[missing]).all()
    read.clear()
    make(cls).fit(None, make_y())
    assert [filled for _, filled in read] == [None, None]


@pytest.mark.full
@every_net
def test_accuracy_with_missing_values(cls):
    """Missing values at the end and a recent gap cost little accuracy."""
    step = np.arange(217)
    errors = {"none": [], "end": [], "gap": []}
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(scale=0.5, size=len(step))
        values = 100 + 10 * np.sin(2 * np.pi * step / 7) + noise
        y = pd.Series(values, make_index(len(step)))
        rows = y[206:213]
        for name, missing in (("none", []), ("end", [200, 201, 202]), ("gap", [199, 200])):
            past = y[:203].copy()
            past.iloc[missing] = np.nan
            forecaster = cls(horizon=7, period=7, max_epochs=30, random_state=0)
            forecasts = forecaster.fit(None, past).forecast(10)[rows.index]
            errors[name].append(np.abs(forecasts - rows).mean())
    mean = {name: np.mean(values) for name, values in errors.items()}
    # The mean absolute error of the mean is 0.4.
    assert mean["none"] < 1
    assert mean["end"] < 1.2 * mean["none"] + 0.1
    assert mean["gap"] < 1.2 * mean["none"] + 0.1
