"""The documentation site builds from clean, without a warning and without network."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ["skseq"] + [
    f"skseq.{room}"
    for room in ("datasets", "inspection", "metrics", "model_selection", "preprocessing")
]


# One test: two builds at once, by two processes, would write the same files.
def test_site(tmp_path):
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    site = tmp_path / "html"
    index = (site / "api/index.html").read_text("utf-8")
    for name in public_names():
        assert f"generated/{name}.html" in index, f"name {name} in docs/api/index.rst"
    gallery = (site / "gallery.html").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        link = f'href="notebooks/{path.stem}.html"'
        assert link in gallery, f"name {path.stem} in docs/gallery.md"
        assert (site / "_images" / f"{path.stem}.png").exists(), f"{path} has no picture"
    for path in site.rglob("*.html"):
        found = fetched(path.read_text("utf-8"))
        assert not found, f"{path.name} fetches {found}"


def build(output):
    """Build the site as `make docs` does, with a network that does not answer."""
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E"]
        + ["-d", str(output / "doctrees"), "docs", str(output / "html")],
        cwd=ROOT,
        env={**os.environ, **nowhere, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def public_names():
    """Yield the full name of everything public."""
    for room in ROOMS:
        for name in importlib.import_module(room).__all__:
            yield f"{room}.{name}"


def fetched(html):
    """Return what a page loads from elsewhere; links to click on are no such thing."""
    return re.findall(r'<(?:script|link|img)[^>]*="https?://[^>]*>', html)
