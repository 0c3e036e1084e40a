"""List only the members that skseq defines on the pages of classes.

Inherited methods of scikit-learn are documented in scikit-learn.
"""

import inspect


def skip_foreign_members(app, what, name, member, skip, options):
    """Return True for members of other packages, and None to let Sphinx decide."""
    function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
    function = inspect.unwrap(function) if callable(function) else function
    package = (getattr(function, "__module__", None) or "skseq").split(".")[0]
    return True if package != "skseq" else None


def setup(app):
    """Connect the filter to autodoc and autosummary."""
    app.connect("autodoc-skip-member", skip_foreign_members)
    return {"parallel_read_safe": True}
