"""A warning of columns that seem to name the series or sequence of each row."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skseq import GRUAnomalyDetector, GRUForecaster, GRUStepClassifier
from skseq.exceptions import LostIndexWarning

N = 60
SMALL = {"hidden_size": 4, "max_epochs": 1, "random_state": 0}
BLOCKS = np.repeat([3, 1, 2], N // 3)
TEXTS = np.array(["a", "b", "c", "d"])[BLOCKS]


def make_table(**columns):
    return pd.DataFrame({"load": np.random.default_rng(0).normal(size=N), **columns})


def fit_steps(table):
    GRUStepClassifier(**SMALL).fit(table, np.arange(N) % 2)


def fit_forecaster(table):
    y = pd.Series(np.arange(N) % 7, index=table.index)
    GRUForecaster(**SMALL, horizon=2).fit(table, y)


def fit_detector(table):
    GRUAnomalyDetector(**SMALL, context_length=4).fit(table)


FITS = {fit_steps: "sequence", fit_forecaster: "series", fit_detector: "series"}
parametrize_fit = pytest.mark.parametrize("fit", FITS)


def find_messages(fit, table):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(table)
    return [str(w.message) for w in caught if w.category is LostIndexWarning]


@parametrize_fit
@pytest.mark.parametrize(
    "name",
    [
        "id",
        "unit_id",
        "id_unit",
        "Engine ID",
        "shopId",
        "patientid",
        "unit_number",
        "Subject",
        "shop",
    ],
)
def test_one_block_for_each_name(fit, name):
    if name == "shop" and fit is fit_detector:
        pytest.skip("detectors refuse text")
    values = TEXTS if name == "shop" else BLOCKS
    (message,) = find_messages(fit, make_table(**{name: values}))
    assert f"Column '{name}' of X has one block of rows for each of its 3 values" in message
    assert message.endswith(f"use {FITS[fit]}='{name}'.")


@parametrize_fit
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("year", BLOCKS),
        ("humid", BLOCKS),
        ("unity", BLOCKS),
        ("id", np.arange(N)),
        ("id", np.ones(N)),
        ("id", np.arange(N) // 10 % 3),
    ],
)
def test_other_columns(fit, name, values):
    assert not find_messages(fit, make_table(**{name: values}))


@parametrize_fit
def test_a_part_of_the_rows(fit):
    """Their index has numbers of rows of the whole table."""
    table = make_table(id=BLOCKS)
    assert len(find_messages(fit, table.set_axis(range(5, N + 5)))) == 1


@parametrize_fit
def test_rows_with_times(fit):
    table = make_table(id=BLOCKS)
    table.index = pd.date_range("2024-01-01", periods=N)
    assert not find_messages(fit, table)


def test_detectors_refuse_text_and_name_the_parameter():
    with pytest.raises(ValueError, match="'a'.*not a number.*in the parameter series"):
        fit_detector(make_table(shop=np.where(BLOCKS == 1, "a", "b")[::-1]).iloc[20:])
