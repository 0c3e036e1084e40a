"""The page of promises names the checks that are expected to fail, and no others."""

import re
from pathlib import Path

import pytest

from .forecasting.test_check_estimator import EXPECTED_FAILURES as OF_FORECASTERS
from .test_check_estimator import EXPECTED_FAILURES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("document", ["README.md", "docs/promises.md"])
def test_all_expected_failures_are_told(document):
    told = set(re.findall(r"`(check_\w+)`", (ROOT / document).read_text("utf-8")))
    expected = {*EXPECTED_FAILURES, *OF_FORECASTERS}
    assert told - {"check_estimator"} == expected
