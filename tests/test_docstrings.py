"""The docstring of everything public is a numpydoc page without a complaint."""

import importlib
import inspect
import re

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
# Methods that tools call, not users: they need no example.
OF_TOOLS = {
    *("build", "get_metadata_routing", "past_steps", "set_output"),
    # Hooks of callbacks, which scikit-learn calls.
    *("setup", "teardown", "on_fit_task_begin", "on_fit_task_end"),
}


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


def examples(docstring):
    """Return the code of a docstring's examples; the doctests run it."""
    return "\n".join(re.findall(r"^\s*(?:>>>|\.\.\.) (.*)$", docstring or "", re.MULTILINE))


def public_things():
    """Yield every public class and function once, with the names that it has."""
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{room}.{name}", thing


@pytest.mark.parametrize(("name", "thing"), list(public_things()))
def test_it_is_shown_at_work(name, thing):
    code = examples(inspect.getdoc(thing))
    assert re.search(rf"\b{name.rpartition('.')[2]}\b", code), f"{name} lacks an example"


def test_every_method_is_shown_at_work():
    """In its own docstring, or in that of one of the classes that have it."""
    shown = {}
    for name, cls in public_things():
        if not inspect.isclass(cls):
            continue
        page = examples(inspect.getdoc(cls))
        for method in set(own_methods(cls)) - OF_TOOLS:
            # One method of many classes is shown once.
            defined_in = next(base for base in cls.__mro__ if method in vars(base))
            own = examples(inspect.getdoc(inspect.getattr_static(cls, method)))
            key = f"{defined_in.__module__}.{defined_in.__name__}.{method}"
            found = re.search(rf"\.{method}\b", page + own) is not None
            shown[key] = shown.get(key, False) or found
    assert "skseq.estimators.sequence_estimator.SequenceEstimator.transform" in shown
    lacking = sorted(key for key, found in shown.items() if not found)
    assert not lacking, f"no example shows {lacking}"


def test_what_is_public_is_checked():
    names = set(public_names())
    assert "skseq.LSTMClassifier" in names
    assert "skseq.LSTMClassifier.fit" in names
    assert "skseq.LSTMClassifier.predict_proba" in names
    assert "skseq.Sequences.from_frame" in names
    assert "skseq.Sequences.shape" in names
    # scikit-learn's own methods are documented there.
    assert "skseq.LSTMClassifier.get_params" not in names
