"""Rows with a time index are found by time, in any order and any subset."""

import warnings

import numpy as np
import pandas as pd
import pytest
import torch

from skseq import GRUForecaster
from skseq.exceptions import LostIndexWarning

from .cases import (
    HORIZON,
    N_STEPS,
    NETS,
    every_forecaster,
    every_net,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    predict_all,
    predict_array,
    two_nets,
)

N_TRAIN = N_STEPS - 2 * HORIZON
ONE = GRUForecaster


def to_periods(index):
    return index.to_period("D")


def to_months(index):
    return pd.date_range("2000-01-31", periods=len(index), freq="ME")


def to_business_days(index):
    return pd.bdate_range("2020-01-01", periods=len(index))


def to_hours_with_zone(index):
    return pd.date_range("2020-03-28", periods=len(index), freq="h", tz="Europe/Berlin")


def to_integers(index):
    return pd.RangeIndex(1000, 1000 + 5 * len(index), 5)


KINDS = [to_periods, to_months, to_business_days, to_hours_with_zone, to_integers]


def predict_by_row(forecaster, X):
    """Return forecasts that do not depend on the other rows of X."""
    parts = [
        predict_array(forecaster, X),
        predict_array(forecaster, X, "predict_quantiles"),
    ]
    return np.hstack([part.reshape(len(X), -1) for part in parts])


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_subsets_and_order_of_rows(cls, n_targets):
    forecaster, X, _ = fitted(cls, n_targets=n_targets)
    whole = predict_by_row(forecaster, X)
    random = np.random.default_rng(0)
    for rows in ([N_STEPS - 1], [3], [50, 51], np.arange(20, 40), random.permutation(60)):
        part = predict_by_row(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])
    rows = range(0, N_STEPS, 5)
    one_by_one = [predict_by_row(forecaster, X.iloc[[i]]) for i in rows]
    np.testing.assert_array_equal(np.vstack(one_by_one), whole[rows])


@pytest.mark.parametrize("loss", ["absolute_error", "student_t"])
@every_net
def test_subsets_of_many_rows_with_several_threads(cls, loss, request):
    """With so many windows that threads share them."""
    request.addfinalizer(lambda: torch.set_num_threads(1))
    y = make_y(9000)
    X = make_X(y.index)
    forecaster = make(cls, loss=loss, hidden_size=64, max_epochs=1).fit(X[:99], y[:99])
    forecaster.update(X[99:], y[99:])
    torch.set_num_threads(3)
    whole = predict_by_row(forecaster, X)
    for rows in (np.arange(0, 9000, 601), np.arange(4000, 9000)):
        part = predict_by_row(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])


@every_forecaster
def test_subsets_and_order_with_covariates(cls):
    """All future rows have to be passed, but not all past rows."""
    forecaster, X, _ = fitted(cls, columns=2, **nets_only(cls, past_columns=["a"]))
    whole = predict_by_row(forecaster, X)
    future = np.arange(N_TRAIN, N_STEPS)
    order = np.random.default_rng(0).permutation(np.r_[10:30, future])
    for rows in (np.r_[30, future], future[:5], [5, 30], order):
        part = predict_by_row(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])


def nets_only(cls, **params):
    """Return parameters for networks, none for baselines."""
    return params if cls in NETS else {}


@every_forecaster
def test_subsets_and_order_of_a_panel(cls):
    X, y = make_panel()
    day = X.index.get_level_values("day")
    train = day < "2020-02-22"
    forecaster = make(cls).fit(X[train], y[train])
    whole = predict_by_row(forecaster, X)
    assert np.isfinite(whole[~train]).all()
    random = np.random.default_rng(0)
    for rows in (random.permutation(len(X)), [len(X) - 1, 0], random.choice(len(X), 20)):
        part = predict_by_row(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])


