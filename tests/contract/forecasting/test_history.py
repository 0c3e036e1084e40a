"""`history`: observations that are used in one call."""

import numpy as np
import pandas as pd
import pytest

from skseq import SeasonalNaive

from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
    predict_all,
    predict_array,
)

N_TRAIN = N_STEPS - 2 * HORIZON


# Repeated rows -----------------------------------------------------------------------


@pytest.mark.parametrize("columns", [0, 1])
@one_of_each
def test_rows_that_agree_may_be_repeated(cls, columns):
    forecaster, X, y = fitted(cls, n_train=40, columns=columns)
    wanted = forecaster.predict_quantiles(X[50:], [0.2, 0.7], history=(X[40:50], y[40:50]))
    for start in (39, 20, 0):
        history = X[start:50], y[start:50]
        found = forecaster.predict_quantiles(X[50:], [0.2, 0.7], history=history)
        pd.testing.assert_frame_equal(found, wanted)
    # No row is new.
    found = forecaster.predict(X[40:], history=(X[10:40], y[10:40]))
    pd.testing.assert_series_equal(found, forecaster.predict(X[40:]))


@one_of_each
def test_missing_values_may_be_repeated(cls):
    y = make_y()
    y.iloc[[35, 37]] = np.nan
    forecaster = make(cls).fit(None, y[:40])
    wanted = forecaster.predict(y.index[50:], history=y[40:50])
    found = forecaster.predict(y.index[50:], history=y[30:50])
    pd.testing.assert_series_equal(found, wanted)


@one_of_each
def test_rows_of_a_panel_that_agree_may_be_repeated(cls):
    X, y = make_panel((50, 50, 50))
    train = X.index.get_level_values("day") < "2020-02-20"
    forecaster = make(cls).fit(X[train], y[train])
    new = y[~train]
    later = pd.MultiIndex.from_product(
        [["shop 0", "shop 1"], pd.date_range("2020-03-02", periods=3)]
    )
    some = new.loc[["shop 0", "shop 1"]]
    wanted = forecaster.predict(later, history=some)
    # All rows of one series, some of another, none of the third.
    history = pd.concat([y.loc[["shop 0"]], y.loc[["shop 1"]][-20:]])
    pd.testing.assert_series_equal(forecaster.predict(later, history=history), wanted)
    # And those of a new series.
    other = pd.concat([history, y.loc[["shop 2"]].rename({"shop 2": "new"}, level=0)])
    pd.testing.assert_series_equal(forecaster.predict(later, history=other), wanted)


@one_of_each
def test_integer_times_may_be_repeated(cls):
    """This includes the default index."""
    y = make_y(index=pd.RangeIndex(N_STEPS))
    forecaster = make(cls).fit(None, y[:40])
    rows = y.index[50:]
    wanted = forecaster.predict(rows, history=y[40:50])
    for history in (y[20:50], y[:50]):
        pd.testing.assert_series_equal(forecaster.predict(rows, history=history), wanted)


@one_of_each
def test_rows_of_a_panel_that_differ_raise(cls):
    X, y = make_panel((50, 50))
    forecaster = make(cls).fit(X, y)
    other = y.copy()
    other.iloc[45] += 1
    stamp = y.index[45][1]
    with pytest.raises(
        ValueError,
        match=f"history differs from .* of series 'shop 0' at {stamp}: .*another name",
    ):
        forecaster.predict(X, history=other)


@one_of_each
def test_history_that_starts_late(cls):
    X, y = make_panel((50, 50))
    train = X.index.get_level_values("day") < "2020-02-20"
    forecaster = make(cls).fit(X[train], y[train])
    late = y[X.index.get_level_values("day") > "2020-02-21"]
    with pytest.raises(ValueError) as caught:
        forecaster.predict(X[~train], history=late)
    message = str(caught.value)
    assert message.startswith(
        "The rows of history must start right after the last observation"
    )
    assert "update" not in message


# Another series ----------------------------------------------------------------------


def other_series(index):
    """Return a series on another scale."""
    return 5000 - 40 * make_y(len(index), seed=7, index=index)


