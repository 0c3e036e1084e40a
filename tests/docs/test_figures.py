"""The figures in the documentation are those of the reports in benchmarks/results/."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Rows of tables whose last column is the name of a report.
ROW = re.compile(r"^\| (.*) \| `([\w-]+\.md)` \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/choosing.md").read_text("utf-8"))


def find_figures(text):
    """Return the decimal numbers in a text, without parameters in backticks."""
    return re.findall(r"(?<![\w.])\d*\.\d+", re.sub("`[^`]*`", "", text))


@pytest.mark.parametrize(("row", "report"), ROWS)
def test_figures_of_a_row_are_in_its_report(row, report):
    figures = find_figures(row)
    assert figures
    measured = find_figures((ROOT / "benchmarks/results" / report).read_text("utf-8"))
    assert not set(figures) - set(measured)


def test_figures_of_anomalies_are_in_the_report():
    """Measured figures have four decimals."""
    text = (ROOT / "docs/anomalies.md").read_text("utf-8")
    figures = set(re.findall(r"(?<![\w.])0\.\d{4}(?!\d)", text))
    assert len(figures) >= 10
    report = (ROOT / "benchmarks/results/anomalies.md").read_text("utf-8")
    assert not figures - set(find_figures(report))


def test_tables_have_rows():
    assert len(ROWS) >= 15