@pytest.mark.parametrize("kind", KINDS)
@one_of_each
def test_forecasts_do_not_depend_on_the_type_of_index(cls, kind):
    """Only the index of the forecasts does."""
    forecaster, X, y = fitted(cls)
    wanted = predict_by_row(forecaster, X)
    index = kind(y.index)
    X, y = X.set_axis(index), y.set_axis(index)
    forecaster = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN])
    np.testing.assert_array_equal(predict_by_row(forecaster, X), wanted)
    order = np.random.default_rng(0).permutation(N_STEPS)
    shuffled = X.iloc[order]
    np.testing.assert_array_equal(predict_by_row(forecaster, shuffled), wanted[order])
    assert forecaster.predict(shuffled).index.equals(shuffled.index)
    future = forecaster.forecast(2 * HORIZON)
    assert future.index.equals(X.index[N_TRAIN:])
    np.testing.assert_array_equal(future, wanted[N_TRAIN:, 0])


@one_of_each
def test_rows_of_an_array_follow_the_last_observation(cls):
    forecaster, X, _ = fitted(cls, columns=1)
    wanted = predict_array(forecaster, X[N_TRAIN:])
    np.testing.assert_array_equal(predict_array(forecaster, X[N_TRAIN:].to_numpy()), wanted)


def test_integer_index_that_continues_is_found_by_time():
    y = make_y(index=pd.RangeIndex(N_STEPS))
    forecaster = make(ONE).fit(None, y[:N_TRAIN])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = forecaster.predict(make_X(y.index[N_TRAIN + 3 :]))
        forecaster.predict(np.empty((3, 0)))
    pd.testing.assert_series_equal(found, forecaster.forecast(2 * HORIZON)[3:])


@pytest.mark.parametrize("dates", [True, False])
@one_of_each
def test_default_index_is_read_by_position_with_a_warning(cls, dates):
    y = make_y(index=None if dates else pd.RangeIndex(N_STEPS))
    forecaster = make(cls)
    rows = pd.DataFrame(index=pd.RangeIndex(2 * HORIZON))
    message = "default index of pandas, which is no time index: .* right after the last"
    calls = [
        lambda: forecaster.predict(rows),
        lambda: forecaster.predict_interval(rows),
        lambda: forecaster.score(rows, y[N_TRAIN:]),
        lambda: forecaster.update(None, y[N_TRAIN:].reset_index(drop=True)),
    ]
    for first in calls:
        forecaster.fit(None, y[:N_TRAIN])
        with pytest.warns(LostIndexWarning, match=message) as caught:
            first()
        assert [warning.filename for warning in caught] == [__file__]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for call in calls:  # the warning is issued once
                call()
    forecaster.fit(None, y[:N_TRAIN])
    with pytest.warns(LostIndexWarning):
        found = forecaster.predict(rows)
    np.testing.assert_array_equal(found, forecaster.forecast(len(rows)))


