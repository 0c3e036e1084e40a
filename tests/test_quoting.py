"""Error messages quote values as Python literals."""

import numpy as np
import pandas as pd
import pytest

from skseq.quoting import quote, quote_sequence, suggest_fraction


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.str_("walk"), "'walk'"),
        (np.int64(3), "3"),
        (np.float32(0.5), "0.5"),
        (np.bool_(True), "True"),
        ([np.int64(1), (np.str_("a"),)], "[1, ('a',)]"),
        (np.array([1, 2]), "[1, 2]"),
        (np.array(2.5), "2.5"),
        (np.datetime64("2020-01-01"), "'2020-01-01'"),
        (
            np.array(["2020-01-01"], dtype="datetime64[ns]"),
            "['2020-01-01T00:00:00.000000000']",
        ),
        (np.zeros((4, 5)), "an array of shape (4, 5)"),
        (pd.DataFrame({"a": [1]}), "a table of shape (1, 1)"),
        (None, "None"),
        ("it's", '"it\'s"'),
    ],
)
def test_values(value, shown):
    assert quote(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (80, "0.8"),
        (np.int64(7), "0.07"),
        (97.5, "0.975"),
        ([10, 50.0, 90], "[0.1, 0.5, 0.9]"),
        (np.array([5, 95]), "[0.05, 0.95]"),
        *[(value, None) for value in (0.9, 1, 100, 150, -5, np.nan, True, "80", None)],
        *[(value, None) for value in ([], [0.5, 90], [[10]])],
    ],
)
def test_fractions_of_percentages(value, shown):
    assert suggest_fraction(value) == shown


class Broken:
    """An object whose methods raise."""

    def __repr__(self):
        raise RuntimeError("no repr")

    @property
    def columns(self):
        raise RuntimeError("no columns")


def test_values_without_a_literal():
    contains_itself = []
    contains_itself.append(contains_itself)
    assert quote(contains_itself) == "an object of type list"
    assert quote(Broken()) == "an object of type Broken"
    assert quote([Broken()]) == "an object of type list"
    assert quote(10**5000) == "an object of type int"


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        (None, "sequence 1"),
        (range(3), "sequence 1"),
        (np.arange(3), "sequence 1"),
        (["a", "b"], "sequence 1 ('b')"),
        (["0", "1"], "sequence 1 ('1')"),
        ([3, 4], "sequence 1 (4)"),
        ([("a", 0), ("a", np.int64(1))], "sequence 1 (('a', 1))"),
    ],
)
def test_quote_sequence(ids, name):
    assert quote_sequence(np.int64(1), ids) == name
