"""Docstrings of the leaves, merged from the classes that they are made of."""

import inspect
import re
import textwrap


class OrderedSignature:
    """The signature of a class, its parameters in the order of their docs.

    That of a dataclass begins with what was inherited first: training.
    """

    def __get__(self, instance, cls):
        own = inspect.signature(cls.__init__)
        place = {name: i for i, name in enumerate(cls._parameter_order)}
        _, *parameters = own.parameters.values()  # without self
        parameters.sort(key=lambda p: (p.kind, place.get(p.name, len(place))))
        return own.replace(parameters=parameters)


def list_parts(cls):
    """Return the classes that a leaf is made of: task, architecture, training.

    Of each its bases come first, so that what is special stands behind what is general.
    """
    while len(cls.__bases__) == 1:
        (cls,) = cls.__bases__
    return [part for base in cls.__bases__ for part in reversed(base.__mro__)]


def write_docstring(cls, parameters, attributes):
    """Append parameters, attributes and an example to a leaf's docstring.

    A leaf writes a summary and, if it likes, more prose. What all leaves of a row or
    a column of the table share is written once, next to the fields it explains. The
    `_example` of a template goes on where that of the task ends.

    Parameters
    ----------
    cls : type
        The class whose `__doc__` is completed. Nothing happens if it has none, or
        already lists its parameters.
    parameters, attributes : dict of str
        From a name to its type and description.
    """
    doc = cls.__dict__.get("__doc__")
    examples = [vars(base)["_example"] for base in cls.__mro__ if "_example" in vars(base)]
    if not doc or not examples or "Parameters\n" in doc:
        return
    # A template alone has none: its example goes on where that of a task ends.
    if not any("{name}" in example for example in examples):
        return
    sections = [
        inspect.cleandoc(doc),
        _write_section("Parameters", _insert_defaults(cls, parameters)),
        _write_section("Attributes", attributes),
    ]
    if getattr(cls, "_see_also", None):
        related = {n: t for n, t in cls._see_also.items() if n != cls.__name__}
        sections.append(_write_related(related))
    if cls.__module__.startswith("skseq."):  # a user's own leaf is not imported from skseq
        text = "\n\n".join(example.strip("\n") for example in examples)
        text = text.format(name=cls.__name__)
        sections.append(_write_section("Examples", None) + text)
    cls.__doc__ = "\n\n".join(section.rstrip() for section in sections) + "\n"


def _insert_defaults(cls, parameters):
    """Return descriptions with the defaults and numbers of a class.

    `<name>` stands for the number that is the class attribute `name`.
    """

    def write_number(match):
        return f"{getattr(cls, match[1]):,}"

    return {
        name: re.sub(
            "<(_[a-z_]+)>",
            write_number,
            re.sub(
                r"default=.*", lambda m, name=name: _say_default(cls, name), text, count=1
            ),
        )
        for name, text in parameters.items()
    }


def _say_default(cls, name):
    default = getattr(cls, name)
    return "default=" + (f'"{default}"' if isinstance(default, str) else repr(default))


def _write_related(related):
    lines = ["See Also", "--------"]
    return "\n".join(lines + [f"skseq.{name} : {text}" for name, text in related.items()])


def _write_section(title, entries):
    lines = [title, "-" * len(title)]
    for name, text in (entries or {}).items():
        kind, _, description = text.partition("\n")
        lines += [f"{name} : {kind}", textwrap.indent(description, "    "), ""]
    return "\n".join(lines) + ("\n" if entries is None else "")
