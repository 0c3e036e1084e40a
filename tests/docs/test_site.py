"""The documentation site builds from scratch, without warnings and without network."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ["skseq"] + [
    f"skseq.{name}"
    for name in ("datasets", "inspection", "metrics", "model_selection", "preprocessing")
]


# A single test, because parallel builds would write the same files.
def test_site(tmp_path):
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    site = tmp_path / "html"
    index = (site / "api/index.html").read_text("utf-8")
    for name in public_names():
        assert f"generated/{name}.html" in index, f"{name} is missing in the API index"
    gallery = (site / "gallery.html").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        link = f'href="notebooks/{path.stem}.html"'
        assert link in gallery, f"add {path.stem} to docs/gallery.md"
        assert (site / "_images" / f"{path.stem}.png").exists(), f"{path} has no picture"
    for path in site.rglob("*.html"):
        found = find_external_resources(path.read_text("utf-8"))
        assert not found, f"{path.name} loads {found}"


def build(output):
    """Build the site as `make docs` does, without network access."""
    no_network = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E"]
        + ["-d", str(output / "doctrees"), "docs", str(output / "html")],
        cwd=ROOT,
        env={**os.environ, **no_network, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def public_names():
    """Yield the full name of every public object."""
    for package in PACKAGES:
        for name in importlib.import_module(package).__all__:
            yield f"{package}.{name}"


def find_external_resources(html):
    """Return the scripts, styles and images that a page loads from other hosts."""
    return re.findall(r'<(?:script|link|img)[^>]*="https?://[^>]*>', html)
