"""Runs contract tests of the public estimators for other classes."""

import contextlib
import inspect

from hypothesis import is_hypothesis_test


def list_contract_tests(modules, families, excluded):
    """Return (test, its other arguments, class) for contract tests that take a class.

    Tests with fixtures are left out. Of other parametrizations the first value is used.

    Parameters
    ----------
    modules : list of module
        The modules of the tests.
    families : list of (list, list)
        Public classes over which tests are parametrized, and the classes that join them.
    excluded : set of str
        Names of tests that are left out.
    """
    cases = []
    for module in modules:
        for name, function in vars(module).items():
            if not name.startswith("test_") or name in excluded:
                continue
            if is_hypothesis_test(function):
                continue
            marks = [
                m for m in getattr(function, "pytestmark", []) if m.name == "parametrize"
            ]
            values = {mark.args[0]: mark.args[1] for mark in marks}
            if values.keys() != inspect.signature(function).parameters.keys():
                continue
            classes = list(values.pop("cls", []))
            others = {argument: choices[0] for argument, choices in values.items()}
            for family, joining in families:
                if classes == family:
                    cases += [(function, others, cls) for cls in joining]
    return cases


@contextlib.contextmanager
def joined(cls, lists):
    """Add a class to lists of public classes during a block."""
    for classes in lists:
        classes.append(cls)
    try:
        yield cls
    finally:
        for classes in lists:
            classes.remove(cls)
