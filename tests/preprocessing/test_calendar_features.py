"""Tests of CalendarFeatures: values, selection, time indices and parameters."""

import copy
import datetime
import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skseq.preprocessing import CalendarFeatures

ALL_FEATURES = ["hour", "weekday", "month", "yearday"]
NAMES_OUT = [f"{name}_{wave}" for name in ALL_FEATURES for wave in ("sin", "cos")]


def make_rows(index):
    return pd.DataFrame(index=index)


def make_days(n=28):
    index = pd.date_range("2024-01-01", periods=n, name="day")
    return pd.DataFrame({"price": np.arange(float(n)), "name": "a"}, index=index)


def compute_phases(time):
    """Return the phase of a time in each cycle, with the standard library only."""
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    new_year = midnight.replace(month=1, day=1)
    next_year = new_year.replace(year=time.year + 1)
    return [
        (time.replace(microsecond=0) - midnight) / datetime.timedelta(days=1),
        time.weekday() / 7,
        (time.month - 1) / 12,
        (midnight - new_year) / (next_year - new_year),
    ]


# Values


@given(
    times=st.lists(
        st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
        min_size=1,
        max_size=5,
    )
)
def test_values_are_sine_and_cosine_of_the_phase(times):
    X = make_rows(pd.DatetimeIndex(times))
    out = CalendarFeatures(ALL_FEATURES).fit_transform(X)
    assert list(out) == NAMES_OUT
    for row, time in zip(out.to_numpy(), times, strict=True):
        angles = [2 * math.pi * phase for phase in compute_phases(time)]
        expected = [wave(angle) for angle in angles for wave in (math.sin, math.cos)]
        np.testing.assert_allclose(row, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("feature", "before", "after", "step"),
    [
        ("hour", "2024-05-05 23:30", "2024-05-06 00:00", 0.5 / 24),
        ("weekday", "2024-05-05", "2024-05-06", 1 / 7),
        ("month", "2023-12-31", "2024-01-01", 1 / 12),
        ("yearday", "2023-12-31", "2024-01-01", 1 / 365),
        ("yearday", "2024-12-31", "2025-01-01", 1 / 366),
    ],
)
def test_end_of_a_cycle_is_one_step_before_its_start(feature, before, after, step):
    X = make_rows(pd.DatetimeIndex([before, after]))
    first, second = CalendarFeatures([feature]).fit_transform(X).to_numpy()
    np.testing.assert_allclose(second, [0, 1], atol=1e-12)
    angle = math.atan2(first[0], first[1])
    assert angle == pytest.approx(-2 * math.pi * step)


def test_features_have_the_given_order():
    calendar = CalendarFeatures(("month", "hour"), remainder="drop")
    out = calendar.fit_transform(make_days())
    assert list(out) == ["month_sin", "month_cos", "hour_sin", "hour_cos"]
    assert out.dtypes.tolist() == [np.float64] * 4


def test_rows_are_independent():
    X = make_rows(pd.date_range("2024-01-01", periods=500, freq="7h"))
    features = CalendarFeatures().fit(X)
    rows = np.random.RandomState(0).permutation(500)[:200]
    pd.testing.assert_frame_equal(
        features.transform(X.iloc[rows]), features.transform(X).iloc[rows]
    )
    assert features.transform(X.iloc[:0]).shape == (0, 4)


# Selection by features="auto"


@pytest.mark.parametrize(
    ("freq", "n", "expected"),
    [
        ("15min", 4 * 24 * 365, ["hour", "weekday", "yearday"]),
        ("h", 24 * 365, ["hour", "weekday", "yearday"]),
        ("h", 24 * 365 - 1, ["hour", "weekday"]),
        ("h", 24 * 7, ["hour", "weekday"]),
        ("h", 24 * 7 - 1, ["hour"]),
        ("12h", 14, ["hour", "weekday"]),
        ("D", 365, ["weekday", "yearday"]),
        ("D", 364, ["weekday"]),
        ("B", 262, ["weekday", "yearday"]),
        ("W-SAT", 53, ["yearday"]),
        ("MS", 12, ["month"]),
        ("ME", 144, ["month"]),
        ("QS", 8, ["month"]),
    ],
)
def test_auto_selects_by_step_and_span(freq, n, expected):
    X = make_rows(pd.date_range("2021-03-01", periods=n, freq=freq))
    assert CalendarFeatures().fit(X).features_ == expected


