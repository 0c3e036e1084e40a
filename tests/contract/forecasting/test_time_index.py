"""With a time index rows are found by time: any subset of them, in any order."""

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
    all_answers,
    answer,
    every_forecaster,
    every_net,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    two,
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


def to_whole_numbers(index):
    return pd.RangeIndex(1000, 1000 + 5 * len(index), 5)


KINDS = [to_periods, to_months, to_business_days, to_hours_with_zone, to_whole_numbers]


def steady_answers(forecaster, X):
    """Return all that does not depend on which rows are asked for at once."""
    answers = [answer(forecaster, X), answer(forecaster, X, "predict_quantiles")]
    return np.hstack([a.reshape(len(X), -1) for a in answers])


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_subsets_and_order(cls, n_targets):
    forecaster, X, _ = fitted(cls, n_targets=n_targets)
    whole = steady_answers(forecaster, X)
    random = np.random.default_rng(0)
    for rows in ([N_STEPS - 1], [3], [50, 51], np.arange(20, 40), random.permutation(60)):
        part = steady_answers(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])
    places = range(0, N_STEPS, 5)
    one_by_one = [steady_answers(forecaster, X.iloc[[i]]) for i in places]
    np.testing.assert_array_equal(np.vstack(one_by_one), whole[places])


@pytest.mark.parametrize("loss", ["absolute_error", "student_t"])
@every_net
def test_subsets_of_many_rows_with_more_threads(cls, loss, request):
    """So many windows that threads share them: where one is cut must not show."""
    request.addfinalizer(lambda: torch.set_num_threads(1))
    y = make_y(9000)
    X = make_X(y.index)
    forecaster = make(cls, loss=loss, hidden_size=64, max_epochs=1).fit(X[:99], y[:99])
    forecaster.update(X[99:], y[99:])
    torch.set_num_threads(3)
    whole = steady_answers(forecaster, X)
    for rows in (np.arange(0, 9000, 601), np.arange(4000, 9000)):
        part = steady_answers(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])


@every_forecaster
def test_subsets_and_order_with_covariates(cls):
    """Rows known ahead are all given, those of the past only where they are asked for."""
    forecaster, X, _ = fitted(cls, columns=2, **nets_only(cls, past_columns=["a"]))
    whole = steady_answers(forecaster, X)
    future = np.arange(N_TRAIN, N_STEPS)
    order = np.random.default_rng(0).permutation(np.r_[10:30, future])
    for rows in (np.r_[30, future], future[:5], [5, 30], order):
        part = steady_answers(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])


def nets_only(cls, **params):
    """Return parameters that rules lack."""
    return params if cls in NETS else {}


@every_forecaster
def test_subsets_and_order_of_a_panel(cls):
    X, y = make_panel()
    day = X.index.get_level_values("day")
    train = day < "2020-02-22"
    forecaster = make(cls).fit(X[train], y[train])
    whole = steady_answers(forecaster, X)
    assert np.isfinite(whole[~train]).all()
    random = np.random.default_rng(0)
    for rows in (random.permutation(len(X)), [len(X) - 1, 0], random.choice(len(X), 20)):
        part = steady_answers(forecaster, X.iloc[rows])
        np.testing.assert_array_equal(part, whole[rows])


@pytest.mark.parametrize("kind", KINDS)
@one_of_each
def test_every_kind_of_index(cls, kind):
    """The stamps change, the values do not."""
    forecaster, X, y = fitted(cls)
    wanted = steady_answers(forecaster, X)
    index = kind(y.index)
    X, y = X.set_axis(index), y.set_axis(index)
    forecaster = make(cls).fit(X[:N_TRAIN], y[:N_TRAIN])
    np.testing.assert_array_equal(steady_answers(forecaster, X), wanted)
    order = np.random.default_rng(0).permutation(N_STEPS)
    shuffled = X.iloc[order]
    np.testing.assert_array_equal(steady_answers(forecaster, shuffled), wanted[order])
    assert forecaster.predict(shuffled).index.equals(shuffled.index)
    ahead = forecaster.forecast(2 * HORIZON)
    assert ahead.index.equals(X.index[N_TRAIN:])
    np.testing.assert_array_equal(ahead, wanted[N_TRAIN:, 0])


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@one_of_each
def test_bare_rows_are_those_after_the_last_observation(cls):
    forecaster, X, _ = fitted(cls, columns=1)
    wanted = answer(forecaster, X[N_TRAIN:])
    np.testing.assert_array_equal(answer(forecaster, X[N_TRAIN:].to_numpy()), wanted)


