"""Rows to forecast other than tables: an index is accepted, other values raise."""

import datetime
import fractions
import re
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from skseq import GRUForecaster, GRURegressor, SeasonalNaive, Sequences

from .cases import (
    HORIZON,
    N_STEPS,
    every_forecaster,
    fit_raises,
    fitted,
    make,
    make_panel,
    make_X,
    make_y,
    one_of_each,
)

N_TRAIN = N_STEPS - 2 * HORIZON
DAY = "2020-02-24"


@pytest.fixture(autouse=True)
def raise_warnings():
    """Warnings of numpy and scikit-learn do not reach the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# An index --------------------------------------------------------------------------


@pytest.mark.parametrize("to_index", [pd.Index, lambda index: index.to_period("D")])
@one_of_each
def test_index_stands_for_a_table_without_columns(cls, to_index):
    y = make_y()
    y = y.set_axis(to_index(y.index))
    forecaster = make(cls).fit(None, y[:N_TRAIN])
    for index in (y.index[N_TRAIN:], y.index[[3, 50, 20]]):
        rows = pd.DataFrame(index=index)
        pd.testing.assert_series_equal(forecaster.predict(index), forecaster.predict(rows))
        pd.testing.assert_frame_equal(
            forecaster.predict_interval(index), forecaster.predict_interval(rows)
        )
        np.testing.assert_array_equal(
            forecaster.sample(index, 2, random_state=0),
            forecaster.sample(rows, 2, random_state=0),
        )
    later = y.index[N_TRAIN:]
    assert forecaster.score(later, y[later]) == forecaster.score(
        pd.DataFrame(index=later), y[later]
    )
    pd.testing.assert_series_equal(
        forecaster.forecast(len(later), later), forecaster.forecast(len(later))
    )


@one_of_each
def test_index_in_fit_and_update(cls):
    """It is the time of the rows of an array."""
    y = make_y()
    by_series = make(cls).fit(None, y[:40]).update(None, y[40:N_TRAIN])
    forecaster = make(cls).fit(y.index[:40], y[:40].to_numpy())
    forecaster.update(y.index[40:N_TRAIN], y[40:N_TRAIN].to_numpy())
    rows = y.index[N_TRAIN + 2 :]
    np.testing.assert_array_equal(forecaster.predict(rows), by_series.predict(rows))
    history = y.index[N_TRAIN : N_TRAIN + 2], y[N_TRAIN : N_TRAIN + 2].to_numpy()
    found = forecaster.predict(rows, history=history)
    np.testing.assert_array_equal(found, by_series.predict(rows, history=history))


@one_of_each
def test_index_of_a_panel(cls):
    X, y = make_panel()
    forecaster = make(cls).fit(X, y)
    future = forecaster.forecast(3)
    pd.testing.assert_series_equal(forecaster.predict(future.index), future)
    with pytest.raises(ValueError, match="do not identify their series"):
        forecaster.predict(future.index.get_level_values(-1))


@one_of_each
def test_index_of_a_panel_with_a_column_of_series(cls):
    X, y = make_panel()
    X, y = X.reset_index("shop"), y.droplevel("shop")
    forecaster = make(cls, series="shop").fit(X, y)
    future = forecaster.forecast(3)
    pd.testing.assert_series_equal(forecaster.predict(future.index), future)


def test_index_if_columns_are_not_needed():
    """Past and static columns are not needed for rows to forecast, known columns are."""
    y = make_y()
    X = make_X(y.index, 1).assign(size=3.0)
    params = {"past_columns": ["a"], "static_columns": ["size"]}
    forecaster = make(GRUForecaster, **params).fit(X[:N_TRAIN], y[:N_TRAIN])
    rows = y.index[N_TRAIN:]
    pd.testing.assert_series_equal(
        forecaster.predict(rows), forecaster.predict(X[N_TRAIN:])
    )
    forecaster = make(GRUForecaster).fit(X[:N_TRAIN], y[:N_TRAIN])
    message = r"X is an index, but the columns \['a', 'size'\] are known in advance"
    with pytest.raises(ValueError, match=message):
        forecaster.predict(rows)
    baseline = make(SeasonalNaive).fit(X[:N_TRAIN], y[:N_TRAIN])
    pd.testing.assert_series_equal(baseline.predict(rows), baseline.predict(X[N_TRAIN:]))


@one_of_each
def test_index_of_text_raises(cls):
    forecaster, _, _ = fitted(cls)
    with pytest.raises(ValueError, match=r"converted with pd\.to_datetime"):
        forecaster.predict(pd.Index([DAY]))


# Other values ------------------------------------------------------------------------


def rows_of(hint):
    """Return values that are not rows, and the message that each raises."""
    index = pd.to_datetime([DAY])
    return {
        "series": (make_y()[-10:], r"pd\.DataFrame\(index=X\.index\)"),
        "series of times": (pd.Series(index), r"pd\.DatetimeIndex\(X\)"),
        "polars series": (pl.Series([1.0, 2.0]), "X is a Series"),
        "stamp": (index[0], hint),
        "period": (pd.Period(DAY), hint),
        "date": (datetime.date(2020, 2, 24), hint),
        "numpy date": (np.datetime64(DAY), hint),
        "text": (DAY, hint),
        "list of text": ([DAY], r"pd\.DataFrame\(index=pd\.to_datetime\(X\)\)"),
        "list of stamps": ([index[0]], r"pd\.DataFrame\(index=pd\.to_datetime\(X\)\)"),
        "dates": (np.array([DAY], "datetime64[D]"), r"index=pd\.to_datetime\(X\)"),
        "number": (5.5, "one row per step, got 5.5"),
        "dict": ({"a": 1}, "array or a DataFrame with one row per step, got {'a': 1}"),
    }


WITHOUT_X = {
    "numbers": (np.zeros(3), r"no columns, .* shape \(3,\)\. .* call forecast\(3\)"),
    "empty list": ([], "X has no rows"),
    "list": ([1, 2], r"call forecast\(2\)"),
    "tensor": (torch.zeros(3), r"call forecast\(3\)"),
    "huge integers": ([10**400] * 2, r"call forecast\(2\)"),
    "columns": (np.zeros((3, 2)), "X has 2 columns, but X was None in fit"),
    "list of lists": ([[1.0]], "X has 1 columns, but X was None in fit"),
    "table": (pl.DataFrame({"a": [1.0]}), "X has 1 columns, but X was None in fit"),
}
VALUES = rows_of("index of a DataFrame")


def check_raises(forecaster, X, message):
    """Assert that all methods that forecast rows raise."""
    for call in (
        forecaster.predict,
        forecaster.predict_interval,
        forecaster.sample,
        lambda X: forecaster.predict_quantiles(X, [0.5]),
        lambda X: forecaster.forecast(1, X),
        lambda X: forecaster.score(X, [1.0]),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call(X)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("columns", [0, 1], ids=["without X", "with X"])
@one_of_each
def test_values_that_are_not_rows_raise(cls, columns, name):
    y = make_y()
    X = make_X(y.index, columns)
    forecaster = make(cls).fit(X if columns else None, y)
    check_raises(forecaster, *VALUES[name])


@pytest.mark.parametrize("name", WITHOUT_X)
@one_of_each
def test_values_that_are_not_rows_raise_without_X_in_fit(cls, name):
    for y in (make_y(), make_y().to_numpy()):
        check_raises(make(cls).fit(None, y), *WITHOUT_X[name])


@one_of_each
def test_update_with_columns_raises_if_X_was_none_in_fit(cls):
    forecaster = make(cls).fit(None, make_y().to_numpy())
    with pytest.raises(ValueError, match="X has 2 columns, but X was None in fit"):
        forecaster.update(np.zeros((3, 2)), np.zeros(3))


@pytest.mark.parametrize(
    "empty", [[[], [], []], np.empty((3, 0)), torch.empty(3, 0)], ids=type
)
@one_of_each
def test_rows_without_columns_in_any_container(cls, empty):
    forecaster = make(cls).fit(None, make_y().to_numpy())
    np.testing.assert_array_equal(forecaster.predict(empty), forecaster.forecast(3))


# Windows -----------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["array", "list", "ragged", "sequences", "tensor"])
@one_of_each
def test_windows_instead_of_a_series_raise(cls, what):
    cube = np.zeros((9, 5, 2))
    windows = {
        "array": cube,
        "list": list(cube),
        "ragged": [window[: 2 + i % 3] for i, window in enumerate(cube)],
        "sequences": Sequences.from_list(list(cube)),
        "tensor": torch.from_numpy(cube),
    }[what]
    message = "A forecaster cuts windows from whole series itself: .*GRURegressor"
    fit_raises(make(cls), windows, np.zeros(9), message)
    fit_raises(make(cls), None, windows, message)
    assert GRURegressor in GRURegressor.__mro__  # the remedy exists


# Names of columns --------------------------------------------------------------------


@pytest.mark.parametrize(
    "convert", [np.asarray, lambda X: X.to_numpy().tolist(), torch.tensor]
)
@every_forecaster
def test_arrays_after_a_table_with_names(cls, convert):
    """scikit-learn's warning of missing names does not reach the user."""
    forecaster, X, y = fitted(cls, columns=2)
    rows = X[N_TRAIN:]
    wanted = forecaster.predict(rows)
    given = convert(rows if convert is not torch.tensor else rows.to_numpy())
    np.testing.assert_array_equal(forecaster.predict(given), wanted)
    np.testing.assert_array_equal(forecaster.forecast(len(rows), given), wanted)
    forecaster.predict_interval(given)
    forecaster.sample(given, 2)
    forecaster.score(given, y[N_TRAIN:])
    later = given[:3] if isinstance(given, list) else np.asarray(given)[:3]
    forecaster.predict(given, history=(later, np.ones(3)))
    forecaster.update(later, np.ones(3))
    with pytest.raises(ValueError, match="X has 1 features, but .* expecting 2"):
        forecaster.predict(np.ones((3, 1)))


