"""The documentation lists exactly the checks that are expected to fail."""

import re
from pathlib import Path

import pytest

from .forecasting.test_check_estimator import EXPECTED_FAILURES as FORECASTER_FAILURES
from .test_check_estimator import EXPECTED_FAILURES_OF_STEPS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("document", ["README.md", "docs/guarantees.md"])
def test_expected_failures_are_documented(document):
    documented = set(re.findall(r"`(check_\w+)`", (ROOT / document).read_text("utf-8")))
    expected = {*EXPECTED_FAILURES_OF_STEPS, *FORECASTER_FAILURES}
    assert documented - {"check_estimator"} == expected