def test_whole_numbers_that_go_on_are_found():
    y = make_y(index=pd.RangeIndex(N_STEPS))
    forecaster = make(ONE).fit(None, y[:N_TRAIN])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = forecaster.predict(make_X(y.index[N_TRAIN + 3 :]))
        forecaster.predict(np.empty((3, 0)))
    pd.testing.assert_series_equal(found, forecaster.forecast(2 * HORIZON)[3:])


@pytest.mark.parametrize("dates", [True, False])
@one_of_each
def test_default_index_goes_by_position_and_says_so(cls, dates):
    y = make_y(index=None if dates else pd.RangeIndex(N_STEPS))
    forecaster = make(cls)
    rows = pd.DataFrame(index=pd.RangeIndex(2 * HORIZON))
    message = "default index 0, 1, 2, .* tell no time: .* those right after the last"
    asks = [
        lambda: forecaster.predict(rows),
        lambda: forecaster.predict_interval(rows),
        lambda: forecaster.score(rows, y[N_TRAIN:]),
        lambda: forecaster.update(None, y[N_TRAIN:].reset_index(drop=True)),
    ]
    for first in asks:
        forecaster.fit(None, y[:N_TRAIN])
        with pytest.warns(LostIndexWarning, match=message) as caught:
            first()
        assert [warning.filename for warning in caught] == [__file__]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for ask in asks:  # once is enough
                ask()
    forecaster.fit(None, y[:N_TRAIN])
    with pytest.warns(LostIndexWarning):
        found = forecaster.predict(rows)
    np.testing.assert_array_equal(found, forecaster.forecast(len(rows)))


@one_of_each
def test_bare_rows_beside_dated_targets(cls):
    y = make_y()
    with pytest.warns(
        LostIndexWarning, match="y has a time index, but X is a bare"
    ) as seen:
        forecaster = make(cls).fit(np.empty((N_STEPS, 0)), y)
    assert len(seen) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forecaster.predict(np.empty((3, 0)))
        forecaster.predict(pd.DataFrame(index=pd.RangeIndex(3)))


