"""Constraints and documentation that estimators inherit from all of their bases."""

import contextlib
import functools
import inspect
from numbers import Integral
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    StrOptions,
    validate_parameter_constraints,
)

from skseq.documentation import OrderedSignature, list_parts, write_docstring
from skseq.estimators.other_names import suggest_parameter
from skseq.quoting import quote, suggest_fraction

# Larger integers cannot be passed to numpy and torch.
MAX_INTEGER = 2**63 - 1


class MergedParameters(BaseEstimator):
    """Merges constraints and documentation of the bases, and reverts failed fits."""

    __signature__ = OrderedSignature()

    # Merged over the bases.
    _parameter_constraints: ClassVar[dict]
    # Parameters that may also be "auto", with their values for X with numeric features, with
    # categorical features such as text, and with both. Without the third, both are numbers.
    _auto_values: ClassVar[dict] = {}

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constraints, docs, attributes, checks = {}, {}, {}, {}
        # Reverse MRO, so that bases further left take precedence.
        for base in reversed(cls.__mro__):
            constraints.update(base.__dict__.get("_parameter_constraints", {}))
            docs.update(base.__dict__.get("_parameter_docs", {}))
            attributes.update(base.__dict__.get("_attribute_docs", {}))
            checks.update(base.__dict__.get("_attribute_checks", {}))
        for name in cls._auto_values:
            constraints[name] = [StrOptions({"auto"}), *constraints[name]]
        cls._parameter_constraints = constraints
        cls._attribute_checks = checks
        parts = [*list_parts(cls), *reversed(cls.__mro__)]
        # A class may document a field of another one. The order is that of the fields.
        order = [
            name
            for part in parts
            for name in vars(part).get("_parameter_docs", ())
            if name in vars(part).get("__annotations__", ())
        ]
        docs = {name: docs[name] for name in order}
        cls._parameter_order = tuple(docs)
        write_docstring(cls, docs, attributes)

    def __new__(cls, *args, **kwargs):
        # Here and not in __init_subclass__, which runs before the decorators.
        if missing := _list_unsettable(cls):
            more = f" and {len(missing) - 3} others" if len(missing) > 3 else ""
            raise TypeError(
                f"{cls.__name__} does not accept its parameters {', '.join(missing[:3])}"
                f"{more}, because a decorator is missing. Write "
                "@dataclass(kw_only=True, eq=False, repr=False) above the class "
                f"{cls.__name__} and above each class that declares parameters."
            )
        accepted = _list_accepted(cls)
        unknown = [] if accepted is None else kwargs.keys() - accepted
        for name in sorted(unknown):
            if (remedy := suggest_parameter(name, accepted)) is not None:
                raise TypeError(
                    f"{cls.__name__}.__init__() got an unexpected keyword argument {name!r}. "
                    f"{remedy}"
                )
        return super().__new__(cls)

    def set_params(self, **params):
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Values by name.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If the estimator has no such parameter.
        """
        try:
            return super().set_params(**params)
        except ValueError:
            accepted = self.get_params()
            for name in params:
                remedy = suggest_parameter(name, accepted)
                if name not in accepted and remedy is not None:
                    raise ValueError(
                        f"Invalid parameter {name!r} for estimator {type(self).__name__}. "
                        f"{remedy}"
                    ) from None
            raise

    def _validate_params(self):
        """Validate each parameter alone."""
        constraints, name = self._parameter_constraints, type(self).__name__
        for parameter, value in self.get_params(deep=False).items():
            try:
                validate_parameter_constraints(constraints, {parameter: value}, name)
            except InvalidParameterError as error:
                fraction = _suggest_fraction(value, constraints[parameter])
                if fraction is None:
                    raise
                raise InvalidParameterError(
                    f"{error} If it is a percentage, use {parameter}={fraction}."
                ) from None
            except Exception:  # the errors of the value itself
                raise TypeError(
                    f"The {parameter!r} parameter of {name} cannot be validated. Got "
                    f"{quote(value)}."
                ) from None
            if isinstance(value, bool) and not self._accepts_flags(parameter):
                raise ValueError(
                    f"The {parameter!r} parameter of {name} must be a number. Got {value}."
                )
            if isinstance(value, Integral) and abs(value) > MAX_INTEGER:
                raise ValueError(
                    f"The {parameter!r} parameter of {name} is too large. "
                    f"Got {quote(value)}."
                )

    def _accepts_flags(self, parameter):
        """Return whether a parameter may be a bool: numeric parameters must declare it."""
        constraints = self._parameter_constraints.get(parameter, ())
        is_number = any(isinstance(constraint, Interval) for constraint in constraints)
        return not is_number or "boolean" in constraints

    @contextlib.contextmanager
    def _unchanged_on_failure(self):
        """Restore the fitted attributes if the block fails.

        Within the block, parameters that are numpy scalars, as in a grid, are Python
        numbers, because torch does not accept numpy scalars everywhere.
        """
        before = fitted_state(self)
        given = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if isinstance(value, np.generic)
        }
        vars(self).update({name: value.item() for name, value in given.items()})
        try:
            yield
        except BaseException:
            for name in fitted_state(self):
                delattr(self, name)
            vars(self).update(before)
            raise
        finally:
            vars(self).update(given)


def _suggest_fraction(value, constraints):
    """Return the literal of a percentage as a fraction that the constraints allow, or None."""
    for interval in constraints:
        if isinstance(interval, Interval) and interval.right is not None:
            fraction = suggest_fraction(value)
            if fraction is not None and interval.right <= 1 and float(fraction) in interval:
                return fraction
    return None


@functools.cache
def _list_unsettable(cls):
    """Return the fields that the `__init__` of a dataclass does not accept.

    They are the annotated attributes with a default of classes without the decorator. A
    class with its own `__init__` has none.
    """
    owner = next(base for base in cls.__mro__ if "__init__" in vars(base))
    if "__dataclass_params__" not in vars(owner):
        return []
    declared = [
        name
        for base in reversed(cls.__mro__)
        for name, kind in inspect.get_annotations(base).items()
        if name in vars(base)
        and not (name.startswith("_") or name.endswith("_"))
        and "ClassVar" not in str(kind)
    ]
    accepted = inspect.signature(cls.__init__).parameters
    return [name for name in dict.fromkeys(declared) if name not in accepted]


@functools.cache
def _list_accepted(cls):
    """Return the names of the arguments of a class, or None if it accepts every name."""
    accepted = inspect.signature(cls.__init__).parameters
    kinds = {parameter.kind for parameter in accepted.values()}
    return None if inspect.Parameter.VAR_KEYWORD in kinds else frozenset(accepted)


def fitted_state(estimator):
    """Return the fitted attributes of an estimator."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }
