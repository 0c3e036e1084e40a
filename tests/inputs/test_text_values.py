"""Warnings of dates that are stored as text; numbers are tested in test_categorical.py."""

import warnings

import pytest

from skseq.exceptions import DateTextWarning
from skseq.inputs.text_values import warn_of_text_values


@pytest.mark.parametrize(
    "dates",
    [
        ["2024-01-31", "2024-02-01"],
        ["2024-01-31 12:00", "2024-02-01T13:30:05Z"],
        ["2024/1/31", "2024/2/1", "unknown"],
        ["31.01.2024", "1.2.2024"],
        ["1/31/24", "2/1/24 5:30 pm"],
        ["31 Jan 2024", "1-February-2024"],
    ],
)
def test_dates(dates):
    with pytest.warns(DateTextWarning, match="Feature 0 of X.*such as '.*24.*to_datetime"):
        warn_of_text_values(dates, "Feature 0 of X")


@pytest.mark.parametrize(
    "texts",
    [
        ["2024-01-31", "a", "b"],
        ["10.0.0.1", "10.0.0.2"],
        ["1.5.2", "3.8.10"],
        ["20-00-00"],
        ["2024-13-01"],
        ["12-31"],
        ["2024"],
        [7],
    ],
)
def test_other_text(texts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_text_values(texts, "Feature 0 of X")
