"""Columns of tables: numbers, and codes of categories."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skseq.series.columns import (
    UNKNOWN_CODE,
    are_categories,
    are_codes,
    learn_categories,
    quote_code,
    read_column,
    take_column,
)

WORDS = ["rain", None, "sun", "rain"]
NAN = np.nan
COLUMNS = {
    "object": pd.Series(WORDS, dtype=object),
    "string": pd.Series(WORDS, dtype="string"),
    "str": pd.Series(WORDS),
    "category": pd.Series(pd.Categorical(WORDS, ["unused", "rain", "sun"])),
    "polars String": pl.DataFrame({"sky": WORDS}),
    "polars Categorical": pl.DataFrame({"sky": pl.Series(WORDS, dtype=pl.Categorical)}),
    "polars Enum": pl.DataFrame(
        {"sky": pl.Series(WORDS, dtype=pl.Enum(["snow", "sun", "rain"]))}
    ),
}


def take(kind):
    column = COLUMNS[kind]
    return column if isinstance(column, pd.Series) else take_column(column, "sky", 0)


@pytest.mark.parametrize("kind", COLUMNS)
def test_codes_of_text_and_categories(kind):
    column = take(kind)
    assert sorted(learn_categories(column, "sky")) == ["rain", "sun"]
    codes = read_column(column, "sky", ["sun", "rain"])
    np.testing.assert_array_equal(codes, [1, NAN, 0, 1])
    codes = read_column(column, "sky", ["sun"])
    np.testing.assert_array_equal(codes, [UNKNOWN_CODE, NAN, 0, UNKNOWN_CODE])


@pytest.mark.parametrize("values", [[1, 2.5, NAN], [True, False], [None, None]])
def test_numbers_have_no_categories(values):
    column = pd.Series(values)
    assert learn_categories(column, "a") is None
    expected = np.array(values, dtype=float)
    np.testing.assert_array_equal(read_column(column, "a", None), expected)


def test_integer_categories():
    """Tables lose the dtype `category` when they are joined."""
    column = pd.Series(pd.Categorical([7, 3, 7]))
    known = learn_categories(column, "a")
    assert sorted(known) == [3, 7]
    codes = [float(known.index(7)), UNKNOWN_CODE, NAN]
    for dtype in ("category", "float64"):
        new = pd.Series([7, 4, None], dtype=dtype)
        np.testing.assert_array_equal(read_column(new, "a", known), codes)


@pytest.mark.parametrize("known", [["a"], [1.5]])
def test_a_missing_column_has_no_kind(known):
    codes = read_column(pd.Series([NAN, NAN]), "a", known)
    assert np.isnan(codes).all()


@pytest.mark.parametrize(
    ("column", "known", "message"),
    [
        (["a", "b"], None, "Column 'sky' of X is categorical, but it was numeric in fit"),
        ([1, 2], ["a"], "Column 'sky' of X is numeric, but it was categorical in fit"),
        ([1.0, 2.0], [0.5], "is numeric, but it was categorical in fit. Pass the categ"),
        (["a", 1], ["a"], "Column 'sky' of X contains text and 1. Convert it to one type"),
        (
            pd.Categorical([1, 2]),
            ["a"],
            "has numbers such as 1, but fit had text such as 'a'",
        ),
        (["a", "b"], [1, 2], "has text such as 'a', but fit had numbers such as 1"),
    ],
)
def test_other_kind_than_in_fit(column, known, message):
    with pytest.raises(ValueError, match=message):
        read_column(pd.Series(column), "sky", known)


def test_categories_of_other_types():
    column = pd.Series(pd.Categorical(pd.to_datetime(["2020-01-01"])))
    with pytest.raises(ValueError, match=r"category .*2020.* Timestamp.*astype\(str\)"):
        learn_categories(column, "day")


def test_values_in_messages():
    assert quote_code(2.5, None) == "2.5"
    assert quote_code(1.0, ["a", "b"]) == "'b'"
    assert quote_code(NAN, ["a"]) == "nan"
    assert "did not occur" in quote_code(UNKNOWN_CODE, ["a"])


@pytest.mark.parametrize("codes", [[2.0], [0.5], [-2.0], [np.inf]])
def test_invalid_codes(codes):
    assert are_codes(np.array([0, 1, UNKNOWN_CODE, NAN]), ["a", "b"])
    assert not are_codes(np.array(codes), ["a", "b"])


@pytest.mark.parametrize("value", [("a",), ["a", "a"], [NAN], [b"a"], [["a"]], None])
def test_invalid_categories(value):
    assert are_categories(["a", 1, 2.5])
    assert not are_categories(value)
