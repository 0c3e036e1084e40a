"""What leaves inherit from the classes that they are made of."""

import contextlib

from skseq.documentation import write_docstring


class MergedParameters:
    """Merges the constraints and docs of all bases, and undoes failed fits."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        constraints, docs, attributes = {}, {}, {}
        # Reverse MRO: what stands further left wins.
        for base in reversed(cls.__mro__):
            constraints.update(base.__dict__.get("_parameter_constraints", {}))
            docs.update(base.__dict__.get("_parameter_docs", {}))
            attributes.update(base.__dict__.get("_attribute_docs", {}))
        cls._parameter_constraints = constraints
        write_docstring(cls, docs, attributes)

    @contextlib.contextmanager
    def _unchanged_on_failure(self):
        """Put fitted attributes back if the block fails."""
        before = fitted_state(self)
        try:
            yield
        except BaseException:
            for name in fitted_state(self):
                delattr(self, name)
            vars(self).update(before)
            raise


def fitted_state(estimator):
    """Return the attributes that a fit has set."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }
