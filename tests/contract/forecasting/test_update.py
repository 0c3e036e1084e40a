"""`update` and `history`: new observations, new series, and adaptive intervals."""

import copy

import numpy as np
import pandas as pd
import pytest

from skseq import GRUForecaster, SeasonalNaive

from ..probes import CtrlC, CtrlCAtLine
from .cases import (
    CONTEXT,
    HORIZON,
    N_STEPS,
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
    weights,
)

N_TRAIN = N_STEPS - 2 * HORIZON


@pytest.mark.parametrize("as_arrays", [False, True], ids=["frames", "arrays"])
@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_forecasts_start_after_the_new_rows(cls, n_targets, as_arrays):
    y = make_y(n_targets=n_targets)
    X = make_X(y.index, 1)
    if as_arrays:
        X, y = X.to_numpy(), y.to_numpy()
    forecaster = make(cls).fit(X[:40], y[:40])
    assert forecaster.update(X[40:N_TRAIN], y[40:N_TRAIN]) is forecaster
    assert forecaster.observed_.lengths.tolist() == [N_TRAIN]
    np.testing.assert_array_equal(
        forecaster.observed_.targets(0), np.asarray(y[:N_TRAIN]).reshape(N_TRAIN, -1)
    )
    if not as_arrays:
        assert forecaster.observed_.stamps(0).equals(y.index[:N_TRAIN])
        assert forecaster.forecast(3, X[N_TRAIN : N_TRAIN + 3]).index.equals(
            y.index[N_TRAIN : N_TRAIN + 3]
        )
    forecasts = predict_array(forecaster, X[N_TRAIN:])
    assert forecasts.shape == y[N_TRAIN:].shape
    # Without the update the forecast of the same rows is different.
    before = predict_array(make(cls).fit(X[:40], y[:40]), X[40:])[N_TRAIN - 40 :]
    assert not (forecasts == before).any()


@every_forecaster
def test_updates_by_row_equal_one_update(cls):
    """For point forecasts; intervals depend on different errors."""
    forecaster, X, y = fitted(cls, n_train=40, columns=1)
    at_once, _, _ = fitted(cls, n_train=40, columns=1)
    for i in range(40, N_TRAIN):
        forecaster.update(X[i : i + 1], y[i : i + 1])
    at_once.update(X[40:N_TRAIN], y[40:N_TRAIN])
    np.testing.assert_array_equal(predict_array(forecaster, X), predict_array(at_once, X))


@pytest.mark.parametrize("where", ["series", "table"])
@one_of_each
def test_rows_without_a_time_follow_the_last_observation(cls, where):
    """If y is an array."""
    forecaster, X, y = fitted(cls)
    by_time, _, _ = fitted(cls)
    by_time.update(X[N_TRAIN : N_TRAIN + 3], y[N_TRAIN : N_TRAIN + 3])
    new = y[N_TRAIN : N_TRAIN + 3].to_numpy()
    forecaster.update(None if where == "series" else np.empty((3, 0)), new)
    np.testing.assert_array_equal(predict_all(forecaster, X), predict_all(by_time, X))


@every_net
def test_update_does_not_refit(cls):
    forecaster, X, y = fitted(cls, columns=1)
    before, net = weights(forecaster), forecaster.net_
    spreads = forecaster.spreads_.copy()
    forecaster.update(X[N_TRAIN:], 100 * y[N_TRAIN:])
    assert forecaster.net_ is net
    assert (weights(forecaster) == before).all()
    assert (forecaster.spreads_ == spreads).all()


@every_net
def test_update_of_one_row_forecasts_one_window(cls, monkeypatch):
    """The cost does not depend on the length of the history."""
    forecaster, X, y = fitted(cls, n_train=40, columns=1)
    windows = []
    net = type(forecaster.net_)
    outputs = net.outputs

    def count(self, dataset):
        windows.append(len(dataset))
        return outputs(self, dataset)

    monkeypatch.setattr(net, "outputs", count)
    for i in range(40, N_STEPS):
        forecaster.update(X[i : i + 1], y[i : i + 1])
    assert len(windows) == N_STEPS - 40
    assert set(windows) == {1}


@two_nets
def test_epochs_change_the_weights(cls):
    forecaster, X, y = fitted(cls)
    twin, _, _ = fitted(cls)
    before = weights(forecaster)
    rows = X[N_TRAIN:], y[N_TRAIN:]
    forecaster.update(*rows, n_epochs=3)
    assert not (weights(forecaster) == before).all()
    assert np.isfinite(forecaster.forecast(5)).all()
    # Training is deterministic.
    twin.update(*rows, n_epochs=3)
    assert (weights(forecaster) == weights(twin)).all()


