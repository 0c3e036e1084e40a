"""A class uses on `self` only attributes that the class or its bases declare."""

import ast
import functools
import importlib
import inspect
import pkgutil
import textwrap

import pytest

import skseq

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(skseq.__path__, "skseq.")
    if not module.name.endswith("__main__")
)


def find_classes():
    """Return all classes of the package, nested ones too."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        todo = [c for c in vars(module).values() if inspect.isclass(c)]
        while todo:
            cls = todo.pop()
            if cls.__module__ == name and cls not in found:
                found[cls] = f"{name}.{cls.__qualname__}"
                todo += [c for c in vars(cls).values() if inspect.isclass(c)]
    return found


@functools.cache
def parse_class(cls):
    """Return the syntax tree of a class, or None if it has no source."""
    try:
        source = textwrap.dedent(inspect.getsource(cls))
    except (OSError, TypeError):
        return None
    return ast.parse(source).body[0]


def list_methods(tree):
    """Return the functions of a class body whose first parameter is an instance."""
    methods = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    static = {"staticmethod", "classmethod"}
    implicit = {"__init_subclass__", "__class_getitem__", "__new__"}
    return [
        m
        for m in methods
        if m.args.args
        and m.name not in implicit
        and not static & {ast.unparse(d) for d in m.decorator_list}
    ]


def find_attributes(tree, context):
    """Return the names that methods load from, or store in, their first parameter."""
    names = set()
    for method in list_methods(tree):
        self = method.args.args[0].arg
        for node in ast.walk(method):
            is_own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if is_own and node.value.id == self and isinstance(node.ctx, context):
                names.add(node.attr)
    return names


def find_declared(cls):
    """Return the names that a class and its bases define, annotate or assign."""
    declared = set()
    for base in cls.__mro__:
        declared |= set(vars(base)) | set(vars(base).get("__annotations__", ()))
        tree = parse_class(base)
        if tree is not None:
            declared |= find_attributes(tree, ast.Store)
    return declared


def find_undeclared(cls):
    """Return the names that a class uses on `self` and that are not declared."""
    tree = parse_class(cls)
    return set() if tree is None else find_attributes(tree, ast.Load) - find_declared(cls)


CLASSES = find_classes()


@pytest.mark.parametrize("cls", CLASSES, ids=CLASSES.get)
def test_class_uses_only_declared_attributes(cls):
    assert not find_undeclared(cls)


class Base:
    """Declares names in the three ways that count."""

    annotated: int

    def method(self):
        self.assigned = 1


class UsesDeclaredNames(Base):
    """Uses declared names only."""

    def use(self):
        return [self.method(), self.annotated, self.assigned, (lambda: self.use)()]


class UsesOtherNames(Base):
    """Uses names that a subclass or a sibling would have to provide."""

    def use(self):
        def inner():
            return self.missing

        return self.absent(inner)


def test_search_finds_undeclared_attributes_only():
    assert find_undeclared(UsesDeclaredNames) == set()
    assert find_undeclared(UsesOtherNames) == {"missing", "absent"}
