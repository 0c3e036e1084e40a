"""The documentation site builds from scratch, without warnings and without network."""

import html
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from sklearn.base import BaseEstimator
from sphinx.search.en import SearchEnglish

import skseq

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/_ext"))
from api_index import group_names, make_pages  # noqa: E402
from methods import BASELINES, list_methods  # noqa: E402

PACKAGES = ["skseq"] + [
    f"skseq.{name}"
    for name in ("datasets", "inspection", "metrics", "model_selection", "preprocessing")
]
TABLE = re.compile(r"autosummary::\n(?:   :.*\n)*\n((?:   \w+\n)+)")
# Words for which users search, and which the pages must contain besides the glossary's terms.
SEARCH_TERMS = [
    *(
        "anomaly detection",
        "contamination",
        "false alarms",
        "deploy",
        "GPU",
        "hyperparameter",
        "imputation",
        "install",
    ),
    *("leakage", "lookback", "many-to-many", "many-to-one", "memory", "multivariate"),
    *("named entity recognition", "NaN", "overfitting", "panel", "reproducibility", "RUL"),
    *("imbalanced classes", "loss does not fall", "sensor gaps", "sequence labelling"),
    *("sequence labeling", "sliding window", "slow", "torn sequences", "get_params"),
    *(
        "set_callbacks",
        "verbose",
        "citing",
        "changelog",
        "benchmark",
        "threads",
        "troubleshooting",
    ),
]


def test_every_public_name_is_in_one_group():
    pages = make_pages(ROOT / "docs")
    index = TABLE.findall(pages.pop("index"))
    names = sorted(name.rpartition(".")[2] for name in public_names())
    names += sorted(
        name for name, value in vars(skseq.exceptions).items() if inspect.isclass(value)
    )
    assert sorted("".join(index).split()) == sorted(names)
    groups = "".join(page for page in pages.values() if ":toctree:" in page)
    assert sorted("".join(TABLE.findall(groups)).split()) == sorted(names)


def test_classes_of_a_task_share_their_methods():
    tasks, _ = group_names()
    del tasks[BASELINES]
    for task, (first, *others) in tasks.items():
        for name in others:
            missing = set(list_methods(getattr(skseq, first))).difference(
                list_methods(getattr(skseq, name))
            )
            assert not missing, f"the page {task!r} shows them for {name}"


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
        page = (site / f"notebooks/{path.stem}.html").read_text("utf-8")
        assert re.search(rf'href="\.\./_downloads/\w+/{path.name}"', page)
    pages = {path: path.read_text("utf-8") for path in site.rglob("*.html")}
    for path, page in pages.items():
        found = find_external_resources(page)
        assert not found, f"{path.name} loads {found}"
        # Its copy button leaves out all lines without a prompt.
        assert "highlight-console" not in page, f"{path.name}: use bash, not console"
    check_links(site, pages)
    check_methods(site)
    check_navigation(site)
    check_search(site)


def check_links(site, pages):
    """Assert that the links between pages have targets, including the part after #."""
    anchors = {
        path: set(re.findall(r'\bid="([^"]+)"', page)) for path, page in pages.items()
    }
    for path, page in pages.items():
        if path == site / "_modules/index.html":
            continue  # it also lists modules whose source Sphinx cannot parse
        for link in re.findall(r'<a [^>]*?href="([^"]+)"', page):
            address, _, anchor = html.unescape(link).partition("#")
            if re.match("[a-z]+:", address):
                continue
            target = (path.parent / address).resolve() if address else path
            assert target.exists(), f"{path.relative_to(site)} links {link}"
            if anchor and target in anchors:
                assert anchor in anchors[target], f"{path.relative_to(site)} links {link}"


def check_methods(site):
    """Assert that the pages of estimators list the methods that users call, and guides."""
    for name in skseq.__all__:
        public = getattr(skseq, name)
        if not (inspect.isclass(public) and issubclass(public, BaseEstimator)):
            continue
        page = (site / f"api/generated/skseq.{name}.html").read_text("utf-8")
        for method in ("fit", "score", "get_params", "set_params", "set_callbacks"):
            # Detectors have no `score`.
            is_shown = f'id="skseq.{name}.{method}"' in page
            assert is_shown == hasattr(public, method), (name, method)
        assert f'id="skseq.{name}.build"' not in page
        assert "Guides and examples:" in page


def check_navigation(site):
    """Assert that pages of classes link their task, and guides the classes they name."""
    page = (site / "api/generated/skseq.LSTMClassifier.html").read_text("utf-8")
    sidebar = page[page.index("bd-sidebar-primary") : page.index("<main")]
    assert 'href="../classification.html"' in sidebar
    guide = (site / "choosing.html").read_text("utf-8")
    article = guide[guide.index("<article") : guide.index("</article")]
    assert 'href="api/generated/skseq.GRUClassifier.html' in article
    assert 'href="api/generated/skseq.model_selection.backtest.html' in article


def check_search(site):
    """Assert that the search finds each term, as its script does: pages with all words."""
    script = (site / "searchindex.js").read_text("utf-8")
    index = json.loads(re.search(r"setIndex\((.*)\)", script, re.DOTALL)[1])
    glossary = ROOT.joinpath("docs/glossary.md").read_text("utf-8")
    terms = re.findall(r"^(\w.*)\n  ", glossary, re.MULTILINE)
    assert len(terms) > 50
    language = SearchEnglish({})
    for term in [*terms, *SEARCH_TERMS]:
        words = [word.lower() for word in re.findall(r"\w+", term)]
        stems = [language.stem(word) for word in words if word not in language.stopwords]
        pages = [
            find_pages(index["terms"], s) | find_pages(index["titleterms"], s)
            for s in stems
        ]
        assert pages, term
        assert set.intersection(*pages), f"the search does not find {term!r}"


def find_pages(index, stem):
    """Return the numbers of the pages with a stem."""
    found = index.get(stem, [])
    return {found} if isinstance(found, int) else set(found)


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
