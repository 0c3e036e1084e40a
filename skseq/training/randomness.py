"""Random numbers that neither read nor change a global random state."""

import functools
import numbers

import numpy as np
from sklearn.utils import check_random_state
from torch.utils._python_dispatch import TorchDispatchMode

MAX_SEED = 2**31 - 1


def draw_seed(random_state):
    """Return an integer seed.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An int is returned unchanged. An instance is drawn from, as in scikit-learn. None
        uses entropy of the operating system, not the global random state of numpy.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] % MAX_SEED)
    if isinstance(random_state, numbers.Integral):
        return int(random_state)
    return int(check_random_state(random_state).randint(MAX_SEED))


class seeded(TorchDispatchMode):
    """Context in which all random operations of torch draw from one generator.

    Modules are initialized from the global random state of torch. `fork_rng` protects that
    state for the whole process, not for one thread. A dispatch mode applies to one thread,
    and to custom modules as well.

    Parameters
    ----------
    generator : torch.Generator
        Source of the random numbers.
    """

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run an operation, with the generator if it accepts one."""
        kwargs = dict(kwargs or {})
        func = _with_generator(func)
        if "generator" in _arguments(func) and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)


@functools.cache
def _with_generator(func):
    """Return the overload of an operation that accepts a generator, if there is one.

    Functions such as `torch.randn` have one overload with a generator and one without.
    """
    names = _arguments(func)
    if "generator" in names:
        return func
    packet = func.overloadpacket
    for other in (getattr(packet, name) for name in packet.overloads()):
        found = _arguments(other)
        if "generator" in found and [n for n in found if n != "generator"] == names:
            return other
    return func


def _arguments(func):
    return [argument.name for argument in func._schema.arguments]