@one_of_each
def test_table_after_arrays(cls):
    """Columns are matched by position."""
    forecaster, X, y = fitted(cls, columns=2)
    wanted = forecaster.predict(X[N_TRAIN:])
    forecaster.fit(X[:N_TRAIN].to_numpy(), y[:N_TRAIN].to_numpy())
    for given in (X[N_TRAIN:], pl.DataFrame(X[N_TRAIN:].to_dict("list"))):
        np.testing.assert_array_equal(forecaster.predict(given), wanted)


@one_of_each
def test_polars_columns_are_named(cls):
    """Parameters name columns of a DataFrame of polars, too."""
    y = make_y()
    X = make_X(y.index, 1).assign(size=3.0)
    params = {"past_columns": ["a"], "static_columns": ["size"]}
    forecaster = make(cls, **(params if cls is GRUForecaster else {}))
    frames = [pl.DataFrame(part.to_dict("list")) for part in (X[:N_TRAIN], X[N_TRAIN:])]
    found = forecaster.fit(frames[0], y[:N_TRAIN].to_numpy()).predict(frames[1])
    wanted = forecaster.fit(X[:N_TRAIN], y[:N_TRAIN]).predict(X[N_TRAIN:])
    np.testing.assert_array_equal(found, wanted)


# Numbers beyond the range of float ---------------------------------------------------