@pytest.mark.parametrize(
    ("freq", "n", "expected"),
    [("M", 12, ["month"]), ("Q", 4, ["month"]), ("h", 168, ["hour", "weekday"])],
)
def test_auto_with_periods(freq, n, expected):
    X = make_rows(pd.period_range("2021-01", periods=n, freq=freq))
    assert CalendarFeatures().fit(X).features_ == expected


def test_auto_pools_all_series_in_any_order():
    days = pd.date_range("2024-01-01", periods=10)
    X = make_rows(pd.MultiIndex.from_product([["a", "b"], days], names=["series", "time"]))
    assert CalendarFeatures().fit(X.iloc[::-1]).features_ == ["weekday"]


def test_auto_is_robust_to_missing_rows():
    X = make_rows(pd.date_range("2024-01-01", periods=24 * 8, freq="h"))
    assert CalendarFeatures().fit(X.drop(X.index[30:90])).features_ == ["hour", "weekday"]


@pytest.mark.parametrize(
    ("index", "span"),
    [
        (pd.period_range("1700", periods=309, freq="Y"), "1700-01-01 .* to 2008-01-01"),
        (pd.date_range("2024-01-01", periods=23, freq="h"), "22:00:00 .* 0 days 01:00:00"),
        (pd.date_range("2024-01-01", periods=6), "median step of 1 days"),
    ],
)
def test_auto_without_a_suitable_feature_raises(index, span):
    message = rf"no feature for rows from .*{span}.*CalendarFeatures\(features=\['month'\]"
    with pytest.raises(ValueError, match=message):
        CalendarFeatures().fit(make_rows(index))


@pytest.mark.parametrize("n", [0, 1])
def test_auto_with_fewer_than_two_times_raises(n):
    with pytest.raises(
        ValueError, match=rf"at least two different times .* but X has {n}\. Choose"
    ):
        CalendarFeatures().fit(make_days(n))
    assert CalendarFeatures(["month"]).fit_transform(make_days(n)).shape == (n, 4)


# Time indices


def test_periods_count_by_their_start():
    periods = pd.period_range("2023-11", periods=4, freq="M")
    out = CalendarFeatures(ALL_FEATURES).fit_transform(make_rows(periods))
    days = CalendarFeatures(ALL_FEATURES).fit_transform(make_rows(periods.to_timestamp()))
    assert out.index.equals(periods)
    np.testing.assert_array_equal(out, days)


@pytest.mark.parametrize("as_periods", [False, True])
def test_multi_index(as_periods):
    times = pd.date_range("2024-01-01", periods=5)
    stamps = times.to_period() if as_periods else times
    pairs = [("b", stamps[3]), ("b", stamps[4]), ("a", stamps[0])]
    X = make_rows(pd.MultiIndex.from_tuples(pairs, names=["series", "time"]))
    out = CalendarFeatures(["weekday"]).fit_transform(X)
    assert out.index.equals(X.index)
    expected = CalendarFeatures(["weekday"]).fit_transform(make_rows(times[[3, 4, 0]]))
    np.testing.assert_array_equal(out, expected)


def test_times_with_a_time_zone_are_local_times():
    index = pd.date_range("2024-01-01", periods=24, freq="h", tz="UTC")
    X = make_rows(index.tz_convert("Asia/Tokyo"))
    expected = make_rows(index.tz_localize(None) + pd.Timedelta(hours=9))
    features = CalendarFeatures(ALL_FEATURES)
    out = features.fit_transform(X)
    assert out.index.equals(X.index)
    np.testing.assert_array_equal(out, features.fit_transform(expected))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            np.zeros((3, 2)),
            r"X is of type ndarray\. Give X a Datetime.*set_output",
        ),
        ([[1.0]], r"X is of type list"),
        (
            pd.DataFrame({"a": [1, 2]}),
            r"the index of X is a RangeIndex of int64\. Give X a",
        ),
        (
            pd.DataFrame(index=["2024-01-01"]),
            r"the index of X is a Index of (str|object).*pandas\.to_datetime",
        ),
        (
            pd.DataFrame(index=pd.MultiIndex.from_product([["a"], [1]], names=["s", "t"])),
            r"last level of the index of X, 't', is a (Range)?Index of int64",
        ),
        (
            pd.DataFrame(index=pd.DatetimeIndex(["2024-01-01", None])),
            r"Row 1 of X has no time, because the index of X is NaT",
        ),
    ],
)
def test_missing_time_index_raises(X, message):
    for features in ("auto", ["hour"]):
        with pytest.raises(ValueError, match=message):
            CalendarFeatures(features).fit(X)
    with pytest.raises(ValueError, match=message):
        CalendarFeatures().fit(make_days()).transform(X)


