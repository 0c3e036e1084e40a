"""The code in README.md and in the pages of docs/ runs and prints what the pages show."""

import re
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    "README.md",
    "docs/user_guide.md",
    "docs/forecasting.md",
    "docs/labelling.md",
    "docs/text.md",
    "docs/anomalies.md",
    "docs/hyperparameter_search.md",
    "docs/migrating.md",
    "docs/troubleshooting.md",
]
WITHOUT_CODE = [
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/accuracy.md",
    "docs/changelog.md",
    "docs/choosing.md",
    "docs/citing.md",
    "docs/glossary.md",
    "docs/guarantees.md",
    "docs/installation.md",
    "docs/performance.md",
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_code_runs_and_prints_the_documented_output(document, capsys):
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks
    names = {"__name__": "__main__"}
    with mpl.rc_context({"backend": "Agg"}):
        for block in blocks:
            exec(compile(block, document, "exec"), names)
            pyplot.close("all")
    # The comment after `print(...)` is its output, or the beginning of it before " ...".
    documented = re.findall(r"^ *print\(.*\)  # (.*)$", "".join(blocks), re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert len(documented) == len(printed)
    for expected, line in zip(documented, printed, strict=True):
        if expected.startswith("about "):
            assert float(line) == pytest.approx(float(expected[6:]), abs=0.02)
        elif expected.endswith(" ..."):
            assert line.startswith(expected[:-4])
        else:
            assert line == expected


@pytest.mark.parametrize("document", [*DOCUMENTS, *WITHOUT_CODE])
def test_links_have_targets(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    for link in links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings]
            assert anchor in slugs, link
