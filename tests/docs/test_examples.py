"""The code in README.md and in the guide runs as it stands."""

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
    "docs/searching.md",
    "docs/coming_from.md",
]
OTHERS = ["CONTRIBUTING.md", "CHANGELOG.md", "docs/promises.md"]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_code_runs_and_prints_what_it_says(document, capsys):
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks
    names = {"__name__": "__main__"}
    with mpl.rc_context({"backend": "Agg"}):
        for block in blocks:
            exec(compile(block, document, "exec"), names)
            pyplot.close("all")
    # `print(...)  # what is printed`; a comment that ends in ... says how it begins.
    said = re.findall(r"^ *print\(.*\)  # (.*)$", "".join(blocks), re.MULTILINE)
    shown = capsys.readouterr().out.splitlines()
    assert len(said) == len(shown)
    for expected, line in zip(said, shown, strict=True):
        if expected.startswith("about "):
            assert float(line) == pytest.approx(float(expected[6:]), abs=0.02)
        elif expected.endswith(" ..."):
            assert line.startswith(expected[:-4])
        else:
            assert line == expected


@pytest.mark.parametrize("document", [*DOCUMENTS, *OTHERS])
def test_links_lead_somewhere(document):
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
