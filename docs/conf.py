"""Configuration of Sphinx for `make docs`. The build needs no network."""

import sys
import tomllib
from pathlib import Path

import skseq

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER / "_ext"))
# Addresses of the repository and of its issues, once pyproject.toml has them.
URLS = tomllib.loads(FOLDER.with_name("pyproject.toml").read_text())["project"].get(
    "urls", {}
)

project = "skseq"
author = "The skseq developers"
project_copyright = "The skseq developers"
version = release = skseq.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "api_index",
    "methods",
    "gallery",
    "links",
    "tabs",
]
exclude_patterns = ["_ext", "_templates"]
templates_path = ["_templates"]

# Text in single backticks becomes a link where it names a public object.
default_role = "py:obj"
add_module_names = False
smartquotes = False  # keep quotes in types such as {"mean", "last"}
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

# Show the committed outputs of notebooks; the tests execute them.
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "pydata_sphinx_theme"
html_title = "skseq"
html_static_path = ["_static"]
html_css_files = ["skseq.css"]
html_show_sourcelink = False
html_logo = html_favicon = "_static/logo.svg"
html_theme_options = {
    "navbar_start": ["navbar-logo"],
    "navbar_end": ["theme-switcher", "navbar-icon-links"],
    "navbar_persistent": ["search-button"],
    "icon_links": [
        {"name": name, "url": URLS[name], "icon": icon}
        for name, icon in {
            "Source": "fa-solid fa-code",
            "Issues": "fa-solid fa-bug",
        }.items()
        if name in URLS
    ],
    # The top bar has space for five pages on screens of 1000 pixels (see skseq.css).
    "header_links_before_dropdown": 5,
    "logo": {"text": f"skseq {version}"},
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
# Light or dark, as the system of the reader.
html_context = {"default_mode": "auto"}
# Guides, notebooks and the API reference have a left sidebar, except for pages with wide tables
# or with code blocks side by side.
WITHOUT_SIDEBAR = [
    "index",
    "installation",
    "results",
    "accuracy",
    "performance",
    "guarantees",
]
WITHOUT_SIDEBAR += ["migrating", "glossary", "changelog", "citing"]
html_sidebars = {page: [] for page in WITHOUT_SIDEBAR}
copybutton_exclude = ".linenos, .gp, .go"
