"""What leaves inherit from the classes that they are made of."""

import contextlib

import numpy as np

from skseq.documentation import OrderedSignature, list_parts, write_docstring


class MergedParameters:
    """Merges the constraints and docs of all bases, and undoes failed fits."""

    __signature__ = OrderedSignature()

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constraints, docs, attributes, checks = {}, {}, {}, {}
        # Reverse MRO: what stands further left wins.
        for base in reversed(cls.__mro__):
            constraints.update(base.__dict__.get("_parameter_constraints", {}))
            docs.update(base.__dict__.get("_parameter_docs", {}))
            attributes.update(base.__dict__.get("_attribute_docs", {}))
            checks.update(base.__dict__.get("_attribute_checks", {}))
        cls._parameter_constraints = constraints
        cls._attribute_checks = checks
        parts = [*list_parts(cls), *reversed(cls.__mro__)]
        order = [name for part in parts for name in vars(part).get("_parameter_docs", ())]
        docs = {name: docs[name] for name in order}
        cls._parameter_order = tuple(docs)
        write_docstring(cls, docs, attributes)

    @contextlib.contextmanager
    def _unchanged_on_failure(self):
        """Put fitted attributes back if the block fails.

        Within the block parameters are Python's own numbers: a grid may hold numpy's, and
        torch takes none.
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
    """Return the attributes that a fit has set."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }
