"""load_seattle_weather returns windows that end on the day before their target."""

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from skseq.datasets import load_seattle_weather

MEASUREMENTS = ["temp_max", "temp_min", "precipitation", "wind"]


@pytest.fixture(scope="module")
def table():
    """Read the data file without the loader, indexed by day."""
    text = (files("skseq.datasets") / "data" / "seattle_weather.csv").read_text()
    table = pd.DataFrame([line.split(",") for line in text.splitlines()[1:]])
    table.columns = text.splitlines()[0].split(",")
    table.index = pd.to_datetime(table.pop("date"), format="%Y/%m/%d")
    return table[MEASUREMENTS].astype(float)


def rmse(a, b):
    return np.sqrt(np.mean((a - b) ** 2))


def test_file_has_every_day(table):
    days = pd.date_range("2012-01-01", "2015-12-31")
    assert table.index.tolist() == days.tolist()


@pytest.mark.parametrize(("split", "n"), [(None, 1447), ("train", 1082), ("test", 365)])
def test_shapes(split, n):
    X, y = load_seattle_weather(split=split, return_X_y=True)
    assert X.shape == (n, 14, 6)
    assert y.shape == (n,)
    assert X.dtype == y.dtype == np.float64
    assert np.isfinite(X).all()
    assert np.isfinite(y).all()


@pytest.mark.parametrize("n_days", [1, 3, 14, 1095])
def test_windows_contain_only_the_days_before_the_target(table, n_days):
    weather = load_seattle_weather(n_days=n_days)
    assert weather.data.shape == (1461 - n_days, n_days, 6)
    assert weather.feature_names[:4] == MEASUREMENTS
    one_day = pd.Timedelta(days=1)
    for i in (0, 1, len(weather.dates) // 2, -1):
        day = pd.Timestamp(weather.dates[i])
        past = table.loc[day - n_days * one_day : day - one_day]
        assert len(past) == n_days
        assert np.array_equal(weather.data[i, :, :4], past.to_numpy())
        assert weather.target[i] == table.loc[day, "temp_max"]
        assert weather.persistence[i] == table.loc[day - one_day, "temp_max"]


def test_dates_of_the_targets_are_consecutive():
    dates = load_seattle_weather().dates
    assert dates.dtype == np.dtype("datetime64[D]")
    assert (np.diff(dates) == np.timedelta64(1, "D")).all()
    assert str(dates[0]) == "2012-01-15"
    assert str(dates[-1]) == "2015-12-31"


def test_day_of_the_year_features_are_those_of_the_window():
    weather = load_seattle_weather(split="test", n_days=2)
    assert weather.feature_names[4:] == ["day_sin", "day_cos"]
    # The first target is 1 January 2015, so its window is 30 and 31 December 2014.
    angle = 2 * np.pi * np.array([364, 365]) / 365.25
    expected = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    np.testing.assert_allclose(weather.data[0, :, 4:], expected, rtol=0, atol=1e-12)


def test_split_is_by_the_year_of_the_target():
    train, test = (load_seattle_weather(split=split) for split in ("train", "test"))
    assert train.dates.max() == np.datetime64("2014-12-31")
    assert test.dates.min() == np.datetime64("2015-01-01")
    both = load_seattle_weather()
    for name in ("data", "target", "dates", "persistence", "split"):
        parts = np.concatenate([train[name], test[name]])
        assert np.array_equal(both[name], parts), name
    assert set(train.split) == {"train"}
    assert set(test.split) == {"test"}


def test_test_part_is_the_same_for_every_n_days():
    short, long = (load_seattle_weather(split="test", n_days=n) for n in (1, 365))
    assert np.array_equal(short.dates, long.dates)
    assert np.array_equal(short.target, long.target)
    assert np.array_equal(short.data[:, -1], long.data[:, -1])


@pytest.mark.parametrize(
    ("split", "n_days", "expected"),
    [(None, 1, 2.88), ("train", 14, 2.88), ("test", 14, 2.91)],
)
def test_documented_error_of_persistence(split, n_days, expected):
    weather = load_seattle_weather(split=split, n_days=n_days)
    temp_max = weather.feature_names.index("temp_max")
    assert np.array_equal(weather.persistence, weather.data[:, -1, temp_max])
    assert round(rmse(weather.target, weather.persistence), 2) == expected


def test_bunch_matches_the_tuple():
    weather = load_seattle_weather()
    X, y = load_seattle_weather(return_X_y=True)
    assert np.array_equal(weather.data, X)
    assert np.array_equal(weather.target, y)
    assert weather.target_names == ["temp_max"]
    assert "NOAA" in weather.DESCR
    assert f"{y.min()} to {y.max()} Celsius" in load_seattle_weather.__doc__


def test_windows_do_not_share_memory():
    X, y = load_seattle_weather(return_X_y=True)
    before = y.copy()
    X[0] = -99
    assert (X[1:] != -99).all()
    assert np.array_equal(y, before)
    assert np.array_equal(load_seattle_weather(return_X_y=True)[1], before)


@pytest.mark.parametrize("n_days", [0, -3, 1096, 1.5, "14"])
def test_invalid_n_days_raises(n_days):
    with pytest.raises(
        ValueError, match=rf"'n_days'.* \[1, 1095\]\. Got {n_days!r} instead"
    ):
        load_seattle_weather(n_days=n_days)


def test_unknown_split_raises():
    with pytest.raises(ValueError, match=r"'split' parameter of .* Got 'valid'"):
        load_seattle_weather(split="valid")
