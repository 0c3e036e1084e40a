"""Constraints and documentation that estimators inherit from all of their bases."""

import contextlib

import numpy as np
from sklearn.base import BaseEstimator

from skseq.documentation import OrderedSignature, list_parts, write_docstring


class MergedParameters(BaseEstimator):
    """Merges constraints and documentation of the bases, and reverts failed fits."""

    __signature__ = OrderedSignature()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constraints, docs, attributes, checks = {}, {}, {}, {}
        # Reverse MRO, so that bases further left take precedence.
        for base in reversed(cls.__mro__):
            constraints.update(base.__dict__.get("_parameter_constraints", {}))
            docs.update(base.__dict__.get("_parameter_docs", {}))
            attributes.update(base.__dict__.get("_attribute_docs", {}))
            checks.update(base.__dict__.get("_attribute_checks", {}))
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


def fitted_state(estimator):
    """Return the fitted attributes of an estimator."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }
