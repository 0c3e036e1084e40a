"""Pages of classes list what skseq defines; scikit-learn's own methods are documented there."""

import inspect


def skip_others(app, what, name, member, skip, options):
    """Return True for what another package defines, None to let Sphinx decide."""
    function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
    function = inspect.unwrap(function) if callable(function) else function
    package = (getattr(function, "__module__", None) or "skseq").split(".")[0]
    return True if package != "skseq" else None


def setup(app):
    """Connect the filter to autodoc and autosummary."""
    app.connect("autodoc-skip-member", skip_others)
    return {"parallel_read_safe": True}
