"""The documentation site builds from clean, without a warning and without network."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ["skseq"] + [
    f"skseq.{room}"
    for room in ("datasets", "inspection", "metrics", "model_selection", "preprocessing")
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site's folder."""
    output = tmp_path_factory.mktemp("site")
    # Whoever asks for a page of the network gets nothing.
    nowhere = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy")}
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E"]
        + ["-d", str(output / "doctrees"), "docs", str(output / "html")],
        cwd=ROOT,
        env={**os.environ, **nowhere, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return output / "html"


def test_every_public_name_has_a_page(site):
    index = (site / "api/index.html").read_text("utf-8")
    for room in ROOMS:
        for name in importlib.import_module(room).__all__:
            page = f"generated/{room}.{name}.html"
            assert page in index, f"name {room}.{name} in docs/api/index.rst"


def test_every_notebook_is_in_the_gallery(site):
    gallery = (site / "gallery.html").read_text("utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        assert f'href="notebooks/{path.stem}.html"' in gallery, (
            f"{path.stem}: docs/gallery.md"
        )
        assert (site / "_images" / f"{path.stem}.png").exists(), (
            f"{path.stem} has no picture"
        )


def test_pages_fetch_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        found = re.findall(
            r'<(?:script|link|img)[^>]*="https?://[^>]*>', path.read_text("utf-8")
        )
        assert not found, f"{path.name}: {found}"