def test_epochs_train_on_the_new_rows():
    """The new rows fall, unlike those of `fit`."""
    index = make_index(120)
    y = pd.Series(np.r_[np.arange(60.0), 59 - np.arange(60.0)], index)
    X = make_X(index)
    params = {"max_epochs": 20, "lr": 0.01}
    forecaster, twin = (make(GRUForecaster, **params).fit(X[:60], y[:60]) for _ in range(2))
    for f, n_epochs in ((forecaster, 0), (twin, 20)):
        f.update(X[60:100], y[60:100], n_epochs=n_epochs).update(X[100:], y[100:])
    assert twin.forecast(HORIZON).iloc[-1] < y.iloc[-1]
    assert twin.forecast(HORIZON).iloc[-1] < forecaster.forecast(HORIZON).iloc[-1]


@two_nets
def test_epochs_are_added_to_the_history(cls):
    forecaster, X, y = fitted(cls)
    n_before = forecaster.n_iter_
    forecaster.update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=3)
    assert forecaster.n_iter_ == len(forecaster.history_) == n_before + 3
    assert forecaster.history_["train_loss"].notna().all()


# Intervals -------------------------------------------------------------------------


def width(forecaster):
    """Return the width of the interval of the next step."""
    rows = pd.DataFrame(index=forecaster.forecast(1).index)
    return float(np.diff(forecaster.predict_interval(rows, 0.8).to_numpy())[0, 0])


@pytest.mark.parametrize("step", [1, HORIZON, 3 * HORIZON])
@one_of_each
def test_intervals_adapt_to_the_variance(cls, step):
    """They widen if errors grow, and narrow if errors shrink."""
    random = np.random.default_rng(0)
    sizes = np.repeat([1.0, 5.0, 1.0], 96)
    index = pd.date_range("2020-01-01", periods=3 * 96)
    y = pd.Series(100 + sizes * random.normal(size=3 * 96), index)
    forecaster = make(cls).fit(None, y[:96])
    widths = [width(forecaster)]
    for end in (192, 288):
        for i in range(end - 96, end, step):
            forecaster.update(None, y[i : i + step])
        widths.append(width(forecaster))
    assert widths[1] > 2 * widths[0]
    assert widths[2] < 0.6 * widths[1]


@one_of_each
def test_intervals_adapt_to_each_series(cls):
    X, y = make_panel(lengths=(60, 60))
    day = X.index.get_level_values("day")
    train = day < "2020-02-10"
    forecaster = make(cls).fit(X[train], y[train])
    before = forecaster.calibration_.factors.copy()
    new = y[~train].copy()
    noise = 50 * np.random.default_rng(0).normal(size=len(new.loc["shop 1"]))
    new.loc["shop 1"] = new.loc["shop 1"].to_numpy() + noise
    days = new.index.get_level_values("day")
    for stamp in days.unique():
        forecaster.update(X[~train][days == stamp], new[days == stamp])
    after = forecaster.calibration_.factors
    assert after[1, 0] > 1.5 * before[1, 0]
    assert after[0, 0] < 1.5 * before[0, 0]


@one_of_each
def test_missing_rows_do_not_change_the_calibration(cls):
    forecaster, X, y = fitted(cls)
    before = forecaster.calibration_.factors.copy()
    forecaster.update(X[N_TRAIN:], y[N_TRAIN:] * np.nan)
    assert (forecaster.calibration_.factors == before).all()


# New series ------------------------------------------------------------------------


def split_panel(columns=0):
    """Return X and y of two series to fit, and of a new one."""
    X, y = make_panel(columns=columns)
    shop = X.index.get_level_values("shop")
    known = shop != "shop 2"
    return (X[known], y[known]), (X[~known], y[~known])


def future_of(y, steps=2 * HORIZON):
    """Return the index of the next rows of one series."""
    shop, last = y.index[-1]
    days = pd.date_range(last, periods=steps + 1)[1:]
    return pd.MultiIndex.from_product([[shop], days], names=y.index.names)


@pytest.mark.parametrize("columns", [0, 2])
@every_forecaster
def test_forecasts_of_a_new_series_by_history(cls, columns):
    known, (X, y) = split_panel(columns)
    forecaster = make(cls).fit(*known)
    rows = make_X(future_of(y), columns)
    history = (X, y) if columns else y
    point = forecaster.predict(rows, history=history)
    assert point.index.equals(rows.index)
    interval = forecaster.predict_interval(rows, history=history)
    assert (interval["lower"] < interval["upper"]).all()
    assert forecaster.sample(rows, 3, random_state=0, history=history).shape == (3, 8)
    # The history is used in these calls only.
    assert forecaster.series_ids_ == ["shop 0", "shop 1"]
    with pytest.raises(ValueError, match="'shop 2' is unknown"):
        forecaster.predict(rows)
    forecaster.update(X, y)
    assert forecaster.series_ids_ == ["shop 0", "shop 1", "shop 2"]
    assert forecaster.predict(rows).equals(point)
    assert forecaster.predict_interval(rows).equals(interval)