@one_of_each
def test_huge_integers_in_X(cls):
    y = make_y(20).to_numpy()
    X = [[float(i), 1] for i in range(20)]
    forecaster = make(cls).fit(X, y)
    X[3][1] = 10**400
    message = "X contains a value too large: column 1 at 3 is an integer beyond"
    fit_raises(make(cls), X, y, message)
    fit_raises(make(cls), np.array(X, dtype=object), y, message)
    table = pd.DataFrame(X, columns=["a", "b"], dtype=object)
    fit_raises(make(cls), table, y, "too large: column 'b' at 3 is an integer beyond")
    for call in (
        lambda: forecaster.predict(X),
        lambda: forecaster.update(X, y),
        lambda: forecaster.predict(X, history=(X, y)),
        lambda: forecaster.score(X, y),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@one_of_each
def test_huge_integers_in_y(cls):
    forecaster = make(cls).fit(None, make_y(20).to_numpy())
    y = list(range(20))
    y[7] = 10**400
    message = "y contains a value too large: row 7 is an integer beyond"
    for values in (
        y,
        np.array(y, dtype=object),
        [[v] for v in y],
        pd.Series(y, dtype=object),
    ):
        fit_raises(make(cls), None, values, message)
        for call in (
            lambda values=values: forecaster.update(None, values),
            lambda values=values: forecaster.predict(np.empty((2, 0)), history=values),
            lambda values=values: forecaster.score(np.empty((20, 0)), values),
        ):
            with pytest.raises(ValueError, match=message):
                call()


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (
            pd.Index([10**30 + i for i in range(20)], dtype=object),
            "must be a DatetimeIndex",
        ),
        (pd.Index(np.arange(20, dtype=np.uint64) + 2**63), "must be below 2.*Subtract"),
        (pd.RangeIndex(2**63 - 30, 2**63 - 10), "must be below 2.*Subtract"),
        (pd.RangeIndex(-(2**63), 20 - 2**63), "must be below 2.*Subtract"),
    ],
    ids=["objects", "unsigned", "large", "small"],
)
@one_of_each
def test_huge_integers_in_a_time_index(cls, index, message):
    y = make_y(20)
    fit_raises(make(cls), None, y.set_axis(index), message)
    forecaster = make(cls).fit(None, y.set_axis(np.arange(5, 25)))
    with pytest.raises(ValueError, match=f"{message}|is a Index of object, but in fit"):
        forecaster.predict(pd.DataFrame(index=index))