@one_of_each
def test_warning_of_an_array_X_with_a_time_index_in_y(cls):
    y = make_y()
    with pytest.warns(
        LostIndexWarning, match="y has a time index, but X is an array"
    ) as seen:
        forecaster = make(cls).fit(np.empty((N_STEPS, 0)), y)
    assert len(seen) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forecaster.predict(np.empty((3, 0)))
        forecaster.predict(pd.DataFrame(index=pd.RangeIndex(3)))


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_forecasts_of_the_first_rows_are_missing(cls, n_targets):
    """Blocks of the horizon are counted back from the last observation."""
    forecaster, X, _ = fitted(cls, n_targets=n_targets)
    found = np.isfinite(predict_array(forecaster, X).reshape(N_STEPS, -1))
    context = forecaster.context_length_
    first = N_TRAIN - HORIZON * ((N_TRAIN - context) // HORIZON)
    assert first >= context
    assert not found[:first].any()
    assert found[first:].all()
    for method in ("predict_interval", "sample"):
        assert np.isnan(predict_array(forecaster, X[:first], method)).all()


@pytest.mark.parametrize(
    "params",
    [
        {"differencing": "seasonal", "period": 7},
        {"normalization": "mean", "context_length": 11},
        {"loss": "normal", "context_length": None},
    ],
    ids=str,
)
@two_nets
def test_options_with_forecasts_of_past_rows(cls, params):
    check_past_rows(cls, **params)


def check_past_rows(cls, **params):
    """Check that past rows are forecast as before they were observed."""
    forecaster, X, y = fitted(cls, n_train=40, columns=2, **params)
    forecaster.update(X[40:], y[40:])
    seen = predict_array(forecaster, X)
    for end in range(N_STEPS - 2 * HORIZON, 40, -HORIZON):
        earlier, _, _ = fitted(cls, n_train=40, columns=2, **params)
        earlier.update(X[40:end], y[40:end])
        wanted = predict_array(earlier, X[end : end + HORIZON])
        np.testing.assert_array_equal(seen[end : end + HORIZON], wanted)


@every_forecaster
def test_forecasts_of_past_rows_equal_earlier_forecasts(cls):
    check_past_rows(cls)


@every_forecaster
def test_history_equals_update(cls):
    forecaster, X, y = fitted(cls, n_train=40, columns=1)
    before = predict_array(forecaster, X[40:])
    history = X[40:50], y[40:50]
    by_history = [
        np.asarray(forecaster.predict(X, history=history)),
        np.asarray(forecaster.predict_quantiles(X, [0.2, 0.7], history=history)),
        forecaster.sample(X, 3, random_state=0, history=history),
    ]
    np.testing.assert_array_equal(predict_array(forecaster, X[40:]), before)
    forecaster.update(*history)
    by_update = [
        np.asarray(forecaster.predict(X)),
        np.asarray(forecaster.predict_quantiles(X, [0.2, 0.7])),
        forecaster.sample(X, 3, random_state=0),
    ]
    for one, other in zip(by_history, by_update, strict=True):
        np.testing.assert_array_equal(one, other)


@every_forecaster
def test_gap_before_X_without_covariates(cls):
    forecaster, X, _ = fitted(cls)
    wanted = predict_all(forecaster, X[N_TRAIN:])
    later = predict_array(forecaster, X[N_TRAIN + 5 :])
    np.testing.assert_array_equal(later, wanted[5:, 0])


@pytest.mark.parametrize("missing", ["error", "mask"])
@every_net
def test_gap_before_X_with_past_and_static_covariates(cls, missing):
    """They are not required for the steps in between."""
    params = {"past_columns": ["a"], "static_columns": ["b"], "missing": missing}
    y = make_y()
    X = make_X(y.index, 1).assign(b=3.0)
    forecaster = make(cls, **params).fit(X[:N_TRAIN], y[:N_TRAIN])
    wanted = predict_array(forecaster, X[N_TRAIN:])
    np.testing.assert_array_equal(predict_array(forecaster, X[-3:]), wanted[-3:])
    np.testing.assert_array_equal(forecaster.forecast(2 * HORIZON), wanted)


@pytest.mark.parametrize("rows", [[1], [0, 1, 2], [4, 5]], ids=str)
def test_gap_before_X_with_known_covariates_raises(rows):
    forecaster, X, _ = fitted(ONE, columns=2, past_columns=["a"])
    future = X[N_TRAIN:]
    gone = future.index[rows]
    message = f"X lacks {len(rows)} rows between .* {gone[0]}"
    if len(rows) > 1:
        message += f" to {gone[-1]}"
    for method in ("predict", "predict_interval", "sample"):
        with pytest.raises(ValueError, match=message):
            predict_array(forecaster, future.drop(gone), method)


def test_error_of_a_gap_names_the_series():
    X, y = make_panel(columns=1)
    train = X.index.get_level_values("day") < "2020-02-22"
    forecaster = make(ONE).fit(X[train], y[train])
    future = X[~train]
    late = future.drop(("shop 1", future.index[2][1]))
    with pytest.raises(ValueError, match=r"lacks 1 rows of series 'shop 1' .* 2020-02-24"):
        forecaster.predict(late)


@every_forecaster
def test_names_and_shapes_of_forecasts(cls):
    forecaster, X, y = fitted(cls)
    future = X[N_TRAIN:]
    assert forecaster.predict(future).name == "sales"
    assert forecaster.predict(future).index.equals(future.index)
    quantiles = forecaster.predict_quantiles(future, [0.1, 0.5])
    assert quantiles.columns.tolist() == [0.1, 0.5]
    pd.testing.assert_frame_equal(
        forecaster.predict(future, quantiles=[0.1, 0.5]), quantiles
    )
    interval = forecaster.predict_interval(future)
    assert interval.columns.tolist() == ["lower", "upper"]
    assert interval.index.equals(future.index)
    assert forecaster.sample(future, 3).shape == (3, 8)

    forecaster.fit(X.to_numpy(), y.to_numpy())
    assert forecaster.predict(np.empty((8, 0))).shape == (8,)
    assert forecaster.predict_quantiles(np.empty((8, 0)), [0.1, 0.5]).shape == (8, 2)
    assert forecaster.predict_interval(np.empty((8, 0))).shape == (8, 2)
    assert forecaster.forecast(5).shape == (5,)


@every_forecaster
def test_names_and_shapes_of_several_targets(cls):
    forecaster, X, y = fitted(cls, n_targets=2)
    future = X[N_TRAIN:]
    assert forecaster.predict(future).columns.tolist() == ["target 0", "target 1"]
    pairs = [("target 0", 0.1), ("target 0", 0.5), ("target 1", 0.1), ("target 1", 0.5)]
    assert forecaster.predict_quantiles(future, [0.1, 0.5]).columns.tolist() == pairs
    bounds = forecaster.predict_interval(future)["target 1"]
    assert bounds.columns.tolist() == ["lower", "upper"]
    assert forecaster.sample(future, 3).shape == (3, 8, 2)
    assert forecaster.forecast(5).shape == (5, 2)

    forecaster.fit(X.to_numpy(), y.to_numpy())
    assert forecaster.predict(np.empty((8, 0))).shape == (8, 2)
    assert forecaster.predict_quantiles(np.empty((8, 0)), [0.1, 0.5]).shape == (8, 2, 2)
    assert forecaster.predict_interval(np.empty((8, 0))).shape == (8, 2, 2)


@one_of_each
def test_score_leaves_out_rows_without_a_forecast(cls):
    from sklearn.metrics import r2_score

    forecaster, X, y = fitted(cls)
    y = y.copy()
    y.iloc[-3] = np.nan
    forecasts = forecaster.predict(X)
    kept = forecasts.notna() & y.notna()
    assert HORIZON < kept.sum() < len(y) - 1
    wanted = r2_score(y[kept], forecasts[kept])
    assert forecaster.score(X, y) == pytest.approx(wanted)
    order = np.random.default_rng(0).permutation(N_STEPS)
    assert forecaster.score(X.iloc[order], y.iloc[order]) == pytest.approx(wanted)


@one_of_each
def test_column_with_the_series_of_each_row(cls):
    """Instead of a MultiIndex. Rows of different series may alternate."""
    X, y = make_panel(columns=1)
    train = X.index.get_level_values("day") < "2020-02-22"
    wanted = make(cls).fit(X[train], y[train]).predict(X[~train])
    flat = X.reset_index("shop").sort_index(kind="stable")
    y_flat = y.reset_index("shop").sort_index(kind="stable")["sales"]
    train = flat.index < "2020-02-22"
    forecaster = make(cls, series="shop").fit(flat[train], y_flat[train])
    found = forecaster.predict(flat[~train])
    assert found.index.equals(flat.index[~train])
    by_both = found.set_axis(pd.MultiIndex.from_arrays([flat["shop"][~train], found.index]))
    assert set(forecaster.series_ids_) == {"shop 0", "shop 1", "shop 2"}
    np.testing.assert_array_equal(by_both.loc[wanted.index], wanted)
