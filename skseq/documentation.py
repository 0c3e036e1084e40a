"""Docstrings and signatures of estimators, composed from their base classes."""

import inspect
import re
import textwrap


class OrderedSignature:
    """Descriptor of a class's signature, in the order of the documented parameters.

    The signature of a dataclass would begin with the fields of the last base class.
    """

    def __get__(self, instance, cls):
        own = inspect.signature(cls.__init__)
        place = {name: i for i, name in enumerate(cls._parameter_order)}
        _, *parameters = own.parameters.values()  # without self
        parameters.sort(key=lambda p: (p.kind, place.get(p.name, len(place))))
        return own.replace(parameters=parameters)


def list_parts(cls):
    """Return the classes that a leaf combines: task, architecture and training.

    The bases of each part come before the part, so that general parameters precede
    specific ones.
    """
    while len(cls.__bases__) == 1:
        (cls,) = cls.__bases__
    return [part for base in cls.__bases__ for part in reversed(base.__mro__)]


def write_docstring(cls, parameters, attributes):
    """Append parameters, attributes and an example to the docstring of a leaf.

    The class's own docstring has a summary and optional prose. The texts that several
    leaves share are defined once, next to the fields that they describe; `_notes` of an
    architecture follow the summary. An `_example` of the template continues the
    `_example` of the task. `_example_setup` precedes it, and `_example_arguments` are passed
    to each estimator in it.

    Parameters
    ----------
    cls : type
        The class whose `__doc__` is completed. Nothing happens if it has no docstring, or
        a docstring that already lists parameters.
    parameters, attributes : dict of str
        Type and description by name.
    """
    doc = cls.__dict__.get("__doc__")
    examples = [vars(base)["_example"] for base in cls.__mro__ if "_example" in vars(base)]
    if not doc or "Parameters\n" in doc:
        return
    # Only leaves have an example that names the class; templates and tasks are incomplete.
    if not any("{name}" in example for example in examples):
        return
    parameters = {
        name: _insert_values(cls, name, text) for name, text in parameters.items()
    }
    sections = [
        inspect.cleandoc(doc),
        *(vars(base)["_notes"].strip() for base in cls.__mro__ if "_notes" in vars(base)),
        _write_section("Parameters", parameters),
        _write_section("Attributes", attributes),
    ]
    if cls.__module__.startswith("skseq."):  # leaves of users cannot be imported from skseq
        examples.insert(0, getattr(cls, "_example_setup", ""))
        text = "\n\n".join(example.strip("\n") for example in examples if example)
        if given := getattr(cls, "_example_arguments", ""):
            text = re.sub(r"\{name\}\((?!\))", f"{{name}}({given}, ", text)
            text = text.replace("{name}()", f"{{name}}({given})")
        text = text.format(name=cls.__name__)
        sections.append(_write_section("Examples", None) + text)
    cls.__doc__ = "\n\n".join(section.rstrip() for section in sections) + "\n"


def add_see_also(namespace):
    """Insert a "See Also" section into the docstring of each leaf in a namespace.

    It lists the leaves of the same task or of the same architecture, which are the first
    two bases, and the leaves named in `_see_also`.

    Parameters
    ----------
    namespace : dict
        Objects by name. Leaves are the classes with a complete docstring.
    """
    classes = [
        namespace[name] for name in sorted(namespace) if inspect.isclass(namespace[name])
    ]
    leaves = [cls for cls in classes if "\nExamples\n" in (cls.__doc__ or "")]
    for cls in leaves:
        named = getattr(cls, "_see_also", ())
        related = [
            f"skseq.{leaf.__name__} : {leaf.__doc__.partition(chr(10))[0]}"
            for leaf in leaves
            if leaf is not cls
            and (set(leaf.__bases__[:2]) & set(cls.__bases__[:2]) or leaf.__name__ in named)
        ]
        section = "\n".join(["See Also", "--------", *related])
        before, heading, after = cls.__doc__.partition("Examples\n--------\n")
        cls.__doc__ = f"{before}{section}\n\n{heading}{after}"


def _insert_values(cls, name, text):
    """Return the description of a parameter with the values of this class.

    They are its default, class attributes in place of `<_attribute>`, and the meaning of
    "auto" for the parameters in `_auto_values`.
    """
    default = re.compile("default=.*")
    text = default.sub(lambda match: _format_default(cls, name), text, count=1)
    if name in cls._auto_values:
        numbers, words, *both = (f"`{_quote(value)}`" for value in cls._auto_values[name])
        text = text.replace(", default", ' or "auto", default', 1)
        text += f'\n`"auto"` means {numbers}, or {words} if X has no numeric features'
        text += (
            f",\nor {both[0]} if X has numeric and categorical features." if both else "."
        )
    return re.sub("<(_[a-z_]+)>", lambda match: f"{getattr(cls, match[1]):,}", text)


def _format_default(cls, name):
    return "default=" + _quote(getattr(cls, name))


def _quote(value):
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _write_section(title, entries):
    lines = [title, "-" * len(title)]
    for name, text in (entries or {}).items():
        kind, _, description = text.partition("\n")
        lines += [f"{name} : {kind}", textwrap.indent(description, "    "), ""]
    return "\n".join(lines) + ("\n" if entries is None else "")
