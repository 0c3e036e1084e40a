"""The code that error messages of a time index contain makes the index valid."""

import re

import numpy as np
import pandas as pd
import pytest

from skseq import SeasonalNaive
from skseq.preprocessing import fill_gaps

from .cases import make, make_X

DAYS = pd.date_range("2020-01-01", periods=40)
GAPS = [7, 8, 20]


def mid_months(n=30):
    return pd.date_range("2020-01-01", periods=n, freq="MS") + pd.Timedelta(days=14)


def follow(X, y, code, **params):
    """Fit on y after the conversion that a message contains."""
    result = eval(code, {"pd": pd, "X": X, "y": y, "fill_gaps": fill_gaps})
    if "assign" in code:
        X, y = result.drop(columns="y"), result["y"]
    else:
        X, y = None, result
    return make(SeasonalNaive, **params).fit(X, y), y


def find_code(X, y, pattern, **params):
    """Return the code in the error of `fit`."""
    with pytest.raises(ValueError, match=pattern) as caught:
        make(SeasonalNaive, **params).fit(X, y)
    return re.search(
        r"(?:with|example with) ((?:y\.|X\.|fill_gaps).*?)(?:: y may|, and X|, or pass)",
        str(caught.value),
    )[1]


def join(parts, names=("a", "b")):
    return pd.concat(parts, keys=names, names=["shop", "day"])


GRIDS = {
    "days": DAYS,
    "2 days": pd.date_range("2020-01-01", periods=40, freq="2D"),
    "hours with a zone": pd.date_range(
        "2020-03-28", periods=40, freq="h", tz="Europe/Berlin"
    ),
    "weeks": pd.date_range("2020-01-01", periods=40, freq="W-WED"),
    "business days": pd.bdate_range("2020-01-01", periods=40),
    "months": pd.date_range("2020-01-01", periods=40, freq="MS"),
    "periods": pd.period_range("2020-01", periods=40, freq="M"),
    "periods of 2 months": pd.period_range("2020-01", periods=40, freq="2M"),
    "integers": pd.RangeIndex(1950, 2070, 3),
}


@pytest.mark.parametrize("how", ["one series", "panel", "three levels", "column"])
@pytest.mark.parametrize("grid", GRIDS)
def test_remedy_fills_gaps(grid, how):
    index = GRIDS[grid]
    whole = pd.Series(np.arange(40.0), index, name="sales")
    y, X, params = whole.drop(index[GAPS]), None, {}
    if how != "one series":
        y = join([whole[3:], y])
    if how == "three levels":
        y = pd.concat({"north": y}, names=["region"])
    if how == "column":
        X = pd.DataFrame(index=y.index).reset_index("shop")
        y, params = y.droplevel("shop"), {"series": "shop"}
    code = find_code(X, y, "irregular.*Fill the gaps with missing values with", **params)
    forecaster, y = follow(X, y, code, **params)
    number = -1 if how != "one series" else 0
    found = forecaster.observed_.targets(number)[:, 0]
    assert np.flatnonzero(np.isnan(found)).tolist() == GAPS
    np.testing.assert_array_equal(np.delete(found, GAPS), np.delete(whole, GAPS))
    assert forecaster.observed_.stamps(number).equals(index)


@pytest.mark.parametrize("how", ["one series", "panel", "three levels", "column"])
def test_remedy_fills_gaps_in_several_series_of_equal_length(how):
    """All series have the same rows before and after."""
    y = pd.Series(np.arange(40.0), DAYS).drop(DAYS[GAPS])
    y = join([y, y]) if how != "one series" else y
    y = pd.concat({"north": y}, names=["region"]) if how == "three levels" else y
    X, params = None, {}
    if how == "column":
        X = pd.DataFrame(index=y.index).reset_index("shop")
        y, params = y.droplevel("shop"), {"series": "shop"}
    code = find_code(X, y, "irregular", **params)
    forecaster, _ = follow(X, y, code, **params)
    assert (forecaster.observed_.lengths == 40).all()


