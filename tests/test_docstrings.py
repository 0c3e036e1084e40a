"""The docstring of everything public is a numpydoc page without a complaint."""

import importlib
import inspect

import pytest
from numpydoc.validate import validate

ROOMS = [
    "skseq",
    "skseq.datasets",
    "skseq.inspection",
    "skseq.metrics",
    "skseq.model_selection",
    "skseq.preprocessing",
]

# Where numpydoc asks for more than scikit-learn's own pages have, we follow
# scikit-learn, whose readers ours are:
#   RT02: its convention for what a method returns is a name and a type, as in
#         `self : object`, or a type alone.
EVERYWHERE = {"RT02"}
#   ES01, SA01, EX01: a method has neither an extended summary, nor a See Also, nor an
#         example unless it needs one; the page of its class has all three.
IN_METHODS = {"ES01", "SA01", "EX01"}
#   ES01, SA01: what a function does may fit in its summary; it has no class page, so its
#         example stays.
IN_FUNCTIONS = {"ES01", "SA01"}


def public_names():
    """Yield every public class and function, and every public method of skseq's own."""
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            yield f"{room}.{name}"
            thing = getattr(module, name)
            if inspect.isclass(thing):
                for method in own_methods(thing):
                    yield f"{room}.{name}.{method}"


def own_methods(cls):
    """Yield the public methods and properties that skseq itself defines."""
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        function = getattr(member, "__func__", None) or getattr(member, "fget", member)
        function = inspect.unwrap(function) if callable(function) else function
        defined_in = getattr(function, "__module__", None) or ""
        if not name.startswith("_") and defined_in.split(".")[0] == "skseq":
            yield name


def ignored_codes(name):
    """Return the codes that do not apply to a public name."""
    room, _, last = name.rpartition(".")
    if room not in ROOMS:
        return EVERYWHERE | IN_METHODS
    if not last[0].isupper():
        return EVERYWHERE | IN_FUNCTIONS
    return EVERYWHERE


@pytest.mark.parametrize("name", list(public_names()))
def test_the_docstring_is_complete(name):
    report = validate(name)
    ignored = ignored_codes(name)
    errors = [f"{code}: {text}" for code, text in report["errors"] if code not in ignored]
    assert not errors, f"{report['file']}:{report['file_line']}: " + "; ".join(errors)


def test_what_is_public_is_checked():
    names = set(public_names())
    assert "skseq.LSTMClassifier" in names
    assert "skseq.LSTMClassifier.fit" in names
    assert "skseq.LSTMClassifier.predict_proba" in names
    assert "skseq.Sequences.from_frame" in names
    assert "skseq.Sequences.shape" in names
    # scikit-learn's own methods are documented there.
    assert "skseq.LSTMClassifier.get_params" not in names
