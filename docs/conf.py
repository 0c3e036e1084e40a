"""Configuration of Sphinx for `make docs`. The build needs no network."""

import sys
from pathlib import Path

import skseq

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "skseq"
author = "The skseq developers"
project_copyright = "The skseq developers"
version = release = skseq.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_nb",
    "sphinx_copybutton",
    "api_index",
    "own_members",
    "gallery",
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
html_theme_options = {
    "navbar_start": ["navbar-logo"],
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 9,
    "logo": {"text": "skseq"},
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "pygments_light_style": "tango",
    "pygments_dark_style": "monokai",
}
# Pages without a left sidebar.
html_sidebars = {
    page: []
    for page in (
        "index",
        "user_guide",
        "forecasting",
        "labelling",
        "text",
        "hyperparameter_search",
        "migrating",
        "guarantees",
    )
}
copybutton_exclude = ".linenos, .gp, .go"
