"""Docstrings of public objects are complete numpydoc pages with examples."""

import importlib
import inspect
import re

import pytest
from numpydoc.validate import validate

PACKAGES = [
    "skseq",
    "skseq.datasets",
    "skseq.inspection",
    "skseq.metrics",
    "skseq.model_selection",
    "skseq.preprocessing",
]

# Codes of numpydoc's validation that are ignored, as in scikit-learn's docstrings.
# RT02: the return value of a method is a name and a type, as in `self : object`.
IGNORED = {"RT02"}
# ES01, SA01, EX01: methods need no extended summary, See Also and example; the page of
# the class has them.
IGNORED_IN_METHODS = {"ES01", "SA01", "EX01"}
# ES01, SA01: functions need an example only.
IGNORED_IN_FUNCTIONS = {"ES01", "SA01"}
# Methods that other code calls, not users: they need no example.
INTERNAL_METHODS = {
    *("build", "coding_", "get_metadata_routing", "past_steps", "set_output"),
    # Saving and loading.
    *("from_state", "to_state"),
    # Hooks that scikit-learn calls on callbacks.
    *("setup", "teardown", "on_fit_task_begin", "on_fit_task_end"),
}


def public_names():
    """Yield the names of public classes and functions, and of methods defined in skseq."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            yield f"{package}.{name}"
            public = getattr(module, name)
            if inspect.isclass(public):
                for method in own_methods(public):
                    yield f"{package}.{name}.{method}"


def own_methods(cls):
    """Yield the public methods and properties that skseq defines."""
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        function = getattr(member, "__func__", None) or getattr(member, "fget", member)
        function = inspect.unwrap(function) if callable(function) else function
        defined_in = getattr(function, "__module__", None) or ""
        if not name.startswith("_") and defined_in.split(".")[0] == "skseq":
            yield name


def ignored_codes(name):
    """Return the validation codes that do not apply to a name."""
    package, _, last = name.rpartition(".")
    if package not in PACKAGES:
        return IGNORED | IGNORED_IN_METHODS
    if not last[0].isupper():
        return IGNORED | IGNORED_IN_FUNCTIONS
    return IGNORED


@pytest.mark.parametrize("name", list(public_names()))
def test_docstring_is_complete(name):
    report = validate(name)
    ignored = ignored_codes(name)
    errors = [f"{code}: {text}" for code, text in report["errors"] if code not in ignored]
    assert not errors, f"{report['file']}:{report['file_line']}: " + "; ".join(errors)


def examples(docstring):
    """Return the code in the examples of a docstring, which run as doctests."""
    return "\n".join(re.findall(r"^\s*(?:>>>|\.\.\.) (.*)$", docstring or "", re.MULTILINE))


def public_objects():
    """Yield the name and the object of every public class and function."""
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            public = getattr(module, name)
            if inspect.isclass(public) or inspect.isfunction(public):
                yield f"{package}.{name}", public


@pytest.mark.parametrize(("name", "public"), list(public_objects()))
def test_public_objects_have_an_example(name, public):
    code = examples(inspect.getdoc(public))
    assert re.search(rf"\b{name.rpartition('.')[2]}\b", code), f"{name} lacks an example"


def test_public_methods_have_an_example():
    """The example is in the method's docstring, or in one of its classes' docstrings."""
    shown = {}
    for name, cls in public_objects():
        if not inspect.isclass(cls):
            continue
        page = examples(inspect.getdoc(cls))
        for method in set(own_methods(cls)) - INTERNAL_METHODS:
            # A method that several classes inherit needs one example.
            defined_in = next(base for base in cls.__mro__ if method in vars(base))
            own = examples(inspect.getdoc(inspect.getattr_static(cls, method)))
            key = f"{defined_in.__module__}.{defined_in.__name__}.{method}"
            found = re.search(rf"\.{method}\b", page + own) is not None
            shown[key] = shown.get(key, False) or found
    assert "skseq.estimators.sequence_estimator.SequenceEstimator.transform" in shown
    missing = sorted(key for key, found in shown.items() if not found)
    assert not missing, f"no example calls {missing}"


def test_public_names_cover_classes_and_methods():
    names = set(public_names())
    assert "skseq.LSTMClassifier" in names
    assert "skseq.LSTMClassifier.fit" in names
    assert "skseq.LSTMClassifier.predict_proba" in names
    assert "skseq.Sequences.from_frame" in names
    assert "skseq.Sequences.shape" in names
    # Methods inherited from scikit-learn are documented in scikit-learn.
    assert "skseq.LSTMClassifier.get_params" not in names