def check_other(cls, history, rows, y=None, **params):
    """Assert that forecasts depend on the history as those of a new series of a panel."""
    y = make_y() if y is None else y
    alone = make(cls, **params).fit(None, y)
    before = predict_all(alone, pd.DataFrame(index=alone.forecast(3).index))
    found = alone.predict_quantiles(rows, [0.1, 0.5, 0.9], history=history)
    assert (alone.predict(rows, history=history).between(1000, 9000)).all()
    assert alone.sample(rows, 3, random_state=0, history=history).shape == (3, len(rows))
    after = predict_all(alone, pd.DataFrame(index=alone.forecast(3).index))
    np.testing.assert_array_equal(before, after)
    named = make(cls, **params).fit(None, pd.concat({"A": y}))
    history = pd.concat(
        {"B": history.droplevel(0) if history.index.nlevels > 1 else history}
    )
    stamps = rows.get_level_values(-1)
    rows = pd.MultiIndex.from_product([["B"], stamps])
    wanted = named.predict_quantiles(rows, [0.1, 0.5, 0.9], history=history)
    np.testing.assert_array_equal(found, wanted)


DAYS = pd.date_range("2020-01-01", periods=N_STEPS)


@pytest.mark.parametrize("start", ["2020-01-01", "2019-06-01", "2020-02-01", "2024-01-01"])
@every_forecaster
def test_another_series_replaces_a_single_one(cls, start):
    index = pd.date_range(start, periods=44)
    check_other(cls, other_series(index[:40]), index[40:])


@one_of_each
def test_named_history_does_not_continue_the_observations(cls):
    """Without the name, it would continue them."""
    index = pd.date_range(DAYS[-1], periods=45)[1:]
    history = pd.concat({"B": other_series(index[:40])})
    for rows in (index[40:], pd.MultiIndex.from_product([["B"], index[40:]])):
        check_other(cls, history, rows)


@one_of_each
def test_history_on_another_phase_of_the_grid(cls):
    """The stamps of its weeks have another time of day."""
    y = make_y(index=pd.date_range("2020-01-01", periods=N_STEPS, freq="W-SUN"))
    index = pd.date_range("2020-01-01 12:00", periods=45, freq="W-SUN")
    alone = make(cls).fit(None, y)
    found = alone.predict(index[40:], history=other_series(index[:40]))
    assert found.between(1000, 9000).all()
    index = pd.date_range("2020-01-01", periods=45, freq="W-SUN")
    wanted = alone.predict(index[40:], history=other_series(index[:40]))
    np.testing.assert_array_equal(found, wanted)


@one_of_each
def test_history_without_a_name_for_a_panel(cls):
    X, y = make_panel()
    forecaster = make(cls).fit(X, y)
    history = other_series(DAYS[:40])
    found = forecaster.predict(DAYS[40:44], history=history)
    named = pd.concat({"B": history})
    rows = pd.MultiIndex.from_product([["B"], DAYS[40:44]])
    wanted = forecaster.predict(rows, history=named)
    np.testing.assert_array_equal(found, wanted)
    assert forecaster.series_ids_ == ["shop 0", "shop 1", "shop 2"]


@one_of_each
def test_covariates_of_another_series(cls):
    forecaster, _, _ = fitted(cls, columns=1)
    X = make_X(DAYS, 1, seed=5)
    y = other_series(DAYS)
    found = forecaster.predict(X[40:45], history=(X[:40], y[:40]))
    assert found.between(1000, 9000).all()


def test_history_of_another_frequency_raises():
    forecaster, _, _ = fitted(SeasonalNaive)
    hours = pd.date_range("2020-01-01", periods=30, freq="h")
    with pytest.raises(ValueError, match="not on the time grid|irregular"):
        forecaster.predict(hours[20:], history=make_y(20, index=hours[:20]))


@one_of_each
def test_several_series_raise_after_fit_on_one(cls):
    forecaster, X, _ = fitted(cls)
    _, panel = make_panel()
    message = (
        r"history contains 3 series, .*one series without a name.*y\.loc\[\['shop 0'\]\]"
    )
    with pytest.raises(ValueError, match=message):
        forecaster.predict(X, history=panel)
    forecaster.predict(X, history=panel.loc[["shop 0"]])


def test_trace_of_another_series():
    from skseq import GRUForecaster

    forecaster, _, _ = fitted(GRUForecaster)
    trace = forecaster.trace(history=other_series(DAYS[:40]))
    assert len(trace.states) == 1


# Arrays ------------------------------------------------------------------------------


@one_of_each
def test_arrays_follow_the_last_observation(cls):
    y = make_y().to_numpy()
    forecaster = make(cls).fit(None, y[:40])
    found = forecaster.predict(np.empty((3, 0)), history=y[40:50])
    longer = make(cls).fit(None, y[:40]).update(None, y[40:50])
    np.testing.assert_array_equal(found, longer.forecast(3))
    np.testing.assert_array_equal(
        predict_array(forecaster, np.empty((3, 0))), forecaster.forecast(3)
    )