@pytest.mark.parametrize("n_targets", [None, 2])
@every_forecaster
def test_first_rows_lack_a_past(cls, n_targets):
    """Blocks of one horizon end with the training part; the first whole past is known."""
    forecaster, X, _ = fitted(cls, n_targets=n_targets)
    found = np.isfinite(answer(forecaster, X).reshape(N_STEPS, -1))
    context = forecaster.context_length_
    first = N_TRAIN - HORIZON * ((N_TRAIN - context) // HORIZON)
    assert first >= context
    assert not found[:first].any()
    assert found[first:].all()
    for ask in ("predict_interval", "sample"):
        answers = answer(forecaster, X[:first], ask)
        assert np.isnan(answers).all()


@pytest.mark.parametrize(
    "params",
    [
        {"differencing": "seasonal", "period": 7},
        {"normalization": "mean", "context_length": 11},
        {"loss": "normal", "context_length": None},
    ],
    ids=str,
)
@two
def test_rows_of_the_past_are_forecasts_from_one_block_before(cls, params):
    check_rows_of_the_past(cls, **params)


def check_rows_of_the_past(cls, **params):
    """A forecaster that has seen less of the same series says the same of those rows."""
    forecaster, X, y = fitted(cls, n_train=40, columns=2, **params)
    forecaster.update(X[40:], y[40:])
    seen = answer(forecaster, X)
    for end in range(N_STEPS - 2 * HORIZON, 40, -HORIZON):
        earlier, _, _ = fitted(cls, n_train=40, columns=2, **params)
        earlier.update(X[40:end], y[40:end])
        wanted = answer(earlier, X[end : end + HORIZON])
        np.testing.assert_array_equal(seen[end : end + HORIZON], wanted)


@every_forecaster
def test_rows_of_the_past_are_forecasts_by_every_forecaster(cls):
    check_rows_of_the_past(cls)


@every_forecaster
def test_history_does_the_same_as_update(cls):
    forecaster, X, y = fitted(cls, n_train=40, columns=1)
    before = answer(forecaster, X[40:])
    history = X[40:50], y[40:50]
    by_history = [
        np.asarray(forecaster.predict(X, history=history)),
        np.asarray(forecaster.predict_quantiles(X, [0.2, 0.7], history=history)),
        forecaster.sample(X, 3, random_state=0, history=history),
    ]
    np.testing.assert_array_equal(answer(forecaster, X[40:]), before)
    forecaster.update(*history)
    by_update = [
        np.asarray(forecaster.predict(X)),
        np.asarray(forecaster.predict_quantiles(X, [0.2, 0.7])),
        forecaster.sample(X, 3, random_state=0),
    ]
    for one, other in zip(by_history, by_update, strict=True):
        np.testing.assert_array_equal(one, other)


@every_forecaster
def test_gap_is_bridged_without_covariates(cls):
    forecaster, X, _ = fitted(cls)
    wanted = all_answers(forecaster, X[N_TRAIN:])
    later = answer(forecaster, X[N_TRAIN + 5 :])
    np.testing.assert_array_equal(later, wanted[5:, 0])


@pytest.mark.parametrize("missing", ["error", "mask"])
@every_net
def test_gap_is_bridged_with_past_and_static_covariates(cls, missing):
    """They need not be known for the steps between."""
    params = {"past_columns": ["a"], "static_columns": ["b"], "missing": missing}
    y = make_y()
    X = make_X(y.index, 1).assign(b=3.0)
    forecaster = make(cls, **params).fit(X[:N_TRAIN], y[:N_TRAIN])
    wanted = answer(forecaster, X[N_TRAIN:])
    np.testing.assert_array_equal(answer(forecaster, X[-3:]), wanted[-3:])
    np.testing.assert_array_equal(forecaster.forecast(2 * HORIZON), wanted)


@pytest.mark.parametrize("rows", [[1], [0, 1, 2], [4, 5]], ids=str)
def test_rows_between_are_missed_where_their_covariates_are_needed(rows):
    forecaster, X, _ = fitted(ONE, columns=2, past_columns=["a"])
    future = X[N_TRAIN:]
    gone = future.index[rows]
    message = f"X lacks {len(rows)} rows between .* {gone[0]}"
    if len(rows) > 1:
        message += f" to {gone[-1]}"
    for ask in ("predict", "predict_interval", "sample"):
        with pytest.raises(ValueError, match=message):
            answer(forecaster, future.drop(gone), ask)


def test_rows_between_name_their_series():
    X, y = make_panel(columns=1)
    train = X.index.get_level_values("day") < "2020-02-22"
    forecaster = make(ONE).fit(X[train], y[train])
    future = X[~train]
    late = future.drop(("shop 1", future.index[2][1]))
    with pytest.raises(ValueError, match=r"lacks 1 rows of series 'shop 1' .* 2020-02-24"):
        forecaster.predict(late)


@every_forecaster
def test_names_and_shapes_of_answers(cls):
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
def test_score_by_time_leaves_out_rows_without_a_forecast(cls):
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
def test_column_that_names_the_series(cls):
    """Instead of a MultiIndex; rows may stand in any order of series."""
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