# Columns of X, parameters and refitting


def test_columns_are_ignored_and_not_modified():
    X = make_days()
    before = X.copy()
    features = CalendarFeatures(remainder="drop").fit(X)
    out = features.transform(X)
    pd.testing.assert_frame_equal(X, before)
    assert features.n_features_in_ == 2
    assert features.feature_names_in_.tolist() == ["price", "name"]
    other = CalendarFeatures().fit(make_rows(X.index))
    assert other.n_features_in_ == 0
    assert not hasattr(other, "feature_names_in_")
    pd.testing.assert_frame_equal(other.transform(make_rows(X.index)), out)


def test_columns_are_appended_unchanged():
    X = make_days()
    out = CalendarFeatures().fit(X).transform(X)
    alone = CalendarFeatures(remainder="drop").fit_transform(X)
    pd.testing.assert_frame_equal(out, pd.concat([alone, X], axis=1))


def test_columns_without_names_are_numbered():
    X = pd.DataFrame(np.zeros((28, 2)), index=make_days().index)
    calendar = CalendarFeatures().fit(X)
    assert list(calendar.transform(X))[-2:] == ["x0", "x1"]
    assert calendar.get_feature_names_out(["a", "b"])[-2:].tolist() == ["a", "b"]


def test_column_with_the_name_of_a_feature_raises():
    X = make_days().rename(columns={"price": "weekday_sin"})
    with pytest.raises(ValueError, match="a column 'weekday_sin', .* remainder='drop'"):
        CalendarFeatures().fit(X)
    assert CalendarFeatures(remainder="drop").fit_transform(X).shape == (28, 2)


def test_different_columns_than_in_fit_raise():
    features = CalendarFeatures().fit(make_days())
    with pytest.raises(ValueError, match="feature names should match"):
        features.transform(make_days()[["name", "price"]])


def test_series_counts_as_one_column():
    X = make_days()
    features = CalendarFeatures().fit(X["price"])
    assert features.n_features_in_ == 1
    assert features.feature_names_in_.tolist() == ["price"]
    out = features.transform(X["price"])
    pd.testing.assert_frame_equal(out, features.transform(X[["price"]]))


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            ["hour", "minute"],
            r"\['hour', 'minute'\] contains .* 'minute'.*'hour', 'weekday', 'mo",
        ),
        (
            [np.str_("minute")],
            r"features=\['minute'\] contains the unknown feature 'minute'",
        ),
        ([], r"features=\[\] is empty\. Choose from 'hour'"),
        (("hour", "hour"), r"\('hour', 'hour'\) contains duplicates"),
        ("hour", r"'features' parameter of CalendarFeatures .* Got 'hour' instead"),
    ],
)
def test_invalid_features_raise(features, message):
    with pytest.raises(ValueError, match=message):
        CalendarFeatures(features).fit(make_days())


def test_failed_fit_leaves_the_estimator_unchanged():
    features = CalendarFeatures().fit(make_days())
    before = copy.deepcopy(vars(features))
    with pytest.raises(ValueError, match="no feature for rows"):
        features.fit(make_days(3)[["name"]])
    np.testing.assert_equal(vars(features), before)


def test_refit_starts_from_scratch():
    features = CalendarFeatures().fit(make_days())
    features.fit(make_rows(pd.period_range("2020-01", periods=24, freq="M")))
    assert features.features_ == ["month"]
    assert features.n_features_in_ == 0
    assert not hasattr(features, "feature_names_in_")


def test_names_of_columns_are_optional():
    """scikit-learn's warning of missing names does not reach the user."""
    X = make_days()[["price"]]
    calendar = CalendarFeatures(["weekday"]).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = calendar.transform(X["price"].rename(None))
    pd.testing.assert_frame_equal(found, calendar.transform(X))