@every_forecaster
def test_new_series_does_not_change_others(cls):
    known, (X, y) = split_panel()
    forecaster = make(cls).fit(*known)
    wanted = predict_all(forecaster, known[0])
    future = forecaster.forecast(5)
    forecaster.update(X, y)
    np.testing.assert_array_equal(predict_all(forecaster, known[0]), wanted)
    assert forecaster.forecast(5).loc[["shop 0", "shop 1"]].equals(future)


@every_forecaster
def test_forecasts_of_a_new_series_are_on_its_scale(cls):
    """A series that is 1024 times as large has forecasts that are 1024 times as large."""
    known, (X, y) = split_panel()
    forecaster = make(cls).fit(*known)
    rows = make_X(future_of(y))
    small = forecaster.predict_quantiles(rows, [0.1, 0.5, 0.9], history=(X, y))
    large = forecaster.predict_quantiles(rows, [0.1, 0.5, 0.9], history=(X, 1024 * y))
    np.testing.assert_allclose(large, 1024 * small, rtol=1e-4)


@one_of_each
def test_new_series_with_few_steps(cls):
    known, (X, y) = split_panel()
    forecaster = make(cls).fit(*known)
    for n in (1, 2, CONTEXT + 1):
        rows = make_X(future_of(y[:n]))
        assert np.isfinite(forecaster.predict(rows, history=(X[:n], y[:n]))).all()


@one_of_each
def test_history_continues_a_known_series(cls):
    X, y = make_panel(lengths=(50, 50))
    train = X.index.get_level_values("day") < "2020-02-20"
    forecaster = make(cls).fit(X[train], y[train])
    rows = make_X(forecaster.forecast(1).index)
    wanted = forecaster.predict(rows)
    new = y[~train].loc[["shop 0"]]
    later = make_X(future_of(new))
    found = forecaster.predict(later, history=new)
    assert found.index.equals(later.index)
    assert forecaster.predict(rows).equals(wanted)


# The modules that change a forecaster in `update`.
CHANGING_MODULES = [
    "estimators.series_estimator",
    "forecasting.calibration",
    "forecasting.updating",
    "series.panel",
]


def get_observations(forecaster):
    """Return what `update` changes."""
    panels = [forecaster.observed_, forecaster.coded_]
    arrays = [panel.targets(i).copy() for panel in panels for i in range(panel.n_series)]
    return [*arrays, forecaster.spreads_, forecaster.calibration_.factors.copy()]


def is_equal(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@pytest.mark.parametrize("has_reserve", [False, True], ids=["first", "second update"])
def test_update_that_is_interrupted_at_any_line(has_reserve):
    """All rows of all series are added, or none."""
    X, y = make_panel((12, 10, 5))
    known = y[X.index.get_level_values("shop") != "shop 2"]
    is_last = known.groupby(level=0).cumcount(ascending=False) < 2
    forecaster = make(SeasonalNaive).fit(None, known[~is_last])

    def start():
        """Return a copy whose series have reserved rows after an update."""
        other = copy.deepcopy(forecaster)
        return other.update(None, known[is_last]) if has_reserve else other

    new = pd.concat([start().forecast(3) + 1.0, y.loc[["shop 2"]]])
    before, current = get_observations(start()), start()
    modules = [f"skseq.{name}" for name in CHANGING_MODULES]
    with CtrlCAtLine(modules) as counter:
        current.update(None, new)
    after = get_observations(current)
    assert not is_equal(before, after)
    outcomes = []
    for line in range(counter.n_lines):
        current = start()
        with pytest.raises(KeyboardInterrupt), CtrlCAtLine(modules, line):
            current.update(None, new)
        found = get_observations(current)
        outcomes.append(is_equal(found, after))
        assert outcomes[-1] or is_equal(found, before)
        if not outcomes[-1]:
            assert is_equal(get_observations(current.update(None, new)), after)
    assert outcomes.count(False) > 100
    assert outcomes == sorted(outcomes)


@two_nets
def test_interrupted_update_does_not_change_the_forecaster(cls):
    forecaster, X, y = fitted(cls)
    before, kept = dict(vars(forecaster)), predict_all(forecaster, X[N_TRAIN:])
    epoch = len(forecaster.net_.history) + 2
    forecaster.set_params(callbacks=[CtrlC(epoch)])
    with pytest.raises(KeyboardInterrupt):
        forecaster.update(X[N_TRAIN:], y[N_TRAIN:], n_epochs=3)
    before["callbacks"] = forecaster.callbacks
    assert vars(forecaster).keys() == before.keys()
    assert all(vars(forecaster)[name] is before[name] for name in before)
    np.testing.assert_array_equal(predict_all(forecaster, X[N_TRAIN:]), kept)