@one_of_each
def test_rows_far_in_the_future_raise(cls):
    forecaster, X, _ = fitted(cls)
    for call in (
        lambda: forecaster.predict(pd.DatetimeIndex(["9000-01-01"], dtype="datetime64[s]")),
        lambda: forecaster.forecast(10**7),
    ):
        with pytest.raises(
            ValueError, match=r"steps after the last observation, but at most"
        ):
            call()
    for call in (forecaster.forecast, lambda n: forecaster.sample(X, n_samples=n)):
        with pytest.raises(ValueError, match=r"Expected .* to be an integer .* got 1000"):
            call(10**400)


def test_forecasts_beyond_the_range_of_stamps_raise():
    y = make_y(30, index=pd.date_range(end="2262-04-10", periods=30, unit="ns"))
    forecaster = make(SeasonalNaive).fit(None, y)
    assert forecaster.forecast(1).index[0] == pd.Timestamp("2262-04-11")
    with pytest.raises(ValueError, match="beyond the range of the time index"):
        forecaster.forecast(5)


# Targets that are no numbers -----------------------------------------------------------


def values_of(kind):
    """Return 30 values of a kind as a Series of pandas."""
    return {
        "dates": pd.Series(pd.date_range("2020-01-01", periods=30)),
        "zone": pd.Series(pd.date_range("2020-01-01", periods=30, tz="UTC")),
        "durations": pd.Series(pd.to_timedelta(np.arange(30), "D")),
        "periods": pd.Series(pd.period_range("2020-01", periods=30, freq="M")),
        "clock times": pd.Series([datetime.time(i % 24) for i in range(30)]),
        "text": pd.Series([f"day {i}" for i in range(30)]),
        "categories": pd.Series(pd.Categorical(["a", "b", "c"] * 10)),
        "numeric categories": pd.Series(pd.Categorical([1, 2, 3] * 10)),
        "lists": pd.Series([[1, 2]] * 30),
    }[kind]


KINDS = ["dates", "zone", "durations", "periods", "clock times", "text", "categories"]
KINDS += ["numeric categories", "lists"]
FORMS = ["pandas", "pandas table", "numpy", "list", "polars", "polars table"]


