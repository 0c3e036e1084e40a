"""Link the public names that the guides and notebooks mention, as in `LSTMClassifier`.

Code in the text is linked if it is a public name or a call of it: `Sequences.from_frame`,
`skseq.load`, `PerStep(StandardScaler())`. Headings and the API reference are not changed, and
neither is the page about other libraries, which have some of the same names.
"""

import re

from api_index import PACKAGES, list_package
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

import skseq

# The groups are the name and its attribute, as in `skseq.Sequences.from_frame(table)`.
CODE = re.compile(r"(?:skseq\.(?:[a-z_]+\.)?)?([A-Za-z]\w*)(\.\w+)?(?:\([^()]*\))?")


def list_names():
    """Return the full name of each public object, by its name."""
    names = {name: f"skseq.{name}" for name in skseq.__all__}
    for package in PACKAGES:
        names |= {name: f"skseq.{package}.{name}" for name in list_package(package)}
    return names


class LinkNames(SphinxTransform):
    """Turn public names into references before Sphinx resolves these."""

    default_priority = 400

    def apply(self):
        if self.env.docname.startswith("api/") or self.env.docname == "migrating":
            return
        names = list_names()
        for literal in list(self.document.findall(nodes.literal)):
            match = CODE.fullmatch(literal.astext())
            parents = (nodes.reference, nodes.title, addnodes.pending_xref)
            if not match or match[1] not in names or isinstance(literal.parent, parents):
                continue
            reference = addnodes.pending_xref(
                "",
                refdomain="py",
                reftype="obj",
                reftarget=names[match[1]] + (match[2] or ""),
                refexplicit=True,
                refwarn=False,
                refdoc=self.env.docname,
            )
            literal.replace_self(reference)
            reference += literal


def setup(app):
    """Register the transform."""
    app.add_transform(LinkNames)
    return {"parallel_read_safe": True}