@pytest.mark.parametrize("is_panel", [False, True], ids=["one series", "panel"])
@pytest.mark.parametrize(
    "index",
    [
        pd.Index([0, 2, 4, 7, 9, 12]),
        pd.DatetimeIndex(["2020-01-01 00:00", "2020-01-01 02:00", "2020-01-01 06:30"]),
        pd.bdate_range("2020-01-01", periods=20).insert(3, pd.Timestamp("2020-01-04")),
    ],
    ids=["integers", "hours", "a Saturday"],
)
def test_no_row_between_two_steps_is_lost(index, is_panel):
    y = pd.Series(np.arange(1.0, 1 + len(index)), index)
    y = join([y, y[:-1]]) if is_panel else y
    forecaster, filled = follow(None, y, find_code(None, y, "irregular"))
    assert np.isin(y.iloc[-1], filled)
    assert np.isfinite(forecaster.forecast(1)).all()


@pytest.mark.parametrize("how", ["one series", "panel", "column"])
@pytest.mark.parametrize(
    ("index", "freq"),
    [
        (mid_months(), "M"),
        (mid_months().tz_localize("UTC"), "M"),
        (
            pd.DatetimeIndex([f"{year}-06-{15 + year % 7}" for year in range(1990, 2020)]),
            "Y",
        ),
        (mid_months(90)[::3] + pd.to_timedelta(np.arange(30) % 4, "D"), "Q"),
        (DAYS[:30] + pd.to_timedelta(np.arange(30) % 5, "h"), "D"),
        (
            DAYS[:1].repeat(30)
            + pd.to_timedelta(7 * np.arange(30) + np.arange(30) % 3, "D"),
            "W",
        ),
    ],
    ids=["months", "months in UTC", "years", "quarters", "days", "weeks"],
)
def test_remedy_converts_irregular_stamps_to_periods(index, freq, how):
    y, X, params = pd.Series(np.arange(30.0), index), None, {}
    if how != "one series":
        y = join([y, y[4:]])
    if how == "column":
        X = pd.DataFrame(index=y.index).reset_index("shop")
        y, params = y.droplevel("shop"), {"series": "shop"}
    code = find_code(X, y, rf"Each period has one stamp, .*to_period\('{freq}'\)", **params)
    forecaster, _ = follow(X, y, code, **params)
    assert forecaster.observed_.lengths.tolist() in ([30], [30, 26])
    stamps = forecaster.observed_.stamps(0)
    assert (stamps == index.tz_localize(None).to_period(freq)).all()


@pytest.mark.parametrize("is_panel", [False, True], ids=["one series", "panel"])
@pytest.mark.parametrize(
    ("index", "wanted"),
    [
        (DAYS.astype(str), DAYS),
        (DAYS.strftime("%d/%m/%Y"), DAYS),
        (pd.Index(DAYS.date), DAYS),
        (pd.Index([f"{year}" for year in range(1980, 2020)]), None),
        (pd.Index(np.arange(1980.0, 2020)), pd.Index(range(1980, 2020))),
        (pd.Index(range(1980, 2020), dtype=object), pd.Index(range(1980, 2020))),
        (pd.Index([10**30 + i for i in range(40)], dtype=object), pd.RangeIndex(40)),
        (pd.Index([f"step {i}" for i in range(40)]), pd.RangeIndex(40)),
        (pd.Index(np.arange(40) / 7), pd.RangeIndex(40)),
        (pd.to_timedelta(np.arange(40), "D"), pd.RangeIndex(40)),
    ],
    ids=[
        "text",
        "days first",
        "dates",
        "years",
        "floats",
        "objects",
        "huge",
        "words",
        "fractions",
        "spans",
    ],
)
def test_remedy_converts_other_types_of_index(index, wanted, is_panel):
    y = pd.Series(np.arange(40.0), index)
    y = join([y, y]) if is_panel else y
    code = find_code(None, y, "must be a DatetimeIndex")
    forecaster, _ = follow(None, y, code)
    assert (forecaster.observed_.lengths == 40).all()
    if wanted is not None:
        assert (forecaster.observed_.stamps(0) == wanted).all()


def test_covariates_of_a_panel_with_gaps():
    """The remedy converts X, too."""
    y = pd.Series(np.arange(40.0), DAYS)
    y = join([y, y.drop(DAYS[GAPS])])
    X = make_X(y.index, 1)
    code = find_code(X, y, "and X, if any, must have the same rows")
    y_new, X_new = (
        eval(code, {"pd": pd, "y": part, "fill_gaps": fill_gaps}) for part in (y, X)
    )
    assert X_new.index.equals(y_new.index)
    make(SeasonalNaive).fit(X_new, y_new)