def as_form(values, form):
    """Return a Series of pandas in another form."""
    if form == "pandas table":
        return values.to_frame("a").assign(b=1.0)
    if form == "numpy":
        return values.to_numpy()
    if form == "list":
        return values.tolist()
    if form.startswith("polars"):
        series = pl.Series(values.tolist())
        if isinstance(values.dtype, pd.CategoricalDtype):
            series = series.cast(pl.String).cast(pl.Categorical)
        return pl.DataFrame({"a": series, "b": 1.0}) if "table" in form else series
    return values


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
@one_of_each
def test_targets_that_are_not_numbers_raise(cls, kind, form):
    if (kind, form) == ("periods", "polars") or (kind, form) == ("periods", "polars table"):
        pytest.skip("polars has no periods")
    if (kind, form) == ("lists", "list") or (
        kind == "numeric categories" and form in ("numpy", "list")
    ):
        pytest.skip("these are numbers")
    y = as_form(values_of(kind), form)
    message = "y contains|y is categorical"
    fit_raises(make(cls), None, y, message)
    forecaster = make(cls).fit(
        None, np.zeros((30, np.shape(y)[1] if np.ndim(y) > 1 else 1))
    )
    for call in (
        lambda: forecaster.update(None, y),
        lambda: forecaster.predict(np.empty((2, 0)), history=y),
        lambda: forecaster.score(np.empty((30, 0)), y),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize("form", FORMS)
@one_of_each
def test_flags_and_missing_values_are_numbers(cls, form):
    values = pd.Series([True, False, True] * 10)
    y = as_form(values, form)
    found = make(cls).fit(None, y).forecast(3)
    wanted = make(cls).fit(None, np.asarray(y, dtype=float)).forecast(3)
    np.testing.assert_array_equal(found, wanted)
    for missing in (None, np.nan, pd.NA):
        y = [*np.arange(9.0), missing, *np.arange(9.0)]
        for values in (y, pd.Series(y, dtype=object), np.array(y, dtype=object)):
            assert np.isfinite(make(cls).fit(None, values).forecast(3)).all()


def test_message_of_scalars_shows_a_call_that_works():
    forecaster, _, _ = fitted(SeasonalNaive)
    with pytest.raises(ValueError) as caught:
        forecaster.predict([DAY])
    code = re.search(r"pd\.DataFrame\(.*\)", str(caught.value))[0]
    rows = eval(code, {"pd": pd, "X": [DAY]})
    assert forecaster.predict(rows).index[0] == pd.Timestamp(DAY)


@one_of_each
def test_tables_with_invalid_columns_raise(cls):
    y = make_y(20)
    twice = pd.DataFrame(np.zeros((20, 2)), y.index, columns=["a", "a"])
    message = "Column names of X must be unique, but 'a' occurs 2 times"
    fit_raises(make(cls), twice, y, message)
    for X in (None, twice.iloc[:, :1]):
        with pytest.raises(ValueError, match=message):
            make(cls).fit(X, y).predict(twice)
    fit_raises(make(cls), None, y.to_frame()[[]], "y has no columns")


@one_of_each
def test_quantiles_that_are_not_an_array_raise(cls):
    forecaster, X, _ = fitted(cls)
    for bad in (torch.eye(2).to_sparse(), [[0.5], [0.1, 0.9]], [10**400]):
        with pytest.raises(ValueError, match="quantiles to be numbers between 0 and 1"):
            forecaster.predict_quantiles(X, bad)


@one_of_each
def test_levels_may_be_fractions_and_steps_must_be_integers(cls):
    forecaster, X, _ = fitted(cls)
    half = fractions.Fraction(1, 2)
    pd.testing.assert_frame_equal(
        forecaster.predict_interval(X, half), forecaster.predict_interval(X, 0.5)
    )
    found = forecaster.predict_quantiles(X, [half])
    pd.testing.assert_frame_equal(found, forecaster.predict_quantiles(X, [0.5]))
    with pytest.raises(ValueError, match="Expected steps to be an integer .* got True"):
        forecaster.forecast(True)
