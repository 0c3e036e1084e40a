"""Copy the notebooks into the site, and define the `gallery` directive.

    ```{gallery}
    quick_start
    forecasting
    ```

shows a card for each notebook, with its picture, title and first paragraph.
"""

import base64
import json
import re
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

FOLDER = "notebooks"


def copy_notebooks(app):
    """Copy the notebooks with adapted links, and extract a picture of each."""
    target = Path(app.srcdir, FOLDER)
    target.mkdir(exist_ok=True)
    for stale in target.iterdir():
        stale.unlink()
    for path in Path(app.srcdir).parent.joinpath(FOLDER).glob("*.ipynb"):
        text = path.read_text(encoding="utf-8").replace("](../docs/", "](../")
        notebook = json.loads(text)
        add_download(notebook, path.name)
        (target / path.name).write_text(json.dumps(notebook), encoding="utf-8")
        picture = find_picture(notebook)
        if picture:
            (target / f"{path.stem}.png").write_bytes(base64.b64decode(picture))


def add_download(notebook, name):
    """Append a link to the unchanged notebook to the first cell."""
    link = f"\n\n{{download}}`Download this notebook <../../{FOLDER}/{name}>`"
    first = notebook["cells"][0]
    first["source"] = "".join(first["source"]) + link


def find_picture(notebook):
    """Return the picture of the cell tagged `thumbnail`, or else the first, as base64."""
    pictures = [
        ("thumbnail" not in cell["metadata"].get("tags", []), output["data"]["image/png"])
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    return min(pictures, key=lambda pair: pair[0])[1] if pictures else None


class Gallery(SphinxDirective):
    """Show a card for each notebook in the content, which has one name per line."""

    has_content = True

    def run(self):
        lines = ["::::{container} cards"]
        for name in self.content:
            lines += self.write_card(name.strip())
        lines.append("::::")
        parent = nodes.container()
        self.state.nested_parse(StringList(lines, "gallery"), self.content_offset, parent)
        return parent.children

    def write_card(self, name):
        path = Path(self.env.srcdir, FOLDER, f"{name}.ipynb")
        self.env.note_dependency(str(path))
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        title, _, rest = first.removeprefix("# ").partition("\n")
        paragraph = re.split(r"\n\s*\n", rest.strip())[0].split("\n")
        link = f"{FOLDER}/{name}.ipynb"
        return [
            ":::{container} card",
            f"![{title}]({FOLDER}/{name}.png)",
            "",
            f"[{title}]({link})",
            "",
            *paragraph,
            ":::",
        ]


def setup(app):
    """Register the directive, and copy the notebooks before the build."""
    app.connect("builder-inited", copy_notebooks, priority=100)
    app.add_directive("gallery", Gallery)
    return {"parallel_read_safe": True}
